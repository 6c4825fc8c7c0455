// Life of a group, time, messages in and out, writes and applying. The roles
// are in group_election.cc, group_leader.cc and group_follower.cc.
#include "core/raft/group.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/raft/codec.h"
#include "core/raft/membership.h"

namespace graphdb::raft {
namespace {

absl::Status Damaged(absl::string_view what, uint64_t have, uint64_t want) {
  return absl::DataLossError(
      absl::StrCat("raft restart state: ", what, " is ", have, ", expected ", want));
}

absl::Status ValidateEntries(const RestartState& state) {
  LogIndex index = state.compacted_index;
  Term term = state.compacted_term;
  for (const Entry& entry : state.entries) {
    index = index.Next();
    if (entry.index != index) {
      return Damaged("entry index", entry.index.value(), index.value());
    }
    if (entry.term < term || entry.term > state.hard_state.term) {
      return Damaged("entry term", entry.term.value(), term.value());
    }
    term = entry.term;
    if (entry.kind == EntryKind::kConfig) {
      GRAPHDB_ASSIGN_OR_RETURN(const Config config, DecodeConfig(entry.data));
      if (config.epoch != entry.index) {
        return Damaged("config epoch", config.epoch.value(), entry.index.value());
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateRestart(const RestartState& state) {
  GRAPHDB_RETURN_IF_ERROR(ValidateConfig(state.config));
  GRAPHDB_RETURN_IF_ERROR(ValidateEntries(state));
  const LogIndex last(state.compacted_index.value() + state.entries.size());
  if (state.applied < state.compacted_index) {
    return Damaged("applied index", state.applied.value(), state.compacted_index.value());
  }
  if (state.applied > last) return Damaged("last index", last.value(), state.applied.value());
  const LogIndex commit = state.hard_state.commit;
  if (commit > last) return Damaged("last index", last.value(), commit.value());
  // Rule L1: a config never took effect before its commit was durable.
  if (state.config.epoch > commit) {
    return Damaged("durable commit", commit.value(), state.config.epoch.value());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Group>> Group::Create(const Options& options, RestartState state,
                                                     Random random, Instant now,
                                                     Liveness* liveness) {
  GRAPHDB_CHECK_NE(options.self, kNoReplica);
  GRAPHDB_CHECK_LE(options.max_append_entries, kMessageEntriesMax);
  GRAPHDB_RETURN_IF_ERROR(ValidateRestart(state));
  return std::unique_ptr<Group>(new Group(options, std::move(state), random, now, liveness));
}

Group::Group(const Options& options, RestartState state, Random random, Instant now,
             Liveness* liveness)
    : options_(options),
      random_(random),
      liveness_(liveness != nullptr ? liveness : &group_beats_),
      now_(now),
      hard_(state.hard_state),
      config_(std::move(state.config)),
      log_(state.compacted_index, state.compacted_term),
      written_(state.hard_state),
      durable_hard_(state.hard_state),
      applied_(state.applied),
      handed_out_(state.applied),
      replay_through_(state.hard_state.commit) {
  for (Entry& entry : state.entries) AppendEntry(std::move(entry));
  log_configs_.erase(log_configs_.begin(), log_configs_.upper_bound(applied_));
  given_ = durable_ = log_.last_index();
  // The engine may be ahead of the commit index on disk, never of the log.
  hard_.commit = std::max(hard_.commit, applied_);
  ResetElectionDeadline();
  Checked();
}

Group::~Group() = default;

void Group::Checked() {
  if (CostlyChecksEnabled()) CheckInvariants();
}

// --- Time -------------------------------------------------------------------

void Group::Tick(Instant now) {
  GRAPHDB_CHECK_GE(now, now_) << "time of group " << options_.shard << " went back";
  now_ = now;
  // Each event ticks first. Where nothing is due nothing changes, and what holds
  // was checked after the event before.
  if (now_ < NextDeadline()) return;
  if (role_ == Role::kLeader) {
    TickLeader();
  } else {
    ResetElectionDeadline();
    if (MayCampaign()) StartPreVote();
  }
  Checked();
}

Instant Group::NextDeadline() const {
  if (role_ != Role::kLeader) return election_deadline_;
  Instant next = QuorumHeard() + options_.election_timeout;
  if (BeatsItself()) next = std::min(next, next_beat_);
  if (transfer_target_ != kNoReplica) next = std::min(next, transfer_deadline_);
  return next;
}

// --- Messages in --------------------------------------------------------------

bool Group::Acceptable(const Message& m) const {
  if (m.shard != options_.shard || m.to != options_.self || m.from == options_.self) {
    GRAPHDB_COVER("raft.message_for_another_replica");
    return GRAPHDB_MUTANT("raft.former-incarnation") && m.shard == options_.shard;
  }
  const bool asks_for_vote = m.type == MessageType::kVote || m.type == MessageType::kPreVote;
  if (asks_for_vote && !config_.Contains(m.from) && m.epoch.value() < config_.epoch.value()) {
    // Removed by a config it has not heard of: it can't be needed as leader.
    GRAPHDB_COVER("raft.vote_request_of_removed_replica");
    return false;
  }
  return true;
}

// False: the message is dealt with.
bool Group::HigherTerm(const Message& m) {
  const bool asks_for_vote = m.type == MessageType::kVote || m.type == MessageType::kPreVote;
  if (asks_for_vote && !m.force && HearsLeader() && !GRAPHDB_MUTANT("raft.no-stickiness")) {
    GRAPHDB_COVER("raft.vote_request_ignored_leader_heard");
    return false;
  }
  if (m.type == MessageType::kPreVote) return true;
  if (m.type == MessageType::kPreVoteReply && !m.reject) return true;
  const bool from_leader = m.type == MessageType::kAppend || m.type == MessageType::kHeartbeat ||
                           m.type == MessageType::kSnapshot;
  BecomeFollower(m.term, from_leader ? m.from : kNoReplica);
  return true;
}

// Tells a sender that is behind in terms, so that neither a deposed leader nor
// a replica that came back with a higher term is stuck.
void Group::LowerTerm(const Message& m) {
  if (m.type == MessageType::kPreVote) {
    Message reply = To(m.from, MessageType::kPreVoteReply);
    reply.reject = true;
    Send(std::move(reply));
    return;
  }
  if (m.type == MessageType::kHeartbeat) {
    if (GRAPHDB_MUTANT("rule-L2.veto")) return;
    GRAPHDB_COVER("raft.beat_vetoed");
    Message veto = To(m.from, MessageType::kHeartbeatReply);
    veto.round = m.round;
    Send(std::move(veto));
  } else if (m.type == MessageType::kAppend || m.type == MessageType::kSnapshot) {
    GRAPHDB_COVER("raft.deposed_leader_told");
    Send(To(m.from, MessageType::kAppendReply));
  }
}

void Group::Step(const Message& m) {
  if (!Acceptable(m)) return;
  if (m.term < hard_.term) {
    LowerTerm(m);
  } else if (m.term == hard_.term || HigherTerm(m)) {
    switch (m.type) {
      case MessageType::kPreVote:
      case MessageType::kVote:
        OnVoteRequest(m);
        break;
      case MessageType::kPreVoteReply:
      case MessageType::kVoteReply:
        OnVoteReply(m);
        break;
      case MessageType::kAppend:
        OnAppend(m);
        break;
      case MessageType::kHeartbeat:
        OnHeartbeat(m);
        break;
      case MessageType::kSnapshot:
        OnSnapshot(m);
        break;
      case MessageType::kAppendReply:
        OnAppendReply(m);
        break;
      case MessageType::kHeartbeatReply:
        OnHeartbeatReply(m);
        break;
      case MessageType::kTimeoutNow:
        OnTimeoutNow(m);
        break;
    }
  }
  Checked();
}

// --- Messages out -------------------------------------------------------------

Message Group::To(ReplicaId to, MessageType type) const {
  Message m;
  m.type = type;
  m.shard = options_.shard;
  m.from = options_.self;
  m.to = to;
  m.term = hard_.term;
  m.epoch = Epoch(config_.epoch.value());
  return m;
}

bool Group::TermIsDurable() const { return durable_hard_.term == hard_.term; }

// What a message promises decides when it may leave. Votes, requests for them
// and append replies promise what the next write holds; the others only that
// we are in this term.
void Group::Send(Message m) {
  switch (m.type) {
    case MessageType::kVoteReply:
      (GRAPHDB_MUTANT("raft.vote-before-durable") ? out_ : held_).push_back(std::move(m));
      return;
    case MessageType::kAppendReply:
      (GRAPHDB_MUTANT("raft.ack-before-durable") ? out_ : held_).push_back(std::move(m));
      return;
    case MessageType::kVote:
      held_.push_back(std::move(m));
      return;
    case MessageType::kHeartbeatReply:
      if (!TermIsDurable()) {
        held_.push_back(std::move(m));
      } else if (!liveness_->Answer(m)) {
        out_.push_back(std::move(m));
      }
      return;
    case MessageType::kAppend:
    case MessageType::kTimeoutNow:
      GRAPHDB_CHECK(TermIsDurable()) << "a leader's term is durable, " << hard_.term;
      out_.push_back(std::move(m));
      return;
    default:
      (TermIsDurable() ? out_ : held_).push_back(std::move(m));
      return;
  }
}

// --- Writes -------------------------------------------------------------------

void Group::AppendEntry(Entry entry) {
  if (entry.kind == EntryKind::kConfig) log_configs_.insert(entry.index);
  log_.Append(std::move(entry));
}

void Group::TruncateFrom(LogIndex from) {
  GRAPHDB_CHECK_GT(from, hard_.commit) << "truncating committed entries";
  GRAPHDB_COVER("raft.truncated");
  log_.TruncateFrom(from);
  log_configs_.erase(log_configs_.lower_bound(from), log_configs_.end());
  given_ = std::min(given_, from.Prev());
  durable_ = std::min(durable_, from.Prev());
  // What is still on its way to disk says nothing about what replaces it, even
  // should the same (term, index) come back later.
  for (PendingWrite& write : writes_) {
    if (write.valid < from) continue;
    GRAPHDB_COVER("raft.truncated_on_its_way_to_disk");
    if (!GRAPHDB_MUTANT("raft.aba")) write.valid = from.Prev();
  }
}

// The oldest committed config entry that waits for its commit to be durable.
LogIndex Group::ConfigToCover() const {
  const auto it = log_configs_.upper_bound(handed_out_);
  if (it == log_configs_.end() || *it > std::min(hard_.commit, durable_)) return LogIndex(0);
  return *it > durable_hard_.commit ? *it : LogIndex(0);
}

bool Group::MustWrite() const {
  if (hard_.term != written_.term || hard_.vote != written_.vote) return true;
  if (restore_pending_ || given_ < log_.last_index()) return true;
  // The commit index alone is worth no write, but for rule L1.
  return ConfigToCover() > written_.commit;
}

void Group::FillWrite(Ready* ready) {
  last_seq_ = last_seq_.Next();
  PendingWrite write;
  write.seq = last_seq_;
  ready->seq = last_seq_;
  if (hard_ != written_) ready->hard_state = hard_;
  write.hard = written_ = hard_;
  if (restore_pending_) {
    ready->snapshot = restoring_;
    write.valid = restoring_->index;
    restore_pending_ = false;
  }
  if (given_ < log_.last_index()) {
    ready->entries =
        log_.Slice(given_.Next(), log_.last_index(), std::numeric_limits<size_t>::max(),
                   std::numeric_limits<size_t>::max());
    given_ = log_.last_index();
    write.valid = write.last = given_;
    write.last_term = log_.last_term();
  }
  write.held = std::move(held_);
  held_.clear();
  writes_.push_back(std::move(write));
}

void Group::OnAppendDone(const AppendDone& done) {
  GRAPHDB_CHECK_LE(done.seq, last_seq_) << "completion of a write never given out";
  while (!writes_.empty() && writes_.front().seq <= done.seq) {
    PendingWrite& write = writes_.front();
    if (write.seq == done.seq) {
      GRAPHDB_CHECK_EQ(done.index, write.last) << "completion of another write";
      GRAPHDB_CHECK_EQ(done.term, write.last_term) << "completion of another write";
    }
    durable_hard_ = write.hard;
    durable_ = std::max(durable_, write.valid);
    out_.insert(out_.end(), std::make_move_iterator(write.held.begin()),
                std::make_move_iterator(write.held.end()));
    writes_.pop_front();
  }
  if (role_ == Role::kCandidate && TermIsDurable()) {
    GRAPHDB_CHECK_EQ(durable_hard_.vote, options_.self);
    votes_[options_.self] = true;
    CountElection();
  }
  if (role_ == Role::kLeader) MaybeCommit();
  Checked();
}

// --- Applying -----------------------------------------------------------------

bool Group::CommitTo(LogIndex index) {
  if (index <= hard_.commit) return false;
  GRAPHDB_CHECK_LE(index, log_.last_index()) << "commit beyond the log";
  if (role_ == Role::kLeader) {
    for (LogIndex i = hard_.commit.Next(); i <= index; i = i.Next()) {
      const size_t bytes = EntryBytes(log_.At(i));
      GRAPHDB_CHECK_GE(uncommitted_bytes_, bytes);
      uncommitted_bytes_ -= bytes;
    }
  }
  hard_.commit = index;
  return true;
}

LogIndex Group::HandOutLimit() const {
  if (restoring_.has_value()) return handed_out_;
  if (GRAPHDB_MUTANT("rule-L1.campaign-after-replay") && leader_ == kNoReplica) return handed_out_;
  // Never apply what our own disk could still lose.
  LogIndex limit =
      GRAPHDB_MUTANT("raft.apply-unsynced") ? hard_.commit : std::min(hard_.commit, durable_);
  if (GRAPHDB_MUTANT("rule-L1.config-durable-commit")) return limit;
  for (auto it = log_configs_.upper_bound(handed_out_); it != log_configs_.end(); ++it) {
    if (*it > limit) break;
    if (*it > durable_hard_.commit) {
      GRAPHDB_COVER("raft.config_waits_for_durable_commit");
      return it->Prev();
    }
  }
  return limit;
}

void Group::FillCommitted(Ready* ready) {
  const LogIndex limit = HandOutLimit();
  if (limit <= handed_out_) return;
  ready->committed = log_.Slice(handed_out_.Next(), limit, std::numeric_limits<size_t>::max(),
                                options_.max_apply_bytes);
  for (const Entry& entry : ready->committed) {
    if (entry.kind != EntryKind::kConfig) continue;
    absl::StatusOr<Config> config = DecodeConfig(entry.data);
    GRAPHDB_CHECK_OK(config.status()) << "config entry " << entry.index;
    handed_configs_.emplace(entry.index, *std::move(config));
  }
  handed_out_ = ready->committed.back().index;
  log_configs_.erase(log_configs_.begin(), log_configs_.upper_bound(handed_out_));
}

void Group::ApplyDone(LogIndex index) {
  if (restoring_.has_value() && index == restoring_->index) {
    GRAPHDB_CHECK_GE(durable_hard_.commit, index) << "installed before `installing` was durable";
    handed_out_ = index;
    handed_configs_.clear();
    handed_configs_.emplace(index, restoring_->config);
    restoring_.reset();
  }
  GRAPHDB_CHECK_GE(index, applied_) << "applied index fell";
  GRAPHDB_CHECK_LE(index, handed_out_) << "applied what was not handed out";
  applied_ = index;
  ApplyConfigsThrough(index);
  if (role_ == Role::kLeader) MaybeLeaveJoint();
  Checked();
}

void Group::ApplyConfigsThrough(LogIndex index) {
  bool changed = false;
  while (!handed_configs_.empty() && handed_configs_.begin()->first <= index) {
    config_ = std::move(handed_configs_.begin()->second);
    handed_configs_.erase(handed_configs_.begin());
    changed = true;
  }
  if (!changed || role_ != Role::kLeader) return;
  SyncProgress();
  if (!config_.IsVoter(options_.self)) {
    GRAPHDB_COVER("raft.leader_removed_itself");
    BecomeFollower(hard_.term, kNoReplica);
    return;
  }
  // The quorum may have become smaller.
  MaybeCommit();
  ServeReads();
}

void Group::Compact(LogIndex through) {
  if (through <= log_.compacted_index() || restoring_.has_value()) return;
  GRAPHDB_CHECK_LE(through, applied_) << "compacting what is not applied";
  log_.CompactThrough(through);
  Checked();
}

// --- Ready ----------------------------------------------------------------------

bool Group::HasReady() const {
  if (!out_.empty() || !held_.empty() || MustWrite()) return true;
  if (!reads_done_.empty() || !reads_failed_.empty() || !snapshot_requests_.empty()) return true;
  if (HandOutLimit() > handed_out_) return true;
  if (role_ != Role::kLeader) return false;
  if (ReadRoundDue()) return true;
  return std::any_of(progress_.begin(), progress_.end(),
                     [this](const auto& peer) { return WantsAppend(peer.second); });
}

Ready Group::TakeReady() {
  Ready ready;
  if (role_ == Role::kLeader) {
    if (ReadRoundDue()) StartRound(/*urgent=*/true);
    SendAppends();
  }
  if (MustWrite()) {
    FillWrite(&ready);
  } else if (!writes_.empty()) {
    // Everything these promise is in writes that are on their way.
    std::vector<Message>& held = writes_.back().held;
    held.insert(held.end(), std::make_move_iterator(held_.begin()),
                std::make_move_iterator(held_.end()));
    held_.clear();
  } else {
    out_.insert(out_.end(), std::make_move_iterator(held_.begin()),
                std::make_move_iterator(held_.end()));
    held_.clear();
  }
  FillCommitted(&ready);
  ready.messages = std::exchange(out_, {});
  for (const Message& m : ready.messages) {
    const bool campaigns_ahead =
        m.type == MessageType::kPreVote || (m.type == MessageType::kPreVoteReply && !m.reject);
    GRAPHDB_CHECK(campaigns_ahead || m.term <= durable_hard_.term || ActiveMutant() != nullptr)
        << MessageTypeName(m.type) << " of term " << m.term << " that is not durable";
  }
  ready.reads = std::exchange(reads_done_, {});
  ready.reads_failed = std::exchange(reads_failed_, {});
  ready.snapshot_requests = std::exchange(snapshot_requests_, {});
  Checked();
  return ready;
}

Status Group::GetStatus() const {
  Status s;
  s.shard = options_.shard;
  s.self = options_.self;
  s.role = role_;
  s.term = hard_.term;
  s.vote = hard_.vote;
  s.leader = leader_;
  s.commit = hard_.commit;
  s.applied = applied_;
  s.first = log_.first_index();
  s.last = log_.last_index();
  s.durable = durable_;
  s.log_bytes = log_.bytes();
  s.config = config_;
  s.transfer_target = transfer_target_;
  s.own_term_committed = role_ == Role::kLeader && hard_.commit >= first_own_;
  for (const auto& [id, progress] : progress_) {
    PeerStatus& peer = s.peers[id];
    peer.state = progress.state();
    peer.match = progress.match();
    peer.next = progress.next();
    peer.paused = progress.Paused(options_.max_inflight_messages, options_.max_inflight_bytes);
    peer.learner = config_.IsLearner(id);
    peer.inflight_messages = progress.inflights().count();
    peer.inflight_bytes = progress.inflights().bytes();
  }
  return s;
}

}  // namespace graphdb::raft
