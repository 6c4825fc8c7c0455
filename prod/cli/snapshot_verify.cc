#include "prod/cli/snapshot_verify.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/migrate/verify.h"
#include "nlohmann/json.hpp"
#include "prod/env/file_import_source.h"
#include "prod/exit/exit_code.h"

namespace graphdb::cli {

namespace {

using Json = nlohmann::ordered_json;

absl::StatusOr<migrate::SnapshotSummary> Summarize(const std::string& file) {
  GRAPHDB_ASSIGN_OR_RETURN(const auto source, prod::FileImportSource::Open(file));
  const absl::StatusOr<migrate::SnapshotSummary> summary = migrate::VerifySnapshot(
      [&source](uint64_t offset, uint64_t bytes) { return source->Read(offset, bytes); });
  if (summary.ok()) return summary;
  return absl::Status(summary.status().code(),
                      absl::StrCat(file, ": ", summary.status().message()));
}

std::string Text(const migrate::SnapshotSummary& summary) {
  return absl::StrCat("snapshot ", summary.header.snapshot_id, ", ", summary.digest.nodes,
                      " nodes, ", summary.digest.edges, " edges at timestamp ",
                      summary.header.to_seq.value(), ", digest ", summary.digest.exact.ToHex());
}

Json ToJson(const std::string& file, const migrate::SnapshotSummary& summary) {
  return {{"file", file},
          {"snapshot_id", summary.header.snapshot_id},
          {"nodes", summary.digest.nodes},
          {"edges", summary.digest.edges},
          {"timestamp", summary.header.to_seq.value()},
          {"digest", summary.digest.exact.ToHex()}};
}

void Print(const Json& json, const Console& console) {
  console.out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace

ExitCode SnapshotVerify(const Console& console, const std::vector<std::string>& files) {
  ExitCode code = kOk;
  Json lines = Json::array();
  for (const std::string& file : files) {
    const absl::StatusOr<migrate::SnapshotSummary> summary = Summarize(file);
    if (!summary.ok()) {
      const std::string message(summary.status().message());
      console.err << "graphdb-cli: " << message << "\n";
      lines.push_back({{"file", file}, {"error", message}});
      code = std::max(code, prod::ExitCodeOf(summary.status()));
      continue;
    }
    lines.push_back(ToJson(file, *summary));
    if (console.format == Format::kTable) console.out << file << ": ok, " << Text(*summary) << "\n";
  }
  if (console.format == Format::kJson) Print(lines, console);
  return code;
}

ExitCode SnapshotWritten(const Console& console, const std::string& file) {
  const absl::StatusOr<migrate::SnapshotSummary> summary = Summarize(file);
  if (!summary.ok()) {
    console.err << "graphdb-cli: what was written is no whole snapshot: "
                << std::string(summary.status().message()) << "\n";
    return kRefused;
  }
  if (console.format == Format::kJson) {
    Print(ToJson(file, *summary), console);
  } else {
    console.out << "wrote " << file << ": " << Text(*summary) << "\n";
  }
  return kOk;
}

}  // namespace graphdb::cli
