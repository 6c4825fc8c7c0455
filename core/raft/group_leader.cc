// Leading: rounds of beats, appends, commit, reads, transfer, config changes.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/raft/codec.h"
#include "core/raft/group.h"
#include "core/raft/membership.h"
#include "core/raft/quorum.h"

namespace graphdb::raft {
namespace {

constexpr Instant kEndOfTime = Instant::FromNanoseconds(std::numeric_limits<int64_t>::max() / 2);
constexpr Round kEndOfRounds{std::numeric_limits<uint64_t>::max()};

}  // namespace

// --- Time and rounds ------------------------------------------------------------

void Group::TickLeader() {
  if (now_ - QuorumHeard() > options_.election_timeout && !GRAPHDB_MUTANT("raft.no-check-quorum")) {
    GRAPHDB_COVER("raft.check_quorum_step_down");
    BecomeFollower(hard_.term, kNoReplica);
    return;
  }
  if (transfer_target_ != kNoReplica && now_ >= transfer_deadline_) {
    GRAPHDB_COVER("raft.transfer_aborted");
    transfer_target_ = kNoReplica;
  }
  if (BeatsItself() && now_ >= next_beat_) StartRound(/*urgent=*/false);
}

// The start of the newest round that a quorum has answered.
Instant Group::QuorumHeard() const {
  return QuorumReached<Instant>(
      config_,
      [this](ReplicaId id) {
        if (id == options_.self) return now_;
        const auto it = progress_.find(id);
        return it == progress_.end() ? Instant() : it->second.heard;
      },
      kEndOfTime);
}

bool Group::ReadRoundDue() const {
  if (!reads_.waiting() || reads_.riding()) return false;
  return hard_.commit >= first_own_ || GRAPHDB_MUTANT("raft.read-before-own-commit");
}

void Group::BeginRound() {
  if (role_ == Role::kLeader) StartRound(/*urgent=*/false);
  Checked();
}

void Group::StartRound(bool urgent) {
  const Round round = liveness_->Begin(round_);
  GRAPHDB_CHECK_GT(round, round_);
  round_ = round;
  rounds_.emplace_back(round_, now_);
  // Answers to older rounds can't keep check-quorum satisfied anyway.
  while (now_ - rounds_.front().second > options_.election_timeout * 2) rounds_.pop_front();
  if (hard_.commit >= first_own_ || GRAPHDB_MUTANT("raft.read-before-own-commit")) {
    reads_.BeginRound(round_, hard_.commit);
  }
  for (const auto& [id, progress] : progress_) {
    Message beat = To(id, MessageType::kHeartbeat);
    // Never more than the follower is known to have.
    beat.commit = std::min(hard_.commit, progress.match());
    beat.round = round_;
    GRAPHDB_CHECK(TermIsDurable());
    if (!liveness_->Beat(config_.NodeOf(id), beat, urgent)) out_.push_back(std::move(beat));
  }
  next_beat_ = now_ + options_.heartbeat_interval;
  ServeReads();
}

void Group::NoteAnswer(Progress* progress, Round round) {
  if (round > round_) return;  // not of ours
  if (round < round_ && reads_.riding()) GRAPHDB_COVER("raft.late_answer_meets_read");
  if (GRAPHDB_MUTANT("raft.stale-read-round")) round = round_;
  if (round <= progress->round_answered) return;
  if (round >= rounds_.front().first) {
    const auto begun = std::lower_bound(
        rounds_.begin(), rounds_.end(), round,
        [](const std::pair<Round, Instant>& each, Round r) { return each.first < r; });
    if (begun->first != round) return;  // another group's
    progress->heard = std::max(progress->heard, begun->second);
  }
  progress->round_answered = round;
  ServeReads();
}

void Group::ServeReads() {
  if (!reads_.riding()) return;
  const Round reached = QuorumReached<Round>(
      config_,
      [this](ReplicaId id) {
        if (id == options_.self) return round_;
        const auto it = progress_.find(id);
        return it == progress_.end() ? Round(0) : it->second.round_answered;
      },
      kEndOfRounds);
  reads_.Confirm(reached, [this](ReadId id, LogIndex index) {
    reads_done_.push_back({id, index});
  });
}

absl::Status Group::ReadIndex(ReadId id) {
  if (role_ != Role::kLeader) return absl::FailedPreconditionError("not the leader");
  if (reads_.size() >= options_.max_pending_reads) {
    return absl::ResourceExhaustedError("too many reads wait for a round");
  }
  reads_.Add(id);
  return absl::OkStatus();
}

// --- Appends --------------------------------------------------------------------

void Group::SyncProgress() {
  for (auto it = progress_.begin(); it != progress_.end();) {
    it = config_.Contains(it->first) ? std::next(it) : progress_.erase(it);
  }
  for (const auto& [id, node] : config_.Everyone()) {
    if (id == options_.self || progress_.count(id) > 0) continue;
    Progress& progress = progress_[id];
    progress = Progress(LogIndex(0), log_.last_index().Next());
    // It has not had its chance to answer yet.
    progress.heard = now_;
  }
  if (transfer_target_ != kNoReplica && config_.voters.count(transfer_target_) == 0) {
    transfer_target_ = kNoReplica;
  }
}

bool Group::WantsAppend(const Progress& progress) const {
  if (progress.Paused(options_.max_inflight_messages, options_.max_inflight_bytes)) return false;
  if (progress.next() <= log_.compacted_index()) {
    // Snapshots go to those only who are there to take them.
    return progress.round_answered > Round(0);
  }
  if (progress.state() == ProgressState::kProbe || progress.probe_due()) return true;
  if (progress.next() <= log_.last_index()) return true;
  return options_.announce_commits && progress.sent_commit() < hard_.commit;
}

void Group::SendAppends() {
  for (auto& [id, progress] : progress_) {
    while (WantsAppend(progress)) SendAppend(id, &progress);
  }
}

void Group::SendAppend(ReplicaId to, Progress* progress) {
  if (progress->next() <= log_.compacted_index()) {
    RequestSnapshot(to, progress);
    return;
  }
  Message m = To(to, MessageType::kAppend);
  m.index = progress->next().Prev();
  const std::optional<Term> prev_term = log_.TermAt(m.index);
  GRAPHDB_CHECK(prev_term.has_value()) << "append to " << to << " after " << m.index;
  m.log_term = *prev_term;
  m.commit = hard_.commit;
  m.round = round_;
  const bool full =
      progress->WindowFull(options_.max_inflight_messages, options_.max_inflight_bytes);
  if (!full && progress->next() <= log_.last_index()) {
    m.entries = log_.Slice(progress->next(), log_.last_index(), options_.max_append_entries,
                           options_.max_append_bytes);
  }
  size_t bytes = 0;
  for (const Entry& entry : m.entries) bytes += EntryBytes(entry);
  const LogIndex last(m.index.value() + m.entries.size());
  progress->Sent(m.entries.size(), bytes, last, m.commit);
  Send(std::move(m));
}

void Group::RequestSnapshot(ReplicaId to, Progress* progress) {
  GRAPHDB_COVER("raft.snapshot_requested");
  progress->BecomeSnapshot(log_.compacted_index());
  SnapshotRequest request;
  request.to = to;
  request.node = config_.NodeOf(to);
  request.min_index = log_.compacted_index();
  request.header = To(to, MessageType::kSnapshot);
  snapshot_requests_.push_back(std::move(request));
}

void Group::ReportSnapshot(ReplicaId peer, bool ok) {
  const auto it = progress_.find(peer);
  if (it == progress_.end() || it->second.state() != ProgressState::kSnapshot) return;
  it->second.BecomeProbe(ok ? it->second.snapshot_floor() : LogIndex(0));
  // Wait for the next beat's answer rather than try in a tight loop.
  it->second.PauseUntilAnswer();
  Checked();
}

void Group::ReportUnreachable(ReplicaId peer) {
  const auto it = progress_.find(peer);
  if (it == progress_.end() || it->second.state() != ProgressState::kReplicate) return;
  it->second.BecomeProbe();
  it->second.PauseUntilAnswer();
  Checked();
}

void Group::OnAppendReply(const Message& m) {
  if (role_ != Role::kLeader) return;
  const auto it = progress_.find(m.from);
  if (it == progress_.end()) return;
  Progress& progress = it->second;
  NoteAnswer(&progress, m.round);
  if (m.reject) {
    LogIndex hint = std::min(m.hint, log_.last_index());
    if (m.log_term > Term(0)) hint = log_.NewestAtMost(hint, m.log_term);
    if (progress.Reject(m.index, hint) && progress.state() == ProgressState::kReplicate) {
      GRAPHDB_COVER("raft.replicate_to_probe");
      progress.BecomeProbe();
    }
    return;
  }
  if (m.index > log_.last_index()) return;  // not of ours
  const bool advanced = progress.Acknowledge(m.index);
  const bool matches = progress.match() == m.index;
  if (!advanced && !(matches && progress.state() == ProgressState::kProbe)) return;
  switch (progress.state()) {
    case ProgressState::kProbe:
      progress.BecomeReplicate();
      break;
    case ProgressState::kSnapshot:
      // Any way by which it caught up with what we still have will do.
      if (progress.match() >= log_.compacted_index()) progress.BecomeReplicate();
      break;
    case ProgressState::kReplicate:
      progress.FreeThrough(m.index);
      break;
  }
  if (advanced) MaybeCommit();
  MaybeFinishTransfer();
}

void Group::OnHeartbeatReply(const Message& m) {
  if (role_ != Role::kLeader) return;
  const auto it = progress_.find(m.from);
  if (it == progress_.end()) return;
  NoteAnswer(&it->second, m.round);
  // It lives, and lacks something: whatever we sent last may be lost.
  if (it->second.match() < log_.last_index() || it->second.state() == ProgressState::kProbe) {
    it->second.AllowOneProbe();
  }
}

void Group::MaybeCommit() {
  const LogIndex reached = QuorumReached<LogIndex>(
      config_,
      [this](ReplicaId id) {
        if (id == options_.self) {
          return GRAPHDB_MUTANT("raft.leader-counts-unsynced") ? log_.last_index() : durable_;
        }
        const auto it = progress_.find(id);
        return it == progress_.end() ? LogIndex(0) : it->second.match();
      },
      kNoIndexLimit);
  GRAPHDB_CHECK_NE(reached, kNoIndexLimit) << "a leader is a voter";
  if (reached <= hard_.commit) return;
  // Figure 8 of the Raft paper: an older term's entry is safe only below one of ours.
  if (!log_.Matches(reached, hard_.term) && !GRAPHDB_MUTANT("raft.figure8")) return;
  CommitTo(reached);
}

// --- Requests -------------------------------------------------------------------

LogIndex Group::AppendOwn(EntryKind kind, std::string data) {
  Entry entry;
  entry.term = hard_.term;
  entry.index = log_.last_index().Next();
  entry.kind = kind;
  entry.data = std::move(data);
  uncommitted_bytes_ += EntryBytes(entry);
  AppendEntry(std::move(entry));
  return log_.last_index();
}

absl::Status Group::MayPropose() const {
  if (role_ != Role::kLeader) return absl::FailedPreconditionError("not the leader");
  if (transfer_target_ != kNoReplica && !GRAPHDB_MUTANT("raft.propose-during-transfer")) {
    return absl::UnavailableError("leadership is being transferred");
  }
  return absl::OkStatus();
}

absl::StatusOr<LogIndex> Group::Propose(std::string data) {
  GRAPHDB_RETURN_IF_ERROR(MayPropose());
  if (data.size() > options_.max_proposal_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("proposal of ", data.size(), " bytes, at most ", options_.max_proposal_bytes));
  }
  if (uncommitted_bytes_ > 0 && uncommitted_bytes_ + data.size() > options_.max_uncommitted_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(uncommitted_bytes_, " bytes of proposals are not committed yet"));
  }
  const LogIndex index = AppendOwn(EntryKind::kNormal, std::move(data));
  Checked();
  return index;
}

