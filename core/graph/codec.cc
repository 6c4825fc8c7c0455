#include "core/graph/codec.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"

namespace graphdb::graph {
namespace {

constexpr uint64_t kCanonicalNan = 0x7ff8000000000000u;
constexpr size_t kTextInErrorMax = 64;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("element record: ", what));
}

std::string Shown(absl::string_view text) {
  return absl::StrCat("'", absl::Utf8SafeCEscape(text.substr(0, kTextInErrorMax)), "'");
}

// A count or length; refuses a longer form of the same number (invariant 1).
absl::Status ReadCount(ByteReader* in, uint64_t* count) {
  const absl::string_view before = in->rest();
  if (!in->Varint64(count)) return Damaged("a count is cut short");
  const size_t used = before.size() - in->rest().size();
  if (used > 1 && before[used - 1] == 0) return Damaged("a count is not in its shortest form");
  return absl::OkStatus();
}

absl::Status ReadText(ByteReader* in, std::string* text) {
  uint64_t size = 0;
  GRAPHDB_RETURN_IF_ERROR(ReadCount(in, &size));
  absl::string_view bytes;
  if (!in->Raw(size, &bytes)) return Damaged("a text is longer than its record");
  text->assign(bytes.data(), bytes.size());
  return absl::OkStatus();
}

// The number of items to follow, each at least one byte long.
absl::Status ReadItems(ByteReader* in, uint64_t* count) {
  GRAPHDB_RETURN_IF_ERROR(ReadCount(in, count));
  if (*count > in->rest().size()) return Damaged("more items than bytes");
  return absl::OkStatus();
}

uint64_t FloatBits(double v) { return std::isnan(v) ? kCanonicalNan : std::bit_cast<uint64_t>(v); }

absl::StatusOr<Value> DecodeNested(ByteReader* in, int depth);

absl::StatusOr<PropertyMap> DecodeMap(ByteReader* in, int depth) {
  uint64_t count = 0;
  GRAPHDB_RETURN_IF_ERROR(ReadItems(in, &count));
  PropertyMap map;
  std::string key;
  for (uint64_t i = 0; i < count; ++i) {
    GRAPHDB_RETURN_IF_ERROR(ReadText(in, &key));
    if (!map.empty() && key <= map.rbegin()->first) return Damaged("keys are not in order");
    GRAPHDB_ASSIGN_OR_RETURN(Value value, DecodeNested(in, depth));
    map.emplace_hint(map.end(), key, std::move(value));
  }
  return map;
}

absl::StatusOr<Value> DecodeFloat(ByteReader* in) {
  uint64_t bits = 0;
  if (!in->Fixed64(&bits)) return Damaged("a float is cut short");
  const double v = std::bit_cast<double>(bits);
  if (bits != FloatBits(v)) return Damaged("a NaN with payload bits");
  return Value::Float(v);
}

absl::StatusOr<Value> DecodeList(ByteReader* in, int depth) {
  uint64_t count = 0;
  GRAPHDB_RETURN_IF_ERROR(ReadItems(in, &count));
  ValueList list;
  for (uint64_t i = 0; i < count; ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(Value item, DecodeNested(in, depth));
    list.push_back(std::move(item));
  }
  return Value::List(std::move(list));
}

// Recursion is bounded by kValueDepthMax.
absl::StatusOr<Value> DecodeNested(ByteReader* in, int depth) {
  if (depth >= kValueDepthMax) return Damaged("values are nested too deep");
  uint8_t kind = 0;
  if (!in->Fixed8(&kind)) return Damaged("a value is missing");
  switch (static_cast<Value::Kind>(kind)) {
    case Value::Kind::kNull:
      return Value::Null();
    case Value::Kind::kBoolean: {
      uint8_t flag = 0;
      if (!in->Fixed8(&flag) || flag > 1) return Damaged("a boolean is neither 0 nor 1");
      return Value::Boolean(flag == 1);
    }
    case Value::Kind::kInteger: {
      uint64_t bits = 0;
      if (!in->Fixed64(&bits)) return Damaged("an integer is cut short");
      return Value::Integer(static_cast<int64_t>(bits));
    }
    case Value::Kind::kFloat:
      return DecodeFloat(in);
    case Value::Kind::kString:
    case Value::Kind::kBytes: {
      std::string text;
      GRAPHDB_RETURN_IF_ERROR(ReadText(in, &text));
      const bool is_string = static_cast<Value::Kind>(kind) == Value::Kind::kString;
      return is_string ? Value::String(std::move(text)) : Value::OfBytes(std::move(text));
    }
    case Value::Kind::kList:
      return DecodeList(in, depth + 1);
    case Value::Kind::kMap: {
      GRAPHDB_ASSIGN_OR_RETURN(PropertyMap map, DecodeMap(in, depth + 1));
      return Value::Map(std::move(map));
    }
  }
  return Damaged(absl::StrCat("unknown kind of value ", kind));
}

