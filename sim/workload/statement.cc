// What statements mean, and what a server answered to one.
#include "sim/workload/statement.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace graphdb::sim {
namespace {

using Kind = Statement::Kind;

void Change(const Statement& statement, const std::vector<NaiveMatch>& matches, NaiveGraph* graph) {
  for (const NaiveMatch& match : matches) {
    const int64_t k = match.nodes[0];
    if (statement.kind == Kind::kSet) graph->Set(k, statement.property, statement.value);
    const bool gone = statement.kind == Kind::kRemove || statement.kind == Kind::kSetNull;
    if (gone) graph->Remove(k, statement.property);
    if (statement.kind == Kind::kSetLabel) graph->Set(k, kExtraLabel, 1);
    if (statement.kind == Kind::kRemoveLabel) graph->Remove(k, kExtraLabel);
    if (statement.kind != Kind::kAdd) continue;
    // null + 1 is null, and setting null is nothing where there is nothing.
    const std::optional<int64_t> before = graph->Get(k, statement.property);
    if (before) graph->Set(k, statement.property, *before + statement.value);
  }
}

std::vector<std::vector<int64_t>> Groups(const std::vector<NaiveMatch>& matches) {
  std::map<int64_t, int64_t> counts;
  for (const NaiveMatch& match : matches) ++counts[match.nodes[0]];
  std::vector<std::vector<int64_t>> rows;
  for (const auto& [k, count] : counts) rows.push_back({k, count});
  return rows;
}

std::vector<std::vector<int64_t>> Window(const Statement& statement,
                                         const std::vector<NaiveMatch>& matches) {
  std::set<int64_t> distinct;
  for (const NaiveMatch& match : matches) distinct.insert(match.nodes.back());
  std::vector<int64_t> order(distinct.begin(), distinct.end());
  if (statement.descending) std::reverse(order.begin(), order.end());
  std::vector<std::vector<int64_t>> rows;
  for (size_t i = statement.skip; i < order.size() && rows.size() < statement.limit; ++i) {
    rows.push_back({order[i]});
  }
  return rows;
}

using Rows = std::vector<std::vector<int64_t>>;

// Nothing is larger than everything.
Rows Ordered(const Statement& statement, const NaiveGraph& graph,
             const std::vector<NaiveMatch>& matches) {
  Rows all;
  for (const NaiveMatch& match : matches) {
    const int64_t k = match.nodes.back();
    all.push_back({k, graph.Get(k, statement.property).value_or(kNullInRow)});
  }
  const auto key = [](int64_t value) {
    return value == kNullInRow ? std::numeric_limits<int64_t>::max() : value;
  };
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    if (a[1] != b[1]) return statement.descending != (key(a[1]) < key(b[1]));
    return a[0] < b[0];
  });
  Rows rows;
  for (size_t i = statement.skip; i < all.size() && rows.size() < statement.limit; ++i) {
    rows.push_back(all[i]);
  }
  return rows;
}

Rows WithOptional(const Statement& statement, const NaiveGraph& graph,
                  const std::vector<NaiveMatch>& matches) {
  Pattern more;
  more.hops = {statement.optional};
  more.where = {{Condition{1, statement.property, Condition::Op::kLess, statement.value}}};
  more.where[0][0].negated = true;  // not less: at least
  std::map<int64_t, std::vector<int64_t>> ends;
  for (const NaiveMatch& match : graph.Match(more)) {
    ends[match.nodes[0]].push_back(match.nodes[1]);
  }
  Rows rows;
  for (const NaiveMatch& match : matches) {
    const std::vector<int64_t>& found = ends[match.nodes.back()];
    for (const int64_t end : found) rows.push_back({match.nodes[0], end});
    if (found.empty()) rows.push_back({match.nodes[0], kNullInRow});
  }
  return rows;
}

Rows Aggregates(const Statement& statement, const NaiveGraph& graph,
                const std::vector<NaiveMatch>& matches) {
  std::map<int64_t, std::vector<int64_t>> groups;
  for (const NaiveMatch& match : matches) {
    std::vector<int64_t>& group = groups[graph.Get(match.nodes[0], "a").value_or(kNullInRow)];
    const std::optional<int64_t> value = graph.Get(match.nodes.back(), statement.property);
    if (value) group.push_back(*value);
  }
  Rows rows;
  for (auto& [key, values] : groups) {
    const std::set<int64_t> distinct(values.begin(), values.end());
    const auto count = static_cast<int64_t>(values.size());
    const int64_t least = distinct.empty() ? kNullInRow : *distinct.begin();
    const int64_t most = distinct.empty() ? kNullInRow : *distinct.rbegin();
    rows.push_back({key, count, least, most, static_cast<int64_t>(distinct.size())});
  }
  return rows;
}

Rows Listed(const Statement& statement, const NaiveGraph& graph) {
  Rows rows;
  for (const int64_t k : statement.list) {
    if (k == kNullInRow || !graph.Has(k)) continue;
    rows.push_back({k, graph.Get(k, statement.property).value_or(kNullInRow)});
  }
  return rows;
}

