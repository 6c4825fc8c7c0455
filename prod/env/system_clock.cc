#include "prod/env/system_clock.h"

#include <ctime>

#include "core/base/check.h"

namespace graphdb::prod {
namespace {

int64_t Read(clockid_t clock) {
  timespec now{};
  GRAPHDB_CHECK_EQ(clock_gettime(clock, &now), 0);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Instant SystemClock::Monotonic() { return Instant::FromNanoseconds(Read(CLOCK_BOOTTIME)); }

int64_t SystemClock::WallUnixMilliseconds() { return Read(CLOCK_REALTIME) / 1'000'000; }

}  // namespace graphdb::prod
