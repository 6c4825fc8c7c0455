// Upgrades of a cluster while it runs, to the test-only cluster version: drawn last, beside
// whatever else goes wrong.
//
// A pure function of its arguments.
#pragma once

#include <cstdint>

#include "sim/world/run_options.h"

namespace graphdb::sim {

inline constexpr uint64_t kUpgradePercent = 8;

// What is left undone the world finishes when the faults end.
void DrawUpgrades(uint64_t seed, RunOptions* options);

}  // namespace graphdb::sim
