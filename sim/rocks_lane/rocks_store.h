// RocksStore: a node's engine in the simulated world as RocksDB, over a file
// system that loses what was not synced.
//
// A flush is done by RocksDB's threads while virtual time stands still, and is
// heard of after its virtual latency: durable earlier than anybody relies on it.
// A crash takes everything that no flush was asked for.
//
// What this lane does not have: engines that fail by themselves (the rates of
// failed writes and flushes are left out), crashes in the middle of a flush
// (kv_conformance_test has those).
//
// One thread of ours; RocksDB's own.
#pragma once

#include <memory>

#include "sim/env/engine_store.h"
#include "sim/rocks_lane/crash_fs.h"
#include "sim/rocks_lane/lane_env.h"

namespace graphdb::sim {

class RocksStore final : public EngineStore {
 public:
  RocksStore();
  std::unique_ptr<SimEngine> Open(SimScheduler& scheduler, Random random,
                                  const KvFaults& faults) override;
  void Crash(Random& random) override;

 private:
  const std::shared_ptr<CrashFs> fs_;
  LaneEnv env_;
};

}  // namespace graphdb::sim
