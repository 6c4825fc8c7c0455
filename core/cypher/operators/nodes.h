// The plan nodes. Expressions are borrowed from the statement, which the plan
// owns, or owned here where the planner made them.
//
// Immutable once planned; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cypher/ast.h"
#include "core/cypher/operators/operator.h"
#include "core/cypher/procedures.h"

namespace graphdb::cypher {

#define GRAPHDB_PLAN_NODE_METHODS                                           \
  std::unique_ptr<Operator> Open(ExecutionContext& context) const override; \
  std::string Describe() const override

// One row of nulls: where a query begins.
struct SingleRowNode : PlanNode {
  GRAPHDB_PLAN_NODE_METHODS;
};

// The rows that the Apply with this id gives to its inner plan.
struct ArgumentNode : PlanNode {
  int id = 0;
  GRAPHDB_PLAN_NODE_METHODS;
};

// For each input row, every node (with `label`, unless it is empty) in `slot`.
struct NodeScanNode : PlanNode {
  int slot = 0;
  std::string label;
  GRAPHDB_PLAN_NODE_METHODS;
};

// For each input row, the nodes whose id is the value of `ids` or one of its
// items.
struct NodeByIdNode : PlanNode {
  int slot = 0;
  const Expr* ids = nullptr;
  bool list = false;
  GRAPHDB_PLAN_NODE_METHODS;
};

// One hop. Where `into` is set, `to_slot` is bound and the hop has to end there.
struct ExpandNode : PlanNode {
  int from_slot = 0;
  int relationship_slot = 0;
  int to_slot = 0;
  graph::Direction direction = graph::Direction::kBoth;
  std::vector<std::string> types;
  bool into = false;
  std::vector<int> unlike;  // relationships of the same MATCH, or lists of them
  GRAPHDB_PLAN_NODE_METHODS;
};

// `min` to `max` hops, relationships not repeated; binds the list of them.
struct VarExpandNode : PlanNode {
  int from_slot = 0;
  int relationships_slot = 0;
  int to_slot = 0;
  graph::Direction direction = graph::Direction::kBoth;
  std::vector<std::string> types;
  uint64_t min = 1;
  std::optional<uint64_t> max;
  bool into = false;
  bool reversed = false;   // walked from the right end of the pattern
  bool same_list = false;  // `relationships_slot` is bound: the trail has to be that list
  std::vector<int> unlike;
  const Expr* properties = nullptr;  // a map that each relationship has to match
  GRAPHDB_PLAN_NODE_METHODS;
};

// The ends of a relationship that is bound already.
struct EndpointsNode : PlanNode {
  int relationship_slot = 0;
  int left_slot = 0;
  int right_slot = 0;
  bool left_bound = false;
  bool right_bound = false;
  PatternDirection direction = PatternDirection::kBoth;
  std::vector<std::string> types;
  std::vector<int> unlike;
  GRAPHDB_PLAN_NODE_METHODS;
};

// A path value from the elements of its pattern.
struct PathBuildNode : PlanNode {
  int slot = 0;
  std::vector<int> nodes;
  std::vector<int> relationships;
  GRAPHDB_PLAN_NODE_METHODS;
};

struct FilterNode : PlanNode {
  std::vector<const Expr*> predicates;
  std::vector<ExprPtr> owned;  // those the planner made
  GRAPHDB_PLAN_NODE_METHODS;
};

// Rows of a new layout; `exprs` are evaluated on the rows before.
struct ProjectNode : PlanNode {
  std::vector<const Expr*> exprs;
  std::vector<int> slots;
  std::vector<ExprPtr> owned;
  GRAPHDB_PLAN_NODE_METHODS;
};

// One row per group: keys in slots 0.., aggregations in theirs.
struct AggregateNode : PlanNode {
  std::vector<const Expr*> keys;
  std::vector<const Expr*> calls;  // Expr::slot is where the result goes
  GRAPHDB_PLAN_NODE_METHODS;
};

// Rows that differ in the first `columns` slots.
struct DistinctNode : PlanNode {
  size_t columns = 0;
  GRAPHDB_PLAN_NODE_METHODS;
};

struct SortNode : PlanNode {
  std::vector<const Expr*> keys;
  std::vector<bool> descending;
  GRAPHDB_PLAN_NODE_METHODS;
};

struct PaginateNode : PlanNode {
  const Expr* skip = nullptr;
  const Expr* limit = nullptr;
  GRAPHDB_PLAN_NODE_METHODS;
};

struct UnwindNode : PlanNode {
  const Expr* list = nullptr;
  int slot = 0;
  GRAPHDB_PLAN_NODE_METHODS;
};

// Runs the second child on the rows of the first, all rows of a batch at once:
// `row_slot` numbers them.
struct ApplyNode : PlanNode {
  enum class Mode : uint8_t {
    kOptional,  // OPTIONAL MATCH: rows of the inner plan, or the outer row
    kExists,    // the outer rows, with a boolean in `result_slot`
    kCollect,   // the outer rows, with a list of `item` in `result_slot`
  };
  Mode mode = Mode::kOptional;
  int argument = 0;
  int row_slot = 0;
  int result_slot = 0;
  const Expr* item = nullptr;
  ExprPtr owned_item;
  const Expr* list = nullptr;  // of kCollect: null there gives null
  bool row_by_row = false;     // the inner plan has projections: it loses row_slot
  GRAPHDB_PLAN_NODE_METHODS;
};

struct CreateNode : PlanNode {
  std::vector<const PathPattern*> paths;
  GRAPHDB_PLAN_NODE_METHODS;
};

struct SetNode : PlanNode {
  const std::vector<SetItem>* items = nullptr;
  bool remove = false;
  GRAPHDB_PLAN_NODE_METHODS;
};

struct DeleteNode : PlanNode {
  bool detach = false;
  std::vector<const Expr*> targets;
  uint32_t offset = 0;
  GRAPHDB_PLAN_NODE_METHODS;
};

// The second child matches the pattern for one row.
struct MergeNode : PlanNode {
  int argument = 0;
  const MergeClause* merge = nullptr;
  GRAPHDB_PLAN_NODE_METHODS;
};

struct UnionNode : PlanNode {
  size_t columns = 0;
  GRAPHDB_PLAN_NODE_METHODS;
};

struct CallNode : PlanNode {
  const Procedure* procedure = nullptr;
  const CallClause* call = nullptr;
  GRAPHDB_PLAN_NODE_METHODS;
};

#undef GRAPHDB_PLAN_NODE_METHODS

}  // namespace graphdb::cypher
