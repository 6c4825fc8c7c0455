// SimScheduler: the mailbox and timers of one incarnation of a node, on the
// world's event loop. Timers run by the node's own clock, a little late;
// a post takes a small drawn delay, so that the orders threads could produce
// are explored.
//
// Deterministic thread only.
#pragma once

#include <utility>

#include "core/env/scheduler.h"
#include "sim/env/event_loop.h"
#include "sim/env/sim_clock.h"

namespace graphdb::sim {

class SimScheduler final : public env::Scheduler {
 public:
  // All outlive it.
  SimScheduler(EventLoop& loop, const SimClock& clock, Life life)
      : loop_(loop), clock_(clock), life_(life) {}

  env::TimerId After(Duration delay, const char* kind, Callback callback) override {
    const uint64_t late_ns = loop_.Draw(life_.actor) % kTimerLateNsMax;
    const Duration late = Duration::Nanoseconds(static_cast<int64_t>(late_ns));
    return env::TimerId(
        loop_.After(clock_.ToWorld(delay) + late, life_, kind, std::move(callback)).value());
  }
  void Cancel(env::TimerId timer) override { loop_.Cancel(EventId(timer.value())); }
  void Post(const char* kind, Callback callback) override {
    loop_.Soon(life_, kind, std::move(callback));
  }

  // For devices (disk, engine): the completion of an operation after `delay` of
  // virtual time; `payload` is a hash of what it did.
  void Complete(Duration delay, const char* kind, uint64_t payload, Callback callback) {
    loop_.After(delay, life_, kind, std::move(callback), payload);
  }
  EventLoop& loop() { return loop_; }
  Life life() const { return life_; }

 private:
  static constexpr uint64_t kTimerLateNsMax = 20'000;

  EventLoop& loop_;
  const SimClock& clock_;
  const Life life_;
};

}  // namespace graphdb::sim