Answer Read(const Statement& statement, const NaiveGraph& graph) {
  Answer answer;
  if (statement.kind == Kind::kUnwind) {
    answer.rows = Listed(statement, graph);
    std::sort(answer.rows.begin(), answer.rows.end());
    return answer;
  }
  const std::vector<NaiveMatch> matches = graph.Match(statement.pattern);
  if (statement.kind == Kind::kGroups) {
    answer.rows = Groups(matches);
  } else if (statement.kind == Kind::kDistinct) {
    answer.rows = Window(statement, matches);
  } else if (statement.kind == Kind::kCount) {
    answer.rows = {{static_cast<int64_t>(matches.size())}};
  } else if (statement.kind == Kind::kSum) {
    int64_t sum = 0;
    for (const NaiveMatch& match : matches) {
      sum += graph.Get(match.nodes.back(), statement.property).value_or(0);
    }
    answer.rows = {{sum}};
  } else if (statement.kind == Kind::kOrdered) {
    answer.rows = Ordered(statement, graph, matches);
  } else if (statement.kind == Kind::kOptional) {
    answer.rows = WithOptional(statement, graph, matches);
    std::sort(answer.rows.begin(), answer.rows.end());
  } else if (statement.kind == Kind::kAggregate) {
    answer.rows = Aggregates(statement, graph, matches);
    std::sort(answer.rows.begin(), answer.rows.end());
  } else if (statement.kind == Kind::kHaving) {
    for (std::vector<int64_t>& group : Groups(matches)) {
      if (group[1] > statement.value) answer.rows.push_back(std::move(group));
    }
  } else {
    for (const NaiveMatch& match : matches) answer.rows.push_back(match.nodes);
    std::sort(answer.rows.begin(), answer.rows.end());
  }
  return answer;
}

Answer CreateGraph(const Statement& statement, NaiveGraph* graph) {
  int64_t k = statement.k;
  for (const NaiveGraph::Properties& properties : statement.new_nodes) {
    graph->AddNode(k++, properties);
  }
  for (const NaiveGraph::Edge& edge : statement.new_edges) {
    graph->AddEdge(edge.from, edge.to, edge.type);
  }
  Answer answer;
  answer.nodes_created = statement.new_nodes.size();
  answer.relationships_created = statement.new_edges.size();
  return answer;
}

Answer DeleteEdges(const Statement& statement, NaiveGraph* graph) {
  std::set<uint64_t> edges;
  const std::vector<NaiveMatch> matches = graph->Match(statement.pattern);
  for (const NaiveMatch& match : matches) edges.insert(match.edges[0]);
  for (const uint64_t edge : edges) graph->DeleteEdge(edge);
  Answer answer;
  if (statement.kind == Kind::kDeleteLook && !graph->edges().empty()) {
    answer.rows = {
        {static_cast<int64_t>(matches.size()), static_cast<int64_t>(graph->edges().size())}};
  }
  answer.relationships_deleted = edges.size();
  return answer;
}

}  // namespace

Answer Run(const Statement& statement, NaiveGraph* graph) {
  Answer answer;
  switch (statement.kind) {
    case Kind::kCreateNode:
      graph->AddNode(statement.k, statement.properties);
      answer.nodes_created = 1;
      return answer;
    case Kind::kCreateGraph:
      return CreateGraph(statement, graph);
    case Kind::kCreateEdge:
    case Kind::kMergeEdge:
      if (!graph->Has(statement.k) || !graph->Has(statement.other)) return answer;
      if (statement.kind == Kind::kMergeEdge &&
          graph->HasEdge(statement.k, statement.other, statement.type)) {
        return answer;
      }
      graph->AddEdge(statement.k, statement.other, statement.type);
      answer.relationships_created = 1;
      return answer;
    case Kind::kDetachDelete:
      if (!graph->Has(statement.k)) return answer;
      answer.nodes_deleted = 1;
      answer.relationships_deleted = graph->DetachDelete(statement.k);
      return answer;
    case Kind::kDeleteEdges:
    case Kind::kDeleteLook:
      return DeleteEdges(statement, graph);
    case Kind::kSet:
    case Kind::kAdd:
    case Kind::kRemove:
    case Kind::kSetNull:
    case Kind::kSetLabel:
    case Kind::kRemoveLabel: {
      const std::vector<NaiveMatch> matches = graph->Match(statement.pattern);
      Change(statement, matches, graph);
      answer.rows = {{static_cast<int64_t>(matches.size())}};
      return answer;
    }
    default:
      return Read(statement, *graph);
  }
}

Answer ReadAnswer(const Statement& statement, const v1::QueryRows& rows) {
  Answer answer;
  for (const v1::Row& row : rows.rows()) {
    std::vector<int64_t> values;
    for (const v1::Value& value : row.values()) {
      const bool integer = value.kind_case() == v1::Value::kIntValue;
      const bool null = value.kind_case() == v1::Value::KIND_NOT_SET;
      const int64_t other = null ? kNullInRow : std::numeric_limits<int64_t>::min();
      values.push_back(integer ? value.int_value() : other);
    }
    answer.rows.push_back(std::move(values));
  }
  const bool in_order = statement.kind == Kind::kDistinct || statement.kind == Kind::kOrdered;
  if (!in_order) std::sort(answer.rows.begin(), answer.rows.end());
  answer.nodes_created = rows.counters().nodes_created();
  answer.nodes_deleted = rows.counters().nodes_deleted();
  answer.relationships_created = rows.counters().relationships_created();
  answer.relationships_deleted = rows.counters().relationships_deleted();
  return answer;
}

std::string ToText(const Answer& answer) {
  std::string text =
      absl::StrCat("{",
                   absl::StrJoin(answer.rows, ", ",
                                 [](std::string* out, const std::vector<int64_t>& row) {
                                   absl::StrAppend(out, "(", absl::StrJoin(row, ", "), ")");
                                 }),
                   "}");
  if (answer.nodes_created > 0) absl::StrAppend(&text, " nodes +", answer.nodes_created);
  if (answer.nodes_deleted > 0) absl::StrAppend(&text, " nodes -", answer.nodes_deleted);
  if (answer.relationships_created > 0) {
    absl::StrAppend(&text, " relationships +", answer.relationships_created);
  }
  if (answer.relationships_deleted > 0) {
    absl::StrAppend(&text, " relationships -", answer.relationships_deleted);
  }
  return text;
}

}  // namespace graphdb::sim
