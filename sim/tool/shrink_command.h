// graphdb-sim shrink: makes a failing run small and writes it as a scenario file
// that is fit for scenarios/regressions.
//
//   graphdb-sim shrink RUN [--seconds N] [--jobs N] [--out FILE] [--name NAME]
//
// RUN is what `run` takes: --swarm --seed N or --scenario FILE, with --mutate=ID.
//
// One thread; forks.
#pragma once

#include <string>
#include <vector>

#include "sim/world/program.h"

namespace graphdb::sim {

// Everything after the word `shrink`. The exit status: 0 where a file was written,
// 1 where the run doesn't fail.
int ShrinkMain(const std::vector<std::string>& args, const ProgramFactory& factory,
               bool statements);

}  // namespace graphdb::sim
