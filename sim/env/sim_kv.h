// SimKv: env::KvEngine as a model of RocksDB without its WAL, over a store
// (SimKvState) that survives the node.
//
//   SimKvState store;
//   SimKv kv(scheduler, store, rng, faults);   // one per incarnation
//   ...
//   store.Crash(rng);                          // each shard keeps a prefix of its batches
//
// Keys map to a short chain of versions, newest first, so that a snapshot is a
// sequence number; a version that no snapshot can see is overwritten in place.
//
// Invariants:
//   1. The durable map and then the flushed batches are the state that a flush completed.
//   2. A crash keeps, per shard, a prefix of the un-flushed batches, drawn per
//      shard on its own; a batch is kept whole or not at all. Batches of
//      different shards touch different keys.
//   3. No draw depends on sizes of C++ containers or on addresses.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "core/env/durable_tokens.h"
#include "core/env/kv_engine.h"
#include "core/env/random.h"
#include "sim/env/engine_store.h"
#include "sim/env/sim_scheduler.h"

namespace graphdb::sim {

// What outlives the node.
class SimKvState final : public EngineStore {
 public:
  std::unique_ptr<SimEngine> Open(SimScheduler& scheduler, Random random,
                                  const KvFaults& faults) override;
  // Each shard keeps a random prefix of its un-flushed batches.
  void Crash(Random& random) override;

 private:
  friend class SimKv;

  struct Pending {
    uint64_t sequence = 0;
    ShardId shard;
    LogIndex index;
    env::KvBatch batch;
  };
  void FlushThrough(uint64_t sequence);
  void ApplyFlushed();
  void ApplyDurable(const env::KvBatch& batch);

  // Lacks the batches of flushed_: a crash or a start is the first to ask for them.
  absl::btree_map<std::string, std::string> durable_;
  std::vector<env::KvBatch> flushed_;
  std::deque<Pending> pending_;
  uint64_t questions_ = 0;  // asked of Choices
};

// Keys to chains of versions. Used by SimKv alone.
class VersionedMap {
 public:
  struct Version {
    uint64_t sequence = 0;
    std::optional<std::string> value;  // none: deleted
    std::unique_ptr<Version> older;
  };
  using Map = absl::btree_map<std::string, Version>;

  // Begins with the given keys, as of sequence 0.
  explicit VersionedMap(const absl::btree_map<std::string, std::string>& keys) {
    for (const auto& [key, value] : keys) map_.emplace_hint(map_.end(), key, Version{0, value, {}});
  }

  void Apply(const env::KvBatch& batch, uint64_t sequence);
  // The value of `key` as of `sequence`, or null. Valid until the next Apply.
  const std::string* Get(absl::string_view key, uint64_t sequence) const;
  static const std::string* Visible(const Version& newest, uint64_t sequence);

  void Pin(uint64_t sequence);
  void Unpin(uint64_t sequence);

  const Map& map() const { return map_; }
  // Changes with every insertion or removal of a key: iterators seek anew.
  uint64_t shape() const { return shape_; }
  uint64_t last() const { return last_; }

 private:
  void Set(absl::string_view key, std::optional<std::string> value, uint64_t sequence);
  void SetVersion(Map::iterator it, std::optional<std::string> value, uint64_t sequence);
  bool PinnedIn(uint64_t from, uint64_t before) const;
  void Prune(Version* newest) const;
  void CollectTombstones();

  Map map_;
  std::map<uint64_t, int> pins_;
  std::vector<std::string> tombstones_;  // keys to look at when the last pin goes
  uint64_t shape_ = 0;
  uint64_t last_ = 0;
};

class SimKv final : public SimEngine {
 public:
  // All references outlive the engine; `faults` may change while it runs.
  SimKv(SimScheduler& scheduler, SimKvState& state, Random random, const KvFaults& faults);

  absl::Status Write(ShardId shard, LogIndex index, env::KvBatch batch) override;
  std::unique_ptr<env::KvReader> Snapshot() override;
  void RequestFlush(Done done) override;
  void SetDurableListener(DurableListener listener) override { listener_ = std::move(listener); }
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override;
  std::unique_ptr<env::KvIterator> Iterate(absl::string_view lower,
                                           absl::string_view upper) const override;

 private:
  bool Happens(ChoiceKind kind, uint32_t ppm);
  void FinishFlush(uint64_t sequence, absl::Status status, Done done);

  SimScheduler& scheduler_;
  SimKvState& state_;
  Random random_;
  const KvFaults& faults_;
  std::shared_ptr<VersionedMap> versions_;  // shared with readers, which may outlive a crash
  env::DurableTokens tokens_;
  DurableListener listener_;
  absl::Status sticky_;
  uint64_t bytes_since_flush_ = 0;
  uint64_t bytes_until_flush_ = 0;
};

}  // namespace graphdb::sim
