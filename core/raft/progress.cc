#include "core/raft/progress.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace graphdb::raft {

const char* ProgressStateName(ProgressState state) {
  switch (state) {
    case ProgressState::kProbe:
      return "probe";
    case ProgressState::kReplicate:
      return "replicate";
    case ProgressState::kSnapshot:
      return "snapshot";
  }
  return "unknown";
}

void Inflights::Add(LogIndex last, size_t bytes) {
  GRAPHDB_CHECK(window_.empty() || window_.back().last < last) << "window out of order";
  window_.push_back(Append{last, bytes});
  bytes_ += bytes;
}

void Inflights::FreeThrough(LogIndex index) {
  while (!window_.empty() && window_.front().last <= index) {
    GRAPHDB_CHECK_GE(bytes_, window_.front().bytes);
    bytes_ -= window_.front().bytes;
    window_.pop_front();
  }
}

void Inflights::Clear() {
  window_.clear();
  bytes_ = 0;
}

bool Inflights::Ordered() const {
  return std::is_sorted(window_.begin(), window_.end(),
                        [](const Append& a, const Append& b) { return a.last < b.last; });
}

void Progress::ResetTo(ProgressState state) {
  state_ = state;
  probe_sent_ = false;
  probe_due_ = false;
  inflights_.Clear();
}

void Progress::BecomeProbe(LogIndex assumed) {
  ResetTo(ProgressState::kProbe);
  next_ = std::max(match_, assumed).Next();
  snapshot_floor_ = LogIndex(0);
  sent_commit_ = std::min(sent_commit_, next_.Prev());
}

void Progress::BecomeReplicate() {
  ResetTo(ProgressState::kReplicate);
  next_ = match_.Next();
  snapshot_floor_ = LogIndex(0);
}

void Progress::BecomeSnapshot(LogIndex floor) {
  ResetTo(ProgressState::kSnapshot);
  snapshot_floor_ = floor;
  next_ = std::max(match_, floor).Next();
}

void Progress::Sent(size_t count, size_t bytes, LogIndex last, LogIndex commit) {
  GRAPHDB_CHECK(state_ != ProgressState::kSnapshot) << "append while in snapshot state";
  if (state_ == ProgressState::kReplicate) {
    if (count > 0) {
      next_ = last.Next();
      inflights_.Add(last, bytes);
    }
  }
  probe_sent_ = true;
  probe_due_ = false;
  sent_commit_ = std::max(sent_commit_, commit);
}

bool Progress::Acknowledge(LogIndex index) {
  if (GRAPHDB_MUTANT("raft.ack-not-monotonic") && index < match_) match_ = index;
  if (index <= match_) return false;
  match_ = index;
  next_ = std::max(next_, index.Next());
  probe_sent_ = false;
  return true;
}

bool Progress::Reject(LogIndex rejected, LogIndex hint) {
  if (state_ == ProgressState::kReplicate) {
    // Everything through match is known to be there: such a refusal is old.
    if (rejected <= match_) return false;
    next_ = match_.Next();
    sent_commit_ = std::min(sent_commit_, next_.Prev());
    return true;
  }
  // A probe is in flight alone; an answer to another one is old.
  if (next_.Prev() != rejected) return false;
  next_ = std::max(std::min(rejected, hint.Next()), match_.Next());
  sent_commit_ = std::min(sent_commit_, next_.Prev());
  probe_sent_ = false;
  return true;
}

bool Progress::WindowFull(size_t messages_max, size_t bytes_max) const {
  return inflights_.count() >= messages_max || inflights_.bytes() >= bytes_max;
}

bool Progress::Paused(size_t messages_max, size_t bytes_max) const {
  switch (state_) {
    case ProgressState::kProbe:
      return probe_sent_;
    case ProgressState::kReplicate:
      return probe_sent_ && WindowFull(messages_max, bytes_max);
    case ProgressState::kSnapshot:
      return true;
  }
  return true;
}

}  // namespace graphdb::raft
