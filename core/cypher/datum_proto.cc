#include "core/cypher/datum_proto.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"

namespace graphdb::cypher {
namespace {

void PropertiesToProto(const graph::PropertyMap& properties, v1::MapValue* out) {
  for (const auto& [key, value] : properties) {
    v1::MapEntry* entry = out->add_entries();
    entry->set_key(key);
    ToProto(FromGraphValue(value), entry->mutable_value());
  }
}

void NodeToProto(const graph::Node& node, v1::NodeValue* out) {
  out->set_id(node.id.value());
  for (const std::string& label : node.labels) out->add_labels(label);
  PropertiesToProto(node.properties, out->mutable_properties());
}

void RelationshipToProto(const graph::Relationship& relationship, v1::RelationshipValue* out) {
  out->set_id(relationship.id.value());
  out->set_type(relationship.type);
  out->set_start(relationship.start.value());
  out->set_end(relationship.end.value());
  PropertiesToProto(relationship.properties, out->mutable_properties());
}

absl::StatusOr<Datum> Convert(const v1::Value& value, uint32_t depth_left) {
  if (depth_left == 0) {
    return LimitError("nesting_depth_max", "a parameter is nested deeper than nesting_depth_max");
  }
  switch (value.kind_case()) {
    case v1::Value::KIND_NOT_SET:
      return Datum();
    case v1::Value::kBoolValue:
      return Datum::Boolean(value.bool_value());
    case v1::Value::kIntValue:
      return Datum::Integer(value.int_value());
    case v1::Value::kFloatValue:
      return Datum::Float(value.float_value());
    case v1::Value::kStringValue:
      return Datum::String(value.string_value());
    case v1::Value::kBytesValue:
      return Datum::OfBytes(value.bytes_value());
    case v1::Value::kListValue: {
      DatumList items;
      for (const v1::Value& item : value.list_value().items()) {
        GRAPHDB_ASSIGN_OR_RETURN(Datum datum, Convert(item, depth_left - 1));
        items.push_back(std::move(datum));
      }
      return Datum::List(std::move(items));
    }
    case v1::Value::kMapValue: {
      DatumMap entries;
      for (const v1::MapEntry& entry : value.map_value().entries()) {
        GRAPHDB_ASSIGN_OR_RETURN(Datum datum, Convert(entry.value(), depth_left - 1));
        entries[entry.key()] = std::move(datum);
      }
      return Datum::Map(std::move(entries));
    }
    default:
      return RuntimeError("TypeError", "InvalidArgumentType",
                          "a node, relationship or path can't be a parameter");
  }
}

}  // namespace

void ToProto(const Datum& datum, v1::Value* out) {
  switch (datum.kind()) {
    case Datum::Kind::kNull:
      out->clear_kind();
      return;
    case Datum::Kind::kBoolean:
      out->set_bool_value(datum.boolean());
      return;
    case Datum::Kind::kInteger:
      out->set_int_value(datum.integer());
      return;
    case Datum::Kind::kFloat:
      out->set_float_value(datum.float_value());
      return;
    case Datum::Kind::kString:
      out->set_string_value(datum.string());
      return;
    case Datum::Kind::kBytes:
      out->set_bytes_value(datum.bytes());
      return;
    case Datum::Kind::kList:
      out->mutable_list_value();
      for (const Datum& item : datum.list()) ToProto(item, out->mutable_list_value()->add_items());
      return;
    case Datum::Kind::kMap:
      out->mutable_map_value();
      for (const auto& [key, value] : datum.map()) {
        v1::MapEntry* entry = out->mutable_map_value()->add_entries();
        entry->set_key(key);
        ToProto(value, entry->mutable_value());
      }
      return;
    case Datum::Kind::kNode:
      NodeToProto(datum.node()->node, out->mutable_node_value());
      return;
    case Datum::Kind::kRelationship:
      RelationshipToProto(datum.relationship()->relationship, out->mutable_relationship_value());
      return;
    case Datum::Kind::kPath:
      for (const NodeRef& node : datum.path().nodes) {
        NodeToProto(node->node, out->mutable_path_value()->add_nodes());
      }
      for (const RelationshipRef& relationship : datum.path().relationships) {
        RelationshipToProto(relationship->relationship,
                            out->mutable_path_value()->add_relationships());
      }
      return;
  }
}

void ToProto(const Counters& counters, v1::QueryCounters* out) {
  out->set_nodes_created(counters.nodes_created);
  out->set_nodes_deleted(counters.nodes_deleted);
  out->set_relationships_created(counters.relationships_created);
  out->set_relationships_deleted(counters.relationships_deleted);
  out->set_properties_set(counters.properties_set);
  out->set_labels_added(counters.labels_added);
  out->set_labels_removed(counters.labels_removed);
}

absl::StatusOr<Datum> FromProto(const v1::Value& value, uint32_t nesting_depth_max) {
  return Convert(value, nesting_depth_max);
}

absl::StatusOr<DatumMap> ParametersFromProto(const v1::MapValue& map, uint32_t nesting_depth_max) {
  DatumMap parameters;
  for (const v1::MapEntry& entry : map.entries()) {
    GRAPHDB_ASSIGN_OR_RETURN(Datum datum, FromProto(entry.value(), nesting_depth_max));
    parameters[entry.key()] = std::move(datum);
  }
  return parameters;
}

std::optional<v1::ErrorReason> ReasonOf(const absl::Status& status) {
  const std::optional<Error> error = ErrorOf(status);
  if (!error.has_value()) return std::nullopt;
  if (error->type == "LimitExceeded") return v1::LIMIT;
  if (error->type == "ConstraintVerificationFailed") return v1::CONSTRAINT;
  if (error->type == "SyntaxError" && error->phase == ErrorPhase::kCompileTime) return v1::SYNTAX;
  return v1::SEMANTIC;
}

}  // namespace graphdb::cypher
