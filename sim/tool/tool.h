// Tool: the whole of graphdb-sim but the node it runs.
//
// One thread.
#pragma once

#include "sim/world/program.h"

namespace graphdb::sim {

// The exit status of the program (see Usage()). `statements`: the program of the
// factory answers them; else the swarm does without.
int ToolMain(int argc, char** argv, const ProgramFactory& factory, bool statements = true);

}  // namespace graphdb::sim
