// MakePlan: from an analyzed statement to a tree of plan nodes.
//
// A MATCH is planned greedily: begin at the most selective node (bound already,
// then by id, by label, all), then hop by hop along relationships that touch
// what is bound; each predicate is tested as soon as its variables are bound.
//
// Pure function; thread-safe.
#pragma once

#include <memory>

#include "core/cypher/ast.h"
#include "core/cypher/operators/operator.h"
#include "core/cypher/procedures.h"
#include "core/cypher/semantics.h"

namespace graphdb::cypher {

// The plan borrows from `statement`.
PlanPtr MakePlan(const Statement& statement, const Analysis& analysis,
                 const ProcedureRegistry* procedures);

}  // namespace graphdb::cypher
