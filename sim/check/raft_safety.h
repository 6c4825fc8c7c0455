// RaftSafety: the safety properties of Raft (Ongaro 2014, figure 3.2), checked
// from what an observer outside the nodes sees while they run.
//
//   - Election safety: at most one leader per term.
//   - Log matching: entries with one index and term are equal, and so is all
//     before them.
//   - Leader completeness: a leader's log holds every entry committed before.
//   - State machine safety: one entry per committed index, ever.
//   - State equality: replicas that apply the same index do the same to their states.
//
// What it does not see: moments between two observations; entries that were
// compacted in every log before they were observed; liveness.
//
// Invariants:
//   1. Each committed (group, index) is remembered with its first (term, hash)
//      until Forget; memory is bounded by what a run commits.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "sim/check/history.h"

namespace graphdb::sim {

struct LogEntryView {
  Term term;
  uint64_t hash = 0;  // of kind and payload

  friend bool operator==(const LogEntryView&, const LogEntryView&) = default;
};

// The entries of one replica from `first` on, without gaps.
struct LogView {
  LogIndex first{1};
  std::vector<LogEntryView> entries;

  uint64_t end() const { return first.value() + entries.size(); }
  const LogEntryView* At(uint64_t index) const;
};

class RaftSafety {
 public:
  // `node` leads `group` in `term`; call at least once per (node, term).
  MaybeViolation OnLeader(ShardId group, Term term, NodeId node);
  // The log of the leader of `term`, taken when it was elected or later.
  MaybeViolation OnLeaderLog(ShardId group, Term term, NodeId node, const LogView& log);
  // `node` knows `index` as committed, with this entry.
  MaybeViolation OnCommitted(ShardId group, NodeId node, LogIndex index, const LogEntryView& entry);
  // What `node` wrote to its state for `index`, as a digest.
  MaybeViolation OnApplied(ShardId group, NodeId node, LogIndex index, uint64_t digest);

  uint64_t committed_count() const { return committed_.size(); }
  uint64_t digests_compared() const { return digests_compared_; }

 private:
  using GroupIndex = std::pair<ShardId, uint64_t>;

  struct Commit {
    LogEntryView entry;
    NodeId first_seen_at;
  };
  struct Digest {
    uint64_t value;
    NodeId first_seen_at;
  };

  std::map<std::pair<ShardId, Term>, NodeId> leaders_;
  std::map<GroupIndex, Commit> committed_;
  std::map<GroupIndex, Digest> digests_;
  uint64_t digests_compared_ = 0;
};

// Log matching of two replicas of one group.
MaybeViolation CheckLogMatching(ShardId group, NodeId a, const LogView& log_a, NodeId b,
                                const LogView& log_b);

}  // namespace graphdb::sim
