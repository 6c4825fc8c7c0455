#include "core/cypher/datum.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::cypher {
namespace {

// Values nest no deeper than expressions do, but lists can be nested by
// repeated statements; deeper ones are cut in text.
constexpr int kTextDepthMax = 200;

void AppendText(const Datum& datum, int depth, std::string& out);

void AppendQuoted(absl::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '\'';
}

void AppendProperties(const graph::PropertyMap& properties, absl::string_view lead,
                      std::string& out) {
  if (properties.empty()) return;
  absl::StrAppend(&out, lead, "{");
  bool first = true;
  for (const auto& [key, value] : properties) {
    absl::StrAppend(&out, first ? "" : ", ", key, ": ");
    AppendText(FromGraphValue(value), 1, out);
    first = false;
  }
  out += '}';
}

void AppendNode(const graph::Node& node, std::string& out) {
  out += '(';
  for (const std::string& label : node.labels) absl::StrAppend(&out, ":", label);
  AppendProperties(node.properties, node.labels.empty() ? "" : " ", out);
  out += ')';
}

void AppendRelationship(const graph::Relationship& relationship, std::string& out) {
  absl::StrAppend(&out, "[:", relationship.type);
  AppendProperties(relationship.properties, " ", out);
  out += ']';
}

void AppendPath(const PathData& path, std::string& out) {
  out += '<';
  for (size_t i = 0; i < path.nodes.size(); ++i) {
    if (i > 0) {
      const graph::Relationship& relationship = path.relationships[i - 1]->relationship;
      const bool forward = relationship.start == path.nodes[i - 1]->node.id;
      out += forward ? "-" : "<-";
      AppendRelationship(relationship, out);
      out += forward ? "->" : "-";
    }
    AppendNode(path.nodes[i]->node, out);
  }
  out += '>';
}

void AppendList(const DatumList& list, int depth, std::string& out) {
  out += '[';
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ", ";
    AppendText(list[i], depth + 1, out);
  }
  out += ']';
}

void AppendMap(const DatumMap& map, int depth, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : map) {
    absl::StrAppend(&out, first ? "" : ", ", key, ": ");
    AppendText(value, depth + 1, out);
    first = false;
  }
  out += '}';
}

void AppendText(const Datum& datum, int depth, std::string& out) {
  if (depth > kTextDepthMax) {
    out += "...";
    return;
  }
  switch (datum.kind()) {
    case Datum::Kind::kNull:
      out += "null";
      break;
    case Datum::Kind::kBoolean:
      out += datum.boolean() ? "true" : "false";
      break;
    case Datum::Kind::kInteger:
      absl::StrAppend(&out, datum.integer());
      break;
    case Datum::Kind::kFloat:
      out += FloatText(datum.float_value());
      break;
    case Datum::Kind::kString:
      AppendQuoted(datum.string(), out);
      break;
    case Datum::Kind::kBytes:
      absl::StrAppend(&out, "bytes(", datum.bytes().size(), ")");
      break;
    case Datum::Kind::kList:
      AppendList(datum.list(), depth, out);
      break;
    case Datum::Kind::kMap:
      AppendMap(datum.map(), depth, out);
      break;
    case Datum::Kind::kNode:
      AppendNode(datum.node()->node, out);
      break;
    case Datum::Kind::kRelationship:
      AppendRelationship(datum.relationship()->relationship, out);
      break;
    case Datum::Kind::kPath:
      AppendPath(datum.path(), out);
      break;
  }
}

}  // namespace

struct Datum::ListData {
  DatumList items;
  uint32_t depth;
};
struct Datum::MapData {
  DatumMap items;
  uint32_t depth;
};

Datum Datum::String(std::string v) {
  return Datum(Rep(std::in_place_index<4>, std::make_shared<const std::string>(std::move(v))));
}
Datum Datum::OfBytes(std::string v) {
  return Datum(Rep(std::in_place_index<5>, std::make_shared<const std::string>(std::move(v))));
}
Datum Datum::List(DatumList v) {
  uint32_t depth = 1;
  for (const Datum& item : v) depth = std::max(depth, 1 + item.depth());
  return Datum(
      Rep(std::in_place_index<6>, std::make_shared<const ListData>(ListData{std::move(v), depth})));
}
Datum Datum::Map(DatumMap v) {
  uint32_t depth = 1;
  for (const auto& [key, item] : v) depth = std::max(depth, 1 + item.depth());
  return Datum(
      Rep(std::in_place_index<7>, std::make_shared<const MapData>(MapData{std::move(v), depth})));
}
const DatumList& Datum::list() const { return Get<6>()->items; }
const DatumMap& Datum::map() const { return Get<7>()->items; }
uint32_t Datum::depth() const {
  return is_list() ? Get<6>()->depth : is_map() ? Get<7>()->depth : 0;
}
Datum Datum::Path(PathData v) {
  GRAPHDB_CHECK_EQ(v.nodes.size(), v.relationships.size() + 1);
  return Datum(Rep(std::in_place_index<10>, std::make_shared<const PathData>(std::move(v))));
}

