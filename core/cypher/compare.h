// Cypher's three relations between values, which are not the same:
//
//   Equals       `=`: three-valued; null and what holds null is unknown; NaN
//                equals nothing; 1 = 1.0; different kinds are not equal.
//   Less         `<`: three-valued; unknown between kinds that don't compare.
//   OrderCompare ORDER BY, min, max: total; null is the largest, NaN the
//                largest number.
//   GroupKey     DISTINCT and grouping: null is the same as null, NaN as NaN,
//                1 as 1.0; two values are the same exactly if their keys are.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "core/cypher/datum.h"

namespace graphdb::cypher {

enum class Ternary : uint8_t { kFalse, kTrue, kUnknown };

constexpr Ternary Not(Ternary v) {
  return v == Ternary::kUnknown ? v : v == Ternary::kTrue ? Ternary::kFalse : Ternary::kTrue;
}
constexpr Ternary FromBool(bool v) { return v ? Ternary::kTrue : Ternary::kFalse; }
Datum ToDatum(Ternary v);

Ternary Equals(const Datum& a, const Datum& b);
enum class Comparison : uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };
Ternary Compare(Comparison op, const Datum& a, const Datum& b);
// Negative, zero or positive.
int OrderCompare(const Datum& a, const Datum& b);
void AppendGroupKey(const Datum& datum, std::string& out);

}  // namespace graphdb::cypher
