// Liveness: when the faults of the rest have stopped, every shard acknowledges a write
// through each gateway that has no fault for ever, within RunOptions::ack_limit.
//
//   Liveness liveness(world, driver.client_count());
//   liveness.Start();                     // as the faults end
//   ... while (!liveness.Done()) ...      // the world runs
//   for (const Liveness::Silence& silence : liveness.Silences()) ...
//
// Each pair of gateway and shard has a client of its own, which asks this gateway alone
// and insists: another gateway's answer does not speak for one that waits for ever.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/workload/session.h"
#include "sim/world/world.h"

namespace graphdb::sim {

class Liveness {
 public:
  // `world` outlives it; its clients are numbered from `first_client` on.
  Liveness(World& world, uint32_t first_client) : world_(world), first_client_(first_client) {}

  void Start();
  bool Done() const { return Silences().empty(); }

  struct Silence {
    ShardId shard;
    NodeId gateway;
    std::string asked;  // what became of it so far
  };
  // The pairs without an acknowledgement, but those of gateways that are faulty by now.
  std::vector<Silence> Silences() const;
  // How long the slowest acknowledgement took.
  Duration slowest() const { return slowest_; }

 private:
  struct Probe {
    ShardId shard;
    NodeId gateway;
    std::unique_ptr<Session> session;  // busy until it is acknowledged
  };

  World& world_;
  const uint32_t first_client_;
  std::vector<Probe> probes_;
  SessionCounters counters_;
  Duration slowest_;
};

}  // namespace graphdb::sim
