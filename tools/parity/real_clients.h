// RealClients: the workloads of a scenario as real clients of real nodes, each a
// thread with the product's own client library. They plan what the simulated
// clients of the seed plan, and the same oracles judge what they were told.
//
//   RealClients clients(options, cluster.client_addresses(), cluster.transport());
//   clients.SetUp();  clients.Start();  ...  clients.Stop();
//   clients.ReadAll();  clients.Check();
//
// Not synchronised: one thread calls it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "prod/client/client.h"
#include "sim/workload/workload.h"
#include "sim/world/run_options.h"

namespace graphdb::parity {

class RealClients {
 public:
  // `transport` outlives it.
  RealClients(const sim::RunOptions& options, std::vector<std::string> addresses,
              client::Transport* transport);
  ~RealClients() { Stop(); }

  // DeadlineExceeded where it isn't acknowledged within RunOptions::form_limit.
  absl::Status SetUp();
  void Start();
  // Waits for the answers that are under way.
  void Stop();
  // The final reads. DeadlineExceeded after RunOptions::final_limit.
  absl::Status ReadAll();
  // kUndecided counts as nothing found.
  sim::MaybeViolation Check();

  uint64_t requests() const { return requests_; }
  uint64_t acknowledged() const { return acknowledged_; }

 private:
  struct Group {
    std::unique_ptr<sim::Workload> workload;
    uint32_t first_client = 0;
    uint32_t clients = 1;
  };

  client::Client MakeClient(uint32_t client, Duration timeout) const;
  Duration Now() const;
  void Load(Group* group, uint32_t place);
  sim::OpOutcome Ask(client::Client* client, const sim::PlannedOp& op);

  const sim::RunOptions options_;
  const std::vector<std::string> addresses_;
  client::Transport* const transport_;
  const std::chrono::steady_clock::time_point start_;
  std::vector<Group> groups_;
  std::mutex mutex_;  // of the workloads
  std::atomic<bool> loading_{false};
  std::atomic<uint64_t> requests_{0};
  std::atomic<uint64_t> acknowledged_{0};
  std::vector<std::thread> threads_;
};

}  // namespace graphdb::parity
