#include "core/graph/value.h"

#include <bit>
#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::graph {
namespace {

bool SameFloat(double a, double b) {
  if (std::isnan(a)) return std::isnan(b);
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

std::string FloatText(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "Infinity" : "-Infinity";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), v).ptr;
  std::string text(buffer, end);
  // A float is told from an integer by its text.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void AppendText(std::string* out, const Value& value);

void AppendListText(std::string* out, const ValueList& list) {
  out->push_back('[');
  const char* separator = "";
  for (const Value& item : list) {
    absl::StrAppend(out, separator);
    AppendText(out, item);
    separator = ", ";
  }
  out->push_back(']');
}

void AppendMapText(std::string* out, const PropertyMap& map) {
  out->push_back('{');
  const char* separator = "";
  for (const auto& [key, item] : map) {
    absl::StrAppend(out, separator, key, ": ");
    AppendText(out, item);
    separator = ", ";
  }
  out->push_back('}');
}

void AppendText(std::string* out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      absl::StrAppend(out, "null");
      return;
    case Value::Kind::kBoolean:
      absl::StrAppend(out, value.boolean() ? "true" : "false");
      return;
    case Value::Kind::kInteger:
      absl::StrAppend(out, value.integer());
      return;
    case Value::Kind::kFloat:
      absl::StrAppend(out, FloatText(value.float_value()));
      return;
    case Value::Kind::kString:
      absl::StrAppend(out, "'", absl::Utf8SafeCEscape(value.string()), "'");
      return;
    case Value::Kind::kBytes:
      absl::StrAppend(out, "bytes('", absl::BytesToHexString(value.bytes()), "')");
      return;
    case Value::Kind::kList:
      return AppendListText(out, value.list());
    case Value::Kind::kMap:
      return AppendMapText(out, value.map());
  }
}

}  // namespace

Value Value::List(ValueList v) {
  return Value(Rep(std::make_shared<const ValueList>(std::move(v))));
}

Value Value::Map(PropertyMap v) {
  return Value(Rep(std::make_shared<const PropertyMap>(std::move(v))));
}

bool Value::boolean() const {
  GRAPHDB_CHECK(is_boolean()) << KindName(kind());
  return std::get<bool>(rep_);
}

int64_t Value::integer() const {
  GRAPHDB_CHECK(is_integer()) << KindName(kind());
  return std::get<int64_t>(rep_);
}

double Value::float_value() const {
  GRAPHDB_CHECK(is_float()) << KindName(kind());
  return std::get<double>(rep_);
}

const std::string& Value::string() const {
  GRAPHDB_CHECK(is_string()) << KindName(kind());
  return std::get<std::string>(rep_);
}

const std::string& Value::bytes() const {
  GRAPHDB_CHECK(is_bytes()) << KindName(kind());
  return std::get<Bytes>(rep_).data;
}

const ValueList& Value::list() const {
  GRAPHDB_CHECK(is_list()) << KindName(kind());
  return *std::get<std::shared_ptr<const ValueList>>(rep_);
}

const PropertyMap& Value::map() const {
  GRAPHDB_CHECK(is_map()) << KindName(kind());
  return *std::get<std::shared_ptr<const PropertyMap>>(rep_);
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Value::Kind::kNull:
      return true;
    case Value::Kind::kBoolean:
      return a.boolean() == b.boolean();
    case Value::Kind::kInteger:
      return a.integer() == b.integer();
    case Value::Kind::kFloat:
      return SameFloat(a.float_value(), b.float_value());
    case Value::Kind::kString:
      return a.string() == b.string();
    case Value::Kind::kBytes:
      return a.bytes() == b.bytes();
    case Value::Kind::kList:
      return a.list() == b.list();
    case Value::Kind::kMap:
      return a.map() == b.map();
  }
  return false;
}

std::string Value::ToString() const {
  std::string out;
  AppendText(&out, *this);
  return out;
}

absl::string_view KindName(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kNull:
      return "Null";
    case Value::Kind::kBoolean:
      return "Boolean";
    case Value::Kind::kInteger:
      return "Integer";
    case Value::Kind::kFloat:
      return "Float";
    case Value::Kind::kString:
      return "String";
    case Value::Kind::kBytes:
      return "Bytes";
    case Value::Kind::kList:
      return "List";
    case Value::Kind::kMap:
      return "Map";
  }
  return "Unknown";
}

bool IsStorable(const Value& value) {
  if (value.is_null() || value.is_map()) return false;
  if (!value.is_list()) return true;
  for (const Value& item : value.list()) {
    if (item.is_null() || item.is_map() || item.is_list()) return false;
  }
  return true;
}

}  // namespace graphdb::graph
