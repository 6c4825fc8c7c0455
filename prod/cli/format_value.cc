#include "prod/cli/format_value.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "prod/cli/table.h"

namespace graphdb::cli {
namespace {

using Json = nlohmann::ordered_json;

bool IsIdentifier(absl::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  }
  return true;
}

std::string NameText(const std::string& name) {
  if (IsIdentifier(name)) return name;
  std::string out = "`";
  for (const char c : name) out.append(c == '`' ? 2 : 1, c);
  return out + "`";
}

std::string StringText(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    switch (c) {
      case '\'':
        out += "\\'";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "'";
}

// The shortest text that reads back as the same number, and shows it is a float.
std::string FloatText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text;
  for (int digits = 15; digits <= 17; ++digits) {
    text = absl::StrFormat("%.*g", digits, value);
    if (std::stod(text) == value) break;
  }
  const bool whole = text.find_first_of(".e") == std::string::npos;
  return whole ? text + ".0" : text;
}

std::string TextAt(const v1::Value& value, int depth);

std::string MapText(const v1::MapValue& map, int depth) {
  return absl::StrCat("{",
                      absl::StrJoin(map.entries(), ", ",
                                    [&](std::string* out, const v1::MapEntry& entry) {
                                      absl::StrAppend(out, NameText(entry.key()), ": ",
                                                      TextAt(entry.value(), depth + 1));
                                    }),
                      "}");
}

std::string NodeText(const v1::NodeValue& node, int depth) {
  std::string out = absl::StrCat("(#", node.id());
  for (const std::string& label : node.labels()) absl::StrAppend(&out, ":", NameText(label));
  if (node.properties().entries_size() > 0) {
    absl::StrAppend(&out, " ", MapText(node.properties(), depth));
  }
  return out + ")";
}

std::string RelationshipText(const v1::RelationshipValue& edge, int depth) {
  std::string out = absl::StrCat("[#", edge.id(), ":", NameText(edge.type()));
  if (edge.properties().entries_size() > 0) {
    absl::StrAppend(&out, " ", MapText(edge.properties(), depth));
  }
  return out + "]";
}

std::string PathText(const v1::PathValue& path, int depth) {
  std::string out;
  for (int i = 0; i < path.nodes_size(); ++i) {
    if (i > 0 && i - 1 < path.relationships_size()) {
      const v1::RelationshipValue& edge = path.relationships(i - 1);
      const bool forward = edge.start() == path.nodes(i - 1).id();
      absl::StrAppend(&out, forward ? "-" : "<-", RelationshipText(edge, depth),
                      forward ? "->" : "-");
    }
    absl::StrAppend(&out, NodeText(path.nodes(i), depth));
  }
  return out;
}

std::string TextAt(const v1::Value& value, int depth) {
  if (depth > kNestingMax) return "...";
  switch (value.kind_case()) {
    case v1::Value::KIND_NOT_SET:
      return "null";
    case v1::Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case v1::Value::kIntValue:
      return absl::StrCat(value.int_value());
    case v1::Value::kFloatValue:
      return FloatText(value.float_value());
    case v1::Value::kStringValue:
      return StringText(value.string_value());
    case v1::Value::kBytesValue:
      return absl::StrCat("bytes(", absl::Base64Escape(value.bytes_value()), ")");
    case v1::Value::kListValue:
      return absl::StrCat("[",
                          absl::StrJoin(value.list_value().items(), ", ",
                                        [&](std::string* out, const v1::Value& item) {
                                          out->append(TextAt(item, depth + 1));
                                        }),
                          "]");
    case v1::Value::kMapValue:
      return MapText(value.map_value(), depth);
    case v1::Value::kNodeValue:
      return NodeText(value.node_value(), depth);
    case v1::Value::kRelationshipValue:
      return RelationshipText(value.relationship_value(), depth);
    case v1::Value::kPathValue:
      return PathText(value.path_value(), depth);
  }
  return "?";
}

Json JsonAt(const v1::Value& value, int depth);

Json MapJson(const v1::MapValue& map, int depth) {
  Json out = Json::object();
  for (const v1::MapEntry& entry : map.entries())
    out[entry.key()] = JsonAt(entry.value(), depth + 1);
  return out;
}

Json NodeJson(const v1::NodeValue& node, int depth) {
  Json out;
  out["id"] = node.id();
  out["labels"] = Json::array();
  for (const std::string& label : node.labels()) out["labels"].push_back(label);
  out["properties"] = MapJson(node.properties(), depth);
  return out;
}

Json RelationshipJson(const v1::RelationshipValue& edge, int depth) {
  Json out;
  out["id"] = edge.id();
  out["type"] = edge.type();
  out["start"] = edge.start();
  out["end"] = edge.end();
  out["properties"] = MapJson(edge.properties(), depth);
  return out;
}

Json PathJson(const v1::PathValue& path, int depth) {
  Json out;
  out["nodes"] = Json::array();
  for (const v1::NodeValue& node : path.nodes()) out["nodes"].push_back(NodeJson(node, depth));
  out["relationships"] = Json::array();
  for (const v1::RelationshipValue& edge : path.relationships()) {
    out["relationships"].push_back(RelationshipJson(edge, depth));
  }
  return out;
}

Json JsonAt(const v1::Value& value, int depth) {
  if (depth > kNestingMax) return "...";
  switch (value.kind_case()) {
    case v1::Value::KIND_NOT_SET:
      return nullptr;
    case v1::Value::kBoolValue:
      return value.bool_value();
    case v1::Value::kIntValue:
      return value.int_value();
    case v1::Value::kFloatValue:
      if (std::isfinite(value.float_value())) return value.float_value();
      return FloatText(value.float_value());
    case v1::Value::kStringValue:
      return value.string_value();
    case v1::Value::kBytesValue:
      return absl::Base64Escape(value.bytes_value());
    case v1::Value::kListValue: {
      Json out = Json::array();
      for (const v1::Value& item : value.list_value().items())
        out.push_back(JsonAt(item, depth + 1));
      return out;
    }
    case v1::Value::kMapValue:
      return MapJson(value.map_value(), depth);
    case v1::Value::kNodeValue:
      return NodeJson(value.node_value(), depth);
    case v1::Value::kRelationshipValue:
      return RelationshipJson(value.relationship_value(), depth);
    case v1::Value::kPathValue:
      return PathJson(value.path_value(), depth);
  }
  return nullptr;
}

struct Counter {
  const char* name;
  uint64_t value;
};

std::vector<Counter> Changes(const v1::QueryCounters& c) {
  return {{"nodes_created", c.nodes_created()},
          {"nodes_deleted", c.nodes_deleted()},
          {"relationships_created", c.relationships_created()},
          {"relationships_deleted", c.relationships_deleted()},
          {"properties_set", c.properties_set()},
          {"labels_added", c.labels_added()},
          {"labels_removed", c.labels_removed()}};
}

}  // namespace

