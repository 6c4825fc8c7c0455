// Statements as Cypher.
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "core/base/check.h"
#include "sim/workload/statement.h"

namespace graphdb::sim {
namespace {

using Kind = NaiveClause::Kind;
using Aggregate = NaiveItem::Aggregate;

std::string Literal(const NaiveValue& value) {
  if (const double* v = value.As<double>()) return absl::StrFormat("%.17g", *v);
  if (const std::string* v = value.As<std::string>()) {
    return absl::StrCat("'", absl::StrReplaceAll(*v, {{"\\", "\\\\"}, {"'", "\\'"}, {"\n", "\\n"}}),
                        "'");
  }
  const NaiveList* list = value.As<NaiveList>();
  if (list == nullptr) return ToText(value);  // null, truths, integers
  return absl::StrCat("[",
                      absl::StrJoin(*list, ", ",
                                    [](std::string* out, const NaiveValue& item) {
                                      absl::StrAppend(out, Literal(item));
                                    }),
                      "]");
}

// Writes from left to right: the number of a parameter is its place in the text.
class Writer {
 public:
  v1::QueryRequest Write(const Statement& statement) {
    query_.set_read_only(!statement.writes);
    if (!statement.refused.empty()) {
      query_.set_text(statement.refused);
      return std::move(query_);
    }
    for (size_t i = 0; i < statement.query.parts.size(); ++i) {
      if (i > 0) Add(statement.query.union_all ? "UNION ALL " : "UNION ");
      for (const NaiveClause& clause : statement.query.parts[i]) AddClause(clause);
    }
    text_.pop_back();  // the space after the last clause
    query_.set_text(std::move(text_));
    return std::move(query_);
  }

 private:
  void AddClause(const NaiveClause& clause) {
    switch (clause.kind) {
      case Kind::kMatch:
      case Kind::kOptionalMatch:
        Add(clause.kind == Kind::kMatch ? "MATCH " : "OPTIONAL MATCH ");
        AddPatterns(clause.patterns);
        AddWhere(clause);
        break;
      case Kind::kUnwind:
        Add("UNWIND ");
        AddExpression(clause.list);
        Add(" AS ", clause.name);
        break;
      case Kind::kWith:
      case Kind::kReturn:
        AddProjection(clause);
        AddWhere(clause);
        break;
      case Kind::kCreate:
        Add("CREATE ");
        AddPatterns(clause.patterns);
        break;
      case Kind::kMerge:
        Add("MERGE ");
        AddPatterns(clause.patterns);
        if (!clause.sets.empty()) AddSets(" ON CREATE SET ", clause.sets, false);
        if (!clause.on_match.empty()) AddSets(" ON MATCH SET ", clause.on_match, false);
        break;
      case Kind::kSet:
        AddSets("SET ", clause.sets, false);
        break;
      case Kind::kRemove:
        AddSets("REMOVE ", clause.sets, true);
        break;
      case Kind::kDelete:
      case Kind::kDetachDelete:
        Add(clause.kind == Kind::kDelete ? "DELETE " : "DETACH DELETE ",
            absl::StrJoin(clause.targets, ", "));
        break;
    }
    Add(" ");
  }

  void AddPatterns(const std::vector<NaivePattern>& patterns) {
    for (const NaivePattern& pattern : patterns) {
      if (&pattern != &patterns.front()) Add(", ");
      if (!pattern.path.empty()) Add(pattern.path, " = ");
      for (size_t i = 0; i < pattern.places.size(); ++i) {
        if (i > 0) AddHop(pattern.hops[i - 1]);
        AddPlace(pattern.places[i]);
      }
    }
  }

  void AddPlace(const NaivePlace& place) {
    Add("(", place.name);
    for (const std::string& label : place.labels) Add(":", label);
    for (const auto& [name, value] : place.properties) {
      Add(name == place.properties.front().first ? " {" : ", ", name, ": ");
      AddExpression(value);
    }
    Add(place.properties.empty() ? ")" : "})");
  }

  void AddHop(const Hop& hop) {
    Add(hop.direction == Hop::Direction::kIn ? "<-" : "-");
    const bool bare =
        hop.name.empty() && hop.types.empty() && !hop.stretched && hop.properties.empty();
    if (!bare) {
      Add("[", hop.name, hop.types.empty() ? "" : ":", absl::StrJoin(hop.types, "|"));
      if (hop.stretched) Add("*", hop.least, "..", hop.most);
      const char* before = " {";
      for (const auto& [name, value] : hop.properties) {
        Add(before, name, ": ", Literal(value));
        before = ", ";
      }
      Add(hop.properties.empty() ? "]" : "}]");
    }
    Add(hop.direction == Hop::Direction::kOut ? "->" : "-");
  }

  void AddWhere(const NaiveClause& clause) {
    if (!clause.among.empty()) {
      const std::string ids =
          absl::StrJoin(clause.among, ", ",
                        [](std::string* out, const auto& of) { absl::StrAppend(out, of.second); });
      const std::string& name = clause.patterns[0].places[0].name;
      const bool one = clause.among.size() == 1;
      Add(" WHERE id(", name, one ? ") = " : ") IN [", ids, one ? "" : "]");
    }
    if (!clause.where) return;
    Add(clause.among.empty() ? " WHERE " : " AND ");
    AddExpression(*clause.where);
  }

