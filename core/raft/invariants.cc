// What must hold in one replica after every call: the state by itself, and
// compared with the state after the call before (consensus rules 1-9 of group.h).
#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/raft/group.h"

namespace graphdb::raft {

void Group::CheckInvariants() {
  // A planted bug is to be found by what it does, in the world's oracles too.
  log_.CheckNewEntries();
  CheckState();
  CheckLeaderState();
  if (seen_.valid) CheckChange();
  seen_.hard = hard_;
  seen_.applied = applied_;
  seen_.compacted = log_.compacted_index();
  seen_.durable_term = durable_hard_.term;
  seen_.role = role_;
  seen_.leader = leader_;
  seen_.match.clear();
  for (const auto& [id, progress] : progress_) seen_.match.emplace_back(id, progress.match());
  seen_.valid = true;
}

void Group::CheckState() const {
  const LogIndex last = log_.last_index();
  GRAPHDB_CHECK_LE(log_.last_term(), hard_.term);
  GRAPHDB_CHECK_LE(hard_.commit, last);
  GRAPHDB_CHECK_LE(applied_, handed_out_);
  GRAPHDB_CHECK_LE(durable_, last);
  GRAPHDB_CHECK_LE(given_, last);
  GRAPHDB_CHECK(durable_ <= given_ || restore_pending_) << durable_ << " " << given_;
  if (!restoring_.has_value()) {
    GRAPHDB_CHECK_LE(log_.compacted_index(), applied_);
    GRAPHDB_CHECK_LE(handed_out_, hard_.commit);
  }
  GRAPHDB_CHECK_LE(durable_hard_.term, hard_.term);
  GRAPHDB_CHECK_LE(config_.epoch, applied_);
  // L1: the config in effect is covered by a durable commit index.
  GRAPHDB_CHECK_LE(config_.epoch, durable_hard_.commit);
  WriteSeq seq;
  for (const PendingWrite& write : writes_) {
    GRAPHDB_CHECK_LT(seq, write.seq);
    seq = write.seq;
    // What a write may still make durable is what it was given.
    const bool whole = write.valid > LogIndex(0) && write.valid == write.last;
    if (!whole || write.last <= log_.compacted_index()) continue;
    GRAPHDB_CHECK(log_.Matches(write.last, write.last_term)) << "a write of what is cut " << seq;
  }
  for (const LogIndex index : log_configs_) {
    GRAPHDB_CHECK_LE(index, last);
    if (index <= log_.compacted_index()) continue;
    GRAPHDB_CHECK(log_.At(index).kind == EntryKind::kConfig) << "no config at " << index;
  }
  if (role_ == Role::kCandidate) GRAPHDB_CHECK_EQ(hard_.vote, options_.self);
  if (role_ != Role::kLeader) GRAPHDB_CHECK(progress_.empty());
}

void Group::CheckLeaderState() const {
  if (role_ != Role::kLeader) return;
  GRAPHDB_CHECK_EQ(leader_, options_.self);
  GRAPHDB_CHECK_EQ(hard_.vote, options_.self);
  GRAPHDB_CHECK(TermIsDurable());
  GRAPHDB_CHECK(log_.Matches(first_own_, hard_.term) || first_own_ <= log_.compacted_index());
  size_t configs = 0;
  for (auto it = log_configs_.upper_bound(hard_.commit); it != log_configs_.end(); ++it) ++configs;
  GRAPHDB_CHECK_LE(configs, 1u) << "uncommitted config entries";
  for (const auto& [id, progress] : progress_) {
    GRAPHDB_CHECK_NE(id, options_.self);
    GRAPHDB_CHECK(config_.Contains(id)) << "progress of a stranger " << id;
    GRAPHDB_CHECK_LT(progress.match(), progress.next());
    GRAPHDB_CHECK_LE(progress.match(), log_.last_index());
    GRAPHDB_CHECK_LE(progress.next(), log_.last_index().Next());
    GRAPHDB_CHECK(progress.inflights().Ordered());
    if (progress.state() != ProgressState::kReplicate) {
      GRAPHDB_CHECK_EQ(progress.inflights().count(), 0u);
    }
  }
}

void Group::CheckChange() const {
  const bool same_term = seen_.hard.term == hard_.term;
  GRAPHDB_CHECK_GE(hard_.term, seen_.hard.term);
  GRAPHDB_CHECK_GE(hard_.commit, seen_.hard.commit);
  GRAPHDB_CHECK_GE(applied_, seen_.applied);
  GRAPHDB_CHECK_GE(log_.compacted_index(), seen_.compacted);
  GRAPHDB_CHECK_GE(durable_hard_.term, seen_.durable_term);
  if (!same_term) return;
  if (seen_.hard.vote != kNoReplica) GRAPHDB_CHECK_EQ(hard_.vote, seen_.hard.vote);
  if (seen_.leader != kNoReplica && leader_ != kNoReplica) {
    GRAPHDB_CHECK_EQ(leader_, seen_.leader) << "two leaders in term " << hard_.term;
  }
  if (seen_.role != Role::kLeader || role_ != Role::kLeader) return;
  if (hard_.commit > seen_.hard.commit) {
    GRAPHDB_CHECK(log_.Matches(hard_.commit, hard_.term)) << "commit by counting an older term";
  }
  auto before = seen_.match.begin();
  for (const auto& [id, progress] : progress_) {
    while (before != seen_.match.end() && before->first < id) ++before;
    if (before == seen_.match.end()) break;
    if (before->first == id) GRAPHDB_CHECK_GE(progress.match(), before->second) << "of " << id;
  }
}

}  // namespace graphdb::raft
