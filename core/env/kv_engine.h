// KvEngine: the ordered key-value store under the state machines of a node
// (RocksDB in prod, without its WAL: rule L5).
//
//   KvBatch batch; batch.Put(key, value); batch.DeleteRange(a, b);
//   engine.Write(shard, applied_index, std::move(batch));
//
// Contract:
//   1. Write applies a batch at once and whole: later reads see all of it.
//   2. A batch is tagged (shard, index), index never falling within a shard. At
//      a crash each shard keeps a prefix of its batches that is at least what
//      was reported durable; different shards may keep different prefixes.
//   3. The durable listener is told, as an event, the highest index per shard
//      that no crash will lose. RequestFlush makes everything written so far
//      durable and then reports it; it may fail, and may be asked for again.
//   4. A snapshot sees exactly the batches written before it was taken. It must
//      be released (destroyed) before the engine is.
//   5. No size, estimate or statistic is visible here: replicas would differ.
//   6. Damage is reported as kDataLoss, never as other bytes.
//
// Faults an implementation may show: loss of un-flushed suffixes (rule 2),
// late completions, write stalls, a flush that fails, sticky errors.
//
// Called on the node's deterministic thread only; so are listener and completions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"

namespace graphdb::env {

// Changes that happen together, in the order in which they were added.
class KvBatch {
 public:
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };
  struct Op {
    Kind kind;
    std::string key;
    std::string value;  // kDeleteRange: the end of the range, exclusive
  };

  void Put(std::string key, std::string value) {
    ops_.push_back({Kind::kPut, std::move(key), std::move(value)});
  }
  void Delete(std::string key) { ops_.push_back({Kind::kDelete, std::move(key), {}}); }
  void DeleteRange(std::string begin, std::string end) {
    ops_.push_back({Kind::kDeleteRange, std::move(begin), std::move(end)});
  }
  const std::vector<Op>& ops() const { return ops_; }
  bool empty() const { return ops_.empty(); }

 private:
  std::vector<Op> ops_;
};

// Forward iteration over [lower, upper) of a fixed state.
class KvIterator {
 public:
  virtual ~KvIterator() = default;
  virtual void Seek(absl::string_view key) = 0;  // first key >= `key`
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  virtual absl::string_view key() const = 0;
  virtual absl::string_view value() const = 0;
  // Not OK where Valid() turned false because of damage.
  virtual absl::Status status() const = 0;
};

// What can be read: the engine's present state or a snapshot of it.
class KvReader {
 public:
  virtual ~KvReader() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const = 0;
  // Positioned at the first key of [lower, upper).
  virtual std::unique_ptr<KvIterator> Iterate(absl::string_view lower,
                                              absl::string_view upper) const = 0;
};

class KvEngine : public KvReader {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;
  using DurableListener = absl::AnyInvocable<void(ShardId shard, LogIndex through)>;

  virtual absl::Status Write(ShardId shard, LogIndex index, KvBatch batch) = 0;
  virtual std::unique_ptr<KvReader> Snapshot() = 0;
  virtual void RequestFlush(Done done) = 0;
  virtual void SetDurableListener(DurableListener listener) = 0;
};

}  // namespace graphdb::env