std::string ValueText(const v1::Value& value) { return TextAt(value, 0); }

Json ValueJson(const v1::Value& value) { return JsonAt(value, 0); }

std::string ResultText(const client::QueryResult& result) {
  std::string out;
  if (!result.columns.empty()) {
    std::vector<Column> columns;
    for (const std::string& title : result.columns) columns.push_back({title, 0});
    Table table(columns);
    for (const v1::Row& row : result.rows) {
      std::vector<std::string> cells;
      for (const v1::Value& value : row.values()) cells.push_back(ValueText(value));
      cells.resize(columns.size());  // what came from the wire may be short or long
      table.AddRow(std::move(cells));
    }
    out = table.ToString();
    absl::StrAppend(&out, "(", result.rows.size(),
                    result.rows.size() == 1 ? " row)\n" : " rows)\n");
  }
  std::vector<std::string> changes;
  for (const Counter& counter : Changes(result.counters)) {
    if (counter.value == 0) continue;
    std::string name = counter.name;
    for (char& c : name) c = c == '_' ? ' ' : c;
    changes.push_back(absl::StrCat(name, ": ", counter.value));
  }
  if (!changes.empty()) absl::StrAppend(&out, absl::StrJoin(changes, ", "), "\n");
  if (out.empty()) out = "no changes\n";
  return out;
}

Json ResultJson(const client::QueryResult& result) {
  Json out;
  out["columns"] = Json::array();
  for (const std::string& column : result.columns) out["columns"].push_back(column);
  out["rows"] = Json::array();
  for (const v1::Row& row : result.rows) {
    Json line = Json::array();
    for (const v1::Value& value : row.values()) line.push_back(ValueJson(value));
    out["rows"].push_back(std::move(line));
  }
  for (const Counter& counter : Changes(result.counters))
    out["counters"][counter.name] = counter.value;
  out["timestamp"] = result.timestamp;
  return out;
}

}  // namespace graphdb::cli
