// WITH and RETURN: columns, grouping, and what ORDER BY and WHERE may see.
//
// Rows go through up to three layouts: the one before, the groups (keys, then
// aggregations), and the new one (columns, then hidden columns that ORDER BY
// and WHERE need from before).
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/functions.h"
#include "core/cypher/semantics_internal.h"

namespace graphdb::cypher {
namespace {

ExprPtr SlotExpr(int slot, const Expr& at) {
  auto expr = std::make_unique<Expr>();
  expr->kind = ExprKind::kSlot;
  expr->slot = slot;
  expr->begin = at.begin;
  expr->end = at.end;
  return expr;
}

bool IsAggregateCall(const Expr& expr) {
  return expr.kind == ExprKind::kCountStar ||
         (expr.kind == ExprKind::kFunction && expr.function >= 0 &&
          FunctionAt(expr.function).kind == FunctionKind::kAggregate);
}

// Variables and properties of them: what may be repeated beside an aggregate.
bool IsSimple(const Expr& expr) {
  if (expr.kind == ExprKind::kVariable) return true;
  return expr.kind == ExprKind::kProperty && IsSimple(*expr.args[0]);
}

bool Mentions(const Expr& expr, absl::string_view variable) {
  if (expr.kind == ExprKind::kVariable && expr.name == variable) return true;
  return std::any_of(expr.args.begin(), expr.args.end(), [&](const ExprPtr& arg) {
    return arg != nullptr && Mentions(*arg, variable);
  });
}

const Expr* FirstVariable(const Expr& expr) {
  if (expr.kind == ExprKind::kVariable) return &expr;
  for (const ExprPtr& arg : expr.args) {
    const Expr* found = arg == nullptr ? nullptr : FirstVariable(*arg);
    if (found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace

absl::Status Analyzer::ExpandStar(ProjectionClause& projection) {
  if (!projection.star) return absl::OkStatus();
  std::vector<std::string> names;
  for (const Symbol& symbol : scope_) names.push_back(symbol.name);
  std::sort(names.begin(), names.end());
  if (names.empty() && projection.is_return) {
    return SyntaxError("NoVariablesInScope", statement_.query.begin,
                       "RETURN * needs at least one variable");
  }
  std::vector<ReturnItem> items;
  for (std::string& name : names) {
    ReturnItem& item = items.emplace_back();
    item.expr = std::make_unique<Expr>();
    item.expr->kind = ExprKind::kVariable;
    item.expr->name = name;
    item.alias = std::move(name);
    item.has_alias = true;
  }
  for (ReturnItem& item : projection.items) items.push_back(std::move(item));
  projection.items = std::move(items);
  return absl::OkStatus();
}

absl::Status Analyzer::CheckAliases(const ProjectionClause& projection) {
  std::vector<absl::string_view> seen;
  for (const ReturnItem& item : projection.items) {
    if (!projection.is_return && !item.has_alias) {
      return SyntaxError("NoExpressionAlias", item.begin,
                         "an expression in WITH needs a name: add AS and a variable");
    }
    seen.push_back(item.alias);
  }
  std::sort(seen.begin(), seen.end());
  const auto twice = std::adjacent_find(seen.begin(), seen.end());
  if (twice == seen.end()) return absl::OkStatus();
  uint32_t second = 0;
  for (const ReturnItem& item : projection.items) {
    if (item.alias == *twice) second = std::max(second, item.begin);
  }
  return SyntaxError("ColumnNameConflict", second,
                     absl::StrCat("there are two columns named '", *twice, "'"));
}

absl::Status Analyzer::CheckItems(ProjectionClause& projection, std::vector<StaticType>& types) {
  aggregates_allowed_ = true;
  for (ReturnItem& item : projection.items) {
    projection.aggregates = projection.aggregates || HasAggregate(*item.expr);
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*item.expr));
    types.push_back(type);
  }
  aggregates_allowed_ = false;
  return absl::OkStatus();
}

// Splits the items into keys and aggregations, and the items become what is
// computed from those.
absl::Status Analyzer::Group(ProjectionClause& projection) {
  std::vector<size_t> grouped;
  for (size_t i = 0; i < projection.items.size(); ++i) {
    ExprPtr& expr = projection.items[i].expr;
    if (HasAggregate(*expr)) {
      grouped.push_back(i);
      continue;
    }
    ExprPtr slot = SlotExpr(static_cast<int>(projection.keys.size()), *expr);
    projection.keys.push_back(std::move(expr));
    expr = std::move(slot);
  }
  projection.layout_groups = NewLayout();
  analysis_.layout_widths[static_cast<size_t>(layout_)] = static_cast<int>(projection.keys.size());
  for (const size_t i : grouped) {
    std::map<int, int> local_slots;
    GRAPHDB_RETURN_IF_ERROR(RewriteGrouped(projection.items[i].expr, projection, local_slots));
  }
  return absl::OkStatus();
}

absl::Status Analyzer::RewriteGrouped(ExprPtr& expr, ProjectionClause& projection,
                                      std::map<int, int>& local_slots) {
  if (IsAggregateCall(*expr)) {
    for (const ExprPtr& call : projection.aggregations) {
      if (!SameExpr(*call, *expr)) continue;
      expr = SlotExpr(call->slot, *expr);
      return absl::OkStatus();
    }
    GRAPHDB_ASSIGN_OR_RETURN(const int slot, NewSlot(expr->begin));
    ExprPtr reference = SlotExpr(slot, *expr);
    expr->slot = slot;
    projection.aggregations.push_back(std::move(expr));
    expr = std::move(reference);
    return absl::OkStatus();
  }
  if (IsSimple(*expr)) {
    for (size_t i = 0; i < projection.keys.size(); ++i) {
      if (!SameExpr(*projection.keys[i], *expr)) continue;
      expr = SlotExpr(static_cast<int>(i), *expr);
      return absl::OkStatus();
    }
  }
  if (expr->kind == ExprKind::kVariable) {
    if (!expr->local) {
      return SyntaxError("AmbiguousAggregationExpression", expr->begin,
                         absl::StrCat("'", expr->name,
                                      "' stands beside an aggregation but is no grouping key; "
                                      "return it by itself as well, or compute it in a WITH"));
    }
    expr->slot = local_slots[expr->slot];
    return absl::OkStatus();
  }
  if (expr->kind == ExprKind::kPatternPredicate || expr->kind == ExprKind::kExists ||
      expr->kind == ExprKind::kPatternComprehension) {
    return NotSupported(expr->begin, "a pattern or subquery beside an aggregation");
  }
  for (int* slot : {&expr->slot, &expr->slot2}) {  // of comprehensions and reduce
    if (*slot == kNoSlot || expr->kind == ExprKind::kSlot) continue;
    GRAPHDB_ASSIGN_OR_RETURN(const int fresh, NewSlot(expr->begin));
    local_slots[*slot] = fresh;
    *slot = fresh;
  }
  for (ExprPtr& arg : expr->args) {
    if (arg != nullptr) GRAPHDB_RETURN_IF_ERROR(RewriteGrouped(arg, projection, local_slots));
  }
  return absl::OkStatus();
}

// A hidden column of the new layout with what `symbol` was before.
absl::StatusOr<int> Analyzer::Carry(const Symbol& symbol, ProjectionClause& projection,
                                    uint32_t offset) {
  GRAPHDB_ASSIGN_OR_RETURN(const int slot, NewSlot(offset));
  auto expr = std::make_unique<Expr>();
  expr->kind = ExprKind::kSlot;
  expr->slot = symbol.slot;
  expr->begin = expr->end = offset;
  projection.hidden.push_back(std::move(expr));
  projection.hidden_slots.push_back(slot);
  return slot;
}

// Parts of an ORDER BY expression that equal a column are that column.
absl::Status Analyzer::SubstituteProjected(ExprPtr& expr, ProjectionClause& projection,
                                           const std::vector<ExprPtr>& originals,
                                           bool only_simple) {
  const bool is_alias =
      expr->kind == ExprKind::kVariable &&
      std::any_of(projection.items.begin(), projection.items.end(),
                  [&](const ReturnItem& item) { return item.alias == expr->name; });
  if (is_alias) return absl::OkStatus();
  const bool constant = expr->kind == ExprKind::kLiteral || expr->kind == ExprKind::kParameter;
  if (!constant && (!only_simple || IsSimple(*expr))) {
    for (size_t i = 0; i < originals.size(); ++i) {
      if (originals[i] == nullptr || !SameExpr(*originals[i], *expr)) continue;
      expr = SlotExpr(static_cast<int>(i), *expr);
      return absl::OkStatus();
    }
  }
  for (ExprPtr& arg : expr->args) {
    if (arg == nullptr) continue;
    GRAPHDB_RETURN_IF_ERROR(SubstituteProjected(arg, projection, originals, only_simple));
  }
  return absl::OkStatus();
}

// Aggregating calls of an ORDER BY expression: those of the items, or count(*).
absl::Status Analyzer::SubstituteAggregates(ExprPtr& expr, ProjectionClause& projection) {
  if (HasAggregate(*expr) &&
      (expr->kind == ExprKind::kCountStar || expr->kind == ExprKind::kFunction)) {
    expr->function = expr->kind == ExprKind::kFunction ? FindFunction(expr->name) : -1;
    if (IsAggregateCall(*expr)) {
      const auto it = std::find_if(projection.aggregations.begin(), projection.aggregations.end(),
                                   [&](const ExprPtr& call) { return SameExpr(*call, *expr); });
      int group_slot = kNoSlot;
      if (it != projection.aggregations.end()) {
        group_slot = (*it)->slot;
      } else if (expr->kind == ExprKind::kCountStar) {
        group_slot = analysis_.layout_widths[static_cast<size_t>(projection.layout_groups)]++;
        ExprPtr call = Clone(*expr);
        call->slot = group_slot;
        projection.aggregations.push_back(std::move(call));
      } else {
        const Expr* variable = FirstVariable(*expr);
        if (variable != nullptr) return Undefined(*variable);
        return SyntaxError("InvalidAggregation", expr->begin,
                           "ORDER BY can use only aggregations that are projected");
      }
      Symbol group;
      group.slot = group_slot;
      GRAPHDB_ASSIGN_OR_RETURN(const int slot, Carry(group, projection, expr->begin));
      expr = SlotExpr(slot, *expr);
      return absl::OkStatus();
    }
  }
  for (ExprPtr& arg : expr->args) {
    if (arg != nullptr) GRAPHDB_RETURN_IF_ERROR(SubstituteAggregates(arg, projection));
  }
  return absl::OkStatus();
}

absl::Status Analyzer::CheckSortAndFilter(ProjectionClause& projection,
                                          const std::vector<ExprPtr>& originals) {
  for (SortItem& item : projection.order_by) {
    const bool aggregates = HasAggregate(*item.expr);
    if (aggregates && !projection.aggregates) {
      return SyntaxError("InvalidAggregation", item.expr->begin,
                         "ORDER BY can aggregate only where the projection does");
    }
    GRAPHDB_RETURN_IF_ERROR(SubstituteProjected(item.expr, projection, originals, aggregates));
    if (aggregates) {
      GRAPHDB_RETURN_IF_ERROR(SubstituteAggregates(item.expr, projection));
      const Expr* variable = FirstVariable(*item.expr);
      const bool in_key =
          variable != nullptr && Find(variable->name) == nullptr &&
          std::any_of(originals.begin(), originals.end(), [&](const ExprPtr& original) {
            return original != nullptr && !HasAggregate(*original) &&
                   Mentions(*original, variable->name);
          });
      if (in_key) {
        return SyntaxError(
            "AmbiguousAggregationExpression", variable->begin,
            absl::StrCat("'", variable->name, "' stands beside an aggregation but is no column"));
      }
    }
    GRAPHDB_RETURN_IF_ERROR(Check(*item.expr).status());
  }
  return absl::OkStatus();
}

absl::Status Analyzer::CheckPagination(Expr* expr, absl::string_view word) {
  if (expr == nullptr) return absl::OkStatus();
  if (const Expr* variable = FirstVariable(*expr)) {
    return SyntaxError("NonConstantExpression", variable->begin,
                       absl::StrCat(word, " can't depend on variables"));
  }
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*expr));
  if (!type.Admits(kIntegerBit) || type.mask == kNullBit) {
    return SyntaxError("InvalidArgumentType", expr->begin, absl::StrCat(word, " takes an integer"));
  }
  const bool negative =
      expr->kind == ExprKind::kLiteral && expr->literal.is_integer() && expr->literal.integer() < 0;
  if (negative) {
    return SyntaxError("NegativeIntegerArgument", expr->begin,
                       absl::StrCat(word, " can't be negative"));
  }
  return absl::OkStatus();
}

absl::Status Analyzer::Visit(ProjectionClause& projection) {
  GRAPHDB_RETURN_IF_ERROR(ExpandStar(projection));
  GRAPHDB_RETURN_IF_ERROR(CheckAliases(projection));
  std::vector<StaticType> types;
  GRAPHDB_RETURN_IF_ERROR(CheckItems(projection, types));
  std::vector<ExprPtr> originals;
  for (const ReturnItem& item : projection.items) {
    originals.push_back(HoldsSubquery(*item.expr) ? nullptr : Clone(*item.expr));
  }
  if (projection.aggregates) GRAPHDB_RETURN_IF_ERROR(Group(projection));

  Scope before = std::move(scope_);
  scope_.clear();
  projection.layout_out = NewLayout();
  Scope columns;
  for (size_t i = 0; i < projection.items.size(); ++i) {
    GRAPHDB_RETURN_IF_ERROR(
        Declare(projection.items[i].alias, types[i], projection.items[i].begin).status());
  }
  columns = scope_;
  if (!projection.aggregates && !projection.distinct) {
    scope_.clear();
    for (Symbol& symbol : before) {
      symbol.carry = true;
      scope_.push_back(std::move(symbol));
    }
    scope_.insert(scope_.end(), columns.begin(), columns.end());
  }
  carrying_ = &projection;
  GRAPHDB_RETURN_IF_ERROR(CheckSortAndFilter(projection, originals));
  if (projection.where != nullptr && HasAggregate(*projection.where)) {
    return SyntaxError("InvalidAggregation", projection.where->begin,
                       "WHERE can't aggregate; give the aggregation a name in WITH");
  }
  if (projection.where != nullptr) {
    GRAPHDB_RETURN_IF_ERROR(SubstituteProjected(projection.where, projection, originals, false));
    GRAPHDB_RETURN_IF_ERROR(CheckPredicate(*projection.where));
  }
  carrying_ = nullptr;
  scope_ = std::move(columns);
  GRAPHDB_RETURN_IF_ERROR(CheckPagination(projection.skip.get(), "SKIP"));
  GRAPHDB_RETURN_IF_ERROR(CheckPagination(projection.limit.get(), "LIMIT"));
  if (projection.is_return) {
    analysis_.columns.clear();
    for (const ReturnItem& item : projection.items) analysis_.columns.push_back(item.alias);
  }
  return absl::OkStatus();
}

}  // namespace graphdb::cypher
