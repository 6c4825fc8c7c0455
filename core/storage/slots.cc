#include "core/storage/slots.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"

namespace graphdb::storage {
namespace {

// Shifts and multipliers of Stafford's variant 13 (2011): full avalanche.
constexpr uint64_t kMultiplier1 = 0xbf58476d1ce4e5b9u;
constexpr uint64_t kMultiplier2 = 0x94d049bb133111ebu;
constexpr int kShift1 = 30;
constexpr int kShift2 = 27;
constexpr int kShift3 = 31;

// Newton's iteration: each step doubles the number of right low bits.
constexpr uint64_t InverseOf(uint64_t odd) {
  uint64_t inverse = odd;
  for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
  return inverse;
}
static_assert(kMultiplier1 * InverseOf(kMultiplier1) == 1);
static_assert(kMultiplier2 * InverseOf(kMultiplier2) == 1);

constexpr uint64_t UndoShift(uint64_t z, int shift) {
  uint64_t x = z;
  for (int known = shift; known < 64; known += shift) x = z ^ (x >> shift);
  return x;
}

}  // namespace

uint64_t MixId(uint64_t id) {
  uint64_t z = id;
  z = (z ^ (z >> kShift1)) * kMultiplier1;
  z = (z ^ (z >> kShift2)) * kMultiplier2;
  return z ^ (z >> kShift3);
}

uint64_t UnmixId(uint64_t mixed) {
  uint64_t z = UndoShift(mixed, kShift3);
  z = UndoShift(z * InverseOf(kMultiplier2), kShift2);
  return UndoShift(z * InverseOf(kMultiplier1), kShift1);
}

uint64_t UnmixToId(Slot slot, uint64_t counter) {
  GRAPHDB_CHECK_LT(slot.value(), kSlotCount);
  GRAPHDB_CHECK_LE(counter, kCounterMax);
  return UnmixId(uint64_t{slot.value()} << kCounterBits | counter);
}

uint64_t NextPlacedId(Slot slot, uint64_t* counter) {
  // The chance of 200 misses in a row is that of a broken mixer.
  for (int i = 0; i < 200; ++i) {
    const uint64_t id = UnmixToId(slot, (*counter)++);
    if (IsPlacedId(id)) return id;
  }
  GRAPHDB_CHECK(false) << "no placed id in slot " << slot << " before counter " << *counter;
  return 0;
}

SlotSet::SlotSet(std::vector<SlotRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const SlotRange& a, const SlotRange& b) { return a.first < b.first; });
  for (const SlotRange& range : ranges) {
    GRAPHDB_CHECK_LE(range.first, range.last);
    GRAPHDB_CHECK_LT(range.last.value(), kSlotCount);
    if (!ranges_.empty() && range.first.value() <= ranges_.back().last.value() + 1u) {
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    } else {
      ranges_.push_back(range);
    }
  }
}

SlotSet SlotSet::All() { return SlotSet({{Slot(0), Slot(kSlotCount - 1)}}); }

SlotSet SlotSet::EvenShare(ShardId index, uint32_t count) {
  GRAPHDB_CHECK_LT(index.value(), count);
  GRAPHDB_CHECK_LE(count, kSlotCount);
  const uint32_t first = index.value() * kSlotCount / count;
  const uint32_t end = (index.value() + 1u) * kSlotCount / count;
  return SlotSet({{Slot(static_cast<uint16_t>(first)), Slot(static_cast<uint16_t>(end - 1))}});
}

bool SlotSet::Contains(Slot slot) const {
  auto it = std::upper_bound(ranges_.begin(), ranges_.end(), slot,
                             [](Slot s, const SlotRange& range) { return s < range.first; });
  return it != ranges_.begin() && std::prev(it)->Contains(slot);
}

std::string SlotSet::ToString() const {
  return absl::StrJoin(ranges_, ",", [](std::string* out, const SlotRange& range) {
    absl::StrAppend(out, range.first.value(), "-", range.last.value());
  });
}

}  // namespace graphdb::storage
