// ClusterProgram: the database's own node (core/cluster) in a slot of the world.
//
// Deterministic thread only.
#pragma once

#include "sim/world/program.h"

namespace graphdb::sim {

// node1 has `bootstrap: true`; names and addresses are as in the guide.
ProgramFactory ClusterProgramFactory();

}  // namespace graphdb::sim
