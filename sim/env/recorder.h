// Recorder: hears what happens in a run, event by event, for a person who looks
// at it afterwards (//sim/explain). A run without one describes nothing and pays
// for a null pointer.
//
// Invariants:
//   1. A recorder changes nothing: the trace hash of a run is the same with one.
//
// Deterministic thread only.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/env/time.h"
#include "sim/env/event_loop.h"

namespace graphdb::sim {

struct TraceEvent {
  enum class Kind : uint8_t {
    kPhase,      // the run enters its next phase; `text` names it
    kFault,      // `text` is the action as in a scenario file
    kStart,      // `actor`, a node, begins its incarnation `id`
    kCrash,      // `actor` is gone; `text` says why
    kLeads,      // `actor` leads `group` in `term` from now on
    kFollows,    // `actor` leads it no more
    kLog,        // what `actor` says
    kProbe,      // a rare path was reached; `text` is its name
    kSent,       // message `id` of `actor` to `peer`, due `until`; `text` is its bytes
    kArrived,    // message `id` was handed to its receiver
    kLost,       // message `id` never will be; `text` says why
    kInvoked,    // client `actor` begins operation `id`; `text` describes it
    kAttempt,    // and asks `peer`
    kCompleted,  // `text` is the outcome
  };

  Kind kind = Kind::kLog;
  Duration at;
  ActorId actor = kWorldActor;
  ActorId peer = kWorldActor;
  uint64_t id = 0;  // of a message, operation or incarnation, from 1
  Duration until;
  ShardId group;
  Term term;
  absl::string_view text;  // valid during the call only
};

class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void On(const TraceEvent& event) = 0;
};

}  // namespace graphdb::sim
