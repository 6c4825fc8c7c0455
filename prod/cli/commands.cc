#include "prod/cli/commands.h"

#include <chrono>
#include <ostream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "nlohmann/json.hpp"
#include "prod/cli/format_admin.h"
#include "prod/cli/format_value.h"
#include "prod/cli/parameters.h"
#include "prod/cli/partial_file.h"
#include "prod/rpc/errors.h"

namespace graphdb::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr Duration kAskAgain = Duration::Milliseconds(200);

// Text from the cluster may hold any bytes: never throw over them.
std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

v1::AdminRequest StatusRequest() {
  v1::AdminRequest request;
  request.mutable_cluster_status();
  return request;
}

ExitCode Mistake(const absl::Status& status, const Console& console) {
  console.err << "graphdb-cli: " << std::string(status.message()) << "\n";
  return kUsage;
}

// What may be wrong with the road; a failed handshake shows as no connection.
void HintAtTls(const std::string& message, const Console& console) {
  if (message.find("can't connect") == std::string::npos) return;
  if (message.find("in plain text") != std::string::npos) {
    console.err << "Is it up? If it speaks TLS, say whom to trust: --ca-file, or --config with the "
                   "node's config file.\n";
  } else {
    console.err << "Is it up, and is its certificate the one that is trusted here (--ca-file, "
                   "GRAPHDB_CA_FILE or the local config)?\n";
  }
}

}  // namespace

ExitCode Report(const absl::Status& status, const Console& console) {
  if (status.ok()) return kOk;
  const v1::ErrorInfo error = prod::ToErrorInfo(status);
  console.err << "graphdb-cli: " << error.message() << "\n";
  const ExitCode code = prod::ExitCodeOfAnswer(status);
  if (code == kUnavailable) HintAtTls(error.message(), console);
  const bool leaderless = error.message().find("no leader") != std::string::npos;
  if (absl::IsDeadlineExceeded(status) || leaderless) {
    console.err << "A shard answers while most of its replicas are up: see `graphdb-cli cluster "
                   "status`.\n";
  }
  if (code == kUnavailable) console.err << "Nothing was changed; it is safe to try again.\n";
  if (code == kUnknown) console.err << "Read back what you wrote before you write it again.\n";
  return code;
}

ExitCode ClusterStatus(client::Client& client, const Console& console) {
  const absl::StatusOr<v1::AdminResponse> answer = client.Admin(StatusRequest());
  if (!answer.ok()) return Report(answer.status(), console);
  console.out << (console.format == Format::kJson ? Dump(StatusJson(answer->cluster_status()))
                                                  : StatusText(answer->cluster_status()));
  return kOk;
}

ExitCode WaitHealthy(client::Client& client, const Console& console, Duration timeout) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout.milliseconds());
  std::string last = "no answer yet";
  for (;;) {
    const absl::StatusOr<v1::AdminResponse> answer = client.Admin(StatusRequest());
    if (answer.ok() && IsHealthy(answer->cluster_status())) {
      console.out << (console.format == Format::kJson ? Dump(StatusJson(answer->cluster_status()))
                                                      : StatusText(answer->cluster_status()));
      return kOk;
    }
    last = answer.ok() ? StatusText(answer->cluster_status())
                       : absl::StrCat(answer.status().message(), "\n");
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(kAskAgain.milliseconds()));
  }
  console.err << "graphdb-cli: the cluster is not healthy after " << timeout.milliseconds() / 1000
              << " s; last seen:\n"
              << last;
  return kUnavailable;
}

ExitCode Query(client::Client& client, const Console& console, const std::string& text,
               const std::vector<std::string>& parameters, bool read_only) {
  absl::StatusOr<v1::MapValue> parsed = ParseParameters(parameters);
  if (!parsed.ok()) return Mistake(parsed.status(), console);
  const absl::StatusOr<client::QueryResult> result =
      client.Query(text, *std::move(parsed), read_only);
  if (!result.ok()) {
    const ExitCode code = Report(result.status(), console);
    if (prod::ToErrorInfo(result.status()).reason() == v1::READ_ONLY) {
      console.err << "`query` only reads; use `graphdb-cli exec` for statements that write.\n";
    }
    return code;
  }
  console.out << (console.format == Format::kJson ? Dump(ResultJson(*result))
                                                  : ResultText(*result));
  return kOk;
}

ExitCode Stats(client::Client& client, const Console& console, bool digest) {
  v1::AdminRequest request;
  request.mutable_stats()->set_digest(digest);
  const absl::StatusOr<v1::AdminResponse> answer = client.Admin(std::move(request));
  if (!answer.ok()) return Report(answer.status(), console);
  const v1::Stats& stats = answer->stats();
  console.out << (console.format == Format::kJson ? Dump(StatsJson(stats, digest))
                                                  : StatsText(stats, digest));
  if (!digest) return kOk;
  if (ReplicasDiffer(stats)) {
    console.err << "graphdb-cli: the replicas differ\n";
    return kRefused;
  }
  if (!stats.replicas_equal()) {
    console.err << "graphdb-cli: " << stats.skipped_size()
                << " replicas were not compared; try again when their nodes are up\n";
    return kUnavailable;
  }
  return kOk;
}

ExitCode RaftStats(client::Client& client, const Console& console) {
  v1::AdminRequest request;
  request.mutable_raft_stats();
  const absl::StatusOr<v1::AdminResponse> answer = client.Admin(std::move(request));
  if (!answer.ok()) return Report(answer.status(), console);
  console.out << (console.format == Format::kJson ? Dump(RaftJson(answer->raft_stats()))
                                                  : RaftText(answer->raft_stats()));
  return kOk;
}

ExitCode ShardMap(client::Client& client, const Console& console) {
  v1::AdminRequest request;
  request.mutable_shard_map();
  const absl::StatusOr<v1::AdminResponse> answer = client.Admin(std::move(request));
  if (!answer.ok()) return Report(answer.status(), console);
  console.out << (console.format == Format::kJson ? Dump(ShardMapJson(answer->shard_map()))
                                                  : ShardMapText(answer->shard_map()));
  return kOk;
}

ExitCode SnapshotCreate(client::Client& client, const Console& console, const std::string& file) {
  PartialFile partial(file);
  const absl::Status opened = partial.Open();
  if (!opened.ok()) return Mistake(opened, console);
  v1::AdminRequest request;
  request.mutable_snapshot();
  absl::Status written;
  const absl::Status status =
      client.AdminStream(std::move(request), [&](const v1::AdminResponse& chunk) {
        written = partial.Append(chunk.snapshot().data());
        return written.ok();
      });
  if (!status.ok()) return Report(status, console);
  if (written.ok()) written = partial.Commit();
  if (!written.ok()) {
    console.err << "graphdb-cli: " << std::string(written.message()) << "\n";
    return kRefused;
  }
  return kOk;
}

}  // namespace graphdb::cli