void EncodeNested(std::string* out, const Value& value, int depth) {
  GRAPHDB_CHECK_LT(depth, kValueDepthMax);
  out->push_back(static_cast<char>(value.kind()));
  switch (value.kind()) {
    case Value::Kind::kNull:
      return;
    case Value::Kind::kBoolean:
      return out->push_back(value.boolean() ? 1 : 0);
    case Value::Kind::kInteger:
      return PutFixed64(out, static_cast<uint64_t>(value.integer()));
    case Value::Kind::kFloat:
      return PutFixed64(out, FloatBits(value.float_value()));
    case Value::Kind::kString:
      return PutBytes(out, value.string());
    case Value::Kind::kBytes:
      return PutBytes(out, value.bytes());
    case Value::Kind::kList:
      PutVarint64(out, value.list().size());
      for (const Value& item : value.list()) EncodeNested(out, item, depth + 1);
      return;
    case Value::Kind::kMap:
      PutVarint64(out, value.map().size());
      for (const auto& [key, item] : value.map()) {
        PutBytes(out, key);
        EncodeNested(out, item, depth + 1);
      }
      return;
  }
}

int DepthBelow(const Value& value, int depth) {
  if (depth > kValueDepthMax) return depth;
  int deepest = depth;
  if (value.is_list()) {
    for (const Value& item : value.list()) {
      deepest = std::max(deepest, DepthBelow(item, depth + 1));
    }
  } else if (value.is_map()) {
    for (const auto& [key, item] : value.map()) {
      deepest = std::max(deepest, DepthBelow(item, depth + 1));
    }
  }
  return deepest;
}

absl::Status ReadVersion(ByteReader* in) {
  uint8_t version = 0;
  if (!in->Fixed8(&version)) return Damaged("is empty");
  if (version != kRecordVersion) {
    return absl::UnimplementedError(absl::StrCat("element record has version ", version,
                                                 ", this program knows ", kRecordVersion));
  }
  return absl::OkStatus();
}

absl::Status ReadEnd(const ByteReader& in) {
  if (!in.empty()) return Damaged(absl::StrCat(in.rest().size(), " bytes too many"));
  return absl::OkStatus();
}

bool TextIsUtf8(const Value& value) {
  if (value.is_string()) return IsValidUtf8(value.string());
  if (!value.is_list()) return true;
  return std::all_of(value.list().begin(), value.list().end(), [](const Value& item) {
    return !item.is_string() || IsValidUtf8(item.string());
  });
}

