// GRAPHDB_MUTANT("rule-T3.floor"): true where the run plants that bug.
//
//   if (!GRAPHDB_MUTANT("rule-T3.floor")) RaiseFloor(ts);
//
// Mutants measure the harness: each removes one sentence of a rule of the
// design and has to be found (docs/mutants.md). Which function answers is
// decided at link time: programs of prod link //core/base:mutants_off, where
// there is nothing to switch on; the simulator links //sim/env:mutants_on.
#pragma once

#include <cstring>

namespace graphdb {

// The id of the planted bug, or null.
const char* ActiveMutant();

}  // namespace graphdb

#define GRAPHDB_MUTANT(id)                                      \
  (__builtin_expect(::graphdb::ActiveMutant() != nullptr, 0) && \
   std::strcmp(::graphdb::ActiveMutant(), id) == 0)
