// GroupLog: what the node-wide log knows about one group without its entries'
// data: small state, and in which segment each live entry lies.
//
// Place: NodeLog keeps one per group; the reader builds it at start.
//
// Invariants:
//   1. Runs are in index order, without overlap, and cover start + 1 .. last
//      without gap (while a log is being read there may be gaps).
//   2. All entries of a run have one term and lie in one segment.
//   3. start_index never falls, but with Reset.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/base/ids.h"
#include "core/raft/log/records.h"

namespace graphdb::raft {

class GroupLog {
 public:
  struct Run {
    LogIndex first;
    LogIndex last;
    Term term;
    uint64_t segment = 0;
  };

  // Small state: plain data, kept by the owner.
  GroupCreated created;
  HardState hard_state;
  std::optional<SnapshotMeta> installed;
  std::optional<InstallBegun> installing;
  bool start_dirty = false;  // start_index is newer than what the log says

  LogIndex start_index() const { return start_index_; }
  Term start_term() const { return start_term_; }
  LogIndex last_index() const { return runs_.empty() ? start_index_ : runs_.back().last; }
  const std::deque<Run>& runs() const { return runs_; }

  // Of a live entry or of the start; none elsewhere.
  std::optional<Term> TermAt(LogIndex index) const;
  // An entry at the end; one at or below the last drops everything from it on.
  void Append(LogIndex index, Term term, uint64_t segment);
  // Live entries of [first, last], all of one term, now lie in `segment`.
  void Move(LogIndex first, LogIndex last, uint64_t segment);
  // Everything that lies in segment `from` now lies in `to`.
  void Relocate(uint64_t from, uint64_t to);
  void TruncateAfter(LogIndex last);
  // Forgets entries through `through`, which becomes the start.
  void CompactTo(LogIndex through, Term term);
  // A snapshot at (index, term): keeps what follows it where the log has that very entry.
  bool WouldKeepSuffix(LogIndex index, Term term) const;
  void Install(LogIndex index, Term term, bool keep_suffix);

  // The oldest segment that holds a live entry; `none` where there is no live entry.
  uint64_t OldestSegment(uint64_t none) const;

  GroupCheckpoint Checkpoint() const;

 private:
  LogIndex start_index_;
  Term start_term_;
  std::deque<Run> runs_;
};

}  // namespace graphdb::raft
