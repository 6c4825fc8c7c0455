// Analyze: gives every name of a statement its meaning, or says why it has none.
//
// It resolves variables to slots, checks kinds, scopes and the rules of
// aggregation, expands `*`, and rewrites projections into what the planner
// needs (ProjectionClause's second half). A row of a query part has one slot
// per variable; WITH and RETURN start a new row layout whose first slots are
// the projected columns.
//
// Errors: compile-time errors with the TCK's types and details, position as
// offset (RenderError makes line and column of it).
//
// Pure function; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/cypher/ast.h"
#include "core/cypher/limits.h"
#include "core/cypher/procedures.h"

namespace graphdb::cypher {

struct Analysis {
  std::vector<int> layout_widths;  // slots per layout id
  std::vector<std::string> columns;
  bool writes = false;
};

absl::StatusOr<Analysis> Analyze(Statement& statement, const Limits& limits,
                                 const ProcedureRegistry* procedures);

}  // namespace graphdb::cypher
