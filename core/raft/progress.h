// Progress: what a leader knows of one follower, and what it may send it.
//
//   probe     one append at a time, to find where the logs match
//   replicate appends are pipelined: next runs ahead of match
//   snapshot  the entries needed are compacted; nothing but heartbeats is sent
//
//          ack              needs compacted entries
//   probe -----> replicate   ------------------> snapshot
//     ^ reject, lost | unreachable                  |
//     +--------------+<-----------------------------+ failed, or acked
//
// Invariants:
//   1. match < next. match never falls within a term.
//   2. probe: at most one append is in flight.
//   3. Inflights are ordered by index and empty outside replicate.
//
// Deterministic thread only.
#pragma once

#include <deque>

#include "core/env/time.h"
#include "core/raft/types.h"

namespace graphdb::raft {

enum class ProgressState : uint8_t { kProbe = 0, kReplicate = 1, kSnapshot = 2 };
const char* ProgressStateName(ProgressState state);

// The window: appends sent and not yet acknowledged.
class Inflights {
 public:
  void Add(LogIndex last, size_t bytes);
  void FreeThrough(LogIndex index);
  void Clear();
  size_t count() const { return window_.size(); }
  size_t bytes() const { return bytes_; }
  bool Ordered() const;

 private:
  struct Append {
    LogIndex last;
    size_t bytes;
  };
  std::deque<Append> window_;
  size_t bytes_ = 0;
};

class Progress {
 public:
  Progress() = default;
  Progress(LogIndex match, LogIndex next) : match_(match), next_(next) {}

  // `assumed`: what a snapshot reported as delivered has brought, if any.
  void BecomeProbe(LogIndex assumed = LogIndex(0));
  void BecomeReplicate();
  void BecomeSnapshot(LogIndex floor);

  // An append with `count` entries up to `last` (and `commit`) leaves.
  void Sent(size_t count, size_t bytes, LogIndex last, LogIndex commit);
  // The follower has everything through `index`. False: nothing new.
  bool Acknowledge(LogIndex index);
  // The follower refused an append that followed `rejected`; its log may match
  // at `hint`. False: a late answer that says nothing.
  bool Reject(LogIndex rejected, LogIndex hint);
  void FreeThrough(LogIndex index) { inflights_.FreeThrough(index); }
  // After a heartbeat answer: one append goes out, empty if the window is full
  // or everything was sent, to find out whether something was lost.
  void AllowOneProbe() {
    probe_sent_ = false;
    probe_due_ = true;
  }
  void PauseUntilAnswer() {
    probe_sent_ = true;
    probe_due_ = false;
  }

  // No append may be sent now.
  bool Paused(size_t inflight_messages_max, size_t inflight_bytes_max) const;
  bool WindowFull(size_t inflight_messages_max, size_t inflight_bytes_max) const;

  ProgressState state() const { return state_; }
  LogIndex match() const { return match_; }
  LogIndex next() const { return next_; }
  LogIndex sent_commit() const { return sent_commit_; }
  LogIndex snapshot_floor() const { return snapshot_floor_; }
  const Inflights& inflights() const { return inflights_; }
  bool probe_sent() const { return probe_sent_; }
  bool probe_due() const { return probe_due_; }

  // The newest round of this term the follower answered, and when that round
  // began: what check-quorum and reads count.
  Round round_answered;
  Instant heard;

 private:
  void ResetTo(ProgressState state);

  LogIndex match_;
  LogIndex next_{1};
  LogIndex sent_commit_;
  LogIndex snapshot_floor_;
  ProgressState state_ = ProgressState::kProbe;
  bool probe_sent_ = false;
  bool probe_due_ = false;
  Inflights inflights_;
};

}  // namespace graphdb::raft
