// Swarm: the default profile. Each seed draws its own subset of faults, rates
// and knobs (Groce et al., 2012): a run with every fault on hides the bugs that
// need a long quiet spell before one of them.
//
//   RunOptions options = DrawSwarmOptions(seed);
//
// Invariants:
//   1. A function of the seed alone.
//   2. Each planned fault is drawn from a stream of its own number, so that
//      leaving one out changes no other.
//   3. A majority of the nodes is up and connected at times: every crash has its
//      restart, every partition its end, but for what lasts for ever (swarm_forever.h).
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>

#include "sim/world/run_options.h"

namespace graphdb::sim {

RunOptions DrawSwarmOptions(uint64_t seed);

// Without the workloads that send statements or leave the choice of ids to the
// cluster, and without faults that last for ever, for programs that know nothing of
// these or have no replicas to do without.
void DropStatements(RunOptions* options);

}  // namespace graphdb::sim