absl::Status Group::MayProposeConfig() const {
  GRAPHDB_RETURN_IF_ERROR(MayPropose());
  if (hard_.commit < first_own_ && !GRAPHDB_MUTANT("raft.config-before-own-commit")) {
    return absl::FailedPreconditionError("no entry of this term is committed yet");
  }
  if (applied_ < pending_config_ && !GRAPHDB_MUTANT("raft.two-configs-pending")) {
    return absl::FailedPreconditionError("another config change is in progress");
  }
  return absl::OkStatus();
}

absl::StatusOr<LogIndex> Group::AppendConfig(Config config) {
  config.epoch = log_.last_index().Next();
  GRAPHDB_CHECK_OK(ValidateConfig(config));
  std::string bytes;
  EncodeConfig(config, &bytes);
  pending_config_ = AppendOwn(EntryKind::kConfig, std::move(bytes));
  GRAPHDB_CHECK_EQ(pending_config_, config.epoch);
  return pending_config_;
}

absl::StatusOr<LogIndex> Group::ProposeConfig(const Config& target, bool auto_leave) {
  GRAPHDB_RETURN_IF_ERROR(MayProposeConfig());
  GRAPHDB_ASSIGN_OR_RETURN(Config joint, EnterJoint(config_, target, auto_leave));
  absl::StatusOr<LogIndex> index = AppendConfig(std::move(joint));
  Checked();
  return index;
}

