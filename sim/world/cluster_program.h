// ClusterProgram: the database's own node (core/cluster) in a slot of the world.
//
// Deterministic thread only.
#pragma once

#include <cstdint>

#include "sim/world/program.h"

namespace graphdb::sim {

// node1 has `bootstrap: true`; names and addresses are as in the guide. A world
// of one node is a Milestone 2 node. `snapshot_page_entries`: 0 is the default.
ProgramFactory ClusterProgramFactory(uint32_t snapshot_page_entries = 0);

}  // namespace graphdb::sim
