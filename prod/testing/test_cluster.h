// TestCluster: real graphdb processes on loopback, with the guide's config in a
// folder of their own.
//
//   TestCluster cluster({.program = graphdb, .folder = dir});
//   cluster.StartAll();
//   cluster.WaitHealthy(Duration::Seconds(30));
//   cluster.Kill(0);  cluster.Start(0);
//
// Not synchronised. What still runs is killed at the end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "prod/client/client.h"
#include "prod/testing/loopback.h"
#include "prod/testing/process.h"

namespace graphdb::prod {

struct TestClusterOptions {
  std::string program;  // path of graphdb
  std::string folder;   // made where it is missing
  int nodes = 3;        // 0: one node in Milestone 2 mode
  int shards = 9;
  std::string grpc_more = {};  // further lines of the grpc section, indented by two
  std::string raft_more = {};  // and of the raft section
  // Each node has a loopback address of its own, and the raft_address() that its
  // peers know is left to a proxy.
  bool proxied = false;
  std::vector<std::string> env = {};  // of the processes, "NAME=value"
};

class TestCluster {
 public:
  explicit TestCluster(TestClusterOptions options);

  int size() const { return static_cast<int>(nodes_.size()); }
  // Writes a node's config anew with one text in it replaced: an operator's mistake.
  void EditConfig(int node, absl::string_view from, absl::string_view to);
  void Start(int node);
  void StartAll();
  // kill -9 and wait.
  void Kill(int node);
  // SIGTERM and wait; the exit code.
  std::optional<int> Terminate(int node, Duration timeout);

  // Every node healthy and every group at its preferred leader.
  absl::Status WaitHealthy(Duration timeout);
  absl::StatusOr<v1::ClusterStatus> Status();

  std::string name(int node) const;
  std::string config_file(int node) const;
  std::string folder(int node) const;
  std::string log(int node) const { return ReadWholeFile(log_file(node)); }
  std::string host(int node) const;
  std::string client_address(int node) const { return AddressOf(node, 0); }
  std::string raft_address(int node) const { return AddressOf(node, 1); }
  std::string metrics_address(int node) const { return AddressOf(node, 2); }
  std::string raft_listen_address(int node) const { return AddressOf(node, proxied() ? 3 : 1); }
  std::vector<std::string> client_addresses() const;
  std::string ConfigText(int node) const;
  ChildProcess* process(int node) { return nodes_[node].get(); }
  // Plain text.
  client::Transport* transport() { return transport_.get(); }

 private:
  static constexpr int kPortsPerNode = 4;

  bool proxied() const { return options_.proxied; }
  std::string AddressOf(int node, int port) const;
  std::string log_file(int node) const { return folder(node) + "/stderr.log"; }

  const TestClusterOptions options_;
  const ReservedPorts ports_;
  std::vector<std::unique_ptr<ChildProcess>> nodes_;
  std::unique_ptr<client::Transport> transport_;
};

}  // namespace graphdb::prod
