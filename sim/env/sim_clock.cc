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

Instant SimClock::Shown() const {
  const __int128 elapsed = (loop_.now() - started_).nanoseconds();
  const __int128 shown = elapsed * (kBillion + model_.rate_error_ppb) / kBillion;
  return model_.origin + Duration::Nanoseconds(static_cast<int64_t>(shown));
}

Instant SimClock::Monotonic() {
  last_ = std::max(Shown(), last_ + Duration::Nanoseconds(1));
  return last_;
}

int64_t SimClock::WallUnixMilliseconds() {
  const Duration shown = Shown() - model_.origin;
  return model_.wall_unix_ms_at_start + wall_step_ms_ + shown.milliseconds();
}

Duration SimClock::ToWorld(Duration delay) const {
  // One nanosecond more than asked for: Shown() rounds down at both ends. The last
  // reading may be ahead of it.
  const int64_t ahead = std::max<int64_t>((last_ - Shown()).nanoseconds(), 0);
  const __int128 asked = std::max<int64_t>(delay.nanoseconds(), 0) + ahead + 1;
  const __int128 rate = kBillion + model_.rate_error_ppb;
  return Duration::Nanoseconds(static_cast<int64_t>((asked * kBillion + rate - 1) / rate));
}

}  // namespace graphdb::sim
