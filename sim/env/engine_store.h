// EngineStore: what a node's engine leaves when the node dies, and what the
// engine of its next life is opened on. SimKvState is the model of it; the lane
// of //sim/rocks_lane has RocksDB over a file system that crashes.
//
// Deterministic thread only.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/env/kv_engine.h"
#include "core/env/random.h"
#include "core/env/time.h"
#include "sim/env/sim_scheduler.h"

namespace graphdb::sim {

struct KvFaults {
  Duration flush_latency_min = Duration::Milliseconds(1);
  Duration flush_latency_max = Duration::Milliseconds(30);
  uint32_t flush_error_ppm = 0;
  // The engine flushes by itself about every so many written bytes; 0: never.
  uint64_t flush_every_bytes = 256 << 10;
  uint32_t write_error_ppm = 0;  // sticky: every later Write fails

  Duration DrawFlushLatency(Random& random) const {
    if (flush_latency_max <= flush_latency_min) return flush_latency_min;
    return flush_latency_min + random.UniformDuration(flush_latency_max - flush_latency_min);
  }
  friend bool operator==(const KvFaults&, const KvFaults&) = default;
};

// An engine in a simulated world, which watches it.
class SimEngine : public env::KvEngine {
 public:
  // Sees each batch that Write took.
  using WriteListener = std::function<void(ShardId, LogIndex, const env::KvBatch&)>;
  void SetWriteListener(WriteListener listener) { write_listener_ = std::move(listener); }
  bool flushing() const { return flushes_under_way_ > 0; }

 protected:
  WriteListener write_listener_;
  uint32_t flushes_under_way_ = 0;
};

class EngineStore {
 public:
  virtual ~EngineStore() = default;
  // One per life of the node; all references outlive it, and `faults` may change
  // while it runs. REQUIRES: Crash was called since the one before.
  virtual std::unique_ptr<SimEngine> Open(SimScheduler& scheduler, Random random,
                                          const KvFaults& faults) = 0;
  // The node died, and its engine is gone: decides what is kept.
  virtual void Crash(Random& random) = 0;
};

using EngineStoreFactory = std::function<std::unique_ptr<EngineStore>()>;

}  // namespace graphdb::sim
