// SimClock: the clock of one incarnation of a node: virtual time seen through a
// rate error, from an origin of its own.
//
// Invariants:
//   1. Monotonic() rises with each reading, within an event too: code that takes
//      two readings for one moment is wrong on a real machine.
//   2. ToWorld(d) is long enough: a timer set for it fires at or after d by
//      Monotonic().
//
// Deterministic thread only.
#pragma once

#include <cstdint>

#include "core/env/clock.h"
#include "sim/env/event_loop.h"

namespace graphdb::sim {

struct ClockModel {
  int64_t rate_error_ppb = 0;  // +1,000,000: gains 1 ms per second
  Instant origin;
  int64_t wall_unix_ms_at_start = 1'700'000'000'000;
};

class SimClock final : public env::Clock {
 public:
  // Starts now. `loop` outlives it.
  SimClock(const EventLoop& loop, const ClockModel& model);

  Instant Monotonic() override;
  int64_t WallUnixMilliseconds() override;
  // A step of the wall clock; Monotonic() doesn't see it.
  void StepWall(int64_t milliseconds) { wall_step_ms_ += milliseconds; }

  // How long in virtual time a delay of this clock takes at least.
  Duration ToWorld(Duration delay) const;

 private:
  // By virtual time alone.
  Instant Shown() const;

  const EventLoop& loop_;
  const ClockModel model_;
  const Duration started_;
  Instant last_;  // read
  int64_t wall_step_ms_ = 0;
};

}  // namespace graphdb::sim
