// SystemClock: env::Clock on CLOCK_BOOTTIME and CLOCK_REALTIME. Boot time goes on
// while the machine sleeps, so that a suspended node sees its long pause.
//
// Thread-safe.
#pragma once

#include "core/env/clock.h"

namespace graphdb::prod {

class SystemClock : public env::Clock {
 public:
  Instant Monotonic() override;
  int64_t WallUnixMilliseconds() override;
};

}  // namespace graphdb::prod
