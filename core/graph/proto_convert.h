// Values and elements to and from the messages of graphdb.v1.
//
// From a message everything is validated: kInvalidArgument names what was wrong
// (map keys out of order or twice, nesting above kValueDepthMax, a node where
// only a value can stand).
//
// Pure functions; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "core/graph/element.h"
#include "core/graph/value.h"
#include "proto/client.pb.h"

namespace graphdb::graph {

void ToProto(const Value& value, v1::Value* out);
void ToProto(const PropertyMap& map, v1::MapValue* out);
void ToProto(const Node& node, v1::NodeValue* out);
void ToProto(const Relationship& relationship, v1::RelationshipValue* out);

absl::StatusOr<Value> FromProto(const v1::Value& value);
// Entries may stand in any order here (a client builds them); twice the same
// key is refused.
absl::StatusOr<PropertyMap> FromProto(const v1::MapValue& map);

}  // namespace graphdb::graph
