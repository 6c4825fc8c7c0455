// Tool: the whole of graphdb-sim but the node it runs.
//
// One thread.
#pragma once

#include "sim/world/program.h"

namespace graphdb::sim {

// The exit status of the program (see Usage()).
int ToolMain(int argc, char** argv, const ProgramFactory& factory);

}  // namespace graphdb::sim
