#include "core/cypher/ast.h"

#include "core/base/check.h"

namespace graphdb::cypher {

Expr::Expr() = default;
Expr::Expr(Expr&&) noexcept = default;
Expr& Expr::operator=(Expr&&) noexcept = default;
Expr::~Expr() = default;
PathPattern::PathPattern() = default;
PathPattern::~PathPattern() = default;
PathPattern::PathPattern(PathPattern&&) noexcept = default;
PathPattern& PathPattern::operator=(PathPattern&&) noexcept = default;

namespace {

ExprPtr CloneOrNull(const ExprPtr& expr) { return expr ? Clone(*expr) : nullptr; }

bool SameOrBothNull(const ExprPtr& a, const ExprPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return SameExpr(*a, *b);
}

std::unique_ptr<PathPattern> ClonePattern(const PathPattern& from) {
  auto to = std::make_unique<PathPattern>();
  to->begin = from.begin;
  to->variable = from.variable;
  to->slot = from.slot;
  for (const NodePattern& node : from.nodes) {
    NodePattern& copy = to->nodes.emplace_back();
    copy.begin = node.begin;
    copy.variable = node.variable;
    copy.slot = node.slot;
    copy.bound = node.bound;
    copy.labels = node.labels;
    copy.properties = CloneOrNull(node.properties);
  }
  for (const RelationshipPattern& relationship : from.relationships) {
    RelationshipPattern& copy = to->relationships.emplace_back();
    copy.begin = relationship.begin;
    copy.variable = relationship.variable;
    copy.slot = relationship.slot;
    copy.bound = relationship.bound;
    copy.direction = relationship.direction;
    copy.both_arrows = relationship.both_arrows;
    copy.types = relationship.types;
    copy.properties = CloneOrNull(relationship.properties);
    copy.variable_length = relationship.variable_length;
    copy.min = relationship.min;
    copy.max = relationship.max;
  }
  return to;
}

bool SamePattern(const PathPattern& a, const PathPattern& b) {
  if (a.variable != b.variable || a.nodes.size() != b.nodes.size()) return false;
  for (size_t i = 0; i < a.nodes.size(); ++i) {
    if (a.nodes[i].variable != b.nodes[i].variable || a.nodes[i].labels != b.nodes[i].labels ||
        !SameOrBothNull(a.nodes[i].properties, b.nodes[i].properties)) {
      return false;
    }
  }
  for (size_t i = 0; i < a.relationships.size(); ++i) {
    const RelationshipPattern& x = a.relationships[i];
    const RelationshipPattern& y = b.relationships[i];
    if (x.variable != y.variable || x.types != y.types || x.direction != y.direction ||
        x.variable_length != y.variable_length || x.min != y.min || x.max != y.max ||
        !SameOrBothNull(x.properties, y.properties)) {
      return false;
    }
  }
  return true;
}

}  // namespace

ExprPtr Clone(const Expr& from) {
  GRAPHDB_CHECK(from.subquery == nullptr) << "a subquery is not cloned";
  auto to = std::make_unique<Expr>();
  to->kind = from.kind;
  to->distinct = from.distinct;
  to->has_subject = from.has_subject;
  to->has_else = from.has_else;
  to->local = from.local;
  to->depth = from.depth;
  to->begin = from.begin;
  to->end = from.end;
  to->slot = from.slot;
  to->slot2 = from.slot2;
  to->function = from.function;
  to->literal = from.literal;
  to->name = from.name;
  to->names = from.names;
  to->ops = from.ops;
  for (const ExprPtr& arg : from.args) to->args.push_back(CloneOrNull(arg));
  if (from.pattern != nullptr) to->pattern = ClonePattern(*from.pattern);
  return to;
}

bool SameExpr(const Expr& a, const Expr& b) {
  if (a.kind != b.kind || a.name != b.name || a.names != b.names || a.ops != b.ops ||
      a.distinct != b.distinct || a.has_subject != b.has_subject || a.has_else != b.has_else ||
      a.args.size() != b.args.size()) {
    return false;
  }
  if (a.subquery != nullptr || b.subquery != nullptr) return false;
  if ((a.pattern == nullptr) != (b.pattern == nullptr)) return false;
  if (a.pattern != nullptr && !SamePattern(*a.pattern, *b.pattern)) return false;
  if (a.kind == ExprKind::kSlot && a.slot != b.slot) return false;
  if (a.kind == ExprKind::kLiteral &&
      (a.literal.kind() != b.literal.kind() || a.literal.ToString() != b.literal.ToString())) {
    return false;
  }
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!SameOrBothNull(a.args[i], b.args[i])) return false;
  }
  return true;
}

}  // namespace graphdb::cypher
