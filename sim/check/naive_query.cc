#include "sim/check/naive_query.h"

#include <algorithm>
#include <set>

#include "core/base/check.h"

namespace graphdb::sim {
namespace naive {
namespace {

bool IsScalar(const NaiveValue& value) {
  return value.As<bool>() != nullptr || value.is_number() || value.As<std::string>() != nullptr;
}

bool Storable(const NaiveValue& value) {
  const NaiveList* list = value.As<NaiveList>();
  return list == nullptr ? IsScalar(value) : std::all_of(list->begin(), list->end(), IsScalar);
}

}  // namespace

void Change::SetProperty(const std::string& name, const NaiveValue& value, NaiveMap* properties) {
  if (value.is_null()) {
    answer_.counters.properties_set += properties->erase(name);
    return;
  }
  if (!Storable(value)) answer_.fate = NaiveAnswer::Fate::kUnstorable;
  (*properties)[name] = value;
  ++answer_.counters.properties_set;
}

NaiveMap Change::Properties(const NaivePlace& place, const NaiveRow& row) {
  NaiveMap properties;
  for (const auto& [name, value] : place.properties) {
    SetProperty(name, Evaluate(value, row, context_), &properties);
  }
  return properties;
}

void Change::Create(const std::vector<NaivePattern>& patterns, NaiveRow* row) {
  for (const NaivePattern& pattern : patterns) {
    std::vector<int64_t> nodes;
    for (const NaivePlace& place : pattern.places) {
      if (const NaiveValue* bound = Find(*row, place.name)) {
        nodes.push_back(bound->As<NaiveNode>()->k);
        continue;
      }
      NaiveMap properties = Properties(place, *row);
      const int64_t k = *properties.at("k").As<int64_t>();
      graph_.AddNode(k, {place.labels.begin(), place.labels.end()}, std::move(properties));
      ++answer_.counters.nodes_created;
      answer_.counters.labels_added += graph_.node(k).labels.size();
      if (!place.name.empty()) row->emplace_back(place.name, NaiveValue::Node(k));
      nodes.push_back(k);
    }
    for (size_t i = 0; i < pattern.hops.size(); ++i) {
      const Hop& hop = pattern.hops[i];
      NaiveMap properties;
      for (const auto& [name, value] : hop.properties) SetProperty(name, value, &properties);
      const bool numbered = properties.count("e") > 0;
      const int64_t e = numbered ? *properties.at("e").As<int64_t>() : hop.e;
      const bool in = hop.direction == Hop::Direction::kIn;
      graph_.AddEdge(e, nodes[in ? i + 1 : i], nodes[in ? i : i + 1], hop.types[0],
                     std::move(properties));
      ++answer_.counters.edges_created;
      if (!hop.name.empty()) row->emplace_back(hop.name, NaiveValue::Edge(e));
    }
  }
}

void Change::SetOne(const NaiveSet& set, bool remove, const NaiveRow& row) {
  const NaiveValue* target = Find(row, set.target);
  const NaiveValue value = remove || set.kind == NaiveSet::Kind::kLabel
                               ? NaiveValue()
                               : Evaluate(set.value, row, context_);
  const NaiveNode* node = target->As<NaiveNode>();
  const NaiveEdge* edge = target->As<NaiveEdge>();
  if (node == nullptr && edge == nullptr) return;  // null: nothing to change
  if (set.kind == NaiveSet::Kind::kLabel) {
    std::set<std::string>& labels = graph_.node(node->k).labels;
    answer_.counters.labels_removed += remove ? labels.erase(set.name) : 0;
    answer_.counters.labels_added += !remove && labels.insert(set.name).second ? 1 : 0;
    return;
  }
  NaiveMap& properties =
      node != nullptr ? graph_.node(node->k).properties : graph_.edge(edge->e).properties;
  if (set.kind == NaiveSet::Kind::kProperty) return SetProperty(set.name, value, &properties);
  const NaiveMap& map = *value.As<NaiveMap>();
  if (set.kind == NaiveSet::Kind::kReplace) {
    answer_.counters.properties_set +=
        std::erase_if(properties, [&](const auto& has) { return map.count(has.first) == 0; });
  }
  for (const auto& [name, item] : map) SetProperty(name, item, &properties);
}

void Change::Set(const std::vector<NaiveSet>& sets, bool remove, const NaiveRow& row) {
  for (const NaiveSet& set : sets) SetOne(set, remove, row);
}

void Change::Delete(const NaiveClause& clause, const std::vector<NaiveRow>& rows) {
  std::set<int64_t> nodes, edges;
  const auto add = [&](const NaiveValue& value) {
    if (const NaiveNode* node = value.As<NaiveNode>()) nodes.insert(node->k);
    if (const NaiveEdge* edge = value.As<NaiveEdge>()) edges.insert(edge->e);
  };
  for (const NaiveRow& row : rows) {
    for (const std::string& target : clause.targets) {
      const NaiveValue& value = *Find(row, target);
      add(value);
      if (const NaiveList* path = value.As<NaiveList>()) {
        for (const NaiveValue& part : *path) add(part);
      }
    }
  }
  if (clause.kind == NaiveClause::Kind::kDetachDelete) {
    for (const auto& [e, edge] : graph_.edges()) {
      if (nodes.count(edge.from) + nodes.count(edge.to) > 0) edges.insert(e);
    }
  }
  for (const int64_t e : edges) graph_.DeleteEdge(e);
  for (const int64_t k : nodes) graph_.DeleteNode(k);
  answer_.counters.edges_deleted += edges.size();
  answer_.counters.nodes_deleted += nodes.size();
}

}  // namespace naive

namespace {

using Kind = NaiveClause::Kind;

// One part of a UNION.
class Part {
 public:
  Part(NaiveGraph* graph, NaiveAnswer* answer)
      : graph_(*graph), answer_(*answer), change_(graph, &context_, answer) {
    context_.graph = graph;
  }

