// SnapshotSource: the whole graph at one timestamp, page by page, read through
// the shards' leaders like any other reader, so that no transaction is seen in
// part (P7, docs/rules.md).
//
// Deterministic thread only.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "core/cluster/router.h"
#include "core/cluster/snapshot_service.h"
#include "core/env/task.h"
#include "core/shard/shard_map.h"

namespace graphdb::cluster {

class SnapshotSource {
 public:
  // `map` has a shard.
  SnapshotSource(Router& router, shard::ShardMap map, Timestamp at, uint32_t page_entries)
      : router_(router), map_(std::move(map)), at_(at), page_entries_(page_entries) {}

  // Unset at the end.
  Task<absl::StatusOr<std::optional<SnapshotPage>>> Next();

 private:
  enum class Phase { kNodes, kRelationships, kDone };

  std::string BeginOfRange() const;
  std::string EndOfRange() const;
  void NextRange();
  absl::Status AddEntry(const v1::ReadEntry& entry, SnapshotPage* page) const;

  Router& router_;
  const shard::ShardMap map_;
  const Timestamp at_;
  const uint32_t page_entries_;
  Phase phase_ = Phase::kNodes;
  size_t shard_ = 0;
  size_t span_ = 0;
  std::string resume_;  // empty: at the begin of the range
};

}  // namespace graphdb::cluster
