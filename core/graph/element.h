// Node and Relationship: the elements of the property graph, as values.
//
// Invariants:
//   1. Labels are sorted and unique.
//   2. No property is null.
//   3. A relationship has exactly one type, one start and one end.
//
// Value types.
#pragma once

#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/graph/value.h"

namespace graphdb::graph {

enum class Direction : uint8_t { kOutgoing, kIncoming, kBoth };

struct Node {
  ElementId id;
  std::vector<std::string> labels;
  PropertyMap properties;

  bool HasLabel(absl::string_view label) const;
  friend bool operator==(const Node&, const Node&) = default;
};

struct Relationship {
  RelationshipId id;
  std::string type;
  ElementId start;
  ElementId end;
  PropertyMap properties;

  friend bool operator==(const Relationship&, const Relationship&) = default;
};

}  // namespace graphdb::graph
