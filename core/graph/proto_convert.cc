#include "core/graph/proto_convert.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/graph/codec.h"

namespace graphdb::graph {
namespace {

absl::StatusOr<Value> FromNested(const v1::Value& value, int depth);

absl::StatusOr<PropertyMap> MapFrom(const v1::MapValue& map, int depth) {
  PropertyMap out;
  for (const v1::MapEntry& entry : map.entries()) {
    GRAPHDB_ASSIGN_OR_RETURN(Value value, FromNested(entry.value(), depth));
    if (!out.emplace(entry.key(), std::move(value)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("map has the key '", entry.key(), "' twice; expected it once"));
    }
  }
  return out;
}

absl::StatusOr<Value> ListFrom(const v1::ListValue& list, int depth) {
  ValueList out;
  for (const v1::Value& item : list.items()) {
    GRAPHDB_ASSIGN_OR_RETURN(Value value, FromNested(item, depth));
    out.push_back(std::move(value));
  }
  return Value::List(std::move(out));
}

absl::StatusOr<Value> FromNested(const v1::Value& value, int depth) {
  if (depth >= kValueDepthMax) {
    return absl::InvalidArgumentError(absl::StrCat("value is nested deeper than ", kValueDepthMax));
  }
  switch (value.kind_case()) {
    case v1::Value::KIND_NOT_SET:
      return Value::Null();
    case v1::Value::kBoolValue:
      return Value::Boolean(value.bool_value());
    case v1::Value::kIntValue:
      return Value::Integer(value.int_value());
    case v1::Value::kFloatValue:
      // NaN is one value: payload bits end here, not in a replica's state.
      return Value::Float(std::isnan(value.float_value()) ? std::numeric_limits<double>::quiet_NaN()
                                                          : value.float_value());
    case v1::Value::kStringValue:
      return Value::String(value.string_value());
    case v1::Value::kBytesValue:
      return Value::OfBytes(value.bytes_value());
    case v1::Value::kListValue:
      return ListFrom(value.list_value(), depth + 1);
    case v1::Value::kMapValue: {
      GRAPHDB_ASSIGN_OR_RETURN(PropertyMap map, MapFrom(value.map_value(), depth + 1));
      return Value::Map(std::move(map));
    }
    case v1::Value::kNodeValue:
    case v1::Value::kRelationshipValue:
    case v1::Value::kPathValue:
      break;
  }
  return absl::InvalidArgumentError(
      "a node, relationship or path stands where a value is expected");
}

}  // namespace

void ToProto(const Value& value, v1::Value* out) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return out->clear_kind();
    case Value::Kind::kBoolean:
      return out->set_bool_value(value.boolean());
    case Value::Kind::kInteger:
      return out->set_int_value(value.integer());
    case Value::Kind::kFloat:
      return out->set_float_value(value.float_value());
    case Value::Kind::kString:
      return out->set_string_value(value.string());
    case Value::Kind::kBytes:
      return out->set_bytes_value(value.bytes());
    case Value::Kind::kList: {
      v1::ListValue* list = out->mutable_list_value();
      for (const Value& item : value.list()) ToProto(item, list->add_items());
      return;
    }
    case Value::Kind::kMap:
      return ToProto(value.map(), out->mutable_map_value());
  }
}

void ToProto(const PropertyMap& map, v1::MapValue* out) {
  for (const auto& [key, value] : map) {
    v1::MapEntry* entry = out->add_entries();
    entry->set_key(key);
    ToProto(value, entry->mutable_value());
  }
}

void ToProto(const Node& node, v1::NodeValue* out) {
  out->set_id(node.id.value());
  for (const std::string& label : node.labels) out->add_labels(label);
  ToProto(node.properties, out->mutable_properties());
}

void ToProto(const Relationship& relationship, v1::RelationshipValue* out) {
  out->set_id(relationship.id.value());
  out->set_type(relationship.type);
  out->set_start(relationship.start.value());
  out->set_end(relationship.end.value());
  ToProto(relationship.properties, out->mutable_properties());
}

absl::StatusOr<Value> FromProto(const v1::Value& value) { return FromNested(value, 0); }

absl::StatusOr<PropertyMap> FromProto(const v1::MapValue& map) { return MapFrom(map, 0); }

}  // namespace graphdb::graph
