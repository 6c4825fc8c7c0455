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

constexpr int64_t kValues = 6;  // properties are from 0 to 5: comparisons hit
constexpr const char* kProperties[] = {"a", "b"};
constexpr const char* kTypes[] = {"R", "S"};
constexpr const char* kLabel = ":X";

// ---- drawing

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
    condition.property = kLabel;
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

// ---- text

// At most one Value per Add: the order of a call's arguments is the compiler's.

class Writer {
 public:
  Writer(const Statement& statement, const std::string& label)
      : statement_(statement), label_(label) {}

  v1::QueryRequest Write() {
    const Statement& s = statement_;
    switch (s.kind) {
      case Kind::kCreateNode:
        Add("CREATE (:", label_, " {k: ", Value(s.k));
        for (const auto& [name, value] : s.properties) Add(", ", name, ": ", Value(value));
        Add("})");
        break;
      case Kind::kCreateGraph:
        AddGraph();
        break;
      case Kind::kCreateEdge:
      case Kind::kMergeEdge:
        Add("MATCH (x:", label_, " {k: ", Value(s.k));
        Add("}), (y:", label_, " {k: ", Value(s.other));
        Add(s.kind == Kind::kMergeEdge ? "}) MERGE" : "}) CREATE", " (x)-[:", s.type, "]->(y)");
        break;
      case Kind::kUnwind:
        AddUnwind();
        break;
      case Kind::kDetachDelete:
        Add("MATCH (n:", label_, " {k: ", Value(s.k));
        Add("}) DETACH DELETE n");
        break;
      default:
        AddPattern();
        AddWhere();
        AddTail();
        break;
    }
    query_.set_text(std::move(text_));
    return std::move(query_);
  }

 private:
  std::string Value(int64_t value) {
    if (!statement_.parameters) return absl::StrCat(value);
    v1::MapEntry* entry = query_.mutable_parameters()->add_entries();
    entry->set_key(absl::StrCat("p", query_.parameters().entries_size()));
    entry->mutable_value()->set_int_value(value);
    return absl::StrCat("$", entry->key());
  }

  void AddGraph() {
    const Statement& s = statement_;
    for (size_t i = 0; i < s.new_nodes.size(); ++i) {
      Add(i == 0 ? "CREATE (" : ", (", "c", i, ":", label_);
      Add(" {k: ", Value(s.k + static_cast<int64_t>(i)));
      for (const auto& [name, value] : s.new_nodes[i]) Add(", ", name, ": ", Value(value));
      Add("})");
    }
    for (const NaiveGraph::Edge& edge : s.new_edges) {
      Add(", (c", edge.from - s.k, ")-[:", edge.type, "]->(c", edge.to - s.k, ")");
    }
  }

  void AddUnwind() {
    Add("UNWIND [");
    for (size_t i = 0; i < statement_.list.size(); ++i) {
      const int64_t k = statement_.list[i];
      Add(i == 0 ? "" : ", ", k == kNullInRow ? std::string("null") : Value(k));
    }
    Add("] AS v MATCH (n:", label_, " {k: v}) RETURN v, n.", statement_.property);
  }

  void AddHop(const Hop& hop, absl::string_view name) {
    Add(hop.direction == Hop::Direction::kIn ? "<-[" : "-[", name);
    Add(hop.type.empty() ? "" : ":", hop.type);
    if (hop.least != 1 || hop.most != 1) Add("*", hop.least, "..", hop.most);
    Add(hop.direction == Hop::Direction::kOut ? "]->" : "]-");
  }

  void AddPattern() {
    const Pattern& pattern = statement_.pattern;
    Add("MATCH (n0:", label_, ")");
    for (size_t i = 0; i < pattern.hops.size(); ++i) {
      AddHop(pattern.hops[i], absl::StrCat("r", i));
      Add("(n", i + 1);
      if (statement_.labelled[i + 1]) Add(":", label_);
      Add(")");
    }
  }

  std::string ConditionText(const Condition& condition) {
    const std::string name = absl::StrCat("n", condition.node, ".", condition.property);
    std::string text;
    if (condition.property == kLabel) {
      text = absl::StrCat("n", condition.node, kLabel);
      return condition.negated ? absl::StrCat("NOT (", text, ")") : text;
    }
    switch (condition.op) {
      case Condition::Op::kLess:
        text = absl::StrCat(name, " < ", Value(condition.value));
        break;
      case Condition::Op::kLessOrEqual:
        text = absl::StrCat(name, " <= ", Value(condition.value));
        break;
      case Condition::Op::kEqual:
        text = absl::StrCat(name, " = ", Value(condition.value));
        break;
      case Condition::Op::kNotEqual:
        text = absl::StrCat(name, " <> ", Value(condition.value));
        break;
      case Condition::Op::kIsNull:
        text = absl::StrCat(name, " IS NULL");
        break;
      case Condition::Op::kIsNotNull:
        text = absl::StrCat(name, " IS NOT NULL");
        break;
      case Condition::Op::kEqualNull:
        text = absl::StrCat(name, " = null");
        break;
      case Condition::Op::kIn:
        text = absl::StrCat(name, " IN [", Value(condition.value));
        absl::StrAppend(&text, ", ", Value(condition.other), condition.with_null ? ", null]" : "]");
        break;
    }
    return condition.negated ? absl::StrCat("NOT (", text, ")") : text;
  }

