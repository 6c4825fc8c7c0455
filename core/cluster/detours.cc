#include "core/cluster/detours.h"

#include "core/base/cover.h"
#include "core/base/mutant.h"

namespace graphdb::cluster {

NodeId Detours::By(NodeId to, const std::vector<NodeId>& helpers) {
  if (helpers.empty() || GRAPHDB_MUTANT("cluster.no-detour")) return kNoNode;
  const auto found = silent_.find(to);
  if (found == silent_.end()) return kNoNode;
  Silence& silence = found->second;
  const Instant now = env_.clock.Monotonic();
  if (now - silence.tried >= kTriedAgainAfter) {
    silence.tried = now;
    return kNoNode;
  }
  GRAPHDB_COVER("cluster.detour");
  return helpers[silence.failed % helpers.size()];
}

void Detours::Note(NodeId to, NodeId helper, bool answered) {
  if (helper != kNoNode) {
    const auto found = silent_.find(to);
    if (found != silent_.end() && !answered) ++found->second.failed;
  } else if (answered) {
    silent_.erase(to);
  } else {
    silent_[to].tried = env_.clock.Monotonic();
  }
}

}  // namespace graphdb::cluster
