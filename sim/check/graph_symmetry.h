// GraphSymmetry: every relationship is listed once at its source and once at its
// destination, equal in type and ends, and both ends exist.
//
// What it does not see: properties (the source owns them), labels, and what is
// missing at both ends (the ledger does).
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/check/history.h"

namespace graphdb::sim {

struct ListedEdge {
  uint64_t id = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  std::string type;

  friend bool operator==(const ListedEdge&, const ListedEdge&) = default;
};

// One existing node with its two adjacency lists, all of one state.
struct ListedNode {
  uint64_t id = 0;
  std::vector<ListedEdge> out;
  std::vector<ListedEdge> in;
};

MaybeViolation CheckGraphSymmetry(const std::vector<ListedNode>& nodes);

}  // namespace graphdb::sim
