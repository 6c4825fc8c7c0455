// ReadQueue: reads that wait for proof that we still lead (ReadIndex).
//
// A read waits until a round of heartbeats begins, then rides in it together
// with all others that waited; it is done when a quorum has answered that round
// or a later one of the same term.
//
// Invariants:
//   1. A read's index is the commit index at the start of its round, hence not
//      below the one at its arrival.
//   2. Rounds of the batches rise.
//
// Deterministic thread only. Belongs to one leader term; FailAll() ends it.
#pragma once

#include <deque>
#include <vector>

#include "core/raft/types.h"

namespace graphdb::raft {

class ReadQueue {
 public:
  void Add(ReadId id) {
    waiting_.push_back(id);
    ++asked_;
  }
  // Everything that waits rides in `round`.
  void BeginRound(Round round, LogIndex commit);
  // A quorum answered `round`: hands out what that proves.
  template <typename Done>
  void Confirm(Round round, const Done& done) {
    while (!batches_.empty() && batches_.front().round <= round) {
      for (const ReadId id : batches_.front().ids) done(id, batches_.front().index);
      riding_ -= batches_.front().ids.size();
      confirmed_ = batches_.front().index;
      batches_.pop_front();
    }
  }
  // In order of arrival.
  std::vector<ReadId> FailAll();

  bool waiting() const { return !waiting_.empty(); }
  bool riding() const { return !batches_.empty(); }
  size_t size() const { return waiting_.size() + riding_; }
  // For watchers: all that were ever added, and the index of those done last.
  uint64_t asked() const { return asked_; }
  LogIndex confirmed() const { return confirmed_; }

 private:
  friend class GroupTestPeer;

  struct Batch {
    Round round;
    LogIndex index;
    std::vector<ReadId> ids;
  };
  std::vector<ReadId> waiting_;
  std::deque<Batch> batches_;
  size_t riding_ = 0;
  uint64_t asked_ = 0;
  LogIndex confirmed_;
};

}  // namespace graphdb::raft
