// Parse: the text of one statement to its syntax tree.
//
//   GRAPHDB_ASSIGN_OR_RETURN(auto statement, Parse("MATCH (n) RETURN n", Limits{}));
//
// The grammar is openCypher 9's. Recursive descent for clauses and patterns,
// precedence climbing for expressions; time is linear in the text and stack
// bounded by Limits::nesting_depth_max.
//
// Errors: SyntaxError with line, column, what was found and what was expected,
// and a caret below the line; LimitExceeded for length and nesting.
//
// Pure function; thread-safe.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/cypher/ast.h"
#include "core/cypher/limits.h"

namespace graphdb::cypher {

absl::StatusOr<std::unique_ptr<Statement>> Parse(absl::string_view text, const Limits& limits);

}  // namespace graphdb::cypher
