// graphdb-sim diverge: the first event in which two runs differ, with what each
// did just before and after it.
//
//   graphdb-sim diverge RUN -- RUN      each as after `graphdb-sim run`
//   graphdb-sim diverge RUN             the same run twice: is it deterministic?
//
// One thread.
#pragma once

#include <string>
#include <vector>

#include "sim/world/program.h"

namespace graphdb::sim {

// Everything after the word `diverge`. The exit status: 0 where they are equal, 1
// where they differ.
int DivergeMain(const std::vector<std::string>& args, const ProgramFactory& factory,
                bool statements);

}  // namespace graphdb::sim
