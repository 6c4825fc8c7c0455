#include "core/raft/entry_log.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/raft/codec.h"

namespace graphdb::raft {

std::optional<Term> EntryLog::TermAt(LogIndex index) const {
  if (index < compacted_ || index > last_index()) return std::nullopt;
  if (index == compacted_) return compacted_term_;
  return At(index).term;
}

bool EntryLog::Matches(LogIndex index, Term term) const {
  const std::optional<Term> have = TermAt(index);
  return have.has_value() && *have == term;
}

const Entry& EntryLog::At(LogIndex index) const {
  GRAPHDB_CHECK_GT(index, compacted_);
  GRAPHDB_CHECK_LE(index, last_index());
  return entries_[index.value() - compacted_.value() - 1];
}

LogIndex EntryLog::NewestAtMost(LogIndex index, Term term) const {
  if (index <= compacted_) return index;
  index = std::min(index, last_index());
  // Terms never fall, so the boundary can be found by bisection.
  LogIndex low = compacted_;
  while (low < index) {
    const LogIndex middle(low.value() + (index.value() - low.value() + 1) / 2);
    if (At(middle).term <= term) {
      low = middle;
    } else {
      index = middle.Prev();
    }
  }
  return low;
}

void EntryLog::Append(Entry entry) {
  GRAPHDB_CHECK_EQ(entry.index, last_index().Next());
  GRAPHDB_CHECK_GE(entry.term, last_term());
  bytes_ += EntryBytes(entry);
  last_ = entry.index;
  last_term_ = entry.term;
  entries_.push_back(std::move(entry));
}

void EntryLog::TruncateFrom(LogIndex from) {
  GRAPHDB_CHECK_GT(from, compacted_);
  while (last_ >= from) {
    bytes_ -= EntryBytes(entries_.back());
    entries_.pop_back();
    last_ = last_.Prev();
  }
  last_term_ = entries_.empty() ? compacted_term_ : entries_.back().term;
  checked_ = std::min(checked_, last_index());
}

void EntryLog::CompactThrough(LogIndex through) {
  GRAPHDB_CHECK_LE(through, last_index());
  while (compacted_ < through) {
    compacted_term_ = entries_.front().term;
    compacted_ = compacted_.Next();
    bytes_ -= EntryBytes(entries_.front());
    entries_.pop_front();
  }
}

void EntryLog::Reset(LogIndex index, Term term) {
  entries_.clear();
  bytes_ = 0;
  compacted_ = last_ = checked_ = index;
  compacted_term_ = last_term_ = term;
}

void EntryLog::CheckNewEntries() {
  if (checked_ == last_index()) return;
  GRAPHDB_CHECK_EQ(last_.value() - compacted_.value(), entries_.size());
  checked_ = std::max(checked_, compacted_);
  const std::optional<Term> before = TermAt(checked_);
  GRAPHDB_CHECK(before.has_value()) << checked_ << " is beyond the log";
  Term term = *before;
  for (LogIndex i = checked_.Next(); i <= last_index(); i = i.Next()) {
    GRAPHDB_CHECK_EQ(At(i).index, i);
    GRAPHDB_CHECK_GE(At(i).term, term) << "at " << i;
    term = At(i).term;
  }
  checked_ = last_index();
}

std::vector<Entry> EntryLog::Slice(LogIndex from, LogIndex to, size_t max_count,
                                   size_t max_bytes) const {
  std::vector<Entry> out;
  to = std::min(to, last_index());
  size_t bytes = 0;
  for (LogIndex i = from; i <= to; i = i.Next()) {
    const Entry& entry = At(i);
    bytes += EntryBytes(entry);
    if (!out.empty() && (out.size() >= max_count || bytes > max_bytes)) break;
    out.push_back(entry);
  }
  return out;
}

}  // namespace graphdb::raft