  void Run(const std::vector<NaiveClause>& clauses) {
    for (const NaiveClause& clause : clauses) rows_ = Through(clause);
    if (context_.failed) answer_.fate = NaiveAnswer::Fate::kMaybe;
    if (clauses.back().kind != Kind::kReturn) return;
    for (const NaiveRow& row : rows_) {
      std::vector<NaiveValue>& values = answer_.rows.emplace_back();
      for (const auto& [name, value] : row) values.push_back(Shown(value, graph_));
    }
  }

 private:
  std::vector<NaiveRow> Through(const NaiveClause& clause) {
    switch (clause.kind) {
      case Kind::kMatch:
      case Kind::kOptionalMatch:
        return Each([&](const NaiveRow& row) { return naive::Match(clause, row, context_); });
      case Kind::kUnwind:
        return Each([&](const NaiveRow& row) { return Unwound(clause, row); });
      case Kind::kWith:
      case Kind::kReturn:
        return naive::Project(clause, rows_, context_);
      case Kind::kMerge:
        return Each([&](const NaiveRow& row) { return Merged(clause, row); });
      case Kind::kCreate:
        for (NaiveRow& row : rows_) change_.Create(clause.patterns, &row);
        return std::move(rows_);
      case Kind::kSet:
      case Kind::kRemove:
        for (const NaiveRow& row : rows_) {
          change_.Set(clause.sets, clause.kind == Kind::kRemove, row);
        }
        return std::move(rows_);
      case Kind::kDelete:
      case Kind::kDetachDelete:
        change_.Delete(clause, rows_);
        return std::move(rows_);
    }
    return {};
  }

  template <typename F>
  std::vector<NaiveRow> Each(F to_rows) {
    std::vector<NaiveRow> all;
    for (const NaiveRow& row : rows_) {
      for (NaiveRow& made : to_rows(row)) all.push_back(std::move(made));
    }
    return all;
  }

  std::vector<NaiveRow> Unwound(const NaiveClause& clause, const NaiveRow& row) {
    const NaiveValue value = Evaluate(clause.list, row, context_);
    if (value.is_null()) return {};
    const NaiveList* list = value.As<NaiveList>();
    std::vector<NaiveRow> rows;
    for (const NaiveValue& item : list == nullptr ? NaiveList{value} : *list) {
      rows.push_back(row);
      rows.back().emplace_back(clause.name, item);
    }
    return rows;
  }

  std::vector<NaiveRow> Merged(const NaiveClause& clause, const NaiveRow& row) {
    std::vector<NaiveRow> found = naive::Match(clause, row, context_);
    for (const NaiveRow& match : found) change_.Set(clause.on_match, false, match);
    if (!found.empty()) return found;
    NaiveRow made = row;
    change_.Create(clause.patterns, &made);
    change_.Set(clause.sets, false, made);
    return {made};
  }

  NaiveGraph& graph_;
  NaiveAnswer& answer_;
  NaiveContext context_;
  naive::Change change_;
  std::vector<NaiveRow> rows_ = std::vector<NaiveRow>(1);
};

void MakeDistinct(std::vector<std::vector<NaiveValue>>* rows) {
  std::vector<std::vector<NaiveValue>> distinct;
  for (std::vector<NaiveValue>& row : *rows) {
    const bool again = std::any_of(distinct.begin(), distinct.end(), [&](const auto& other) {
      return NaiveSameGroup(NaiveValue::List(row), NaiveValue::List(other));
    });
    if (!again) distinct.push_back(std::move(row));
  }
  *rows = std::move(distinct);
}

}  // namespace

NaiveAnswer Run(const NaiveQuery& query, NaiveGraph* graph) {
  NaiveAnswer answer;
  for (const std::vector<NaiveClause>& part : query.parts) Part(graph, &answer).Run(part);
  if (query.parts.size() > 1 && !query.union_all) MakeDistinct(&answer.rows);
  for (const auto& [e, edge] : graph->edges()) {
    if (graph->HasNode(edge.from) && graph->HasNode(edge.to)) continue;
    answer.fate = NaiveAnswer::Fate::kConstraint;
  }
  return answer;
}

NaiveValue Shown(const NaiveValue& value, const NaiveGraph& graph) {
  if (const NaiveList* list = value.As<NaiveList>()) {
    NaiveList shown;
    for (const NaiveValue& item : *list) shown.push_back(Shown(item, graph));
    return NaiveValue::List(std::move(shown));
  }
  if (const NaiveNode* node = value.As<NaiveNode>()) {
    NaiveMap shown = graph.node(node->k).properties;
    NaiveList labels;
    for (const std::string& label : graph.node(node->k).labels) {
      labels.push_back(NaiveValue::Text(label));
    }
    shown[kShownLabels] = NaiveValue::List(std::move(labels));
    return NaiveValue::Map(std::move(shown));
  }
  const NaiveEdge* edge = value.As<NaiveEdge>();
  if (edge == nullptr) return value;
  NaiveMap shown = graph.edge(edge->e).properties;
  shown[kShownType] = NaiveValue::Text(graph.edge(edge->e).type);
  return NaiveValue::Map(std::move(shown));
}

}  // namespace graphdb::sim
