// Scheduler: the node's mailbox and timers. Everything that runs on a node runs
// as an event that the scheduler dispatches, one at a time, to completion.
//
//   timer_ = scheduler.After(Duration::Milliseconds(50), "node.tick", [this] { Tick(); });
//
// Contract:
//   1. Callbacks run on the node's deterministic thread, never inside the call
//      that registered them.
//   2. A timer fires at or after its delay by the node's own clock, never early.
//   3. A cancelled timer never fires. Cancel of a fired timer does nothing.
//   4. Two events that are due at once run in any order: the simulator draws it.
//   5. When the node crashes its callbacks are destroyed without being run.
//
// `kind` names the event in traces; it is a literal such as "txn.retry".
#pragma once

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "core/base/strong_id.h"
#include "core/env/time.h"

namespace graphdb::env {

using TimerId = StrongId<struct TimerIdTag, uint64_t>;
inline constexpr TimerId kNoTimer{0};

class Scheduler {
 public:
  using Callback = absl::AnyInvocable<void()>;

  virtual ~Scheduler() = default;
  virtual TimerId After(Duration delay, const char* kind, Callback callback) = 0;
  virtual void Cancel(TimerId timer) = 0;
  // Runs the callback as an event of its own, as soon as possible.
  virtual void Post(const char* kind, Callback callback) = 0;
};

}  // namespace graphdb::env
