// Statements as Cypher.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/workload/statement.h"

namespace graphdb::sim {
namespace {

using Kind = Statement::Kind;

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
    if (condition.property == kExtraLabel) {
      text = absl::StrCat("n", condition.node, kExtraLabel);
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
        Add(" SET n0", kExtraLabel, " RETURN count(*)");
        break;
      case Kind::kRemoveLabel:
        Add(" REMOVE n0", kExtraLabel, " RETURN count(*)");
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

}  // namespace

v1::QueryRequest ToQuery(const Statement& statement, const std::string& label) {
  return Writer(statement, label).Write();
}

}  // namespace graphdb::sim
