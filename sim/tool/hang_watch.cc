#include "sim/tool/hang_watch.h"

#include <signal.h>    // LINT-OK(include): interrupts an event that doesn't end
#include <sys/time.h>  // LINT-OK(include): its processor time, outside the world

#include <cstdint>
#include <optional>

#include "core/base/check.h"
#include "sim/run/run.h"

namespace graphdb::sim {
namespace {

// Two ticks within one event: it has taken at least one interval.
constexpr int kTickSeconds = 10;

std::optional<uint64_t> g_last_event;  // LINT-OK(mutable-global): at the last tick

void OnTick(int) {
  const std::optional<uint64_t> event = EventUnderWay();
  // Whoever is interrupted here goes on no more, so what it held half done does no harm.
  GRAPHDB_CHECK(!event.has_value() || event != g_last_event)
      << "hang: one event has taken more than " << kTickSeconds << " s of processor time";
  g_last_event = event;
}

}  // namespace

void WatchForHangs() {
  g_last_event.reset();
  struct sigaction action {};
  action.sa_handler = OnTick;
  action.sa_flags = SA_RESTART;
  GRAPHDB_CHECK(sigaction(SIGVTALRM, &action, nullptr) == 0);
  const itimerval every{{kTickSeconds, 0}, {kTickSeconds, 0}};
  GRAPHDB_CHECK(setitimer(ITIMER_VIRTUAL, &every, nullptr) == 0);
}

}  // namespace graphdb::sim
