// The canonical bytes of values and elements: what keys point at, what digests
// are taken of, what a message between nodes carries (docs/formats/element.md).
//
//   std::string bytes = EncodeNode(node);                // labels and properties
//   GRAPHDB_ASSIGN_OR_RETURN(Node again, DecodeNode(id, bytes));
//
// Invariants:
//   1. One content has one encoding: Encode(Decode(b)) == b for every b that
//      Decode accepts, so equal bytes and equal content are the same thing.
//      (NaN is one value: its payload bits are not kept.)
//   2. Decode reads within its bounds, to the last byte, and answers kDataLoss
//      for anything else; a record with a version it does not know is
//      kUnimplemented, never guessed at.
//   3. Nesting is at most kValueDepthMax.
//
// Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/coding.h"
#include "core/graph/element.h"
#include "core/graph/value.h"

namespace graphdb::graph {

// First byte of every record below.
inline constexpr uint8_t kRecordVersion = 1;
// A scalar has depth 1. Twice this in nested messages stays below Protobuf's
// own limit of 100.
inline constexpr int kValueDepthMax = 32;
// Labels, relationship types and property keys.
inline constexpr size_t kNameBytesMax = 1024;

int DepthOf(const Value& value);  // stops counting at kValueDepthMax + 1

// Without a version byte: the record around it carries one. Encoding CHECKs
// the depth: who builds values from input compares DepthOf first.
void EncodeValue(std::string* out, const Value& value);
absl::StatusOr<Value> DecodeValue(ByteReader* in);

void EncodeProperties(std::string* out, const PropertyMap& properties);
absl::StatusOr<PropertyMap> DecodeProperties(ByteReader* in);
void EncodeLabels(std::string* out, const std::vector<std::string>& labels);
absl::StatusOr<std::vector<std::string>> DecodeLabels(ByteReader* in);

// Version byte, labels, properties. The id stands in the key.
std::string EncodeNode(const Node& node);
absl::StatusOr<Node> DecodeNode(ElementId id, absl::string_view bytes);

// Version byte, properties. Id, type and ends stand in the key.
std::string EncodeRelationshipProperties(const PropertyMap& properties);
absl::StatusOr<PropertyMap> DecodeRelationshipProperties(absl::string_view bytes);

// Version byte, type, start, end: the record that finds a relationship by id.
struct RelationshipEnds {
  std::string type;
  ElementId start;
  ElementId end;
  friend bool operator==(const RelationshipEnds&, const RelationshipEnds&) = default;
};
std::string EncodeEnds(const RelationshipEnds& ends);
absl::StatusOr<RelationshipEnds> DecodeEnds(absl::string_view bytes);

bool IsValidUtf8(absl::string_view text);

// What an element must be before it is stored; kInvalidArgument names the
// field, the value and what was expected. A name (label, type, property key) is
// valid UTF-8 of 1 to kNameBytesMax bytes; a string is valid UTF-8 (anything
// else is Bytes); an id is not 0.
absl::Status ValidateName(absl::string_view what, absl::string_view name);
absl::Status ValidateNode(const Node& node);
absl::Status ValidateRelationship(const Relationship& relationship);

}  // namespace graphdb::graph
