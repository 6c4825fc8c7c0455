#include "sim/check/naive_expression.h"

#include <algorithm>

#include "core/base/check.h"

namespace graphdb::sim {
namespace {

NaiveValue PropertyOf(const NaiveValue& of, const std::string& name, const NaiveGraph& graph) {
  const NaiveMap* map = of.As<NaiveMap>();
  if (const NaiveNode* node = of.As<NaiveNode>()) map = &graph.node(node->k).properties;
  if (const NaiveEdge* edge = of.As<NaiveEdge>()) map = &graph.edge(edge->e).properties;
  if (map == nullptr) return NaiveValue();
  const auto found = map->find(name);
  return found == map->end() ? NaiveValue() : found->second;
}

NaiveValue EvaluateReduce(const Expression& e, const NaiveList& list, const NaiveRow& row,
                          NaiveContext& context) {
  NaiveValue sum = Evaluate(e.args[1], row, context);
  for (const NaiveValue& item : list) {
    NaiveRow inner = row;
    inner.emplace_back(kReduceName, sum);
    inner.emplace_back(e.name, item);
    sum = Evaluate(e.args[2], inner, context);
  }
  return sum;
}

NaiveValue EvaluateEach(const Expression& e, const NaiveRow& row, NaiveContext& context) {
  const NaiveValue of = Evaluate(e.args[0], row, context);
  if (of.is_null()) return of;
  const NaiveList& list = *of.As<NaiveList>();
  if (e.each == Expression::Each::kReduce) return EvaluateReduce(e, list, row, context);
  NaiveList kept;
  size_t yes = 0, unknown = 0;
  NaiveRow inner = row;
  inner.emplace_back(e.name, NaiveValue());
  for (const NaiveValue& item : list) {
    inner.back().second = item;
    const NaiveValue holds = Evaluate(e.args[1], inner, context);
    if (holds.is_null()) ++unknown;
    if (holds.is_null() || !*holds.As<bool>()) continue;
    ++yes;
    if (e.each == Expression::Each::kMap) kept.push_back(Evaluate(e.args[2], inner, context));
  }
  const size_t no = list.size() - yes - unknown;
  switch (e.each) {
    case Expression::Each::kMap:
      return NaiveValue::List(std::move(kept));
    case Expression::Each::kAll:
      if (no > 0) return NaiveValue::Boolean(false);
      return unknown > 0 ? NaiveValue() : NaiveValue::Boolean(true);
    case Expression::Each::kSingle:
      if (yes > 1) return NaiveValue::Boolean(false);
      return unknown > 0 ? NaiveValue() : NaiveValue::Boolean(yes == 1);
    default:  // kAny, kNone
      if (yes > 0) return NaiveValue::Boolean(e.each == Expression::Each::kAny);
      return unknown > 0 ? NaiveValue() : NaiveValue::Boolean(e.each == Expression::Each::kNone);
  }
}

// One step of any hop: a trail of several is for patterns of MATCH.
NaiveValue EvaluateHops(const Expression& e, const NaiveRow& row, NaiveContext& context) {
  const NaiveValue from = Evaluate(e.args[0], row, context);
  int64_t found = 0;
  const NaiveNode* start = from.As<NaiveNode>();
  for (const auto& [number, edge] : context.graph->edges()) {
    if (start == nullptr || !Fits(e.hop, edge)) continue;
    const bool out = edge.from == start->k && e.hop.direction != Hop::Direction::kIn;
    const bool in = edge.to == start->k && e.hop.direction != Hop::Direction::kOut;
    if (!out && !in) continue;
    NaiveRow inner = row;
    inner.emplace_back(e.name, NaiveValue::Node(out ? edge.to : edge.from));
    if (e.args.size() > 1 && !Holds(e.args[1], inner, context)) continue;
    ++found;
  }
  if (e.hops == Expression::Hops::kCount) return NaiveValue::Of(found);
  return NaiveValue::Boolean(found > 0);
}

NaiveValue EvaluateCall(const Expression& e, const NaiveRow& row, NaiveContext& context) {
  NaiveValue args[kNaiveArgsMax];
  GRAPHDB_CHECK_EQ(e.args.size(), e.function->arg_count);
  bool null = false;
  for (size_t i = 0; i < e.args.size(); ++i) {
    args[i] = Evaluate(e.args[i], row, context);
    null = null || args[i].is_null();
  }
  if (null && !e.function->takes_null) return NaiveValue();
  return e.function->body(context, args);
}

}  // namespace

bool Fits(const Hop& hop, const NaiveGraph::Edge& edge) {
  const bool type = hop.types.empty() ||
                    std::find(hop.types.begin(), hop.types.end(), edge.type) != hop.types.end();
  return type && std::all_of(hop.properties.begin(), hop.properties.end(), [&](const auto& wanted) {
           const auto has = edge.properties.find(wanted.first);
           return has != edge.properties.end() &&
                  NaiveEquals(has->second, wanted.second).value_or(false);
         });
}

const NaiveValue* Find(const NaiveRow& row, absl::string_view name) {
  for (size_t i = row.size(); i > 0; --i) {
    if (row[i - 1].first == name) return &row[i - 1].second;
  }
  return nullptr;
}

NaiveValue Evaluate(const Expression& e, const NaiveRow& row, NaiveContext& context) {
  switch (e.kind) {
    case Expression::Kind::kValue:
      return e.value;
    case Expression::Kind::kVariable: {
      const NaiveValue* value = Find(row, e.name);
      GRAPHDB_CHECK(value != nullptr) << e.name;
      return *value;
    }
    case Expression::Kind::kProperty:
      return PropertyOf(Evaluate(e.args[0], row, context), e.name, *context.graph);
    case Expression::Kind::kHasLabel: {
      const NaiveValue of = Evaluate(e.args[0], row, context);
      if (of.is_null()) return of;
      const NaiveGraph::Node& node = context.graph->node(of.As<NaiveNode>()->k);
      return NaiveValue::Boolean(node.labels.count(e.name) > 0);
    }
    case Expression::Kind::kCall:
      return EvaluateCall(e, row, context);
    case Expression::Kind::kEach:
      return EvaluateEach(e, row, context);
    case Expression::Kind::kHops:
      return EvaluateHops(e, row, context);
  }
  return NaiveValue();
}

bool Holds(const Expression& expression, const NaiveRow& row, NaiveContext& context) {
  const NaiveValue value = Evaluate(expression, row, context);
  return !value.is_null() && *value.As<bool>();
}

}  // namespace graphdb::sim
