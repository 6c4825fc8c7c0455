// Evaluate: the value of an analyzed expression on one row.
//
// Invariants:
//   1. The row changes only in slots of variables that are local to the
//      expression (comprehensions, quantifiers).
//   2. A status for which IsNeedsFetch holds is not an error: fetch
//      EvalContext::wanted and evaluate again.
//
// Deterministic thread only.
#pragma once

#include "absl/status/statusor.h"
#include "core/cypher/ast.h"
#include "core/cypher/compare.h"
#include "core/cypher/functions.h"

namespace graphdb::cypher {

absl::StatusOr<Datum> Evaluate(const Expr& expr, Datum* row, EvalContext& context);
// Of a predicate: null is unknown, anything but a boolean a TypeError.
absl::StatusOr<Ternary> EvaluatePredicate(const Expr& expr, Datum* row, EvalContext& context);

// left op right; IntegerOverflow and type errors as Cypher wants them.
absl::StatusOr<Datum> Arithmetic(Op op, const Datum& left, const Datum& right,
                                 EvalContext& context);
absl::StatusOr<Datum> PropertyOf(const Datum& base, absl::string_view key, EvalContext& context);

}  // namespace graphdb::cypher
