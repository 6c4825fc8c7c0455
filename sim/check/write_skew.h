// WriteSkew: pairs of transactions of which each reads what the other writes.
// In any serial order the second sees the first, so at most one of a pair may
// have seen nothing.
//
// What it does not see: skew through more than two transactions (the cycles of
// list-append do).
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/check/history.h"

namespace graphdb::sim {

// One side of a pair, acknowledged: did it see the other side's write?
struct SkewSide {
  uint64_t pair = 0;
  uint32_t side = 0;  // 0 or 1
  uint32_t client = 0;
  Duration at;
  bool saw_other = false;
};

MaybeViolation CheckWriteSkew(const std::vector<SkewSide>& acknowledged);

}  // namespace graphdb::sim
