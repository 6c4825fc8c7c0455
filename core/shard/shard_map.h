// ShardMap: which shard owns which slots, and at which epoch (rule O1: this map
// is plan and routing; ownership itself is the shard's own replicated state).
//
//   const ShardMap map = ShardMap::Equal(9);
//   const ShardId shard = map.ShardOf(slot);
//
// Invariants:
//   1. Every slot is owned by exactly one shard.
//   2. Shards are numbered 0, 1, ... in the order of Equal; ranges are sorted.
//
// Value type.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/storage/slots.h"
#include "proto/shard.pb.h"

namespace graphdb::shard {

using SlotSpan = storage::SlotRange;  // both ends included

struct ShardEntry {
  ShardId shard;
  Epoch epoch;
  std::vector<SlotSpan> slots;
  friend bool operator==(const ShardEntry&, const ShardEntry&) = default;
};

inline constexpr Epoch kFirstEpoch{1};
inline constexpr uint32_t kShardsMax = 1024;

class ShardMap {
 public:
  ShardMap() = default;  // owns nothing: before founding
  // `count` ranges of equal size (give or take one slot), at epoch 1.
  static ShardMap Equal(uint32_t count);
  // kInvalidArgument where a slot has no owner or two.
  static absl::StatusOr<ShardMap> FromProto(const v1::MetaShardMap& proto);
  void ToProto(v1::MetaShardMap* out) const;

  bool empty() const { return shards_.empty(); }
  Epoch epoch() const { return epoch_; }
  const std::vector<ShardEntry>& shards() const { return shards_; }
  ShardId ShardOf(Slot slot) const;
  // CHECKs that the shard is in the map.
  const ShardEntry& Entry(ShardId shard) const;

  friend bool operator==(const ShardMap&, const ShardMap&) = default;

 private:
  Epoch epoch_;
  std::vector<ShardEntry> shards_;
};

}  // namespace graphdb::shard