absl::StatusOr<LogIndex> Group::LeaveJoint() {
  GRAPHDB_RETURN_IF_ERROR(MayProposeConfig());
  GRAPHDB_ASSIGN_OR_RETURN(Config next, raft::LeaveJoint(config_));
  absl::StatusOr<LogIndex> index = AppendConfig(std::move(next));
  Checked();
  return index;
}

void Group::MaybeLeaveJoint() {
  if (!config_.joint() || !config_.auto_leave) return;
  // A transfer in progress does not stop it: the log grows by one entry.
  if (hard_.commit < first_own_ || applied_ < pending_config_) return;
  absl::StatusOr<Config> next = raft::LeaveJoint(config_);
  GRAPHDB_CHECK_OK(next.status());
  GRAPHDB_CHECK_OK(AppendConfig(*std::move(next)).status());
}

absl::Status Group::TransferLeader(ReplicaId target) {
  if (role_ != Role::kLeader) return absl::FailedPreconditionError("not the leader");
  if (target == options_.self) return absl::OkStatus();
  if (config_.voters.count(target) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("replica ", target.value(), " is not a voter of this group"));
  }
  if (transfer_target_ == target) return absl::OkStatus();
  transfer_target_ = target;
  transfer_deadline_ = now_ + options_.election_timeout;
  transfer_sent_ = false;
  MaybeFinishTransfer();
  Checked();
  return absl::OkStatus();
}

void Group::MaybeFinishTransfer() {
  if (transfer_target_ == kNoReplica || transfer_sent_) return;
  const auto it = progress_.find(transfer_target_);
  if (it == progress_.end() || it->second.match() < log_.last_index()) return;
  transfer_sent_ = true;
  Send(To(transfer_target_, MessageType::kTimeoutNow));
}

}  // namespace graphdb::raft