  void AddWhere() {
    const char* before = " WHERE (";
    for (const std::vector<Condition>& any : statement_.pattern.where) {
      std::vector<std::string> parts;
      for (const Condition& condition : any) parts.push_back(ConditionText(condition));
      Add(before, absl::StrJoin(parts, " OR "), ")");
      before = " AND (";
    }
  }

  void AddTail() {
    const Statement& s = statement_;
    const size_t last = s.pattern.hops.size();
    switch (s.kind) {
      case Kind::kRows:
        Add(" RETURN n0.k");
        for (size_t i = 1; i <= last; ++i) Add(", n", i, ".k");
        break;
      case Kind::kCount:
        Add(" RETURN count(*)");
        break;
      case Kind::kGroups:
        Add(" RETURN n0.k, count(*)");
        break;
      case Kind::kDistinct:
        Add(" RETURN DISTINCT n", last, ".k AS k ORDER BY k");
        Add(s.descending ? " DESC" : "", " SKIP ", s.skip, " LIMIT ", s.limit);
        break;
      case Kind::kSum:
        Add(" RETURN sum(n", last, ".", s.property, ")");
        break;
      case Kind::kOrdered:
        Add(" RETURN n", last, ".k AS k, n", last, ".", s.property, " AS p ORDER BY p");
        Add(s.descending ? " DESC" : "", ", k SKIP ", s.skip, " LIMIT ", s.limit);
        break;
      case Kind::kOptional:
        Add(" OPTIONAL MATCH (n", last, ")");
        AddHop(s.optional, "");
        Add("(m) WHERE m.", s.property, " >= ", Value(s.value));
        Add(" RETURN n0.k, m.k");
        break;
      case Kind::kAggregate: {
        const std::string of = absl::StrCat("n", last, ".", s.property);
        Add(" RETURN n0.a, count(", of, "), min(", of, "), max(", of, "), count(DISTINCT ", of,
            ")");
        break;
      }
      case Kind::kHaving:
        Add(" WITH n0, count(*) AS c WHERE c > ", Value(s.value));
        Add(" RETURN n0.k, c");
        break;
      case Kind::kSetNull:
        Add(" SET n0.", s.property, " = null RETURN count(*)");
        break;
      case Kind::kSetLabel:
        Add(" SET n0", kLabel, " RETURN count(*)");
        break;
      case Kind::kRemoveLabel:
        Add(" REMOVE n0", kLabel, " RETURN count(*)");
        break;
      case Kind::kDeleteLook:
        Add(" DELETE r0 WITH count(*) AS c MATCH (x:", label_, ")-[s]->(y) RETURN c, count(s)");
        break;
      case Kind::kSet:
        Add(" SET n0.", s.property, " = ", Value(s.value));
        Add(" RETURN count(*)");
        break;
      case Kind::kAdd:
        Add(" SET n0.", s.property, " = n0.", s.property);
        Add(" + ", Value(s.value), " RETURN count(*)");
        break;
      case Kind::kRemove:
        Add(" REMOVE n0.", s.property, " RETURN count(*)");
        break;
      default:
        Add(" DELETE r0");
        break;
    }
  }

  template <typename... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&text_, parts...);
  }

  const Statement& statement_;
  const std::string& label_;
  v1::QueryRequest query_;
  std::string text_;
};

// ---- meaning

void Change(const Statement& statement, const std::vector<NaiveMatch>& matches, NaiveGraph* graph) {
  for (const NaiveMatch& match : matches) {
    const int64_t k = match.nodes[0];
    if (statement.kind == Kind::kSet) graph->Set(k, statement.property, statement.value);
    const bool gone = statement.kind == Kind::kRemove || statement.kind == Kind::kSetNull;
    if (gone) graph->Remove(k, statement.property);
    if (statement.kind == Kind::kSetLabel) graph->Set(k, kLabel, 1);
    if (statement.kind == Kind::kRemoveLabel) graph->Remove(k, kLabel);
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

v1::QueryRequest ToQuery(const Statement& statement, const std::string& label) {
  return Writer(statement, label).Write();
}

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
