// ClusterProgram: the database's own node (core/cluster) in a slot of the world.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "core/cluster/node.h"
#include "sim/world/program.h"

namespace graphdb::sim {

// RunOptions::founder has `bootstrap: true`; names and addresses are as in the guide. A world
// of one node is a Milestone 2 node. `snapshot_page_entries`: 0 is the default.
ProgramFactory ClusterProgramFactory(uint32_t snapshot_page_entries = 0);

// The same with a last word on each node's config: operators' mistakes.
using ConfigEdit = std::function<void(cluster::NodeOptions*)>;
ProgramFactory EditedClusterProgramFactory(ConfigEdit edit);

// One line for each message between nodes, asked in their order: traces and pages.
// For people only.
class PeerMessageDescriber {
 public:
  std::string operator()(absl::string_view bytes);

 private:
  std::map<uint64_t, uint32_t> group_of_call_;  // a response doesn't name it
};

}  // namespace graphdb::sim
