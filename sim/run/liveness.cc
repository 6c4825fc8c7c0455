#include "sim/run/liveness.h"

#include <algorithm>
#include <utility>

#include "sim/workload/batches.h"
#include "sim/workload/generators.h"

namespace graphdb::sim {
namespace {

// Beyond those of the workloads of any run.
constexpr uint32_t kIdRange = 90;

// A node that is not there yet, and its shard.
uint64_t NextIdOn(ShardId shard, uint32_t shards, uint64_t from) {
  while (ShardOf(from, shards) != shard.value()) ++from;
  return from;
}

}  // namespace

void Liveness::Start() {
  const RunOptions& options = world_.options();
  uint64_t next_id = FirstIdOf(kIdRange);
  for (uint32_t n = 0; n < options.nodes; ++n) {
    const NodeId gateway(n);
    if (world_.Faulty(gateway)) continue;
    for (uint32_t s = 0; s < options.shards; ++s) {
      const ShardId shard(static_cast<uint16_t>(s));
      const auto client = first_client_ + static_cast<uint32_t>(probes_.size());
      Random rng(StreamSeed(options.seed, "client.session", client));
      probes_.push_back(
          {shard, gateway, std::make_unique<Session>(world_, client, rng, counters_)});
      const uint64_t id = NextIdOn(shard, options.shards, next_id);
      next_id = id + 1;
      PlannedOp write;
      write.write = true;
      AddCreateNode(&write.batch, id, "Probe");
      SessionPolicy insist;
      insist.attempts_max = 0;
      insist.gateway = gateway;
      probes_.back().session->Run(write, insist, [this](const OpOutcome& outcome) {
        slowest_ = std::max(slowest_, outcome.completed - outcome.invoked);
      });
    }
  }
}

std::vector<Liveness::Silence> Liveness::Silences() const {
  std::vector<Silence> silences;
  for (const Probe& probe : probes_) {
    if (!probe.session->busy() || world_.Faulty(probe.gateway)) continue;
    silences.push_back({probe.shard, probe.gateway, probe.session->Describe()});
  }
  return silences;
}

}  // namespace graphdb::sim
