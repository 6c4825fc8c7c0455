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

// ---- drawing

Condition DrawCondition(size_t nodes, int64_t next_k, Random& rng) {
  Condition condition;
  condition.node = rng.Below(nodes);
  condition.op = static_cast<Condition::Op>(rng.Below(6));
  condition.negated = rng.Chance(1, 5);
  const bool by_k = rng.Chance(1, 4);
  condition.property = by_k ? "k" : kProperties[rng.Below(2)];
  condition.value = by_k ? rng.Between(1, next_k) : rng.Between(0, kValues - 1);
  return condition;
}

void DrawWhere(int64_t next_k, Random& rng, Pattern* pattern) {
  const size_t nodes = pattern->hops.size() + 1;
  const uint64_t ands = rng.Below(4);
  for (uint64_t i = 0; i < ands; ++i) {
    std::vector<Condition> any;
    const uint64_t ors = rng.Chance(1, 3) ? 2 : 1;
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

Kind DrawKind(Random& rng) {
  constexpr std::pair<Kind, uint64_t> kWeights[] = {
      {Kind::kRows, 18},       {Kind::kCount, 6},       {Kind::kGroups, 8},
      {Kind::kDistinct, 10},   {Kind::kSum, 6},         {Kind::kSet, 7},
      {Kind::kAdd, 7},         {Kind::kRemove, 3},      {Kind::kCreateNode, 12},
      {Kind::kCreateEdge, 16}, {Kind::kDeleteEdges, 4}, {Kind::kDetachDelete, 3}};
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
      case Kind::kCreateEdge:
        Add("MATCH (x:", label_, " {k: ", Value(s.k));
        Add("}), (y:", label_, " {k: ", Value(s.other));
        Add("}) CREATE (x)-[:", s.type, "]->(y)");
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

  void AddPattern() {
    const Pattern& pattern = statement_.pattern;
    Add("MATCH (n0:", label_, ")");
    for (size_t i = 0; i < pattern.hops.size(); ++i) {
      const Hop& hop = pattern.hops[i];
      const bool in = hop.direction == Hop::Direction::kIn;
      const bool out = hop.direction == Hop::Direction::kOut;
      Add(in ? "<-[" : "-[", "r", i, hop.type.empty() ? "" : ":", hop.type);
      Add(out ? "]->(" : "]-(", "n", i + 1);
      if (statement_.labelled[i + 1]) Add(":", label_);
      Add(")");
    }
  }

  std::string ConditionText(const Condition& condition) {
    const std::string name = absl::StrCat("n", condition.node, ".", condition.property);
    std::string text;
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
    if (statement.kind == Kind::kRemove) graph->Remove(k, statement.property);
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

Answer Read(const Statement& statement, const NaiveGraph& graph) {
  const std::vector<NaiveMatch> matches = graph.Match(statement.pattern);
  Answer answer;
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
  } else {
    for (const NaiveMatch& match : matches) answer.rows.push_back(match.nodes);
    std::sort(answer.rows.begin(), answer.rows.end());
  }
  return answer;
}

Answer DeleteEdges(const Statement& statement, NaiveGraph* graph) {
  std::set<uint64_t> edges;
  for (const NaiveMatch& match : graph->Match(statement.pattern)) edges.insert(match.edges[0]);
  for (const uint64_t edge : edges) graph->DeleteEdge(edge);
  Answer answer;
  answer.relationships_deleted = edges.size();
  return answer;
}

}  // namespace

Statement DrawStatement(int64_t next_k, Random& rng) {
  Statement s;
  // Something has to be there first.
  s.kind = next_k <= 3 ? Kind::kCreateNode : DrawKind(rng);
  s.parameters = rng.Chance(1, 2);
  s.property = kProperties[rng.Below(2)];
  s.value = rng.Between(0, kValues - 1);
  s.k = s.kind == Kind::kCreateNode ? next_k : rng.Between(1, next_k - 1);
  s.other = s.k == 1 ? rng.Between(2, std::max<int64_t>(2, next_k - 1)) : rng.Between(1, s.k - 1);
  s.type = kTypes[rng.Below(2)];
  for (const char* name : kProperties) {
    const int64_t value = rng.Between(0, kValues - 1);
    if (rng.Chance(3, 4)) s.properties[name] = value;
  }
  uint64_t hops = rng.Below(4);
  if (s.kind >= Kind::kSet) hops = 0;
  if (s.kind == Kind::kDeleteEdges) hops = 1;
  for (uint64_t i = 0; i < hops; ++i) s.pattern.hops.push_back(DrawHop(rng));
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
    case Kind::kCreateEdge:
      if (!graph->Has(statement.k) || !graph->Has(statement.other)) return answer;
      graph->AddEdge(statement.k, statement.other, statement.type);
      answer.relationships_created = 1;
      return answer;
    case Kind::kDetachDelete:
      if (!graph->Has(statement.k)) return answer;
      answer.nodes_deleted = 1;
      answer.relationships_deleted = graph->DetachDelete(statement.k);
      return answer;
    case Kind::kDeleteEdges:
      return DeleteEdges(statement, graph);
    case Kind::kSet:
    case Kind::kAdd:
    case Kind::kRemove: {
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
      values.push_back(integer ? value.int_value() : std::numeric_limits<int64_t>::min());
    }
    answer.rows.push_back(std::move(values));
  }
  if (statement.kind != Kind::kDistinct) std::sort(answer.rows.begin(), answer.rows.end());
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
