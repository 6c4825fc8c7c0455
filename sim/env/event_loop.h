// EventLoop: virtual time and the one queue of everything that will happen.
//
//   EventLoop loop(seed);
//   const Life life = loop.Begin(NodeActor(NodeId(0)));
//   loop.After(Duration::Milliseconds(5), life, "node.tick", [&] { ... });
//   while (loop.RunOne()) ReapHaltedNodes();
//
// Time jumps from event to event. Events that are due at once run in an order
// drawn from the seed. An event belongs to one life of an actor (a node's
// incarnation, a client, the world) and dies with it, except for messages, which
// belong to the actor: one sent to a dead incarnation may reach the next one.
//
// Invariants:
//   1. now() never falls.
//   2. No event of a life that has ended is dispatched.
//   3. Each dispatched event is in the trace hash, in its order.
//   4. What is drawn for an event (tie-break, hop delay) depends on the seed,
//      its actor, the time and its number within that instant alone. Removing
//      one event leaves the draws of the others as they were.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/env/time.h"
#include "sim/env/actor.h"
#include "sim/env/choices.h"
#include "sim/env/trace_hash.h"

namespace graphdb::sim {

// One incarnation of an actor. Incarnations count from 1.
struct Life {
  ActorId actor;
  uint32_t incarnation = 0;
};

using EventId = StrongId<struct EventIdTag, uint64_t>;
inline constexpr EventId kNoEvent{0};

class EventLoop {
 public:
  using Callback = absl::AnyInvocable<void()>;

  // Where messages go when they are due (the network fabric).
  class MessageSink {
   public:
    virtual ~MessageSink() = default;
    virtual void Arrive(ActorId from, ActorId to, uint64_t number, std::string message) = 0;
  };

  explicit EventLoop(uint64_t seed);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  uint64_t seed() const { return seed_; }
  Duration now() const { return now_; }  // since the run began

  // Starts the next life of `actor`; the one before must have ended.
  Life Begin(ActorId actor);
  // Ends the present life, if any: nothing of it runs any more. Its callbacks
  // are destroyed after the running event, not inside this call.
  void End(ActorId actor);
  bool Alive(Life life) const;
  bool HasLife(ActorId actor) const;
  Life LifeOf(ActorId actor) const;
  // A stalled process: what is due for `actor` before `until` runs from then on.
  void PauseUntil(ActorId actor, Duration until);
  bool Paused(ActorId actor) const;

  // `kind` is a literal; `payload` a hash of what the event carries.
  EventId At(Duration when, Life life, const char* kind, Callback callback, uint64_t payload = 0);
  EventId After(Duration delay, Life life, const char* kind, Callback callback,
                uint64_t payload = 0) {
    return At(now_ + delay, life, kind, std::move(callback), payload);
  }
  // As soon as possible: after a small delay drawn from [0, hop_max).
  EventId Soon(Life life, const char* kind, Callback callback, uint64_t payload = 0);
  // Hands `message` to the sink at `when`. Its bytes are in the trace hash; the
  // number is the sink's own.
  void Deliver(Duration when, ActorId from, ActorId to, uint64_t number, std::string message);
  void Cancel(EventId event);

  void SetMessageSink(MessageSink* sink) { sink_ = sink; }
  void SetHopMax(Duration hop_max) { hop_max_ = hop_max; }

  // Destroys the callbacks of lives that have ended. The loop does so itself
  // after each event.
  void PurgeEnded();
  // Whether a life has ended since the last call.
  bool TakeEnded() { return std::exchange(ended_, false); }

  // Dispatches the next event. False where none is left.
  bool RunOne();
  // Dispatches what is due up to `end`, then sets now() to it.
  void RunUntil(Duration end);
  // When the next event is due; false where none is left.
  bool NextDue(Duration* when);

  ActorId running() const { return running_; }    // the world between events
  ActorId last_ran() const { return last_ran_; }  // whose event was the last one
  const char* last_kind() const { return last_kind_; }
  uint64_t events_dispatched() const { return events_; }
  const TraceHash& trace_hash() const { return hash_; }
  // Adds something to the hash that is not an event (final digests).
  void FoldIntoTrace(const char* kind, uint64_t payload);
  // Asked before anything exceptional happens.
  Choices& choices() { return choices_; }
  // What was recorded, for a run that ends now: in the middle of an instant, often.
  Tape RecordedTape();
  // A number for a decision of `actor` now, as in invariant 4.
  uint64_t Draw(ActorId actor);
  // Another future of the same past: what is drawn from now on depends on `salt` too.
  void TurnAside(uint64_t salt) { salt_ = salt; }
  uint64_t salt() const { return salt_; }

 private:
  enum class State : uint8_t { kFree, kPending, kCancelled };
  struct Event {
    State state = State::kFree;
    bool is_message = false;
    uint32_t generation = 1;
    Life life;
    ActorId from;
    const char* kind = "";
    uint64_t payload = 0;  // of a message: its number
    Callback callback;
    std::string message;
  };
  struct Entry {
    int64_t time;
    uint64_t order;  // 24 drawn bits, then 40 bits of sequence
    uint32_t slot;
  };
  struct Actor {
    uint32_t incarnation = 0;
    bool alive = false;
    Duration paused_until;
    int64_t draw_time = -1;
    uint64_t draws = 0;
  };

  Actor& ActorOf(ActorId actor);
  uint32_t NewSlot();
  void FreeSlot(uint32_t slot);
  void Push(Duration when, uint32_t slot);
  static bool Later(const Entry& a, const Entry& b) {
    return a.time != b.time ? a.time > b.time : a.order > b.order;
  }
  // Brings a live, unpaused event to the front. False where none is left.
  bool Settle();
  // Takes the first entry off the heap.
  Entry Pop();
  void Dispatch(const Entry& entry);

  const uint64_t seed_;
  uint64_t salt_ = 0;
  Duration now_;
  Duration hop_max_ = Duration::Microseconds(20);
  uint64_t sequence_ = 0;
  uint64_t events_ = 0;
  bool purge_due_ = false;
  bool ended_ = false;
  ActorId last_ran_ = kWorldActor;
  const char* last_kind_ = "";
  ActorId running_ = kWorldActor;
  MessageSink* sink_ = nullptr;
  TraceHash hash_;
  Choices choices_;
  std::vector<Actor> actors_;
  std::vector<Event> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<Entry> heap_;
};

}  // namespace graphdb::sim
