// The tripwire: aborts when code of the simulated world asks the machine for
// time, chance or a thread.
//
//   sim::TripwireArmed armed;   // from here to the end of the scope
//   world.RunUntil(deadline);
//
// Linking //sim/tripwire:tripwire replaces clock_gettime, gettimeofday, time,
// the sleeps, getrandom and its kin, std::random_device and pthread_create for
// the whole program, its shared libraries included. While armed, a call prints
// its name and a stack and aborts; else it does what it always did. A
// TripwireSafe scope inside disarms for what isn't the world: the progress
// line of a campaign, a wall-clock budget.
//
// Invariants:
//   1. Arming is per thread: a helper thread of a library isn't the world.
//   2. Scopes nest; the innermost decides.
//
// Any thread; each has its own wire.
#pragma once

namespace graphdb::sim {

class TripwireArmed {
 public:
  TripwireArmed();
  ~TripwireArmed();
  TripwireArmed(const TripwireArmed&) = delete;
  TripwireArmed& operator=(const TripwireArmed&) = delete;

 private:
  const bool before_;
};

class TripwireSafe {
 public:
  TripwireSafe();
  ~TripwireSafe();
  TripwireSafe(const TripwireSafe&) = delete;
  TripwireSafe& operator=(const TripwireSafe&) = delete;

 private:
  const bool before_;
};

bool IsTripwireArmed();

}  // namespace graphdb::sim
