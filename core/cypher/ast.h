// The syntax tree of a statement. The parser fills it; Analyze (semantics.h)
// resolves names to slots of the row, in place; the planner takes it apart.
//
// Invariants:
//   1. Expr::depth is 1 + the greatest depth of its children and at most
//      Limits::nesting_depth_max: walking an expression may recurse. Chains of
//      one precedence level (a OR b OR c, 1 + 2 - 3) are one node with many
//      children, so length is no depth.
//   2. begin..end is the text of the expression.
//
// Plain data; thread-safe once analyzed (nothing changes it then).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/cypher/datum.h"

namespace graphdb::cypher {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;
struct PathPattern;
struct Query;

inline constexpr int kNoSlot = -1;

enum class ExprKind : uint8_t {
  kLiteral,
  kParameter,  // name
  kVariable,   // name, slot
  kProperty,   // args[0] . name
  kIndex,      // args[0] [ args[1] ]
  kSlice,      // args[0] [ args[1] .. args[2] ], either may be null
  kList,       // args
  kMap,        // names: args
  kAnd,        // args, 2 or more
  kOr,
  kXor,
  kNot,         // args[0]
  kComparison,  // args[0] ops[0] args[1] ops[1] args[2] ...
  kArithmetic,  // likewise, folded from the left
  kNegate,      // args[0]
  kUnaryPlus,
  kStartsWith,  // args[0], args[1]
  kEndsWith,
  kContains,
  kRegex,
  kIn,
  kIsNull,  // args[0]
  kIsNotNull,
  kHasLabels,  // args[0] : names
  kFunction,   // name(args), distinct
  kCountStar,
  kCase,                  // args: [subject] {when, then} [else]; has_subject, has_else
  kListComprehension,     // name IN args[0] WHERE args[1] | args[2]; 1 and 2 may be null
  kQuantifier,            // name = all, any, none, single; names[0] IN args[0] WHERE args[1]
  kReduce,                // names[0] = args[0], names[1] IN args[1] | args[2]
  kMapProjection,         // args[0] { names: args } ; an empty name is .*
  kPatternPredicate,      // pattern
  kPatternComprehension,  // pattern WHERE args[0] | args[1]; args[0] may be null
  kExists,                // subquery
  kSlot,                  // made by Analyze: the value of `slot`
};

enum class Op : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
};

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  bool distinct = false;
  bool has_subject = false;
  bool has_else = false;
  // Of a variable: bound inside the expression (comprehension, quantifier).
  bool local = false;
  uint16_t depth = 1;
  uint32_t begin = 0;
  uint32_t end = 0;
  int slot = kNoSlot;   // of a variable; of a comprehension its element; of a pattern its result
  int slot2 = kNoSlot;  // of reduce: the accumulator; of a subquery: the row number
  // Of a comprehension or quantifier whose variable a pattern inside uses: a
  // plan computes it into result_slot (of a quantifier: its predicate's values).
  bool planned = false;
  int result_slot = kNoSlot;
  int function = -1;  // index in the function table
  Datum literal;
  std::string name;
  std::vector<std::string> names;
  std::vector<Op> ops;
  std::vector<ExprPtr> args;
  std::unique_ptr<PathPattern> pattern;
  std::unique_ptr<Query> subquery;

  Expr();
  Expr(Expr&& other) noexcept;
  Expr& operator=(Expr&& other) noexcept;
  ~Expr();
};

ExprPtr Clone(const Expr& expr);
// Same shape and names; positions and slots don't matter.
bool SameExpr(const Expr& a, const Expr& b);

enum class PatternDirection : uint8_t { kRight, kLeft, kBoth };

struct NodePattern {
  uint32_t begin = 0;
  std::string variable;  // empty: anonymous
  int slot = kNoSlot;
  bool bound = false;  // by an earlier clause or earlier in this pattern
  bool parenthesised_alone = false;
  std::vector<std::string> labels;
  ExprPtr properties;  // a map or a parameter
};

