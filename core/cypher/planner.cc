#include "core/cypher/planner.h"

#include <utility>

#include "core/base/check.h"
#include "core/cypher/operators/writer.h"
#include "core/cypher/planner_internal.h"

namespace graphdb::cypher {
namespace {

// Patterns and subqueries inside an expression, innermost not included: they
// are planned with the one that holds them.
void AppendSubqueries(const Expr& expr, std::vector<const Expr*>& to) {
  if (expr.kind == ExprKind::kPatternPredicate || expr.kind == ExprKind::kExists ||
      expr.kind == ExprKind::kPatternComprehension || expr.planned) {
    to.push_back(&expr);
    return;
  }
  for (const ExprPtr& arg : expr.args) {
    if (arg != nullptr) AppendSubqueries(*arg, to);
  }
}

bool HasProjection(const Query& query) {
  if (query.parts.size() != 1) return true;
  for (const Clause& clause : query.parts[0].clauses) {
    if (!std::holds_alternative<MatchClause>(clause.body)) return true;
  }
  return false;
}

ExprPtr SlotExpr(int slot) {
  auto expr = std::make_unique<Expr>();
  expr->kind = ExprKind::kSlot;
  expr->slot = slot;
  return expr;
}

}  // namespace

PlanPtr MakePlan(const Statement& statement, const Analysis& analysis,
                 const ProcedureRegistry* procedures) {
  return Planner(analysis, procedures).PlanQuery(statement.query, -1);
}

PlanPtr Planner::PlanQuery(const Query& query, int argument) {
  if (query.parts.size() == 1) return PlanSingle(query.parts[0], argument);
  auto all = std::make_unique<UnionNode>();
  all->columns = analysis_.columns.size();
  const std::set<int> bound = bound_;
  for (const SingleQuery& part : query.parts) {
    bound_ = bound;
    all->children.push_back(PlanSingle(part, argument));
  }
  // Of a subquery only whether there is a row matters.
  if (argument != kNoArgument) all->columns = 0;
  all->width = all->columns;
  if (query.union_all || argument != kNoArgument) return all;
  auto distinct = std::make_unique<DistinctNode>();
  distinct->columns = distinct->width = all->columns;
  distinct->children.push_back(std::move(all));
  return distinct;
}

PlanPtr Planner::PlanSingle(const SingleQuery& query, int argument) {
  layout_ = query.layout_in;
  PlanPtr plan;
  if (argument == kNoArgument) {
    plan = Make<SingleRowNode>(nullptr);
  } else {
    auto leaf = Make<ArgumentNode>(nullptr);
    leaf->id = argument;
    plan = std::move(leaf);
  }
  for (const Clause& clause : query.clauses) plan = PlanClause(std::move(plan), clause);
  const auto* call = std::get_if<CallClause>(&query.clauses.back().body);
  if (call == nullptr || !call->yield_star || argument != kNoArgument) return plan;
  // A CALL that stands alone: what it yields is the result.
  auto columns = std::make_unique<ProjectNode>();
  for (const CallClause::Yield& yield : call->yields) {
    columns->owned.push_back(SlotExpr(yield.slot));
    columns->exprs.push_back(columns->owned.back().get());
    columns->slots.push_back(static_cast<int>(columns->slots.size()));
  }
  columns->width = columns->slots.size();
  columns->children.push_back(std::move(plan));
  return columns;
}

PlanPtr Planner::PlanClause(PlanPtr plan, const Clause& clause) {
  return std::visit([&](const auto& body) { return Plan(std::move(plan), body); }, clause.body);
}

void Planner::BindPath(const PathPattern& path) {
  for (const NodePattern& node : path.nodes) bound_.insert(node.slot);
  for (const RelationshipPattern& relationship : path.relationships) {
    bound_.insert(relationship.slot);
  }
  if (path.slot != kNoSlot) bound_.insert(path.slot);
}

PlanPtr Planner::Plan(PlanPtr plan, const MatchClause& match) {
  std::vector<const PathPattern*> paths;
  for (const PathPattern& path : match.paths) paths.push_back(&path);
  if (!match.optional) return PlanPattern(std::move(plan), paths, match.where.get());
  auto apply = Make<ApplyNode>(std::move(plan));
  apply->mode = ApplyNode::Mode::kOptional;
  apply->row_slot = match.row_slot;
  PlanPtr inner = ArgumentPlan(&apply->argument);
  apply->children.push_back(PlanPattern(std::move(inner), paths, match.where.get()));
  return apply;
}

PlanPtr Planner::ArgumentPlan(int* id) {
  *id = arguments_++;
  auto leaf = Make<ArgumentNode>(nullptr);
  leaf->id = *id;
  return leaf;
}

PlanPtr Planner::PlanSubqueries(PlanPtr plan, const std::vector<const Expr*>& exprs) {
  std::vector<const Expr*> found;
  for (const Expr* expr : exprs) AppendSubqueries(*expr, found);
  for (const Expr* expr : found) plan = PlanSubquery(std::move(plan), *expr);
  return plan;
}

PlanPtr Planner::PlanSubquery(PlanPtr plan, const Expr& expr) {
  const std::set<int> bound = bound_;
  const int layout = layout_;
  if (expr.planned) plan = PlanSubqueries(std::move(plan), {expr.args[0].get()});
  auto apply = Make<ApplyNode>(std::move(plan));
  apply->row_slot = expr.slot2;
  apply->result_slot = expr.slot;
  apply->mode = ApplyNode::Mode::kExists;
  PlanPtr inner;
  if (expr.planned) {
    inner = PlanComprehension(*apply, expr);
  } else if (expr.kind == ExprKind::kExists) {
    apply->argument = arguments_++;
    apply->row_by_row = HasProjection(*expr.subquery);
    inner = PlanQuery(*expr.subquery, apply->argument);
  } else {
    inner = ArgumentPlan(&apply->argument);
    const bool comprehension = expr.kind == ExprKind::kPatternComprehension;
    inner = PlanPattern(std::move(inner), {expr.pattern.get()},
                        comprehension ? expr.args[0].get() : nullptr);
    if (comprehension) {
      apply->mode = ApplyNode::Mode::kCollect;
      apply->item = expr.args[1].get();
      inner = PlanSubqueries(std::move(inner), {apply->item});
    }
  }
  apply->children.push_back(std::move(inner));
  bound_ = bound;
  layout_ = layout;
  return apply;
}

// [x IN list WHERE p | e] as rows: one per item, so that patterns inside are
// matched for all items at once.
PlanPtr Planner::PlanComprehension(ApplyNode& apply, const Expr& expr) {
  const bool quantifier = expr.kind == ExprKind::kQuantifier;
  apply.mode = ApplyNode::Mode::kCollect;
  apply.result_slot = expr.result_slot;
  apply.list = expr.args[0].get();
  apply.item = quantifier ? expr.args[1].get() : expr.args[2].get();
  if (apply.item == nullptr) {
    apply.owned_item = SlotExpr(expr.slot);
    apply.item = apply.owned_item.get();
  }
  PlanPtr inner = ArgumentPlan(&apply.argument);
  auto unwind = Make<UnwindNode>(std::move(inner));
  unwind->list = expr.args[0].get();
  unwind->slot = expr.slot;
  bound_.insert(expr.slot);
  inner = PlanWhere(std::move(unwind), quantifier ? nullptr : expr.args[1].get());
  return PlanSubqueries(std::move(inner), {apply.item});
}

PlanPtr Planner::PlanWhere(PlanPtr plan, const Expr* where) {
  if (where == nullptr) return plan;
  plan = PlanSubqueries(std::move(plan), {where});
  auto filter = Make<FilterNode>(std::move(plan));
  filter->predicates.push_back(where);
  return filter;
}

PlanPtr Planner::Plan(PlanPtr plan, const UnwindClause& unwind) {
  plan = PlanSubqueries(std::move(plan), {unwind.list.get()});
  auto node = Make<UnwindNode>(std::move(plan));
  node->list = unwind.list.get();
  node->slot = unwind.slot;
  bound_.insert(unwind.slot);
  return node;
}

PlanPtr Planner::Plan(PlanPtr plan, const CreateClause& create) {
  std::vector<const Expr*> exprs;
  for (const PathPattern& path : create.paths) AppendExprs(path, exprs);
  plan = PlanSubqueries(std::move(plan), exprs);
  auto node = Make<CreateNode>(std::move(plan));
  for (const PathPattern& path : create.paths) {
    node->paths.push_back(&path);
    BindPath(path);
  }
  return node;
}

PlanPtr Planner::Plan(PlanPtr plan, const SetClause& set) {
  std::vector<const Expr*> exprs;
  AppendExprs(set.items, exprs);
  plan = PlanSubqueries(std::move(plan), exprs);
  auto node = Make<SetNode>(std::move(plan));
  node->items = &set.items;
  return node;
}

PlanPtr Planner::Plan(PlanPtr plan, const RemoveClause& remove) {
  std::vector<const Expr*> exprs;
  AppendExprs(remove.items, exprs);
  plan = PlanSubqueries(std::move(plan), exprs);
  auto node = Make<SetNode>(std::move(plan));
  node->items = &remove.items;
  node->remove = true;
  return node;
}

PlanPtr Planner::Plan(PlanPtr plan, const MergeClause& merge) {
  std::vector<const Expr*> exprs;
  AppendExprs(merge.path, exprs);
  AppendExprs(merge.on_create, exprs);
  AppendExprs(merge.on_match, exprs);
  plan = PlanSubqueries(std::move(plan), exprs);
  auto node = Make<MergeNode>(std::move(plan));
  node->merge = &merge;
  PlanPtr inner = ArgumentPlan(&node->argument);
  node->children.push_back(PlanPattern(std::move(inner), {&merge.path}, nullptr));
  BindPath(merge.path);
  return node;
}

PlanPtr Planner::Plan(PlanPtr plan, const DeleteClause& clause) {
  std::vector<const Expr*> exprs;
  for (const ExprPtr& target : clause.targets) exprs.push_back(target.get());
  plan = PlanSubqueries(std::move(plan), exprs);
  auto node = Make<DeleteNode>(std::move(plan));
  node->detach = clause.detach;
  node->targets = std::move(exprs);
  node->offset = clause.targets[0]->begin;
  return node;
}

PlanPtr Planner::Plan(PlanPtr plan, const CallClause& call) {
  std::vector<const Expr*> exprs;
  for (const ExprPtr& argument : call.arguments) exprs.push_back(argument.get());
  plan = PlanSubqueries(std::move(plan), exprs);
  auto node = Make<CallNode>(std::move(plan));
  node->procedure = procedures_->Find(call.procedure);
  node->call = &call;
  for (const CallClause::Yield& yield : call.yields) bound_.insert(yield.slot);
  return PlanWhere(std::move(node), call.where.get());
}

// Rows of the new layout: groups where there are aggregations, then columns.
PlanPtr Planner::PlanProjected(PlanPtr plan, const ProjectionClause& projection) {
  std::vector<const Expr*> before;
  if (projection.aggregates) {
    for (const ExprPtr& key : projection.keys) before.push_back(key.get());
    for (const ExprPtr& call : projection.aggregations) before.push_back(call.get());
  } else {
    for (const ReturnItem& item : projection.items) before.push_back(item.expr.get());
  }
  plan = PlanSubqueries(std::move(plan), before);
  if (projection.aggregates) {
    layout_ = projection.layout_groups;
    auto aggregate = Make<AggregateNode>(std::move(plan));
    for (const ExprPtr& key : projection.keys) aggregate->keys.push_back(key.get());
    for (const ExprPtr& call : projection.aggregations) aggregate->calls.push_back(call.get());
    plan = std::move(aggregate);
  }
  layout_ = projection.layout_out;
  auto project = Make<ProjectNode>(std::move(plan));
  bound_.clear();
  for (const ReturnItem& item : projection.items) {
    project->slots.push_back(static_cast<int>(project->exprs.size()));
    project->exprs.push_back(item.expr.get());
  }
  for (size_t i = 0; i < projection.hidden.size(); ++i) {
    project->exprs.push_back(projection.hidden[i].get());
    project->slots.push_back(projection.hidden_slots[i]);
  }
  bound_.insert(project->slots.begin(), project->slots.end());
  return project;
}

PlanPtr Planner::Plan(PlanPtr plan, const ProjectionClause& projection) {
  plan = PlanProjected(std::move(plan), projection);
  if (projection.distinct) {
    auto distinct = Make<DistinctNode>(std::move(plan));
    distinct->columns = projection.items.size();
    plan = std::move(distinct);
  }
  if (!projection.order_by.empty()) {
    std::vector<const Expr*> keys;
    for (const SortItem& item : projection.order_by) keys.push_back(item.expr.get());
    plan = PlanSubqueries(std::move(plan), keys);
    auto sort = Make<SortNode>(std::move(plan));
    sort->keys = std::move(keys);
    for (const SortItem& item : projection.order_by) sort->descending.push_back(item.descending);
    plan = std::move(sort);
  }
  if (projection.skip != nullptr || projection.limit != nullptr) {
    auto paginate = Make<PaginateNode>(std::move(plan));
    paginate->skip = projection.skip.get();
    paginate->limit = projection.limit.get();
    plan = std::move(paginate);
  }
  return PlanWhere(std::move(plan), projection.where.get());
}

}  // namespace graphdb::cypher
