// Statements as they are drawn: what is asked of how much of the graph.
#include <algorithm>
#include <utility>

#include "sim/workload/statement.h"

namespace graphdb::sim {
namespace {

using Kind = Statement::Kind;

constexpr int64_t kValues = 6;  // properties are from 0 to 5: comparisons hit
constexpr const char* kProperties[] = {"a", "b"};
constexpr const char* kTypes[] = {"R", "S"};

Condition DrawCondition(size_t nodes, int64_t next_k, Random& rng) {
  Condition condition;
  condition.node = rng.Below(nodes);
  condition.op = static_cast<Condition::Op>(rng.Below(8));
  condition.negated = rng.Chance(1, 5);
  const uint64_t what = rng.Below(8);
  const bool by_k = what < 2;
  condition.property = by_k ? "k" : kProperties[rng.Below(2)];
  condition.value = by_k ? rng.Between(1, next_k) : rng.Between(0, kValues - 1);
  condition.other = by_k ? rng.Between(1, next_k) : rng.Between(0, kValues - 1);
  condition.with_null = rng.Chance(1, 2);
  if (what == 2) {
    condition.property = kExtraLabel;
    condition.op = Condition::Op::kIsNotNull;
  }
  return condition;
}

void DrawWhere(int64_t next_k, Random& rng, Pattern* pattern) {
  const size_t nodes = pattern->hops.size() + 1;
  const uint64_t ands = rng.Below(4);
  for (uint64_t i = 0; i < ands; ++i) {
    std::vector<Condition> any;
    const uint64_t ors = rng.Chance(1, 2) ? 1 : 2 + rng.Below(2);
    for (uint64_t j = 0; j < ors; ++j) any.push_back(DrawCondition(nodes, next_k, rng));
    pattern->where.push_back(std::move(any));
  }
}

Hop DrawHop(Random& rng) {
  Hop hop;
  hop.direction = static_cast<Hop::Direction>(rng.Below(3));
  if (rng.Chance(2, 3)) hop.type = kTypes[rng.Below(2)];
  return hop;
}

// From none to three steps.
void Stretch(Random& rng, Hop* hop) {
  hop->least = rng.Below(3);
  hop->most = hop->least + rng.Below(2);
}

NaiveGraph::Properties DrawProperties(Random& rng) {
  NaiveGraph::Properties properties;
  for (const char* name : kProperties) {
    const int64_t value = rng.Between(0, kValues - 1);
    if (rng.Chance(3, 4)) properties[name] = value;
  }
  return properties;
}

// Dense enough for cycles, several relationships between two nodes and some
// from a node to itself.
void DrawGraph(Statement* s, Random& rng) {
  const int64_t nodes = rng.Between(3, 6);
  for (int64_t i = 0; i < nodes; ++i) s->new_nodes.push_back(DrawProperties(rng));
  const uint64_t edges = 3 + rng.Below(6);
  for (uint64_t i = 0; i < edges; ++i) {
    NaiveGraph::Edge edge;
    edge.from = s->k + rng.Between(0, nodes - 1);
    edge.to = s->k + rng.Between(0, nodes - 1);
    edge.type = kTypes[rng.Below(2)];
    s->new_edges.push_back(std::move(edge));
  }
}

void DrawList(Statement* s, int64_t next_k, Random& rng) {
  const uint64_t items = 1 + rng.Below(6);
  for (uint64_t i = 0; i < items; ++i) {
    const int64_t k = rng.Between(1, next_k);
    s->list.push_back(rng.Chance(1, 6) ? kNullInRow : k);
  }
}

Kind DrawKind(Random& rng) {
  constexpr std::pair<Kind, uint64_t> kWeights[] = {
      {Kind::kRows, 16},       {Kind::kCount, 5},       {Kind::kGroups, 6},
      {Kind::kDistinct, 8},    {Kind::kSum, 5},         {Kind::kOrdered, 8},
      {Kind::kOptional, 7},    {Kind::kAggregate, 7},   {Kind::kHaving, 4},
      {Kind::kUnwind, 4},      {Kind::kSet, 6},         {Kind::kAdd, 6},
      {Kind::kRemove, 3},      {Kind::kSetNull, 3},     {Kind::kSetLabel, 5},
      {Kind::kRemoveLabel, 3}, {Kind::kCreateNode, 4},  {Kind::kCreateGraph, 4},
      {Kind::kCreateEdge, 8},  {Kind::kMergeEdge, 4},   {Kind::kDeleteLook, 3},
      {Kind::kDeleteEdges, 4}, {Kind::kDetachDelete, 4}};
  uint64_t total = 0;
  for (const auto& [kind, weight] : kWeights) total += weight;
  uint64_t at = rng.Below(total);
  for (const auto& [kind, weight] : kWeights) {
    if (at < weight) return kind;
    at -= weight;
  }
  return Kind::kCount;
}

}  // namespace

Statement DrawStatement(int64_t next_k, Random& rng) {
  Statement s;
  // Something has to be there first.
  s.kind = next_k <= 3 ? Kind::kCreateGraph : DrawKind(rng);
  s.parameters = rng.Chance(1, 2);
  s.property = kProperties[rng.Below(2)];
  s.value = rng.Between(0, kValues - 1);
  const bool is_new = s.kind == Kind::kCreateNode || s.kind == Kind::kCreateGraph;
  s.k = is_new ? next_k : rng.Between(1, next_k - 1);
  s.other = rng.Chance(1, 8) ? s.k : rng.Between(1, std::max<int64_t>(1, next_k - 1));
  s.type = kTypes[rng.Below(2)];
  s.properties = DrawProperties(rng);
  if (s.kind == Kind::kCreateGraph) DrawGraph(&s, rng);
  if (s.kind == Kind::kUnwind) DrawList(&s, next_k, rng);
  s.optional = DrawHop(rng);
  if (rng.Chance(1, 4)) Stretch(rng, &s.optional);
  uint64_t hops = rng.Below(4);
  if (s.kind >= Kind::kSet) hops = 0;
  if (s.kind == Kind::kDeleteEdges || s.kind == Kind::kDeleteLook) hops = 1;
  for (uint64_t i = 0; i < hops; ++i) s.pattern.hops.push_back(DrawHop(rng));
  if (s.kind < Kind::kSet && hops > 0 && rng.Chance(1, 3)) {
    Stretch(rng, &s.pattern.hops[rng.Below(hops)]);  // one: the number of trails explodes
  }
  for (uint64_t i = 0; i <= hops; ++i) s.labelled.push_back(i == 0 || rng.Chance(1, 2));
  DrawWhere(next_k, rng, &s.pattern);
  s.skip = rng.Below(3);
  s.limit = 1 + rng.Below(5);
  s.descending = rng.Chance(1, 2);
  return s;
}

}  // namespace graphdb::sim
