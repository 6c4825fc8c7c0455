// FaultAtlas: which copies of what may be damaged for good, decided before the run
// from its plan. All faults that damage go by it together, and a node that some fault
// has for ever counts as damaged. So each group keeps an intact majority, and "nothing
// that was acknowledged is lost" stays a claim that a run can be judged by, however much
// its disks go through.
//
//   const FaultAtlas atlas(options);
//   if (atlas.MayDamage(node)) ...
//
// Every node votes in every group, and the groups of a node share one log: damage to
// it costs the node's copy of each of them. So what the atlas decides on is a node.
//
// Invariants:
//   1. The nodes that may be damaged are a minority: DamagedMax at most.
//   2. Whoever is named first in the plan comes first; what names others does nothing.
//
// Plain value; deterministic thread only.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "core/base/ids.h"
#include "core/env/random.h"
#include "sim/world/run_options.h"

namespace graphdb::sim {

class FaultAtlas {
 public:
  explicit FaultAtlas(const RunOptions& options);

  bool MayDamage(NodeId node) const { return nodes_.count(node) > 0; }

  static uint32_t DamagedMax(uint32_t nodes) { return (nodes - 1) / 2; }
  // As many as may be damaged, for a plan that is being drawn.
  static std::vector<NodeId> Draw(Random& rng, uint32_t nodes);

 private:
  std::set<NodeId> nodes_;
};

}  // namespace graphdb::sim
