// How a MATCH is walked.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/cypher/functions.h"
#include "core/cypher/planner_internal.h"

namespace graphdb::cypher {
namespace {

void AppendPatternNeeds(const PathPattern& pattern, std::set<int>& needs, std::set<int>& own) {
  for (const NodePattern& node : pattern.nodes) {
    (node.bound ? needs : own).insert(node.slot);
    if (node.properties != nullptr) AppendNeeds(*node.properties, needs);
  }
  for (const RelationshipPattern& relationship : pattern.relationships) {
    (relationship.bound ? needs : own).insert(relationship.slot);
    if (relationship.properties != nullptr) AppendNeeds(*relationship.properties, needs);
  }
  if (pattern.slot != kNoSlot) own.insert(pattern.slot);
}

void AppendAnd(const Expr* where, std::vector<const Expr*>& to) {
  if (where == nullptr) return;
  if (where->kind != ExprKind::kAnd) {
    to.push_back(where);
    return;
  }
  for (const ExprPtr& arg : where->args) AppendAnd(arg.get(), to);
}

ExprPtr VariableExpr(int slot, uint32_t begin) {
  auto expr = std::make_unique<Expr>();
  expr->kind = ExprKind::kVariable;
  expr->slot = slot;
  expr->begin = expr->end = begin;
  return expr;
}

Conjunct LabelConjunct(const NodePattern& node) {
  Conjunct conjunct;
  conjunct.owned = std::make_unique<Expr>();
  conjunct.owned->kind = ExprKind::kHasLabels;
  conjunct.owned->begin = conjunct.owned->end = node.begin;
  conjunct.owned->names = node.labels;
  conjunct.owned->args.push_back(VariableExpr(node.slot, node.begin));
  conjunct.needs.insert(node.slot);
  return conjunct;
}

// element.key = value.
Conjunct PropertyConjunct(int slot, const Expr& map, size_t i) {
  Conjunct conjunct;
  auto property = std::make_unique<Expr>();
  property->kind = ExprKind::kProperty;
  property->name = map.names[i];
  property->begin = map.begin;
  property->args.push_back(VariableExpr(slot, map.begin));
  conjunct.owned = std::make_unique<Expr>();
  conjunct.owned->kind = ExprKind::kComparison;
  conjunct.owned->begin = map.begin;
  conjunct.owned->ops.push_back(Op::kEqual);
  conjunct.owned->args.push_back(std::move(property));
  conjunct.owned->args.push_back(Clone(*map.args[i]));
  return conjunct;
}

graph::Direction DirectionFrom(const RelationshipPattern& relationship, bool from_left) {
  if (relationship.direction == PatternDirection::kBoth) return graph::Direction::kBoth;
  const bool out = (relationship.direction == PatternDirection::kRight) == from_left;
  return out ? graph::Direction::kOutgoing : graph::Direction::kIncoming;
}

// A value that can be computed before the row has more bound than `bound`.
bool Computable(const Expr& expr, const std::set<int>& bound) {
  std::set<int> needs;
  if (!AppendNeeds(expr, needs)) return false;
  return std::includes(bound.begin(), bound.end(), needs.begin(), needs.end());
}

bool IsIdOf(const Expr& expr, int slot) {
  return expr.kind == ExprKind::kFunction && FunctionAt(expr.function).name == "id" &&
         expr.args[0]->kind == ExprKind::kVariable && expr.args[0]->slot == slot;
}

}  // namespace

bool AppendNeeds(const Expr& expr, std::set<int>& needs) {
  if (expr.kind == ExprKind::kExists) return false;
  if (expr.kind == ExprKind::kSlot || (expr.kind == ExprKind::kVariable && !expr.local)) {
    needs.insert(expr.slot);
  }
  std::set<int> inner;
  std::set<int> own;
  bool known = true;
  if (expr.pattern != nullptr) AppendPatternNeeds(*expr.pattern, inner, own);
  for (const ExprPtr& arg : expr.args) {
    if (arg != nullptr) known = AppendNeeds(*arg, inner) && known;
  }
  for (const int slot : inner) {
    if (own.count(slot) == 0) needs.insert(slot);
  }
  return known;
}

struct Planner::Match {
  struct Hop {
    const RelationshipPattern* relationship = nullptr;
    const NodePattern* left = nullptr;
    const NodePattern* right = nullptr;
    bool done = false;
  };
  std::vector<Hop> hops;
  std::vector<const NodePattern*> nodes;
  std::vector<Conjunct> conjuncts;
  std::vector<int> relationships;  // slots planned so far: no two are the same
};

void Planner::CollectConjuncts(Match& match, const std::vector<const PathPattern*>& paths,
                               const Expr* where) {
  const auto add = [&](Conjunct conjunct) {
    if (conjunct.owned != nullptr) conjunct.expr = conjunct.owned.get();
    conjunct.needs_all = !AppendNeeds(*conjunct.expr, conjunct.needs);
    match.conjuncts.push_back(std::move(conjunct));
  };
  const auto add_properties = [&](int slot, const Expr* map) {
    for (size_t i = 0; map != nullptr && i < map->names.size(); ++i) {
      add(PropertyConjunct(slot, *map, i));
    }
  };
  for (const PathPattern* path : paths) {
    for (const NodePattern& node : path->nodes) {
      if (!node.labels.empty()) add(LabelConjunct(node));
      add_properties(node.slot, node.properties.get());
    }
    for (const RelationshipPattern& relationship : path->relationships) {
      // VarExpand tests each of its relationships itself.
      if (relationship.variable_length) continue;
      add_properties(relationship.slot, relationship.properties.get());
    }
  }
  std::vector<const Expr*> terms;
  AppendAnd(where, terms);
  for (const Expr* term : terms) {
    Conjunct conjunct;
    conjunct.expr = term;
    add(std::move(conjunct));
  }
}

PlanPtr Planner::TestReady(PlanPtr plan, Match& match, bool all) {
  std::vector<Conjunct*> ready;
  std::vector<const Expr*> exprs;
  for (Conjunct& conjunct : match.conjuncts) {
    if (conjunct.done) continue;
    const bool bound =
        std::includes(bound_.begin(), bound_.end(), conjunct.needs.begin(), conjunct.needs.end());
    if (!all && (!bound || conjunct.needs_all)) continue;
    conjunct.done = true;
    ready.push_back(&conjunct);
    exprs.push_back(conjunct.expr);
  }
  if (ready.empty()) return plan;
  plan = PlanSubqueries(std::move(plan), exprs);
  auto filter = Make<FilterNode>(std::move(plan));
  for (Conjunct* conjunct : ready) {
    filter->predicates.push_back(conjunct->expr);
    if (conjunct->owned != nullptr) filter->owned.push_back(std::move(conjunct->owned));
  }
  return filter;
}

// A relationship variable of an earlier clause: its ends are known.
bool Planner::PlanBoundRelationship(PlanPtr& plan, Match& match) {
  for (Match::Hop& hop : match.hops) {
    const RelationshipPattern& relationship = *hop.relationship;
    if (hop.done || relationship.variable_length || !IsBound(relationship.slot)) continue;
    hop.done = true;
    auto node = Make<EndpointsNode>(std::move(plan));
    node->relationship_slot = relationship.slot;
    node->left_slot = hop.left->slot;
    node->right_slot = hop.right->slot;
    node->left_bound = IsBound(hop.left->slot);
    node->right_bound = IsBound(hop.right->slot);
    node->direction = relationship.direction;
    node->types = relationship.types;
    node->unlike = match.relationships;
    match.relationships.push_back(relationship.slot);
    bound_.insert(hop.left->slot);
    bound_.insert(hop.right->slot);
    plan = std::move(node);
    return true;
  }
  return false;
}

// The next hop from what is bound: one that closes a circle if there is one.
bool Planner::PlanHop(PlanPtr& plan, Match& match) {
  size_t best = match.hops.size();
  for (size_t i = 0; i < match.hops.size(); ++i) {
    const Match::Hop& hop = match.hops[i];
    if (hop.done) continue;
    const bool left = IsBound(hop.left->slot);
    const bool right = IsBound(hop.right->slot);
    if (left && right) {
      best = i;
      break;
    }
    if ((left || right) && best == match.hops.size()) best = i;
  }
  if (best == match.hops.size()) return false;
  match.hops[best].done = true;
  const bool from_left = IsBound(match.hops[best].left->slot);
  if (match.hops[best].relationship->variable_length) {
    PlanVarExpand(plan, match, best, from_left);
  } else {
    PlanExpand(plan, match, best, from_left);
  }
  return true;
}

void Planner::PlanExpand(PlanPtr& plan, Match& match, size_t i, bool from_left) {
  const Match::Hop& hop = match.hops[i];
  auto node = Make<ExpandNode>(std::move(plan));
  node->from_slot = from_left ? hop.left->slot : hop.right->slot;
  node->to_slot = from_left ? hop.right->slot : hop.left->slot;
  node->relationship_slot = hop.relationship->slot;
  node->direction = DirectionFrom(*hop.relationship, from_left);
  node->types = hop.relationship->types;
  node->into = IsBound(node->to_slot);
  node->unlike = match.relationships;
  match.relationships.push_back(hop.relationship->slot);
  bound_.insert(node->to_slot);
  bound_.insert(hop.relationship->slot);
  plan = std::move(node);
}

void Planner::PlanVarExpand(PlanPtr& plan, Match& match, size_t i, bool from_left) {
  const Match::Hop& hop = match.hops[i];
  const RelationshipPattern& relationship = *hop.relationship;
  auto node = Make<VarExpandNode>(std::move(plan));
  node->from_slot = from_left ? hop.left->slot : hop.right->slot;
  node->to_slot = from_left ? hop.right->slot : hop.left->slot;
  node->relationships_slot = relationship.slot;
  node->direction = DirectionFrom(relationship, from_left);
  node->types = relationship.types;
  node->min = relationship.min.value_or(1);
  node->max = relationship.max;
  node->into = IsBound(node->to_slot);
  node->reversed = !from_left;
  node->same_list = IsBound(relationship.slot);
  node->unlike = match.relationships;
  node->properties = relationship.properties.get();
  match.relationships.push_back(relationship.slot);
  bound_.insert(node->to_slot);
  bound_.insert(relationship.slot);
  plan = std::move(node);
}

const Expr* Planner::IdLookup(const Match& match, int slot, bool* list) const {
  for (const Conjunct& conjunct : match.conjuncts) {
    const Expr& expr = *conjunct.expr;
    if (expr.kind == ExprKind::kIn && IsIdOf(*expr.args[0], slot) &&
        Computable(*expr.args[1], bound_)) {
      *list = true;
      return expr.args[1].get();
    }
    if (expr.kind != ExprKind::kComparison || expr.ops.size() != 1 || expr.ops[0] != Op::kEqual) {
      continue;
    }
    for (const size_t side : {size_t{0}, size_t{1}}) {
      if (IsIdOf(*expr.args[side], slot) && Computable(*expr.args[1 - side], bound_)) {
        *list = false;
        return expr.args[1 - side].get();
      }
    }
  }
  return nullptr;
}

int Planner::StartCost(const Match& match, const NodePattern& node) const {
  bool list = false;
  if (IdLookup(match, node.slot, &list) != nullptr) return 0;
  const bool properties = node.properties != nullptr && !node.properties->names.empty();
  if (!node.labels.empty()) return properties ? 1 : 2;
  return properties ? 3 : 4;
}

void Planner::PlanStart(PlanPtr& plan, Match& match) {
  const NodePattern* best = nullptr;
  int best_cost = 0;
  for (const NodePattern* node : match.nodes) {
    if (IsBound(node->slot)) continue;
    const int cost = StartCost(match, *node);
    if (best != nullptr && cost >= best_cost) continue;
    best = node;
    best_cost = cost;
  }
  GRAPHDB_CHECK(best != nullptr) << "a pattern without a node to begin with";
  bool list = false;
  if (const Expr* ids = IdLookup(match, best->slot, &list)) {
    // The comparison stays among the conjuncts: 1 = 1.0, but an id is one number.
    plan = PlanSubqueries(std::move(plan), {ids});
    auto node = Make<NodeByIdNode>(std::move(plan));
    node->slot = best->slot;
    node->ids = ids;
    node->list = list;
    plan = std::move(node);
  } else {
    auto node = Make<NodeScanNode>(std::move(plan));
    node->slot = best->slot;
    if (!best->labels.empty()) node->label = best->labels[0];
    plan = std::move(node);
  }
  bound_.insert(best->slot);
}

PlanPtr Planner::PlanPattern(PlanPtr plan, const std::vector<const PathPattern*>& paths,
                             const Expr* where) {
  Match match;
  for (const PathPattern* path : paths) {
    for (const NodePattern& node : path->nodes) match.nodes.push_back(&node);
    for (size_t i = 0; i < path->relationships.size(); ++i) {
      match.hops.push_back({&path->relationships[i], &path->nodes[i], &path->nodes[i + 1], false});
    }
  }
  CollectConjuncts(match, paths, where);
  plan = TestReady(std::move(plan), match, false);
  const auto unbound = [&](const NodePattern* node) { return !IsBound(node->slot); };
  const auto open = [](const Match::Hop& hop) { return !hop.done; };
  while (std::any_of(match.nodes.begin(), match.nodes.end(), unbound) ||
         std::any_of(match.hops.begin(), match.hops.end(), open)) {
    if (!PlanBoundRelationship(plan, match) && !PlanHop(plan, match)) PlanStart(plan, match);
    plan = TestReady(std::move(plan), match, false);
  }
  for (const PathPattern* path : paths) {
    if (path->slot == kNoSlot) continue;
    auto node = Make<PathBuildNode>(std::move(plan));
    node->slot = path->slot;
    for (const NodePattern& element : path->nodes) node->nodes.push_back(element.slot);
    for (const RelationshipPattern& element : path->relationships) {
      node->relationships.push_back(element.slot);
    }
    bound_.insert(path->slot);
    plan = std::move(node);
  }
  return TestReady(std::move(plan), match, true);
}

}  // namespace graphdb::cypher
