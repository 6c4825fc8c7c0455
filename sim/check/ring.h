// Ring: nodes linked in one ring stay one ring, whatever transactions rotate
// links in it, in any state that a transaction can read (FoundationDB's Cycle
// workload, on a graph).
//
// What it does not see: which order the ring has; rotations that were lost.
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/history.h"

namespace graphdb::sim {

// `links` are (from, to) of all links read; `nodes` nodes count from `first`.
// `reader` is for the message.
MaybeViolation CheckRing(const std::vector<std::pair<uint64_t, uint64_t>>& links, uint64_t first,
                         uint64_t nodes, const std::string& reader);

}  // namespace graphdb::sim