struct RelationshipPattern {
  uint32_t begin = 0;
  std::string variable;
  int slot = kNoSlot;
  bool bound = false;
  PatternDirection direction = PatternDirection::kBoth;
  bool both_arrows = false;  // <-[]->
  std::vector<std::string> types;
  ExprPtr properties;
  bool variable_length = false;
  std::optional<uint64_t> min;
  std::optional<uint64_t> max;
};

struct PathPattern {
  uint32_t begin = 0;
  std::string variable;
  int slot = kNoSlot;
  std::vector<NodePattern> nodes;  // one more than relationships
  std::vector<RelationshipPattern> relationships;

  PathPattern();
  ~PathPattern();
  PathPattern(PathPattern&&) noexcept;
  PathPattern& operator=(PathPattern&&) noexcept;
};

struct SortItem {
  ExprPtr expr;
  bool descending = false;
};

struct ReturnItem {
  ExprPtr expr;
  std::string alias;
  bool has_alias = false;  // written with AS, or a plain variable
  uint32_t begin = 0;
};

struct MatchClause {
  bool optional = false;
  std::vector<PathPattern> paths;
  ExprPtr where;
  int row_slot = kNoSlot;  // of OPTIONAL MATCH: numbers the rows before
};

struct UnwindClause {
  ExprPtr list;
  std::string variable;
  int slot = kNoSlot;
};

struct CreateClause {
  std::vector<PathPattern> paths;
};

struct SetItem {
  enum class Kind : uint8_t { kProperty, kReplace, kMerge, kLabels };
  Kind kind = Kind::kProperty;
  ExprPtr target;  // the element
  std::string property;
  std::vector<std::string> labels;
  ExprPtr value;
  uint32_t begin = 0;
};

struct SetClause {
  std::vector<SetItem> items;
};

struct RemoveClause {  // kProperty and kLabels items without value
  std::vector<SetItem> items;
};

struct MergeClause {
  PathPattern path;
  std::vector<SetItem> on_create;
  std::vector<SetItem> on_match;
};

struct DeleteClause {
  bool detach = false;
  std::vector<ExprPtr> targets;
};

// WITH and RETURN. After Analyze: `items` and `hidden` are computed from the
// row before (or from groups) into slots 0..n-1 of a new row layout.
struct ProjectionClause {
  bool is_return = false;
  bool distinct = false;
  bool star = false;
  std::vector<ReturnItem> items;
  std::vector<SortItem> order_by;
  ExprPtr skip;
  ExprPtr limit;
  ExprPtr where;  // of WITH

  // Filled by Analyze.
  std::vector<ExprPtr> hidden;    // columns only ORDER BY and WHERE see
  std::vector<int> hidden_slots;  // of the new layout
  bool aggregates = false;
  int layout_groups = 0;              // with aggregates: of the rows of keys and aggregations
  std::vector<ExprPtr> keys;          // grouping keys, over the row before
  std::vector<ExprPtr> aggregations;  // calls, over the row before
  int layout_out = 0;                 // of items, hidden, and what follows
};

struct CallClause {
  std::string procedure;
  uint32_t begin = 0;
  bool has_arguments = false;
  std::vector<ExprPtr> arguments;
  bool yield_star = false;
  bool has_yield = false;
  struct Yield {
    std::string field;
    std::string variable;
    uint32_t begin = 0;
    int slot = kNoSlot;
    int field_index = -1;
  };
  std::vector<Yield> yields;
  ExprPtr where;
};

struct Clause {
  uint32_t begin = 0;
  std::variant<MatchClause, UnwindClause, CreateClause, SetClause, RemoveClause, MergeClause,
               DeleteClause, ProjectionClause, CallClause>
      body;
};

struct SingleQuery {
  std::vector<Clause> clauses;
  int layout_in = 0;  // of the row before the first clause
};

struct Query {
  std::vector<SingleQuery> parts;  // of UNION
  bool union_all = false;
  uint32_t begin = 0;
};

struct Statement {
  std::string text;
  bool explain = false;
  bool profile = false;
  Query query;
};

}  // namespace graphdb::cypher
