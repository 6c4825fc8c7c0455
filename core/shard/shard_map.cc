#include "core/shard/shard_map.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::shard {

ShardMap ShardMap::Equal(uint32_t count) {
  GRAPHDB_CHECK(count >= 1) << "num_shards";
  GRAPHDB_CHECK_LE(count, kShardsMax) << "num_shards";
  ShardMap map;
  map.epoch_ = kFirstEpoch;
  for (uint32_t i = 0; i < count; ++i) {
    const ShardId shard(static_cast<uint16_t>(i));
    map.shards_.push_back({shard, kFirstEpoch, storage::SlotSet::EvenShare(shard, count).ranges()});
  }
  return map;
}

absl::StatusOr<ShardMap> ShardMap::FromProto(const v1::MetaShardMap& proto) {
  ShardMap map;
  map.epoch_ = Epoch(proto.epoch());
  std::vector<bool> owned(kSlotCount, false);
  std::set<uint32_t> seen;
  size_t slots = 0;
  for (const v1::MetaShard& from : proto.shards()) {
    if (from.shard() >= kShardsMax || !seen.insert(from.shard()).second) {
      return absl::InvalidArgumentError(absl::StrCat("shard map: shard ", from.shard()));
    }
    ShardEntry entry{ShardId(static_cast<uint16_t>(from.shard())), Epoch(from.epoch()), {}};
    for (const v1::SlotRange& range : from.slots()) {
      if (range.first() > range.last() || range.last() >= kSlotCount) {
        return absl::InvalidArgumentError(
            absl::StrCat("shard map: slots ", range.first(), "-", range.last()));
      }
      for (uint32_t slot = range.first(); slot <= range.last(); ++slot) {
        if (owned[slot]) {
          return absl::InvalidArgumentError(absl::StrCat("shard map: two owners of slot ", slot));
        }
        owned[slot] = true;
        ++slots;
      }
      entry.slots.push_back(
          {Slot(static_cast<uint16_t>(range.first())), Slot(static_cast<uint16_t>(range.last()))});
    }
    map.shards_.push_back(std::move(entry));
  }
  if (slots != kSlotCount) {
    return absl::InvalidArgumentError(
        absl::StrCat("shard map: ", kSlotCount - slots, " slots without owner"));
  }
  return map;
}

void ShardMap::ToProto(v1::MetaShardMap* out) const {
  out->Clear();
  out->set_epoch(epoch_.value());
  for (const ShardEntry& entry : shards_) {
    v1::MetaShard* to = out->add_shards();
    to->set_shard(entry.shard.value());
    to->set_epoch(entry.epoch.value());
    for (const SlotSpan& span : entry.slots) {
      v1::SlotRange* range = to->add_slots();
      range->set_first(span.first.value());
      range->set_last(span.last.value());
    }
  }
}

ShardId ShardMap::ShardOf(Slot slot) const {
  for (const ShardEntry& entry : shards_) {
    for (const SlotSpan& span : entry.slots) {
      if (span.Contains(slot)) return entry.shard;
    }
  }
  GRAPHDB_CHECK(false) << "slot " << slot << " has no owner in a map of " << shards_.size();
  return ShardId();
}

const ShardEntry& ShardMap::Entry(ShardId shard) const {
  for (const ShardEntry& entry : shards_) {
    if (entry.shard == shard) return entry;
  }
  GRAPHDB_CHECK(false) << "shard " << shard << " is not in the map";
  return shards_.front();
}

}  // namespace graphdb::shard
