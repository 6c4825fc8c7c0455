// What statements answer, in a form that compares.
#include "sim/workload/statement.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace graphdb::sim {
namespace {

NaiveMap PropertiesOf(const v1::MapValue& properties);

NaiveValue ValueOf(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::KIND_NOT_SET:
      return NaiveValue();
    case v1::Value::kBoolValue:
      return NaiveValue::Boolean(value.bool_value());
    case v1::Value::kIntValue:
      return NaiveValue::Of(value.int_value());
    case v1::Value::kFloatValue:
      return NaiveValue::Float(value.float_value());
    case v1::Value::kStringValue:
      return NaiveValue::Text(value.string_value());
    case v1::Value::kListValue: {
      NaiveList list;
      for (const v1::Value& item : value.list_value().items()) list.push_back(ValueOf(item));
      return NaiveValue::List(std::move(list));
    }
    case v1::Value::kMapValue:
      return NaiveValue::Map(PropertiesOf(value.map_value()));
    default:
      return NaiveValue::Text(absl::StrCat("not expected: ", value.ShortDebugString()));
  }
}

NaiveMap PropertiesOf(const v1::MapValue& properties) {
  NaiveMap map;
  for (const v1::MapEntry& entry : properties.entries()) map[entry.key()] = ValueOf(entry.value());
  return map;
}

NaiveValue NodeOf(const v1::NodeValue& node) {
  NaiveMap shown = PropertiesOf(node.properties());
  NaiveList labels;
  for (const std::string& label : node.labels()) labels.push_back(NaiveValue::Text(label));
  shown[kShownLabels] = NaiveValue::List(std::move(labels));
  return NaiveValue::Map(std::move(shown));
}

NaiveValue EdgeOf(const v1::RelationshipValue& edge) {
  NaiveMap shown = PropertiesOf(edge.properties());
  shown[kShownType] = NaiveValue::Text(edge.type());
  return NaiveValue::Map(std::move(shown));
}

// Whether each relationship leads from the node before it to the one after it, or back.
bool Connected(const v1::PathValue& path) {
  if (path.nodes_size() != path.relationships_size() + 1) return false;
  for (int i = 0; i < path.relationships_size(); ++i) {
    const uint64_t from = path.nodes(i).id(), to = path.nodes(i + 1).id();
    const v1::RelationshipValue& edge = path.relationships(i);
    const bool on = edge.start() == from && edge.end() == to;
    const bool back = edge.start() == to && edge.end() == from;
    if (!on && !back) return false;
  }
  return true;
}

NaiveValue CellOf(const v1::Value& value) {
  if (value.has_node_value()) return NodeOf(value.node_value());
  if (value.has_relationship_value()) return EdgeOf(value.relationship_value());
  NaiveList parts;
  if (value.has_list_value()) {
    for (const v1::Value& item : value.list_value().items()) parts.push_back(CellOf(item));
    return NaiveValue::List(std::move(parts));
  }
  if (!value.has_path_value()) return ValueOf(value);
  const v1::PathValue& path = value.path_value();
  if (!Connected(path)) return NaiveValue::Text("a path that does not hang together");
  for (int i = 0; i < path.nodes_size(); ++i) {
    parts.push_back(NodeOf(path.nodes(i)));
    if (i < path.relationships_size()) parts.push_back(EdgeOf(path.relationships(i)));
  }
  return NaiveValue::List(std::move(parts));
}

void Arrange(const Statement& statement, std::vector<std::vector<NaiveValue>>* rows) {
  for (std::vector<NaiveValue>& row : *rows) {
    for (const size_t bag : statement.bags) {
      if (bag >= row.size() || row[bag].As<NaiveList>() == nullptr) continue;
      NaiveList list = *row[bag].As<NaiveList>();
      std::sort(list.begin(), list.end(), NaiveBefore);
      row[bag] = NaiveValue::List(std::move(list));
    }
  }
  if (statement.in_order) return;
  std::sort(rows->begin(), rows->end(), [](const auto& a, const auto& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), NaiveBefore);
  });
}

}  // namespace

Answer Comparable(const Statement& statement, NaiveAnswer answer) {
  Arrange(statement, &answer.rows);
  return {std::move(answer.rows), answer.counters};
}

Answer ReadAnswer(const Statement& statement, const v1::QueryRows& rows) {
  Answer answer;
  for (const v1::Row& row : rows.rows()) {
    std::vector<NaiveValue>& values = answer.rows.emplace_back();
    for (const v1::Value& value : row.values()) values.push_back(CellOf(value));
  }
  Arrange(statement, &answer.rows);
  const v1::QueryCounters& counted = rows.counters();
  answer.counters = {counted.nodes_created(),         counted.nodes_deleted(),
                     counted.relationships_created(), counted.relationships_deleted(),
                     counted.properties_set(),        counted.labels_added(),
                     counted.labels_removed()};
  const bool columns = std::equal(statement.columns.begin(), statement.columns.end(),
                                  rows.columns().begin(), rows.columns().end());
  if (!columns) {
    answer.rows.push_back({NaiveValue::Text("columns " + absl::StrJoin(rows.columns(), ", "))});
  }
  return answer;
}

void LearnIds(const v1::QueryRows& rows, std::map<int64_t, uint64_t>* ids) {
  for (const v1::Row& row : rows.rows()) {
    for (const v1::Value& value : row.values()) {
      for (const v1::MapEntry& entry : value.node_value().properties().entries()) {
        if (entry.key() == "k") (*ids)[entry.value().int_value()] = value.node_value().id();
      }
    }
  }
}

bool SameAnswer(const Statement& statement, const Answer& a, const Answer& b) {
  if (a.counters != b.counters) return false;
  return std::equal(a.rows.begin(), a.rows.end(), b.rows.begin(), b.rows.end(),
                    [&](const std::vector<NaiveValue>& x, const std::vector<NaiveValue>& y) {
                      return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                                        [&](const NaiveValue& v, const NaiveValue& w) {
                                          return NaiveSameAnswer(v, w, statement.loose);
                                        });
                    });
}

std::string ToText(const Answer& answer) {
  std::string text = "{";
  for (const std::vector<NaiveValue>& row : answer.rows) {
    absl::StrAppend(&text, text.size() > 1 ? ", (" : "(",
                    absl::StrJoin(row, ", ",
                                  [](std::string* out, const NaiveValue& value) {
                                    absl::StrAppend(out, ToText(value));
                                  }),
                    ")");
  }
  const NaiveCounters& c = answer.counters;
  absl::StrAppend(&text, "}");
  if (c == NaiveCounters()) return text;
  absl::StrAppend(&text, " nodes +", c.nodes_created, " -", c.nodes_deleted, " relationships +",
                  c.edges_created, " -", c.edges_deleted, " properties ", c.properties_set,
                  " labels +", c.labels_added, " -", c.labels_removed);
  return text;
}

}  // namespace graphdb::sim
