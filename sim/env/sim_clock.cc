#include "sim/env/sim_clock.h"

#include <algorithm>

#include "core/base/check.h"

namespace graphdb::sim {
namespace {

constexpr __int128 kBillion = 1'000'000'000;

}  // namespace

SimClock::SimClock(const EventLoop& loop, const ClockModel& model)
    : loop_(loop), model_(model), started_(loop.now()) {
  GRAPHDB_CHECK(model.rate_error_ppb > -500'000'000) << "a clock slower than half is not modelled";
}

Instant SimClock::Monotonic() {
  const __int128 elapsed = (loop_.now() - started_).nanoseconds();
  const __int128 shown = elapsed * (kBillion + model_.rate_error_ppb) / kBillion;
  return model_.origin + Duration::Nanoseconds(static_cast<int64_t>(shown));
}

int64_t SimClock::WallUnixMilliseconds() {
  const Duration shown = Monotonic() - model_.origin;
  return model_.wall_unix_ms_at_start + wall_step_ms_ + shown.milliseconds();
}

Duration SimClock::ToWorld(Duration delay) const {
  // One nanosecond more than asked for: Monotonic() rounds down at both ends.
  const __int128 asked = std::max<int64_t>(delay.nanoseconds(), 0) + 1;
  const __int128 rate = kBillion + model_.rate_error_ppb;
  return Duration::Nanoseconds(static_cast<int64_t>((asked * kBillion + rate - 1) / rate));
}

}  // namespace graphdb::sim