absl::Status ValidateProperties(const PropertyMap& properties) {
  for (const auto& [key, value] : properties) {
    GRAPHDB_RETURN_IF_ERROR(ValidateName("property key", key));
    if (!TextIsUtf8(value)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "property ", Shown(key), " is not valid UTF-8; expected UTF-8 text, or bytes"));
    }
    if (!IsStorable(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("property ", Shown(key), " is a ", std::string(KindName(value.kind())),
                       "; expected a boolean, number, string, bytes or a list of these"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

int DepthOf(const Value& value) { return DepthBelow(value, 1); }

void EncodeValue(std::string* out, const Value& value) { EncodeNested(out, value, 0); }

absl::StatusOr<Value> DecodeValue(ByteReader* in) { return DecodeNested(in, 0); }

void EncodeProperties(std::string* out, const PropertyMap& properties) {
  PutVarint64(out, properties.size());
  for (const auto& [key, value] : properties) {
    PutBytes(out, key);
    EncodeValue(out, value);
  }
}

absl::StatusOr<PropertyMap> DecodeProperties(ByteReader* in) { return DecodeMap(in, 0); }

void EncodeLabels(std::string* out, const std::vector<std::string>& labels) {
  PutVarint64(out, labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    GRAPHDB_CHECK(i == 0 || labels[i - 1] < labels[i]) << "labels are sorted and unique";
    PutBytes(out, labels[i]);
  }
}

absl::StatusOr<std::vector<std::string>> DecodeLabels(ByteReader* in) {
  uint64_t count = 0;
  GRAPHDB_RETURN_IF_ERROR(ReadItems(in, &count));
  std::vector<std::string> labels;
  std::string label;
  for (uint64_t i = 0; i < count; ++i) {
    GRAPHDB_RETURN_IF_ERROR(ReadText(in, &label));
    if (!labels.empty() && label <= labels.back()) return Damaged("labels are not in order");
    labels.push_back(label);
  }
  return labels;
}

std::string EncodeNode(const Node& node) {
  std::string out(1, static_cast<char>(kRecordVersion));
  EncodeLabels(&out, node.labels);
  EncodeProperties(&out, node.properties);
  return out;
}

absl::StatusOr<Node> DecodeNode(ElementId id, absl::string_view bytes) {
  ByteReader in(bytes);
  GRAPHDB_RETURN_IF_ERROR(ReadVersion(&in));
  Node node;
  node.id = id;
  GRAPHDB_ASSIGN_OR_RETURN(node.labels, DecodeLabels(&in));
  GRAPHDB_ASSIGN_OR_RETURN(node.properties, DecodeProperties(&in));
  GRAPHDB_RETURN_IF_ERROR(ReadEnd(in));
  return node;
}

std::string EncodeRelationshipProperties(const PropertyMap& properties) {
  std::string out(1, static_cast<char>(kRecordVersion));
  EncodeProperties(&out, properties);
  return out;
}

absl::StatusOr<PropertyMap> DecodeRelationshipProperties(absl::string_view bytes) {
  ByteReader in(bytes);
  GRAPHDB_RETURN_IF_ERROR(ReadVersion(&in));
  GRAPHDB_ASSIGN_OR_RETURN(PropertyMap properties, DecodeProperties(&in));
  GRAPHDB_RETURN_IF_ERROR(ReadEnd(in));
  return properties;
}

std::string EncodeEnds(const RelationshipEnds& ends) {
  std::string out(1, static_cast<char>(kRecordVersion));
  PutBytes(&out, ends.type);
  PutFixed64(&out, ends.start.value());
  PutFixed64(&out, ends.end.value());
  return out;
}

absl::StatusOr<RelationshipEnds> DecodeEnds(absl::string_view bytes) {
  ByteReader in(bytes);
  GRAPHDB_RETURN_IF_ERROR(ReadVersion(&in));
  RelationshipEnds ends;
  GRAPHDB_RETURN_IF_ERROR(ReadText(&in, &ends.type));
  uint64_t start = 0;
  uint64_t end = 0;
  if (!in.Fixed64(&start)) return Damaged("the start is cut short");
  if (!in.Fixed64(&end)) return Damaged("the end is cut short");
  ends.start = ElementId(start);
  ends.end = ElementId(end);
  GRAPHDB_RETURN_IF_ERROR(ReadEnd(in));
  return ends;
}

bool IsValidUtf8(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const uint8_t lead = byte(i);
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xc2 ? 0
                          : lead < 0xe0 ? 2
                          : lead < 0xf0 ? 3
                          : lead < 0xf5 ? 4
                                        : 0;
    if (length == 0 || length > text.size() - i) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    // No longer form of a shorter character, no surrogate, nothing above U+10FFFF.
    if (lead == 0xe0 && byte(i + 1) < 0xa0) return false;
    if (lead == 0xed && byte(i + 1) > 0x9f) return false;
    if (lead == 0xf0 && byte(i + 1) < 0x90) return false;
    if (lead == 0xf4 && byte(i + 1) > 0x8f) return false;
    i += length;
  }
  return true;
}

absl::Status ValidateName(absl::string_view what, absl::string_view name) {
  if (name.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is empty; expected a name"));
  }
  if (name.size() > kNameBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(what, " ", Shown(name), " has ", name.size(),
                                                   " bytes; expected at most ", kNameBytesMax));
  }
  if (!IsValidUtf8(name)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " ", Shown(name), " is not valid UTF-8"));
  }
  return absl::OkStatus();
}

absl::Status ValidateNode(const Node& node) {
  if (node.id.value() == 0) return absl::InvalidArgumentError("node id is 0");
  for (size_t i = 0; i < node.labels.size(); ++i) {
    GRAPHDB_RETURN_IF_ERROR(ValidateName("label", node.labels[i]));
    if (i > 0 && node.labels[i - 1] >= node.labels[i]) {
      return absl::InvalidArgumentError(absl::StrCat("label ", Shown(node.labels[i]), " after ",
                                                     Shown(node.labels[i - 1]),
                                                     "; expected sorted and unique"));
    }
  }
  return ValidateProperties(node.properties);
}

absl::Status ValidateRelationship(const Relationship& relationship) {
  if (relationship.id.value() == 0) return absl::InvalidArgumentError("relationship id is 0");
  if (relationship.start.value() == 0) return absl::InvalidArgumentError("start node id is 0");
  if (relationship.end.value() == 0) return absl::InvalidArgumentError("end node id is 0");
  GRAPHDB_RETURN_IF_ERROR(ValidateName("relationship type", relationship.type));
  return ValidateProperties(relationship.properties);
}

}  // namespace graphdb::graph
