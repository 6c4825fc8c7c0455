// MemoryKv: an env::KvEngine without loss, for unit tests of what works on a
// reader. Crash semantics are the simulator's engine (sim/env).
//
// Deterministic thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/env/kv_engine.h"

namespace graphdb::storage {

class MemoryKv : public env::KvEngine {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    return Reader(map_).Get(key);
  }
  std::unique_ptr<env::KvIterator> Iterate(absl::string_view lower,
                                           absl::string_view upper) const override {
    return Reader(map_).Iterate(lower, upper);
  }
  absl::Status Write(ShardId shard, LogIndex index, env::KvBatch batch) override {
    // Readers keep the map they were taken of.
    if (map_.use_count() > 1) map_ = std::make_shared<Map>(*map_);
    for (const env::KvBatch::Op& op : batch.ops()) {
      switch (op.kind) {
        case env::KvBatch::Kind::kPut:
          (*map_)[op.key] = op.value;
          break;
        case env::KvBatch::Kind::kDelete:
          map_->erase(op.key);
          break;
        case env::KvBatch::Kind::kDeleteRange:
          map_->erase(map_->lower_bound(op.key), map_->lower_bound(op.value));
          break;
      }
    }
    if (listener_) listener_(shard, index);
    return absl::OkStatus();
  }
  std::unique_ptr<env::KvReader> Snapshot() override { return std::make_unique<Reader>(map_); }
  void RequestFlush(Done done) override { done(absl::OkStatus()); }
  void SetDurableListener(DurableListener listener) override { listener_ = std::move(listener); }

  const Map& map() const { return *map_; }
  // For tests that damage what is stored; no reader may be alive.
  Map& mutable_map() { return *map_; }

 private:
  class Iterator : public env::KvIterator {
   public:
    Iterator(std::shared_ptr<Map> map, absl::string_view lower, absl::string_view upper)
        : map_(std::move(map)), lower_(lower), end_(map_->lower_bound(upper)) {
      Seek(lower);
    }
    void Seek(absl::string_view key) override {
      it_ = map_->lower_bound(std::max(key, absl::string_view(lower_)));
      if (end_ != map_->end() && (it_ == map_->end() || end_->first < it_->first)) it_ = end_;
    }
    bool Valid() const override { return it_ != end_; }
    void Next() override { ++it_; }
    absl::string_view key() const override { return it_->first; }
    absl::string_view value() const override { return it_->second; }
    absl::Status status() const override { return absl::OkStatus(); }

   private:
    std::shared_ptr<Map> map_;
    std::string lower_;
    Map::const_iterator end_;
    Map::const_iterator it_;
  };
  class Reader : public env::KvReader {
   public:
    explicit Reader(std::shared_ptr<Map> map) : map_(std::move(map)) {}
    absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
      auto it = map_->find(key);
      if (it == map_->end()) return std::nullopt;
      return std::optional<std::string>(it->second);
    }
    std::unique_ptr<env::KvIterator> Iterate(absl::string_view lower,
                                             absl::string_view upper) const override {
      return std::make_unique<Iterator>(map_, lower, upper);
    }

   private:
    std::shared_ptr<Map> map_;
  };

  std::shared_ptr<Map> map_ = std::make_shared<Map>();
  DurableListener listener_;
};

}  // namespace graphdb::storage
