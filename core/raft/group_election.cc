// Elections: pre-vote, vote, becoming follower or leader.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/raft/codec.h"
#include "core/raft/group.h"
#include "core/raft/quorum.h"

namespace graphdb::raft {

void Group::ResetElectionDeadline() {
  const Duration spread = random_.UniformDuration(options_.election_timeout);
  election_deadline_ = now_ + options_.election_timeout + spread;
}

bool Group::HearsLeader() const {
  if (role_ == Role::kLeader) return true;
  if (leader_ == kNoReplica) return false;
  return now_ - leader_heard_ < options_.election_timeout;
}

void Group::FailReads() {
  const std::vector<ReadId> failed = reads_.FailAll();
  reads_failed_.insert(reads_failed_.end(), failed.begin(), failed.end());
}

void Group::BecomeFollower(Term term, ReplicaId leader) {
  GRAPHDB_CHECK_GE(term, hard_.term);
  if (term > hard_.term) {
    hard_.term = term;
    hard_.vote = kNoReplica;
  }
  if (role_ == Role::kLeader) {
    FailReads();
    progress_.clear();
    rounds_.clear();
    transfer_target_ = kNoReplica;
  }
  role_ = Role::kFollower;
  leader_ = leader;
  leader_append_round_ = Round(0);
  leader_round_ = Round(0);
  if (leader != kNoReplica) leader_heard_ = now_;
  votes_.clear();
  ResetElectionDeadline();
}

void Group::ForgetLeader() {
  if (role_ != Role::kFollower || leader_ == kNoReplica) return;
  GRAPHDB_COVER("raft.leader_forgotten");
  leader_ = kNoReplica;
  const Duration soon = random_.UniformDuration(options_.election_timeout);
  election_deadline_ = std::min(election_deadline_, now_ + soon);
  Checked();
}

void Group::OnUnclaimed(ReplicaId from, Round round) {
  if (leader_ != from || GRAPHDB_MUTANT("rule-L2.unclaimed")) return;
  if (round <= leader_round_ && !GRAPHDB_MUTANT("rule-L2.old-beat-denies")) {
    GRAPHDB_COVER("raft.old_beat");
    return;
  }
  ForgetLeader();
}

bool Group::MayCampaign() const {
  if (role_ == Role::kLeader || !config_.IsVoter(options_.self)) return false;
  if (restoring_.has_value()) return false;
  // L1: the engine may have lost its last batches, and with them configs that
  // were in effect before the crash.
  if (applied_ < replay_through_ && !GRAPHDB_MUTANT("rule-L1.campaign-after-replay")) {
    GRAPHDB_COVER("raft.campaign_refused_replaying");
    return false;
  }
  // A committed config that is not in effect here yet may have changed who votes.
  if (!handed_configs_.empty()) return false;
  return log_configs_.empty() || *log_configs_.begin() > hard_.commit ||
         GRAPHDB_MUTANT("rule-L1.campaign-after-replay");
}

bool Group::Campaign() {
  if (!MayCampaign()) return false;
  StartPreVote();
  Checked();
  return true;
}

void Group::StartPreVote() {
  role_ = Role::kPreCandidate;
  leader_ = kNoReplica;
  votes_.clear();
  votes_[options_.self] = true;
  ResetElectionDeadline();
  RequestVotes(MessageType::kPreVote, /*force=*/false);
  CountElection();
}

void Group::StartElection(bool force) {
  role_ = Role::kCandidate;
  leader_ = kNoReplica;
  hard_.term = hard_.term.Next();
  hard_.vote = options_.self;
  // Our own vote counts once it is durable (OnAppendDone).
  votes_.clear();
  ResetElectionDeadline();
  RequestVotes(MessageType::kVote, force);
}

void Group::RequestVotes(MessageType type, bool force) {
  for (const auto& [id, node] : config_.Everyone()) {
    if (id == options_.self || !config_.IsVoter(id)) continue;
    Message m = To(id, type);
    if (type == MessageType::kPreVote) m.term = hard_.term.Next();
    m.index = log_.last_index();
    m.log_term = log_.last_term();
    m.force = force;
    Send(std::move(m));
  }
}

void Group::CountElection() {
  switch (CountVotes(config_, votes_)) {
    case VoteResult::kPending:
      return;
    case VoteResult::kLost:
      BecomeFollower(hard_.term, kNoReplica);
      return;
    case VoteResult::kWon:
      if (role_ == Role::kPreCandidate) {
        StartElection(/*force=*/false);
      } else if (TermIsDurable()) {
        BecomeLeader();
      }
      return;
  }
}

void Group::OnVoteRequest(const Message& m) {
  const bool pre_vote = m.type == MessageType::kPreVote;
  const bool free = hard_.vote == m.from || (hard_.vote == kNoReplica && leader_ == kNoReplica) ||
                    (pre_vote && m.term > hard_.term) || GRAPHDB_MUTANT("raft.vote-twice");
  const bool up_to_date = m.log_term > log_.last_term() ||
                          (m.log_term == log_.last_term() && m.index >= log_.last_index()) ||
                          GRAPHDB_MUTANT("raft.vote-ignores-log");
  const bool grant = free && up_to_date;
  Message reply = To(m.from, pre_vote ? MessageType::kPreVoteReply : MessageType::kVoteReply);
  reply.reject = !grant;
  if (grant && pre_vote) reply.term = m.term;
  if (grant && !pre_vote) {
    // Learners vote too: one may have been promoted by a config it has not seen.
    hard_.vote = m.from;
    ResetElectionDeadline();
  }
  // Two candidates of one term: neither may win, and where a voter is dead neither
  // hears so. Whoever draws the shorter time goes first in the next term.
  if (!grant && !pre_vote && role_ == Role::kCandidate) {
    GRAPHDB_COVER("raft.split_vote");
    const Duration soon = random_.UniformDuration(options_.election_timeout);
    election_deadline_ = std::min(election_deadline_, now_ + soon);
  }
  Send(std::move(reply));
}

void Group::OnVoteReply(const Message& m) {
  const bool pre_vote = m.type == MessageType::kPreVoteReply;
  if (role_ != (pre_vote ? Role::kPreCandidate : Role::kCandidate)) return;
  // A granted pre-vote names the term it was asked for.
  if (pre_vote && !m.reject && m.term != hard_.term.Next()) return;
  votes_.emplace(m.from, !m.reject);
  CountElection();
}

void Group::OnTimeoutNow(const Message& m) {
  if (role_ == Role::kLeader || leader_ != m.from || !MayCampaign()) {
    GRAPHDB_COVER("raft.timeout_now_refused");
    return;
  }
  StartElection(/*force=*/true);
}

void Group::BecomeLeader() {
  GRAPHDB_CHECK(role_ == Role::kCandidate);
  GRAPHDB_CHECK(TermIsDurable()) << "leader of a term that is not durable";
  role_ = Role::kLeader;
  leader_ = options_.self;
  votes_.clear();
  progress_.clear();
  SyncProgress();
  round_ = liveness_->Begin(Round(0));
  rounds_.assign(1, {round_, now_});
  next_beat_ = now_ + options_.heartbeat_interval;
  transfer_target_ = kNoReplica;
  // There may be a config entry among what we inherited.
  pending_config_ = log_.last_index();
  uncommitted_bytes_ = 0;
  for (LogIndex i = hard_.commit.Next(); i <= log_.last_index(); i = i.Next()) {
    uncommitted_bytes_ += EntryBytes(log_.At(i));
  }
  first_own_ = AppendOwn(EntryKind::kNoop, "");
}

}  // namespace graphdb::raft
