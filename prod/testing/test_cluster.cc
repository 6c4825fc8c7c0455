#include "prod/testing/test_cluster.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/base/check.h"
#include "prod/cli/format_admin.h"
#include "prod/client/grpc_transport.h"

namespace graphdb::prod {

TestCluster::TestCluster(TestClusterOptions options)
    : options_(std::move(options)),
      ports_(kPortsPerNode * std::max(options_.nodes, 1)),
      nodes_(std::max(options_.nodes, 1)),
      transport_(client::MakeGrpcTransport(std::nullopt)) {
  for (int i = 0; i < size(); ++i) {
    std::filesystem::create_directories(folder(i));
    WriteWholeFile(config_file(i), ConfigText(i));
  }
}

std::string TestCluster::name(int node) const { return absl::StrCat("node", node + 1); }
std::string TestCluster::host(int node) const {
  return proxied() ? absl::StrCat("127.0.0.", 11 + node) : "127.0.0.1";
}
std::string TestCluster::AddressOf(int node, int port) const {
  return absl::StrCat(host(node), ":", ports_.port(kPortsPerNode * node + port));
}
std::string TestCluster::folder(int node) const {
  return absl::StrCat(options_.folder, "/", name(node));
}
std::string TestCluster::config_file(int node) const { return folder(node) + "/config.yaml"; }

std::vector<std::string> TestCluster::client_addresses() const {
  std::vector<std::string> out;
  for (int i = 0; i < size(); ++i) out.push_back(client_address(i));
  return out;
}

std::string TestCluster::ConfigText(int node) const {
  std::string text = absl::StrCat("node_id: ", name(node), "\nbind_addr: ", host(node), "\n\n");
  if (options_.nodes > 0) {
    absl::StrAppend(&text, "raft:\n  raft_addr: ", raft_address(node),
                    "\n  listen_addr: ", raft_listen_address(node), "\n  data_dir: ", folder(node),
                    "/raft\n  bootstrap: ", node == 0 ? "true" : "false", "\n  peers:\n");
    for (int i = 0; i < size(); ++i) {
      absl::StrAppend(&text, "    - ", name(i), ": ", raft_address(i), "\n");
    }
    absl::StrAppend(&text, options_.raft_more, "\n");
  }
  absl::StrAppend(&text, "grpc:\n  listen_addr: ", client_address(node), "\n", options_.grpc_more,
                  "\nstorage:\n  data_dir: ", folder(node),
                  "/data\n  disk_backed_edges: true\n  cache_size: 100000\n\n");
  if (options_.nodes > 0) {
    absl::StrAppend(&text, "sharding:\n  num_shards: ", options_.shards, "\n  cluster_nodes:\n");
    for (int i = 0; i < size(); ++i) absl::StrAppend(&text, "    - ", client_address(i), "\n");
  }
  absl::StrAppend(&text, "\nmetrics:\n  listen_addr: ", metrics_address(node), "\n");
  return text;
}

void TestCluster::EditConfig(int node, absl::string_view from, absl::string_view to) {
  const std::string before = ConfigText(node);
  const std::string after = absl::StrReplaceAll(before, {{from, to}});
  GRAPHDB_CHECK(after != before) << "nothing to replace in the config";
  WriteWholeFile(config_file(node), after);
}

void TestCluster::Start(int node) {
  nodes_[node].reset();
  nodes_[node] = std::make_unique<ChildProcess>(ProcessOptions{
      {options_.program, "--config", config_file(node)}, "", log_file(node), options_.env});
}

void TestCluster::StartAll() {
  for (int i = 0; i < size(); ++i) Start(i);
}

void TestCluster::Kill(int node) {
  nodes_[node]->Signal(SIGKILL);
  GRAPHDB_CHECK(nodes_[node]->Wait(Duration::Seconds(10)).has_value()) << "it survived kill -9";
}

std::optional<int> TestCluster::Terminate(int node, Duration timeout) {
  nodes_[node]->Signal(SIGTERM);
  return nodes_[node]->Wait(timeout);
}

absl::StatusOr<v1::ClusterStatus> TestCluster::Status() {
  client::ClientOptions options;
  options.addresses = client_addresses();
  options.timeout = Duration::Seconds(2);
  options.attempt_timeout = Duration::Seconds(1);
  client::Client client(options, transport_.get());
  v1::AdminRequest request;
  request.mutable_cluster_status();
  const absl::StatusOr<v1::AdminResponse> answer = client.Admin(request);
  if (!answer.ok()) return answer.status();
  return answer->cluster_status();
}

absl::Status TestCluster::WaitHealthy(Duration timeout) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout.nanoseconds());
  std::string last;
  while (std::chrono::steady_clock::now() < deadline) {
    for (int i = 0; i < size(); ++i) {
      if (nodes_[i] != nullptr && nodes_[i]->Wait(Duration()).has_value()) {
        return absl::InternalError(absl::StrCat(name(i), " ended by itself:\n", log(i)));
      }
    }
    const absl::StatusOr<v1::ClusterStatus> status = Status();
    if (status.ok() && cli::IsHealthy(*status)) return absl::OkStatus();
    last = status.ok() ? cli::StatusText(*status) : status.status().ToString();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return absl::DeadlineExceededError(absl::StrCat("not healthy; last seen:\n", last));
}

}  // namespace graphdb::prod
