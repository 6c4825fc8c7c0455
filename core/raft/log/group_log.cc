#include "core/raft/log/group_log.h"

#include <algorithm>
#include <vector>

#include "core/base/check.h"

namespace graphdb::raft {
namespace {

using Run = GroupLog::Run;

// The first run whose last entry is at or after `index`.
std::deque<Run>::const_iterator RunAt(const std::deque<Run>& runs, LogIndex index) {
  return std::lower_bound(runs.begin(), runs.end(), index,
                          [](const Run& run, LogIndex i) { return run.last < i; });
}

}  // namespace

std::optional<Term> GroupLog::TermAt(LogIndex index) const {
  if (index == start_index_) return start_term_;
  const auto run = RunAt(runs_, index);
  if (run == runs_.end() || run->first > index) return std::nullopt;
  return run->term;
}

void GroupLog::Append(LogIndex index, Term term, uint64_t segment) {
  GRAPHDB_CHECK_GT(index, start_index_);
  if (index <= last_index()) TruncateAfter(index.Prev());
  GRAPHDB_CHECK_EQ(index, last_index().Next());
  if (!runs_.empty()) {
    Run& back = runs_.back();
    GRAPHDB_CHECK_LE(back.term, term);
    if (back.term == term && back.segment == segment) {
      back.last = index;
      return;
    }
  }
  runs_.push_back({index, index, term, segment});
}

void GroupLog::TruncateAfter(LogIndex last) {
  while (!runs_.empty() && runs_.back().first > last) runs_.pop_back();
  if (!runs_.empty() && runs_.back().last > last) runs_.back().last = last;
}

void GroupLog::Move(LogIndex first, LogIndex last, uint64_t segment) {
  GRAPHDB_CHECK_LE(first, last);
  const auto at = RunAt(runs_, first);
  GRAPHDB_CHECK(at != runs_.end());
  GRAPHDB_CHECK_LE(at->first, first);
  GRAPHDB_CHECK_GE(at->last, last);
  const Run old = *at;
  std::vector<Run> parts;
  if (old.first < first) parts.push_back({old.first, first.Prev(), old.term, old.segment});
  parts.push_back({first, last, old.term, segment});
  if (old.last > last) parts.push_back({last.Next(), old.last, old.term, old.segment});
  const auto gap = runs_.erase(at);
  runs_.insert(gap, parts.begin(), parts.end());
}

void GroupLog::Relocate(uint64_t from, uint64_t to) {
  for (Run& run : runs_) {
    if (run.segment == from) run.segment = to;
  }
}

void GroupLog::CompactTo(LogIndex through, Term term) {
  GRAPHDB_CHECK_GE(through, start_index_);
  while (!runs_.empty() && runs_.front().last <= through) runs_.pop_front();
  if (!runs_.empty() && runs_.front().first <= through) runs_.front().first = through.Next();
  start_index_ = through;
  start_term_ = term;
}

bool GroupLog::WouldKeepSuffix(LogIndex index, Term term) const {
  if (index > last_index()) return false;
  return TermAt(index) == term;
}

void GroupLog::Install(LogIndex index, Term term, bool keep_suffix) {
  if (!keep_suffix) runs_.clear();
  CompactTo(index, term);
}

uint64_t GroupLog::OldestSegment(uint64_t none) const {
  uint64_t oldest = none;
  for (const Run& run : runs_) oldest = std::min(oldest, run.segment);
  return oldest;
}

GroupCheckpoint GroupLog::Checkpoint() const {
  return {created, hard_state, start_index_, start_term_, last_index(), installed, installing};
}

}  // namespace graphdb::raft
