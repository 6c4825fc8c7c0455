// Linearizability: is there one order of the operations that respects real time
// and in which each answer is right? Depth-first search over the next operation
// to linearize, remembering which (set of linearized operations, state) pairs
// led nowhere (Wing and Gong 1993, with Lowe's memo, 2017).
//
//   struct RegisterModel { using State = ...; using Call = ...;
//     static State Initial();
//     static bool Step(const State&, const Call&, State* next);
//     static uint64_t Hash(const State&); };
//   LinearizeResult result = Linearize<RegisterModel>(calls, budget);
//
// The problem is local (Herlihy and Wing 1990): the caller splits a history by
// key first and checks each key alone.
//
// What it does not see: anything about transactions over several keys; an
// operation that was never recorded. Calls at the same instant count as
// concurrent, which forgives more than it should.
//
// Invariants:
//   1. kLinearizable and kViolation are certain; a search beyond its budget says
//      kUndecided and never guesses.
//
// Pure function; thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/lookup_map.h"
#include "core/env/time.h"

namespace graphdb::sim {

enum class LinearizeVerdict { kLinearizable, kViolation, kUndecided };

struct LinearizeResult {
  LinearizeVerdict verdict = LinearizeVerdict::kLinearizable;
  // kViolation: the calls of the longest order found, and the call before which
  // every longer order fails to place another.
  std::vector<size_t> longest;
  size_t stuck = 0;
};

template <typename Call>
struct TimedCall {
  Duration invoked;
  Duration completed;
  bool open_ended = false;  // may take effect at any later time, or never
  Call call;
};

namespace linearize_internal {

using Bits = std::vector<uint64_t>;

inline uint64_t Scramble(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// A doubly linked list of calls and returns in order of time, from which
// linearized operations are lifted and put back.
struct Entry {
  size_t call = 0;
  bool is_return = false;
  size_t match = 0;  // of a call: its return's place
  size_t prev = 0;
  size_t next = 0;
};

class Timeline {
 public:
  static constexpr size_t kHead = 0;

  template <typename Call>
  explicit Timeline(const std::vector<TimedCall<Call>>& calls) {
    struct Point {
      bool at_end;
      Duration time;
      bool is_return;
      size_t call;
    };
    std::vector<Point> points;
    for (size_t i = 0; i < calls.size(); ++i) {
      points.push_back({false, calls[i].invoked, false, i});
      points.push_back({calls[i].open_ended, calls[i].completed, true, i});
    }
    std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
      if (a.at_end != b.at_end) return b.at_end;
      if (!a.at_end && a.time != b.time) return a.time < b.time;
      if (a.is_return != b.is_return) return b.is_return;
      return a.call < b.call;
    });
    entries_.resize(points.size() + 2);
    std::vector<size_t> place(calls.size());
    for (size_t i = 0; i < points.size(); ++i) {
      Entry& entry = entries_[i + 1];
      entry.call = points[i].call;
      entry.is_return = points[i].is_return;
      if (entry.is_return) {
        entries_[place[entry.call]].match = i + 1;
      } else {
        place[entry.call] = i + 1;
      }
    }
    for (size_t i = 0; i < entries_.size(); ++i) {
      entries_[i].prev = i == 0 ? 0 : i - 1;
      entries_[i].next = i + 1;
    }
  }

  size_t First() const { return entries_[kHead].next; }
  size_t End() const { return entries_.size() - 1; }
  const Entry& at(size_t i) const { return entries_[i]; }
  void Lift(size_t i) {
    Unlink(i);
    Unlink(entries_[i].match);
  }
  void PutBack(size_t i) {
    Relink(entries_[i].match);
    Relink(i);
  }

 private:
  void Unlink(size_t i) {
    entries_[entries_[i].prev].next = entries_[i].next;
    entries_[entries_[i].next].prev = entries_[i].prev;
  }
  void Relink(size_t i) {
    entries_[entries_[i].prev].next = i;
    entries_[entries_[i].next].prev = i;
  }

  std::vector<Entry> entries_;
};

// Which (linearized set, state) pairs were tried. Exact: the hash only finds
// the bucket.
template <typename Model>
class Memo {
 public:
  bool Insert(uint64_t hash, const Bits& bits, const typename Model::State& state) {
    auto& bucket = buckets_[hash];
    for (const auto& [seen_bits, seen_state] : bucket) {
      if (seen_bits == bits && seen_state == state) return false;
    }
    bucket.emplace_back(bits, state);
    return true;
  }

 private:
  LookupMap<uint64_t, std::vector<std::pair<Bits, typename Model::State>>> buckets_;
};

}  // namespace linearize_internal

// `budget` bounds the steps of the search.
template <typename Model>
LinearizeResult Linearize(const std::vector<TimedCall<typename Model::Call>>& calls,
                          uint64_t budget) {
  using linearize_internal::Entry;
  using linearize_internal::Timeline;
  struct Frame {
    size_t entry;
    typename Model::State before;
  };
  LinearizeResult result;
  const auto mandatory = static_cast<size_t>(
      std::count_if(calls.begin(), calls.end(), [](const auto& c) { return !c.open_ended; }));
  Timeline timeline(calls);
  linearize_internal::Memo<Model> memo;
  linearize_internal::Bits done((calls.size() + 63) / 64);
  typename Model::State state = Model::Initial();
  std::vector<Frame> stack;
  uint64_t zobrist = 0;
  size_t mandatory_done = 0;
  size_t at = timeline.First();
  for (uint64_t steps = 0; mandatory_done < mandatory; ++steps) {
    if (steps == budget) {
      result.verdict = LinearizeVerdict::kUndecided;
      return result;
    }
    const bool stuck = at == timeline.End() || timeline.at(at).is_return;
    if (!stuck) {
      const size_t call = timeline.at(at).call;
      typename Model::State next{};
      if (Model::Step(state, calls[call].call, &next)) {
        const uint64_t after = zobrist ^ linearize_internal::Scramble(call + 1);
        done[call / 64] |= uint64_t{1} << (call % 64);
        if (memo.Insert(after ^ Model::Hash(next), done, next)) {
          stack.push_back({at, std::move(state)});
          state = std::move(next);
          zobrist = after;
          mandatory_done += calls[call].open_ended ? 0 : 1;
          timeline.Lift(at);
          at = timeline.First();
          continue;
        }
        done[call / 64] &= ~(uint64_t{1} << (call % 64));
      }
      at = timeline.at(at).next;
      continue;
    }
    // A return is next whose call can't be placed: undo the last choice.
    if (stack.size() >= result.longest.size()) {
      result.longest.clear();
      for (const Frame& frame : stack) result.longest.push_back(timeline.at(frame.entry).call);
      result.stuck = at == timeline.End() ? 0 : timeline.at(at).call;
    }
    if (stack.empty()) {
      result.verdict = LinearizeVerdict::kViolation;
      return result;
    }
    const size_t undone = stack.back().entry;
    state = std::move(stack.back().before);
    stack.pop_back();
    const size_t call = timeline.at(undone).call;
    zobrist ^= linearize_internal::Scramble(call + 1);
    done[call / 64] &= ~(uint64_t{1} << (call % 64));
    mandatory_done -= calls[call].open_ended ? 0 : 1;
    timeline.PutBack(undone);
    at = timeline.at(undone).next;
  }
  return result;
}

}  // namespace graphdb::sim
