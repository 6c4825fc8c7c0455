// graphdb-sim explore: the one entry for bugs that nobody knows yet. Runs the
// default swarm profile with every workload over many trials, says what failed and
// how to replay it, and which rare paths no trial reached.
//
//   graphdb-sim explore --seeds A..B | --seconds S [--seed-base B] [--out DIR] ...
//
// With --out it keeps a journal: stopped (Ctrl-C, SIGTERM) or killed, the same
// command goes on where it was, and nothing found is lost.
//
// One thread; forks workers.
#pragma once

#include <string>
#include <vector>

#include "sim/explore/exploration.h"
#include "sim/world/program.h"

namespace graphdb::sim {

// The line that runs a trial again from a clone.
std::string TrialReplayLine(const Trial& trial, const std::string& mutant,
                            const std::string& commit);

// Everything after the word `explore`; returns the exit status.
int ExploreMain(const std::vector<std::string>& args, const ProgramFactory& factory,
                bool statements);

}  // namespace graphdb::sim
