#include "sim/world/fault_atlas.h"

namespace graphdb::sim {

FaultAtlas::FaultAtlas(const RunOptions& options) {
  for (const FaultPlan* plan : {&options.forming_plan, &options.plan}) {
    for (const FaultAction& action : *plan) {
      if (!Damages(action) && !action.forever) continue;
      const NodeId node = action.forever ? *action.forever : action.target.node;
      if (nodes_.size() < DamagedMax(options.nodes)) nodes_.insert(node);
    }
  }
}

std::vector<NodeId> FaultAtlas::Draw(Random& rng, uint32_t nodes) {
  std::vector<NodeId> all;
  for (uint32_t n = 0; n < nodes; ++n) all.push_back(NodeId(n));
  std::vector<NodeId> drawn;
  while (drawn.size() < DamagedMax(nodes)) {
    const uint64_t at = rng.Below(all.size());
    drawn.push_back(all[at]);
    all.erase(all.begin() + static_cast<int64_t>(at));
  }
  return drawn;
}

}  // namespace graphdb::sim
