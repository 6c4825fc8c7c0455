// StrongId: an integer that can't be mistaken for another integer.
//
//   using Term = StrongId<struct TermTag, uint64_t>;
//   Term next = term.Next();
//
// Comparable, printable and usable as a key of ordered and hash maps. There is
// no arithmetic but Next() and Prev(): who needs more says value() and says why.
//
// Immutable value; thread-safe.
#pragma once

#include <cstdint>
#include <ostream>
#include <utility>

namespace graphdb {

template <typename Tag, typename Rep = uint64_t>
class StrongId {
 public:
  using rep = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  constexpr StrongId Next() const { return StrongId(static_cast<Rep>(value_ + 1)); }
  constexpr StrongId Prev() const { return StrongId(static_cast<Rep>(value_ - 1)); }

  friend constexpr auto operator<=>(StrongId, StrongId) = default;
  friend std::ostream& operator<<(std::ostream& out, StrongId id) { return out << +id.value_; }
  template <typename H>
  friend H AbslHashValue(H state, StrongId id) {
    return H::combine(std::move(state), id.value_);
  }

 private:
  Rep value_ = 0;
};

}  // namespace graphdb
