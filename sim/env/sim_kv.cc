#include "sim/env/sim_kv.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/cover.h"

namespace graphdb::sim {
namespace {

using Op = env::KvBatch::Op;
using Kind = env::KvBatch::Kind;

constexpr size_t kFlushedMax = 4'096;  // batches: bounds the memory of a long run

uint64_t BatchBytes(const env::KvBatch& batch) {
  uint64_t bytes = 0;
  for (const Op& op : batch.ops()) bytes += op.key.size() + op.value.size();
  return bytes;
}

}  // namespace

// --- What outlives the node ----------------------------------------------------------------------

void SimKvState::ApplyDurable(const env::KvBatch& batch) {
  for (const Op& op : batch.ops()) {
    switch (op.kind) {
      case Kind::kPut:
        durable_[op.key] = op.value;
        break;
      case Kind::kDelete:
        durable_.erase(op.key);
        break;
      case Kind::kDeleteRange:
        if (op.key < op.value) {
          durable_.erase(durable_.lower_bound(op.key), durable_.lower_bound(op.value));
        }
        break;
    }
  }
}

void SimKvState::FlushThrough(uint64_t sequence) {
  while (!pending_.empty() && pending_.front().sequence <= sequence) {
    flushed_.push_back(std::move(pending_.front().batch));
    pending_.pop_front();
  }
  if (flushed_.size() >= kFlushedMax) ApplyFlushed();
}

void SimKvState::ApplyFlushed() {
  for (const env::KvBatch& batch : flushed_) ApplyDurable(batch);
  flushed_.clear();
}

std::unique_ptr<SimEngine> SimKvState::Open(SimScheduler& scheduler, Random random,
                                            const KvFaults& faults) {
  ApplyFlushed();
  return std::make_unique<SimKv>(scheduler, *this, random, faults);
}

void SimKvState::Crash(Random& random) {
  ApplyFlushed();
  std::map<ShardId, uint64_t> keep;  // by shard: how many of its batches
  for (const Pending& pending : pending_) ++keep[pending.shard];
  for (auto& [shard, count] : keep) {
    // Often nothing or everything: the ends are where bugs are.
    const uint64_t mode = random.Below(4);
    count = mode == 0 ? 0 : mode == 1 ? count : random.Below(count + 1);
  }
  for (const Pending& pending : pending_) {
    uint64_t& left = keep[pending.shard];
    if (left == 0) {
      GRAPHDB_COVER("sim_kv.batch_lost");
      continue;
    }
    --left;
    ApplyDurable(pending.batch);
  }
  pending_.clear();
}

// --- Versions ------------------------------------------------------------------------------------

const std::string* VersionedMap::Visible(const Version& newest, uint64_t sequence) {
  for (const Version* v = &newest; v != nullptr; v = v->older.get()) {
    if (v->sequence <= sequence) return v->value.has_value() ? &*v->value : nullptr;
  }
  return nullptr;
}

const std::string* VersionedMap::Get(absl::string_view key, uint64_t sequence) const {
  const auto it = map_.find(key);
  return it == map_.end() ? nullptr : Visible(it->second, sequence);
}

// Whether a reader stands at a sequence in [from, before).
bool VersionedMap::PinnedIn(uint64_t from, uint64_t before) const {
  const auto it = pins_.lower_bound(from);
  return it != pins_.end() && it->first < before;
}

// Drops the versions behind `newest` that no reader can see.
void VersionedMap::Prune(Version* newest) const {
  Version* v = newest;
  while (v->older != nullptr) {
    if (PinnedIn(v->older->sequence, v->sequence)) {
      v = v->older.get();
    } else {
      v->older = std::move(v->older->older);
    }
  }
}

void VersionedMap::SetVersion(Map::iterator it, std::optional<std::string> value,
                              uint64_t sequence) {
  Version& newest = it->second;
  if (!PinnedIn(newest.sequence, sequence)) {
    newest.value = std::move(value);
  } else {
    auto older = std::make_unique<Version>(std::move(newest));
    newest.value = std::move(value);
    newest.older = std::move(older);
  }
  newest.sequence = sequence;
  if (newest.older != nullptr) Prune(&newest);
}

void VersionedMap::Set(absl::string_view key, std::optional<std::string> value, uint64_t sequence) {
  const auto it = map_.lower_bound(key);
  if (it == map_.end() || it->first != key) {
    if (!value.has_value()) return;
    map_.emplace_hint(it, std::string(key), Version{sequence, std::move(value), nullptr});
    ++shape_;
    return;
  }
  const bool removed = !value.has_value();
  SetVersion(it, std::move(value), sequence);
  if (!removed) return;
  if (it->second.older == nullptr) {
    map_.erase(it);
    ++shape_;
  } else {
    tombstones_.emplace_back(key);
  }
}

void VersionedMap::Apply(const env::KvBatch& batch, uint64_t sequence) {
  GRAPHDB_CHECK_GT(sequence, last_);
  last_ = sequence;
  for (const Op& op : batch.ops()) {
    switch (op.kind) {
      case Kind::kPut:
        Set(op.key, op.value, sequence);
        break;
      case Kind::kDelete:
        Set(op.key, std::nullopt, sequence);
        break;
      case Kind::kDeleteRange: {
        std::vector<std::string> keys;
        for (auto it = map_.lower_bound(op.key); it != map_.end() && it->first < op.value; ++it) {
          keys.push_back(it->first);
        }
        for (const std::string& key : keys) Set(key, std::nullopt, sequence);
        break;
      }
    }
  }
}

void VersionedMap::Pin(uint64_t sequence) { ++pins_[sequence]; }

void VersionedMap::Unpin(uint64_t sequence) {
  const auto it = pins_.find(sequence);
  GRAPHDB_CHECK(it != pins_.end());
  if (--it->second == 0) pins_.erase(it);
  if (pins_.empty() && !tombstones_.empty()) CollectTombstones();
}

void VersionedMap::CollectTombstones() {
  for (const std::string& key : tombstones_) {
    const auto it = map_.find(key);
    if (it == map_.end() || it->second.value.has_value()) continue;
    map_.erase(it);
    ++shape_;
  }
  tombstones_.clear();
}

// --- Readers -------------------------------------------------------------------------------------

namespace {

// A pinned state of the map.
class Pinned {
 public:
  Pinned(std::shared_ptr<VersionedMap> versions, uint64_t sequence)
      : versions_(std::move(versions)), sequence_(sequence) {
    versions_->Pin(sequence_);
  }
  ~Pinned() { versions_->Unpin(sequence_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

  const VersionedMap& map() const { return *versions_; }
  const std::shared_ptr<VersionedMap>& versions() const { return versions_; }
  uint64_t sequence() const { return sequence_; }

 private:
  const std::shared_ptr<VersionedMap> versions_;
  const uint64_t sequence_;
};

class Iterator : public env::KvIterator {
 public:
  Iterator(std::shared_ptr<VersionedMap> versions, uint64_t sequence, absl::string_view lower,
           absl::string_view upper)
      : pinned_(std::move(versions), sequence), lower_(lower), upper_(upper) {
    Seek(lower_);
  }

  void Seek(absl::string_view key) override {
    at_ = pinned_.map().map().lower_bound(std::max<absl::string_view>(key, lower_));
    shape_ = pinned_.map().shape();
    Settle();
  }
  bool Valid() const override { return valid_; }
  void Next() override {
    GRAPHDB_CHECK(valid_);
    if (shape_ == pinned_.map().shape()) {
      ++at_;
    } else {
      at_ = pinned_.map().map().upper_bound(key_);
      shape_ = pinned_.map().shape();
    }
    Settle();
  }
  absl::string_view key() const override { return key_; }
  absl::string_view value() const override { return value_; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  // On to the first key whose value this state sees. Copies it: the map's own
  // strings move when somebody writes.
  void Settle() {
    const VersionedMap::Map& map = pinned_.map().map();
    for (; at_ != map.end() && at_->first < upper_; ++at_) {
      const std::string* value = VersionedMap::Visible(at_->second, pinned_.sequence());
      if (value == nullptr) continue;
      key_ = at_->first;
      value_ = *value;
      valid_ = true;
      return;
    }
    valid_ = false;
  }

  const Pinned pinned_;
  const std::string lower_;
  const std::string upper_;
  VersionedMap::Map::const_iterator at_;
  uint64_t shape_ = 0;
  bool valid_ = false;
  std::string key_;
  std::string value_;
};

class SnapshotReader : public env::KvReader {
 public:
  SnapshotReader(std::shared_ptr<VersionedMap> versions, uint64_t sequence)
      : pinned_(std::move(versions), sequence) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    const std::string* value = pinned_.map().Get(key, pinned_.sequence());
    if (value == nullptr) return std::optional<std::string>();
    return std::optional<std::string>(*value);
  }
  std::unique_ptr<env::KvIterator> Iterate(absl::string_view lower,
                                           absl::string_view upper) const override {
    return std::make_unique<Iterator>(pinned_.versions(), pinned_.sequence(), lower, upper);
  }

 private:
  const Pinned pinned_;
};

}  // namespace

// --- The engine ----------------------------------------------------------------------------------

SimKv::SimKv(SimScheduler& scheduler, SimKvState& state, Random random, const KvFaults& faults)
    : scheduler_(scheduler),
      state_(state),
      random_(random),
      faults_(faults),
      versions_(std::make_shared<VersionedMap>(state.durable_)) {
  GRAPHDB_CHECK(state_.pending_.empty()) << "Crash was not called after the last incarnation";
}

bool SimKv::Happens(ChoiceKind kind, uint32_t ppm) {
  const bool drawn = ppm != 0 && random_.Chance(ppm, 1'000'000);
  return scheduler_.loop().choices().Happens(kind, scheduler_.life().actor, kWorldActor,
                                             state_.questions_++, drawn);
}

absl::Status SimKv::Write(ShardId shard, LogIndex index, env::KvBatch batch) {
  if (!sticky_.ok()) return sticky_;
  if (Happens(ChoiceKind::kEngineError, faults_.write_error_ppm)) {
    GRAPHDB_COVER("sim_kv.sticky_error");
    sticky_ = absl::UnavailableError("engine: background error (injected)");
    return sticky_;
  }
  if (write_listener_) write_listener_(shard, index, batch);
  const uint64_t sequence = versions_->last() + 1;
  versions_->Apply(batch, sequence);
  tokens_.Add(sequence, shard, index);
  bytes_since_flush_ += BatchBytes(batch);
  state_.pending_.push_back({sequence, shard, index, std::move(batch)});
  if (faults_.flush_every_bytes != 0) {
    if (bytes_until_flush_ == 0) {
      bytes_until_flush_ = faults_.flush_every_bytes / 2 + random_.Below(faults_.flush_every_bytes);
    }
    if (bytes_since_flush_ >= bytes_until_flush_) {
      bytes_until_flush_ = 0;
      RequestFlush([](absl::Status) {});
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<env::KvReader> SimKv::Snapshot() {
  return std::make_unique<SnapshotReader>(versions_, versions_->last());
}

absl::StatusOr<std::optional<std::string>> SimKv::Get(absl::string_view key) const {
  const std::string* value = versions_->Get(key, versions_->last());
  if (value == nullptr) return std::optional<std::string>();
  return std::optional<std::string>(*value);
}

std::unique_ptr<env::KvIterator> SimKv::Iterate(absl::string_view lower,
                                                absl::string_view upper) const {
  return std::make_unique<Iterator>(versions_, versions_->last(), lower, upper);
}

void SimKv::RequestFlush(Done done) {
  const uint64_t sequence = versions_->last();
  bytes_since_flush_ = 0;
  absl::Status status = sticky_;
  if (status.ok() && Happens(ChoiceKind::kFlushError, faults_.flush_error_ppm)) {
    GRAPHDB_COVER("sim_kv.flush_failed");
    status = absl::UnavailableError("engine: flush failed (injected)");
  }
  const Duration latency = faults_.DrawFlushLatency(random_);
  ++flushes_under_way_;
  scheduler_.Complete(latency, "kv.flush", sequence,
                      [this, sequence, status, done = std::move(done)]() mutable {
                        FinishFlush(sequence, status, std::move(done));
                      });
}

void SimKv::FinishFlush(uint64_t sequence, absl::Status status, Done done) {
  --flushes_under_way_;
  if (status.ok()) {
    state_.FlushThrough(sequence);
    for (const auto& [shard, index] : tokens_.Through(sequence)) {
      if (listener_) listener_(shard, index);
    }
  }
  done(status);
}

}  // namespace graphdb::sim
