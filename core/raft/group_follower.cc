// Following: appends, beats and snapshots of the leader.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/raft/group.h"

namespace graphdb::raft {

// False: the message contradicts what we know of this term's leader. Only a new
// round is news of its life: a copy that comes late, when the leader may be long
// dead, would keep us from electing another.
bool Group::HeardFromLeader(const Message& m) {
  if (role_ == Role::kLeader || (leader_ != kNoReplica && leader_ != m.from)) {
    GRAPHDB_COVER("raft.second_leader_of_a_term");
    return false;
  }
  if (role_ != Role::kFollower || leader_ == kNoReplica) {
    BecomeFollower(hard_.term, m.from);
  } else if (m.round <= leader_round_ && !GRAPHDB_MUTANT("rule-L2.old-news")) {
    return true;
  }
  leader_round_ = std::max(leader_round_, m.round);
  leader_heard_ = now_;
  ResetElectionDeadline();
  return true;
}

void Group::RejectAppend(const Message& m) {
  Message reply = To(m.from, MessageType::kAppendReply);
  reply.round = m.round;
  reply.reject = true;
  reply.index = m.index;
  // Skip everything of terms that the leader's log can't have there.
  reply.hint = log_.NewestAtMost(std::min(m.index, log_.last_index()), m.log_term);
  reply.log_term = log_.TermAt(reply.hint).value_or(Term(0));
  Send(std::move(reply));
}

// False: the entries contradict what is committed here.
bool Group::TakeEntries(const Message& m) {
  if (GRAPHDB_MUTANT("raft.truncate-by-old-append") && m.index >= hard_.commit &&
      log_.last_index() > m.index) {
    TruncateFrom(m.index.Next());
  }
  for (const Entry& entry : m.entries) {
    if (log_.Matches(entry.index, entry.term)) continue;
    if (entry.index <= log_.last_index()) {
      if (entry.index <= hard_.commit) {
        GRAPHDB_COVER("raft.append_contradicts_commit");
        return false;
      }
      TruncateFrom(entry.index);
    }
    AppendEntry(entry);
  }
  return true;
}

void Group::OnAppend(const Message& m) {
  if (!HeardFromLeader(m)) return;
  leader_append_round_ = std::max(leader_append_round_, m.round);
  Message reply = To(m.from, MessageType::kAppendReply);
  reply.round = m.round;
  if (m.index < hard_.commit) {
    // Old: what is committed here is the leader's too.
    reply.index = hard_.commit;
    Send(std::move(reply));
    return;
  }
  if (!log_.Matches(m.index, m.log_term)) {
    RejectAppend(m);
    return;
  }
  if (!TakeEntries(m)) return;
  reply.index = LogIndex(m.index.value() + m.entries.size());
  const LogIndex known =
      GRAPHDB_MUTANT("raft.commit-beyond-match") ? log_.last_index() : reply.index;
  CommitTo(std::min(m.commit, known));
  Send(std::move(reply));
}

void Group::OnHeartbeat(const Message& m) {
  if (leader_ == m.from && m.round < leader_append_round_ &&
      !GRAPHDB_MUTANT("rule-L2.old-beat-claims")) {
    GRAPHDB_COVER("raft.old_beat");
    return;
  }
  if (!HeardFromLeader(m)) return;
  CommitTo(std::min(m.commit, log_.last_index()));
  Message reply = To(m.from, MessageType::kHeartbeatReply);
  reply.round = m.round;
  Send(std::move(reply));
}

bool Group::WantsSnapshot(const SnapshotMeta& meta) const {
  return meta.index > hard_.commit && !restoring_.has_value() &&
         meta.config.Contains(options_.self);
}

void Group::OnSnapshot(const Message& m) {
  if (!HeardFromLeader(m)) return;
  const SnapshotMeta& meta = m.snapshot;
  Message reply = To(m.from, MessageType::kAppendReply);
  if (!WantsSnapshot(meta)) {
    GRAPHDB_COVER("raft.snapshot_not_wanted");
    // While one is being installed, its index is what we have.
    reply.index = hard_.commit;
    Send(std::move(reply));
    return;
  }
  if (log_.Matches(meta.index, meta.term)) {
    // The log has it all: keep what follows, and don't install anything.
    GRAPHDB_COVER("raft.snapshot_fast_forward");
    CommitTo(meta.index);
    reply.index = hard_.commit;
    Send(std::move(reply));
    return;
  }
  // What is here and not in the snapshot can't be committed: drop it.
  for (PendingWrite& write : writes_) write.valid = LogIndex(0);
  log_.Reset(meta.index, meta.term);
  log_configs_.clear();
  hard_.commit = meta.index;
  given_ = meta.index;
  durable_ = LogIndex(0);
  restoring_ = meta;
  restore_pending_ = true;
  reply.index = meta.index;
  Send(std::move(reply));
}

}  // namespace graphdb::raft
