#include "sim/env/event_loop.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "sim/env/mixing.h"

namespace graphdb::sim {
namespace {

constexpr int kSequenceBits = 40;
constexpr uint64_t kSequenceMask = (uint64_t{1} << kSequenceBits) - 1;

}  // namespace

std::string ActorName(ActorId actor) {
  if (actor == kWorldActor) return "world";
  if (IsNodeActor(actor)) return absl::StrCat("node", actor.value());
  return absl::StrCat("client", actor.value() - 1 - kNodeCountMax);
}

EventLoop::EventLoop(uint64_t seed) : seed_(seed) {
  Actor& world = ActorOf(kWorldActor);
  world.incarnation = 1;
  world.alive = true;
}

EventLoop::Actor& EventLoop::ActorOf(ActorId actor) {
  if (actor.value() >= actors_.size()) actors_.resize(actor.value() + 1);
  return actors_[actor.value()];
}

Life EventLoop::Begin(ActorId actor) {
  Actor& state = ActorOf(actor);
  GRAPHDB_CHECK(!state.alive) << ActorName(actor) << " has a life already";
  state.alive = true;
  state.paused_until = Duration();
  ++state.incarnation;
  return Life{actor, state.incarnation};
}

void EventLoop::End(ActorId actor) {
  Actor& state = ActorOf(actor);
  if (!state.alive) return;
  state.alive = false;
  purge_due_ = true;
  ended_ = true;
}

bool EventLoop::Alive(Life life) const {
  if (life.actor.value() >= actors_.size()) return false;
  const Actor& state = actors_[life.actor.value()];
  return state.alive && state.incarnation == life.incarnation;
}

bool EventLoop::HasLife(ActorId actor) const {
  return actor.value() < actors_.size() && actors_[actor.value()].alive;
}

Life EventLoop::LifeOf(ActorId actor) const {
  GRAPHDB_CHECK(HasLife(actor)) << ActorName(actor);
  return Life{actor, actors_[actor.value()].incarnation};
}

void EventLoop::PauseUntil(ActorId actor, Duration until) {
  Actor& state = ActorOf(actor);
  state.paused_until = std::max(state.paused_until, until);
}

bool EventLoop::Paused(ActorId actor) const {
  return actor.value() < actors_.size() && actors_[actor.value()].paused_until > now();
}

uint64_t EventLoop::Draw(ActorId actor) {
  Actor& state = ActorOf(actor);
  if (state.draw_time != now_.nanoseconds()) {
    state.draw_time = now_.nanoseconds();
    state.draws = 0;
  }
  return Mix(seed_ ^ salt_, actor.value(), static_cast<uint64_t>(state.draw_time), state.draws++);
}

uint32_t EventLoop::NewSlot() {
  if (free_slots_.empty()) {
    slots_.emplace_back();
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

void EventLoop::FreeSlot(uint32_t slot) {
  Event& event = slots_[slot];
  event.state = State::kFree;
  ++event.generation;
  free_slots_.push_back(slot);
}

void EventLoop::Push(Duration when, uint32_t slot) {
  const int64_t time = std::max(when, now_).nanoseconds();
  uint64_t tie = Draw(slots_[slot].life.actor) >> kSequenceBits;
  if (!choices_.TieIsDrawn(time)) tie = 0;
  const uint64_t order = (tie << kSequenceBits) | sequence_++;
  heap_.push_back({time, order, slot});
  std::push_heap(heap_.begin(), heap_.end(), Later);
}

EventId EventLoop::At(Duration when, Life life, const char* kind, Callback callback,
                      uint64_t payload) {
  if (!Alive(life)) return kNoEvent;
  const uint32_t slot = NewSlot();
  Event& event = slots_[slot];
  event.state = State::kPending;
  event.is_message = false;
  event.life = life;
  event.kind = kind;
  event.payload = payload;
  event.callback = std::move(callback);
  const EventId id((uint64_t{event.generation} << 32) | slot);
  Push(when, slot);
  return id;
}

EventId EventLoop::Soon(Life life, const char* kind, Callback callback, uint64_t payload) {
  const uint64_t bound = static_cast<uint64_t>(hop_max_.nanoseconds());
  const uint64_t hop = bound == 0 ? 0 : Draw(life.actor) % bound;
  return After(Duration::Nanoseconds(static_cast<int64_t>(hop)), life, kind, std::move(callback),
               payload);
}

void EventLoop::Deliver(Duration when, ActorId from, ActorId to, uint64_t number,
                        std::string message) {
  const uint32_t slot = NewSlot();
  Event& event = slots_[slot];
  event.state = State::kPending;
  event.is_message = true;
  event.life = Life{to, 0};
  event.from = from;
  event.kind = "net.message";
  event.payload = number;
  event.message = std::move(message);
  Push(when, slot);
}

void EventLoop::Cancel(EventId id) {
  const uint32_t slot = static_cast<uint32_t>(id.value());
  if (slot >= slots_.size()) return;
  Event& event = slots_[slot];
  if (event.generation != id.value() >> 32 || event.state != State::kPending) return;
  event.state = State::kCancelled;
  event.callback = nullptr;
}

bool EventLoop::Settle() {
  while (!heap_.empty()) {
    const Entry entry = heap_.front();
    Event& event = slots_[entry.slot];
    const bool dead = !event.is_message && !Alive(event.life);
    const bool drop = event.state != State::kPending || dead;
    const Duration paused_until = ActorOf(event.life.actor).paused_until;
    if (!drop && paused_until.nanoseconds() <= entry.time) return true;
    Pop();
    if (!drop) {
      Push(paused_until, entry.slot);
      continue;
    }
    event.callback = nullptr;
    FreeSlot(entry.slot);
  }
  return false;
}

EventLoop::Entry EventLoop::Pop() {
  std::pop_heap(heap_.begin(), heap_.end(), Later);
  const Entry entry = heap_.back();
  heap_.pop_back();
  if (choices_.recording()) choices_.NoteOrder(entry.time, entry.order & kSequenceMask);
  return entry;
}

Tape EventLoop::RecordedTape() {
  for (const Entry& entry : heap_) {
    const bool now = entry.time == now_.nanoseconds();
    if (now && choices_.recording()) choices_.NoteOrder(entry.time, entry.order & kSequenceMask);
  }
  return choices_.tape();
}

bool EventLoop::NextDue(Duration* when) {
  if (!Settle()) return false;
  *when = Duration::Nanoseconds(heap_.front().time);
  return true;
}

bool EventLoop::RunOne() {
  if (!Settle()) return false;
  Dispatch(Pop());
  return true;
}

void EventLoop::RunUntil(Duration end) {
  Duration due;
  while (NextDue(&due) && due <= end) RunOne();
  now_ = std::max(now_, end);
}

void EventLoop::Dispatch(const Entry& entry) {
  now_ = Duration::Nanoseconds(entry.time);
  Event& event = slots_[entry.slot];
  const ActorId actor = event.life.actor;
  running_ = actor;
  last_ran_ = actor;
  last_kind_ = event.kind;
  if (event.is_message) {
    const ActorId from = event.from;
    const uint64_t number = event.payload;
    std::string message = std::move(event.message);
    hash_.Add(events_++, now_, (uint64_t{from.value()} << 32) | actor.value(), event.kind,
              HashBytes(message));
    FreeSlot(entry.slot);
    GRAPHDB_CHECK(sink_ != nullptr) << "a message without a network";
    sink_->Arrive(from, actor, number, std::move(message));
  } else {
    hash_.Add(events_++, now_, actor.value(), event.kind, event.payload);
    Callback callback = std::move(event.callback);
    event.callback = nullptr;
    FreeSlot(entry.slot);
    callback();
  }
  running_ = kWorldActor;
  if (purge_due_) PurgeEnded();
}

void EventLoop::PurgeEnded() {
  purge_due_ = false;
  // A destructor of a callback may schedule or cancel, so by index, not by iterator.
  for (size_t slot = 0; slot < slots_.size(); ++slot) {
    Event& event = slots_[slot];
    if (event.state != State::kPending || event.is_message || Alive(event.life)) continue;
    event.state = State::kCancelled;
    Callback doomed = std::move(event.callback);
    event.callback = nullptr;
  }
}

void EventLoop::FoldIntoTrace(const char* kind, uint64_t payload) {
  hash_.Add(events_, now_, kWorldActor.value(), kind, payload);
}

}  // namespace graphdb::sim
