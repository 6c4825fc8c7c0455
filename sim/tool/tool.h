// Tool: the whole of graphdb-sim but the node it runs.
//
// One thread.
#pragma once

#include "sim/explain/failure.h"
#include "sim/world/program.h"

namespace graphdb::sim {

// The exit status of the program (see Usage()). `statements`: the program of the
// factory answers them; else the swarm does without. `describe` says what a message
// between its nodes means; without it bytes are shown.
int ToolMain(int argc, char** argv, const ProgramFactory& factory, bool statements = true,
             const MessageDescriber& describe = nullptr);

}  // namespace graphdb::sim
