// Clock: what time it is on this node.
//
// Contract:
//   1. Monotonic() never goes back within one incarnation of the node.
//   2. Wall() promises nothing: it may jump either way. It is shown to people
//      and never decides anything.
//
// Faults an implementation may show: rate error, offset and steps of Wall(),
// a pause (a long jump of Monotonic() between two events), a new origin of
// Monotonic() after a restart.
//
// Called on the node's deterministic thread only.
#pragma once

#include <cstdint>

#include "core/env/time.h"

namespace graphdb::env {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Monotonic() = 0;
  virtual int64_t WallUnixMilliseconds() = 0;
};

}  // namespace graphdb::env