double Datum::number() const {
  return is_integer() ? static_cast<double>(integer()) : float_value();
}

void Datum::WrongKind(size_t wanted) const {
  GRAPHDB_CHECK(false) << "a " << std::string(KindName(kind())) << " is used as a "
                       << std::string(KindName(static_cast<Kind>(wanted)));
  __builtin_unreachable();
}

size_t Datum::MemoryBytes() const {
  switch (kind()) {
    case Kind::kString:
    case Kind::kBytes:
      return 48 + (is_string() ? string() : bytes()).size();
    case Kind::kList: {
      size_t total = 40;
      for (const Datum& item : list()) total += sizeof(Datum) + item.MemoryBytes();
      return total;
    }
    case Kind::kMap: {
      size_t total = 64;
      for (const auto& [key, value] : map()) total += 96 + key.size() + value.MemoryBytes();
      return total;
    }
    case Kind::kNode:
      return 128 + node()->node.properties.size() * 112 + node()->node.labels.size() * 40;
    case Kind::kRelationship:
      return 160 + relationship()->relationship.properties.size() * 112;
    case Kind::kPath:
      return 64 + path().nodes.size() * 32;
    default:
      return 0;
  }
}

std::string Datum::ToString() const {
  std::string out;
  AppendText(*this, 0, out);
  return out;
}

absl::string_view KindName(Datum::Kind kind) {
  static constexpr absl::string_view kNames[] = {"Null",   "Boolean",      "Integer", "Float",
                                                 "String", "Bytes",        "List",    "Map",
                                                 "Node",   "Relationship", "Path"};
  return kNames[static_cast<size_t>(kind)];
}

std::string WithArticle(Datum::Kind kind) {
  if (kind == Datum::Kind::kNull) return "null";
  return absl::StrCat(kind == Datum::Kind::kInteger ? "an " : "a ",
                      absl::AsciiStrToLower(KindName(kind)));
}

std::string FloatText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char buffer[400];
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-3 && size < 1e7);
  const auto end =
      plain ? std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed)
            : std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  std::string text(buffer, end.ptr);
  if (plain) return text.find('.') == std::string::npos ? text + ".0" : text;
  // 1e+21 -> 1.0E21, 1.5e-05 -> 1.5E-5
  const size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  std::string exponent = text.substr(e + 1);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  const bool negative = exponent[0] == '-';
  exponent.erase(0, exponent.find_first_not_of("+-0"));
  return absl::StrCat(mantissa, "E", negative ? "-" : "", exponent);
}

Datum FromGraphValue(const graph::Value& value) {
  switch (value.kind()) {
    case graph::Value::Kind::kNull:
      return Datum();
    case graph::Value::Kind::kBoolean:
      return Datum::Boolean(value.boolean());
    case graph::Value::Kind::kInteger:
      return Datum::Integer(value.integer());
    case graph::Value::Kind::kFloat:
      return Datum::Float(value.float_value());
    case graph::Value::Kind::kString:
      return Datum::String(value.string());
    case graph::Value::Kind::kBytes:
      return Datum::OfBytes(value.bytes());
    case graph::Value::Kind::kList: {
      DatumList items;
      items.reserve(value.list().size());
      for (const graph::Value& item : value.list()) items.push_back(FromGraphValue(item));
      return Datum::List(std::move(items));
    }
    case graph::Value::Kind::kMap: {
      DatumMap entries;
      for (const auto& [key, item] : value.map()) entries.emplace(key, FromGraphValue(item));
      return Datum::Map(std::move(entries));
    }
  }
  GRAPHDB_CHECK(false) << "unknown kind of value";
  __builtin_unreachable();
}

bool ToGraphValue(const Datum& datum, graph::Value* out) {
  switch (datum.kind()) {
    case Datum::Kind::kNull:
      *out = graph::Value();
      return true;
    case Datum::Kind::kBoolean:
      *out = graph::Value::Boolean(datum.boolean());
      return true;
    case Datum::Kind::kInteger:
      *out = graph::Value::Integer(datum.integer());
      return true;
    case Datum::Kind::kFloat:
      *out = graph::Value::Float(datum.float_value());
      return true;
    case Datum::Kind::kString:
      *out = graph::Value::String(datum.string());
      return true;
    case Datum::Kind::kBytes:
      *out = graph::Value::OfBytes(datum.bytes());
      return true;
    case Datum::Kind::kList: {
      graph::ValueList items(datum.list().size());
      for (size_t i = 0; i < items.size(); ++i) {
        if (!ToGraphValue(datum.list()[i], &items[i])) return false;
      }
      *out = graph::Value::List(std::move(items));
      return true;
    }
    case Datum::Kind::kMap: {
      graph::PropertyMap entries;
      for (const auto& [key, item] : datum.map()) {
        if (!ToGraphValue(item, &entries[key])) return false;
      }
      *out = graph::Value::Map(std::move(entries));
      return true;
    }
    case Datum::Kind::kNode:
    case Datum::Kind::kRelationship:
    case Datum::Kind::kPath:
      return false;
  }
  return false;
}

}  // namespace graphdb::cypher
