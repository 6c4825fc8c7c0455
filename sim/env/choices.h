// Choices: the last word on everything exceptional that no plan holds: a lost
// message, a torn sector, events of one instant that run out of order. Whoever
// draws such a thing asks here whether it happens:
//
//   if (loop.choices().Happens(ChoiceKind::kDrop, from, to, number, drawn)) return;
//
// Left alone it answers what was drawn. Recording, it keeps a tape of what
// happened; replaying a tape, it makes happen what the tape lists and nothing
// else, so cutting one line leaves the others. What is ordinary (delays,
// latencies, hops) stays drawn from the seed.
//
// Invariants:
//   1. A run of the same options and seed that replays the tape it recorded has
//      the same trace hash.
//   2. A question is named by its kind, who is concerned, and a number that
//      counts the questions about them: no other actor's questions shift it.
//
// Deterministic thread only.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "sim/env/actor.h"

namespace graphdb::sim {

enum class ChoiceKind : uint8_t {
  kTie,         // events of one instant run in drawn order, not first come first served
  kDrop,        // a message is lost
  kDuplicate,   // it comes twice
  kTail,        // it takes up to tail_max more
  kStale,       // it takes up to stale_max more
  kStall,       // a call of a disk takes up to stall_max
  kWriteError,  // it fails
  kSyncError,
  kReadError,
  kNameError,
  kCorrupt,      // a staged write lands with a flipped bit
  kTorn,         // a power cut leaves some sectors of a write
  kGarbage,      // or garbage in its place
  kEngineError,  // the engine takes no write any more
  kFlushError,   // a flush of the engine fails
  kLost,         // a request or its answer
  kLate,         // a request comes late
  kImpatient,    // a client gives an attempt up early
  kPatient,      // a client waits long for a request
  kCopy,         // a copy of a message comes up to copy_max later
  kReset,        // the connection breaks behind a message
  kTardy,        // a client takes its time before it asks again
  kAnonymous,    // it sends a write without its session, and asks for it once only
};
inline constexpr int kChoiceKindCount = 23;
const char* ChoiceKindName(ChoiceKind kind);  // "drop", as in a scenario file

struct Choice {
  ChoiceKind kind = ChoiceKind::kTie;
  ActorId who = kWorldActor;
  ActorId to = kWorldActor;  // of a message: its receiver
  uint64_t number = 0;       // kTie: the instant, in nanoseconds

  friend auto operator<=>(const Choice&, const Choice&) = default;
};

using Tape = std::vector<Choice>;

class Choices {
 public:
  void Record() { recording_ = true; }
  void Replay(Tape tape);
  // From now on nothing but ties happens that was not drawn.
  void EndFaults() { faults_on_ = false; }

  bool recording() const { return recording_; }
  bool replaying() const { return replaying_; }
  // What happened, in order, since Record.
  const Tape& tape() const { return tape_; }

  bool Happens(ChoiceKind kind, ActorId who, ActorId to, uint64_t number, bool drawn) {
    if (!recording_ && !replaying_) return drawn;
    return Decide({kind, who, to, number}, drawn);
  }
  // Whether what is due at `instant` runs in drawn order.
  bool TieIsDrawn(int64_t instant) const {
    return !replaying_ || Listed({ChoiceKind::kTie, kWorldActor, kWorldActor, Number(instant)});
  }
  // While recording: the next event, by its instant and number in the order of
  // creation, has left the queue.
  void NoteOrder(int64_t instant, uint64_t sequence);

 private:
  static uint64_t Number(int64_t instant) { return static_cast<uint64_t>(instant); }
  bool Decide(const Choice& choice, bool drawn);
  bool Listed(const Choice& choice) const;

  bool recording_ = false;
  bool replaying_ = false;
  bool faults_on_ = true;
  Tape tape_;
  Tape listed_;  // sorted
  int64_t instant_ = -1;
  uint64_t sequence_max_ = 0;  // of the instant so far
  bool tie_noted_ = false;
};

}  // namespace graphdb::sim
