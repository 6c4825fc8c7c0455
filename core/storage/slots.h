// Slots: where an element lives. slot(id) = the top 14 bits of an invertible
// 64-bit mix of the id, so foreign ids spread evenly and an allocator can still
// choose an id that falls into a given slot.
//
//   const Slot slot = SlotOf(node_id);
//   SlotSet owned = SlotSet::EvenShare(ShardId(2), 9);   // of 9 shards
//   ElementId fresh = ElementId(UnmixToId(slot, counter));
//
// Invariants:
//   1. Mix and Unmix are inverse bijections and never change: key bytes depend
//      on them (docs/formats/keys.md).
//   2. A SlotSet's ranges are sorted, disjoint and don't touch.
//   3. EvenShare(0..n-1, n) covers every slot exactly once.
//
// Which ids an allocator may hand out. *Plain* ids, 1 to kPlainIdLimit - 1, are
// those a client names or a single-shard node counts up. *Placed* ids come from
// UnmixToId and are redrawn with the next counter unless IsPlacedId holds
// (about every second one does, being below 2^63, so that a driver never shows
// a negative id). The two kinds can't collide, and after a restore IdFloor says
// above what each allocator goes on (rule M1).
//
// Pure functions and value types; thread-safe.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/ids.h"

namespace graphdb::storage {

inline constexpr int kSlotBits = 14;
inline constexpr int kCounterBits = 64 - kSlotBits;
inline constexpr uint64_t kCounterMax = (uint64_t{1} << kCounterBits) - 1;
static_assert((1u << kSlotBits) == kSlotCount);

uint64_t MixId(uint64_t id);
uint64_t UnmixId(uint64_t mixed);

inline Slot SlotOfRaw(uint64_t id) {
  return Slot(static_cast<uint16_t>(MixId(id) >> kCounterBits));
}
inline Slot SlotOf(ElementId id) { return SlotOfRaw(id.value()); }
inline Slot SlotOf(RelationshipId id) { return SlotOfRaw(id.value()); }

// The id in `slot` with this counter (CHECKs counter <= kCounterMax), and back.
uint64_t UnmixToId(Slot slot, uint64_t counter);
inline uint64_t CounterOf(uint64_t id) { return MixId(id) & kCounterMax; }

inline constexpr uint64_t kPlainIdLimit = uint64_t{1} << 48;
inline constexpr uint64_t kPlacedIdLimit = uint64_t{1} << 63;
inline bool IsPlainId(uint64_t id) { return id != 0 && id < kPlainIdLimit; }
inline bool IsPlacedId(uint64_t id) { return id >= kPlainIdLimit && id < kPlacedIdLimit; }

// The first placed id in `slot` with a counter >= *counter; leaves *counter one
// past the counter used.
uint64_t NextPlacedId(Slot slot, uint64_t* counter);

// The largest ids seen: allocators continue above both numbers.
struct IdFloor {
  uint64_t plain = 0;    // largest plain id
  uint64_t counter = 0;  // largest counter of a placed id

  void Cover(uint64_t id) {
    if (IsPlainId(id)) plain = std::max(plain, id);
    if (IsPlacedId(id)) counter = std::max(counter, CounterOf(id));
  }
  void Cover(const IdFloor& other) {
    plain = std::max(plain, other.plain);
    counter = std::max(counter, other.counter);
  }
  // For one allocator that feeds both kinds: above either.
  uint64_t Bound() const { return std::max(plain, counter) + 1; }
  friend bool operator==(const IdFloor&, const IdFloor&) = default;
};

struct SlotRange {
  Slot first;
  Slot last;  // inclusive
  bool Contains(Slot slot) const { return first <= slot && slot <= last; }
  friend bool operator==(const SlotRange&, const SlotRange&) = default;
};

class SlotSet {
 public:
  SlotSet() = default;
  // Any order and overlap; sorts and joins. CHECKs first <= last < kSlotCount.
  explicit SlotSet(std::vector<SlotRange> ranges);
  static SlotSet All();
  // The share of shard `index` of `count`: contiguous, sizes differ by one at most.
  static SlotSet EvenShare(ShardId index, uint32_t count);

  bool Contains(Slot slot) const;
  bool empty() const { return ranges_.empty(); }
  const std::vector<SlotRange>& ranges() const { return ranges_; }
  std::string ToString() const;  // "0-1819,4000-4000"
  friend bool operator==(const SlotSet&, const SlotSet&) = default;

 private:
  std::vector<SlotRange> ranges_;
};

}  // namespace graphdb::storage
