// The swarm's faults that last for ever: some runs end with a minority of their nodes
// never restarted, cut off, slow or damaged, and the others have to do without them
// (sim/run/liveness.h).
//
// Invariants:
//   1. A function of the seed and what is drawn already; draws of its own.
//   2. The nodes are those of the run's FaultAtlas: with what damages disks they are a
//      minority.
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>

#include "sim/world/run_options.h"

namespace graphdb::sim {

// Of that many runs in a hundred.
inline constexpr uint64_t kForeverPercent = 15;

void DrawForever(uint64_t seed, RunOptions* options);

}  // namespace graphdb::sim