  void AddProjection(const NaiveClause& clause) {
    Add(clause.kind == Kind::kWith ? "WITH " : "RETURN ", clause.distinct ? "DISTINCT " : "");
    for (const NaiveItem& item : clause.items) {
      if (clause.star) break;
      if (&item != &clause.items.front()) Add(", ");
      AddItem(item);
      const bool same = item.aggregate == Aggregate::kNone &&
                        item.of.kind == Expression::Kind::kVariable && item.of.name == item.name;
      if (!same) Add(" AS ", item.name);
    }
    if (clause.star) Add("*");
    for (const auto& [key, descending] : clause.order) {
      Add(&key == &clause.order.front().first ? " ORDER BY " : ", ");
      AddExpression(key);
      if (descending) Add(" DESC");
    }
    if (clause.skip) Add(" SKIP ", *clause.skip);
    if (clause.limit) Add(" LIMIT ", *clause.limit);
  }

  void AddItem(const NaiveItem& item) {
    static constexpr const char* kNames[] = {
        "",      "",       "count",          "sum",           "avg", "min", "max", "collect",
        "stDev", "stDevP", "percentileCont", "percentileDisc"};
    if (item.aggregate == Aggregate::kNone) return AddExpression(item.of);
    if (item.aggregate == Aggregate::kRows) return Add("count(*)");
    Add(kNames[static_cast<size_t>(item.aggregate)], item.distinct ? "(DISTINCT " : "(");
    AddExpression(item.of);
    if (item.aggregate == Aggregate::kMedian) Add(", 0.5");
    if (item.aggregate == Aggregate::kQuarter) Add(", 0.25");
    Add(")");
  }

  void AddSets(absl::string_view word, const std::vector<NaiveSet>& sets, bool remove) {
    for (const NaiveSet& set : sets) {
      Add(&set == &sets.front() ? word : ", ", set.target);
      if (set.kind == NaiveSet::Kind::kLabel) Add(":", set.name);
      if (set.kind == NaiveSet::Kind::kProperty) Add(".", set.name);
      if (remove || set.kind == NaiveSet::Kind::kLabel) continue;
      Add(set.kind == NaiveSet::Kind::kMerge ? " += " : " = ");
      AddExpression(set.value);
    }
  }

  void AddValue(const Expression& e) {
    if (!e.parameter) return Add(Literal(e.value));
    v1::MapEntry* entry = query_.mutable_parameters()->add_entries();
    entry->set_key(
        absl::StrCat("p", absl::Dec(query_.parameters().entries_size(), absl::kZeroPad3)));
    ToProto(e.value, entry->mutable_value());
    Add("$", entry->key());
  }

  void AddExpression(const Expression& e) {
    switch (e.kind) {
      case Expression::Kind::kValue:
        return AddValue(e);
      case Expression::Kind::kVariable:
        return Add(e.name);
      case Expression::Kind::kProperty:
        AddExpression(e.args[0]);
        return Add(".", e.name);
      case Expression::Kind::kHasLabel:
        AddExpression(e.args[0]);
        return Add(":", e.name);
      case Expression::Kind::kCall:
        return AddCall(e);
      case Expression::Kind::kEach:
        return AddEach(e);
      case Expression::Kind::kHops:
        return AddHops(e);
    }
  }

  void AddCall(const Expression& e) {
    const absl::string_view text = e.function->text;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '$') {
        text_ += text[i];
        continue;
      }
      const auto place = static_cast<size_t>(text[++i] - '0');
      GRAPHDB_CHECK_LT(place, e.args.size()) << std::string(text);
      AddExpression(e.args[place]);
    }
  }

  void AddEach(const Expression& e) {
    static constexpr const char* kBegin[] = {"[", "all(", "any(", "none(", "single(", "reduce("};
    Add(kBegin[static_cast<size_t>(e.each)]);
    const bool reduces = e.each == Expression::Each::kReduce;
    if (reduces) {
      Add(kReduceName, " = ");
      AddExpression(e.args[1]);
      Add(", ");
    }
    Add(e.name, " IN ");
    AddExpression(e.args[0]);
    if (!reduces) {
      Add(" WHERE ");
      AddExpression(e.args[1]);
    }
    if (e.args.size() > 2) {
      Add(" | ");
      AddExpression(e.args[2]);
    }
    Add(e.each == Expression::Each::kMap ? "]" : ")");
  }

  void AddHops(const Expression& e) {
    static constexpr const char* kBegin[] = {"(", "exists((", "exists { (", "size([("};
    static constexpr const char* kEnd[] = {"", ")", " }", "])"};
    const auto form = static_cast<size_t>(e.hops);
    Add(kBegin[form]);
    AddExpression(e.args[0]);
    Add(")");
    AddHop(e.hop);
    const bool named = e.args.size() > 1;
    Add("(", named ? e.name : "", ")");
    if (named) {
      Add(" WHERE ");
      AddExpression(e.args[1]);
    }
    if (e.hops == Expression::Hops::kCount) Add(" | ", e.name, ".k");
    Add(kEnd[form]);
  }

  template <typename... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&text_, parts...);
  }

  v1::QueryRequest query_;
  std::string text_;
};

}  // namespace

void ToProto(const NaiveValue& value, v1::Value* out) {
  if (const bool* v = value.As<bool>()) out->set_bool_value(*v);
  if (const int64_t* v = value.As<int64_t>()) out->set_int_value(*v);
  if (const double* v = value.As<double>()) out->set_float_value(*v);
  if (const std::string* v = value.As<std::string>()) out->set_string_value(*v);
  if (const NaiveList* list = value.As<NaiveList>()) {
    v1::ListValue* items = out->mutable_list_value();
    for (const NaiveValue& item : *list) ToProto(item, items->add_items());
  }
  if (const NaiveMap* map = value.As<NaiveMap>()) {
    v1::MapValue* entries = out->mutable_map_value();
    for (const auto& [key, item] : *map) {
      v1::MapEntry* entry = entries->add_entries();
      entry->set_key(key);
      ToProto(item, entry->mutable_value());
    }
  }
}

v1::QueryRequest ToQuery(const Statement& statement) { return Writer().Write(statement); }

}  // namespace graphdb::sim
