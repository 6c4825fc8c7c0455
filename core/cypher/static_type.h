// StaticType: the kinds of value an expression can have, as far as the text
// tells; what semantics needs to refuse `1 AND true` or `MATCH (a)-[a]-()`.
//
// Value type.
#pragma once

#include <cstdint>

#include "core/cypher/datum.h"

namespace graphdb::cypher {

using KindMask = uint16_t;  // one bit per Datum::Kind

constexpr KindMask Bit(Datum::Kind kind) {
  return static_cast<KindMask>(1u << static_cast<unsigned>(kind));
}

inline constexpr KindMask kNullBit = Bit(Datum::Kind::kNull);
inline constexpr KindMask kBooleanBit = Bit(Datum::Kind::kBoolean);
inline constexpr KindMask kIntegerBit = Bit(Datum::Kind::kInteger);
inline constexpr KindMask kFloatBit = Bit(Datum::Kind::kFloat);
inline constexpr KindMask kNumberBits = kIntegerBit | kFloatBit;
inline constexpr KindMask kStringBit = Bit(Datum::Kind::kString);
inline constexpr KindMask kListBit = Bit(Datum::Kind::kList);
inline constexpr KindMask kMapBit = Bit(Datum::Kind::kMap);
inline constexpr KindMask kNodeBit = Bit(Datum::Kind::kNode);
inline constexpr KindMask kRelationshipBit = Bit(Datum::Kind::kRelationship);
inline constexpr KindMask kPathBit = Bit(Datum::Kind::kPath);
inline constexpr KindMask kAnyBits = 0x7ff;

struct StaticType {
  KindMask mask = kAnyBits;
  KindMask element = kAnyBits;  // of a list's items

  // Can a value of this type be of one of `kinds`? Null never contradicts.
  constexpr bool Admits(KindMask kinds) const { return (mask & (kinds | kNullBit)) != 0; }
};

constexpr StaticType TypeOf(KindMask mask) { return StaticType{mask, kAnyBits}; }
constexpr StaticType ListOf(KindMask element) { return StaticType{kListBit, element}; }

}  // namespace graphdb::cypher
