// EntryLog: the entries of one group in memory, from first_index() to
// last_index() without gaps; before them the compaction point, whose term is
// remembered.
//
// Invariants:
//   1. Indexes are dense; terms never fall from one entry to the next.
//   2. first_index() is one past the compaction point.
//
// Deterministic thread only. Knows nothing of disks: what is durable is the
// group's business.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "core/raft/types.h"

namespace graphdb::raft {

class EntryLog {
 public:
  EntryLog(LogIndex compacted, Term compacted_term)
      : compacted_(compacted),
        compacted_term_(compacted_term),
        last_(compacted),
        last_term_(compacted_term),
        checked_(compacted) {}

  LogIndex compacted_index() const { return compacted_; }
  LogIndex first_index() const { return compacted_.Next(); }
  LogIndex last_index() const { return last_; }
  Term last_term() const { return last_term_; }
  size_t bytes() const { return bytes_; }

  // Empty where the index is compacted away or beyond the end. The compaction
  // point itself still has its term.
  std::optional<Term> TermAt(LogIndex index) const;
  bool Matches(LogIndex index, Term term) const;
  // REQUIRES: first_index() <= index <= last_index().
  const Entry& At(LogIndex index) const;
  // The newest index <= `index` whose term is <= `term`; the compaction point at
  // least, or `index` itself where it lies before that.
  LogIndex NewestAtMost(LogIndex index, Term term) const;

  // REQUIRES: entry.index is last_index() + 1, its term not below last_term().
  void Append(Entry entry);
  // Removes `from` and everything after it. REQUIRES: from > compacted_index().
  void TruncateFrom(LogIndex from);
  // Forgets everything through `through`. REQUIRES: within the log.
  void CompactThrough(LogIndex through);
  // Becomes empty, with (index, term) as compaction point.
  void Reset(LogIndex index, Term term);

  // Entries of [from, to], cut after `max_count` or once `max_bytes` are
  // reached, but one entry at least.
  std::vector<Entry> Slice(LogIndex from, LogIndex to, size_t max_count, size_t max_bytes) const;

  // CHECKs invariant 1 for the entries that came since the last call: together
  // with the calls before, for the whole log.
  void CheckNewEntries();

 private:
  LogIndex compacted_;
  Term compacted_term_;
  std::deque<Entry> entries_;
  LogIndex last_;  // of the last entry, or the compaction point: asked for all the time
  Term last_term_;
  size_t bytes_ = 0;
  LogIndex checked_;  // CheckNewEntries has seen the entries through here
};

}  // namespace graphdb::raft
