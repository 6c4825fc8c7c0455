#include "prod/cli/snapshot_verify.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "core/migrate/verify.h"
#include "nlohmann/json.hpp"
#include "prod/env/file_import_source.h"
#include "prod/exit/exit_code.h"

namespace graphdb::cli {

ExitCode SnapshotVerify(const Console& console, const std::vector<std::string>& files) {
  ExitCode code = kOk;
  nlohmann::ordered_json lines = nlohmann::ordered_json::array();
  for (const std::string& file : files) {
    auto source = prod::FileImportSource::Open(file);
    if (!source.ok()) {
      console.err << "graphdb-cli: " << std::string(source.status().message()) << "\n";
      lines.push_back({{"file", file}, {"error", std::string(source.status().message())}});
      code = std::max(code, prod::ExitCodeOf(source.status()));
      continue;
    }
    const auto read = [&source](uint64_t offset, uint64_t bytes) {
      return (*source)->Read(offset, bytes);
    };
    const absl::StatusOr<migrate::SnapshotSummary> summary = migrate::VerifySnapshot(read);
    if (!summary.ok()) {
      console.err << "graphdb-cli: " << file << ": " << std::string(summary.status().message())
                  << "\n";
      lines.push_back({{"file", file}, {"error", std::string(summary.status().message())}});
      code = std::max(code, prod::ExitCodeOf(summary.status()));
      continue;
    }
    const uint64_t nodes = summary->digest.nodes;
    const uint64_t edges = summary->digest.edges;
    const std::string digest = summary->digest.exact.ToHex();
    lines.push_back({{"file", file},
                     {"nodes", nodes},
                     {"edges", edges},
                     {"timestamp", summary->header.to_seq.value()},
                     {"digest", digest}});
    if (console.format == Format::kTable) {
      console.out << file << ": ok, " << nodes << " nodes, " << edges << " edges at timestamp "
                  << summary->header.to_seq.value() << ", digest " << digest << "\n";
    }
  }
  if (console.format == Format::kJson) {
    console.out << lines.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                << "\n";
  }
  return code;
}

}  // namespace graphdb::cli
