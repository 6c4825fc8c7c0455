// ClusterProgram: cluster::Node in a slot of the simulated world.
//
// Deterministic thread only.
#pragma once

#include "sim/world/program.h"

namespace graphdb::sim {

// A factory of nodes named node1, node2, ...; node1 founds.
ProgramFactory ClusterProgramFactory();

}  // namespace graphdb::sim
