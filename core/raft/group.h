// Group: one replica of one Raft group, as a pure state machine. Events go in by
// the methods, everything to be done comes out of TakeReady(). No I/O, no clock
// of its own, no threads; chance only from the Random it is given.
//
//   group->Tick(clock.Monotonic());           // first, before each batch of events
//   group->Step(message);                     // from the network, any order, any number
//   group->Propose(bytes);
//   while (group->HasReady()) {
//     Ready ready = group->TakeReady();
//     if (ready.NeedsWrite()) log.Append(ready, [=](AppendDone done) {   // async, in order
//       group->OnAppendDone(done); });                          // then look at HasReady again
//     for (Message& m : ready.messages) network.Send(m);        // at once: never waits
//     Apply(ready.committed);          // in order; then group->ApplyDone(index)
//   }
//
// A message that relies on a write (votes, vote requests, append replies, any
// message of a term not yet durable) stays inside the group until the log says
// that the write is durable, and comes out of a later Ready: the host never
// holds a message that it must not send yet.
//
// Invariants (checked in invariants.cc; consensus rules in docs/adr/0010-raft-group.md):
//   1. Term and commit never fall; one vote and one leader per term.
//   2. compacted <= applied <= commit <= last, durable <= last.
//   3. No message of a term leaves before that term is durable here.
//   4. A leader's own entry counts from its durable completion only, and only
//      if the log has not been truncated below it since.
//   5. A leader commits by counting only entries of its own term.
//   6. A config takes effect when the host has applied it, and is handed out
//      only once a commit index covering it is durable in our log (L1).
//   7. After a restart: no campaign before applied reaches the durable commit (L1).
//   8. One config change at a time, none before an own-term entry is committed.
//   9. A read is answered at an index >= commit at its arrival, by a round begun
//      after it arrived, in a term with a committed entry of its own.
//
// Deterministic thread only; not reentrant.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/random.h"
#include "core/env/time.h"
#include "core/raft/entry_log.h"
#include "core/raft/liveness.h"
#include "core/raft/progress.h"
#include "core/raft/read_queue.h"
#include "core/raft/types.h"

namespace graphdb::raft {

struct Options {
  ShardId shard;
  ReplicaId self;
  // A follower campaigns after [1, 2) of this without a leader; a leader that
  // no quorum answered for this long steps down.
  Duration election_timeout = Duration::Milliseconds(1000);
  // Between two rounds of beats. Zero: the host begins them, by BeginRound().
  Duration heartbeat_interval = Duration::Milliseconds(100);
  // One append message: config key raft.max_append_entries.
  size_t max_append_entries = 1024;
  size_t max_append_bytes = 1u << 20;
  // The window per follower.
  size_t max_inflight_messages = 256;
  size_t max_inflight_bytes = 8u << 20;
  // Proposals beyond this many uncommitted bytes are refused (ResourceExhausted).
  size_t max_uncommitted_bytes = 64u << 20;
  // Committed entries per Ready.
  size_t max_apply_bytes = 4u << 20;
  size_t max_pending_reads = 65536;
  // Whether followers are told of a commit by an append of its own. Else they hear
  // of it with the next append or beat, and each entry costs a message and its
  // answer less per follower.
  bool announce_commits = true;
  // The longest proposal; has to fit a network message.
  size_t max_proposal_bytes = 8u << 20;
};

// What the log and the engine gave back at start.
struct RestartState {
  HardState hard_state;
  Config config;     // at `applied`; the founding config at index 0
  LogIndex applied;  // what the engine holds
  LogIndex compacted_index;
  Term compacted_term;
  std::vector<Entry> entries;  // compacted_index + 1 and on
};

// The read may be served from state applied through `index`.
struct ReadState {
  ReadId id;
  LogIndex index;
};

// The host makes a snapshot at an applied index >= min_index, puts its meta into
// `header.snapshot` and sends header and files to the peer; the peer's host
// steps the header once files are staged and verified. Ends with
// ReportSnapshot(), or with the peer's own acknowledgement.
struct SnapshotRequest {
  ReplicaId to;
  NodeId node;
  LogIndex min_index;
  Message header;
};

struct Ready {
  // --- to the log, as one atomic write. Empty, and seq kNoWrite: nothing.
  WriteSeq seq = kNoWrite;
  std::optional<HardState> hard_state;
  // Dense. The first index implies that the log holds nothing from there on.
  std::vector<Entry> entries;
  // Replace the whole log and state by this staged snapshot (rule L6): the log
  // write is the `installing` record; ApplyDone(meta.index) when installed.
  std::optional<SnapshotMeta> snapshot;
  bool NeedsWrite() const { return seq != kNoWrite; }

  // --- to the network, now.
  std::vector<Message> messages;

  // --- to the state machine. kConfig entries: store the config with applied.
  std::vector<Entry> committed;

  // --- to whoever waits.
  std::vector<ReadState> reads;
  std::vector<ReadId> reads_failed;  // leadership lost: ask again elsewhere
  std::vector<SnapshotRequest> snapshot_requests;
};

struct PeerStatus {
  ProgressState state = ProgressState::kProbe;
  LogIndex match;
  LogIndex next;
  bool paused = false;
  bool learner = false;
  size_t inflight_messages = 0;
  size_t inflight_bytes = 0;
};

struct Status {
  ShardId shard;
  ReplicaId self;
  Role role = Role::kFollower;
  Term term;
  ReplicaId vote;
  ReplicaId leader;  // kNoReplica: unknown
  LogIndex commit;
  LogIndex applied;
  LogIndex first;
  LogIndex last;
  LogIndex durable;
  size_t log_bytes = 0;
  Config config;
  ReplicaId transfer_target;  // kNoReplica: none
  bool own_term_committed = false;
  std::map<ReplicaId, PeerStatus> peers;  // leader only; without self
};

class Group {
 public:
  // DataLoss, with what does not fit, where the state can't be the outcome of a
  // crash (a gap, a commit beyond the log, a config beyond the commit). A
  // `liveness` of null means a beat per group; it outlives the group.
  static absl::StatusOr<std::unique_ptr<Group>> Create(const Options& options, RestartState state,
                                                       Random random, Instant now,
                                                       Liveness* liveness = nullptr);
  Group& operator=(const Group&) = delete;
  ~Group();

  // --- events. Time first: other methods use the instant of the last Tick.
  // REQUIRES: now never falls.
  void Tick(Instant now);
  // When Tick has something to do next, if nothing else happens.
  Instant NextDeadline() const;
  // Anything the network brought that DecodeMessage accepted. Messages for
  // another shard or replica id are dropped.
  void Step(const Message& message);
  void OnAppendDone(const AppendDone& done);
  // The state machine holds everything through `index` (<= what was handed out).
  void ApplyDone(LogIndex index);

  // --- requests. FailedPrecondition: not the leader (see leader()).
  // Unavailable: leadership transfer in progress. ResourceExhausted: too much
  // uncommitted, or too big. The index is a hope, not a promise: an entry of
  // another term may come to be there.
  absl::StatusOr<LogIndex> Propose(std::string data);
  // Joint consensus towards target.voters and target.learners (the other fields
  // are not looked at). The leader leaves the joint config by itself, unless
  // auto_leave is false: then the host calls LeaveJoint().
  // FailedPrecondition also: another change in progress, no own-term entry
  // committed yet. InvalidArgument: no voters, or a replica in both sets.
  absl::StatusOr<LogIndex> ProposeConfig(const Config& target, bool auto_leave = true);
  absl::StatusOr<LogIndex> LeaveJoint();
  // Answered by a Ready's reads or reads_failed. All reads asked for before the
  // next TakeReady share a round.
  absl::Status ReadIndex(ReadId id);
  // The target campaigns as soon as it has the whole log; until then, at most
  // for an election timeout, no proposals. To self: OK, nothing happens.
  absl::Status TransferLeader(ReplicaId target);
  // Starts a pre-vote now (a node that is preferred and sees no leader). False
  // where it must not: leader already, not a voter, rule L1.
  bool Campaign();
  // A round of beats, in which the reads that wait ride. A follower's does nothing.
  void BeginRound();
  // The node of `from` beats in `round` and claims other groups, not this one
  // (L2). Says nothing unless it is newer than what that leader said last.
  void OnUnclaimed(ReplicaId from, Round round);
  // The leader is known not to lead any more: campaign soon.
  void ForgetLeader();
  // The host's engine holds everything through `through` durably, and no
  // snapshot needs the entries. REQUIRES: through <= applied.
  void Compact(LogIndex through);
  void ReportSnapshot(ReplicaId peer, bool ok);
  // The connection to the peer broke: go back to probing.
  void ReportUnreachable(ReplicaId peer);

  // --- what to do. TakeReady never returns the same thing twice.
  bool HasReady() const;
  Ready TakeReady();

  // --- what is so.
  Role role() const { return role_; }
  bool is_leader() const { return role_ == Role::kLeader; }
  Term term() const { return hard_.term; }
  ReplicaId leader() const { return leader_; }
  bool transferring() const { return transfer_target_ != kNoReplica; }
  LogIndex commit() const { return hard_.commit; }
  LogIndex applied() const { return applied_; }
  // Entries through here are durable in our log, and still the log's.
  LogIndex durable() const { return durable_; }
  LogIndex last_index() const { return log_.last_index(); }
  // The config in effect (not a newer one in the log).
  const Config& config() const { return config_; }
  const EntryLog& log() const { return log_; }
  ReplicaId vote() const { return hard_.vote; }
  const ReadQueue& reads() const { return reads_; }
  const Options& options() const { return options_; }
  // A snapshot with this meta would be installed: it tells something new.
  bool WantsSnapshot(const SnapshotMeta& meta) const;
  Status GetStatus() const;

  // Every invariant that one replica can check, delta ones against the state at
  // the last call. Called after every method where costly checks are on.
  void CheckInvariants();

 private:
  friend class GroupTestPeer;

  // A write given out and not yet durable.
  struct PendingWrite {
    WriteSeq seq;
    HardState hard;
    Term last_term;             // of its last entry, as given out
    LogIndex last;              // likewise
    LogIndex valid;             // through here its entries are still the log's
    std::vector<Message> held;  // leave when it is durable
  };
  // What invariants.cc compares with.
  struct Seen {
    HardState hard;
    LogIndex applied;
    LogIndex compacted;
    Term durable_term;
    Role role = Role::kFollower;
    ReplicaId leader;
    std::vector<std::pair<ReplicaId, LogIndex>> match;  // as ordered as progress_
    bool valid = false;
  };

  Group(const Options& options, RestartState state, Random random, Instant now, Liveness* liveness);
  Group(const Group&) = default;  // of GroupTestPeer: a copy has the other's liveness

  // group.cc: time, messages in and out, writes, applying.
  bool Acceptable(const Message& m) const;
  bool HigherTerm(const Message& m);
  void LowerTerm(const Message& m);
  void Send(Message m);
  Message To(ReplicaId to, MessageType type) const;
  bool TermIsDurable() const;
  bool MustWrite() const;
  void FillWrite(Ready* ready);
  void FillCommitted(Ready* ready);
  LogIndex HandOutLimit() const;
  LogIndex ConfigToCover() const;
  void AppendEntry(Entry entry);
  void TruncateFrom(LogIndex from);
  bool CommitTo(LogIndex index);
  void ApplyConfigsThrough(LogIndex index);
  void Checked();

  // group_election.cc
  void ResetElectionDeadline();
  void BecomeFollower(Term term, ReplicaId leader);
  void BecomeLeader();
  bool MayCampaign() const;
  void StartPreVote();
  void StartElection(bool force);
  void RequestVotes(MessageType type, bool force);
  void CountElection();
  bool HearsLeader() const;
  void OnVoteRequest(const Message& m);
  void OnVoteReply(const Message& m);
  void OnTimeoutNow(const Message& m);
  void FailReads();

  // group_leader.cc
  void TickLeader();
  bool BeatsItself() const { return options_.heartbeat_interval > Duration(); }
  Instant QuorumHeard() const;
  bool ReadRoundDue() const;
  void StartRound(bool urgent);
  bool WantsAppend(const Progress& progress) const;
  void SendAppends();
  void SendAppend(ReplicaId to, Progress* progress);
  void RequestSnapshot(ReplicaId to, Progress* progress);
  LogIndex AppendOwn(EntryKind kind, std::string data);
  void MaybeCommit();
  void OnAppendReply(const Message& m);
  void OnHeartbeatReply(const Message& m);
  void NoteAnswer(Progress* progress, Round round);
  void ServeReads();
  void MaybeLeaveJoint();
  void MaybeFinishTransfer();
  void SyncProgress();
  absl::Status MayPropose() const;
  absl::Status MayProposeConfig() const;
  absl::StatusOr<LogIndex> AppendConfig(Config config);

  // group_follower.cc
  bool HeardFromLeader(const Message& m);
  void RejectAppend(const Message& m);
  bool TakeEntries(const Message& m);
  void OnAppend(const Message& m);
  void OnHeartbeat(const Message& m);
  void OnSnapshot(const Message& m);

  // invariants.cc
  void CheckState() const;
  void CheckLeaderState() const;
  void CheckChange() const;

  const Options options_;
  Random random_;
  GroupBeats group_beats_;
  Liveness* liveness_;
  Instant now_;

  Role role_ = Role::kFollower;
  HardState hard_;
  ReplicaId leader_;
  Config config_;
  EntryLog log_;

  // Writes.
  WriteSeq last_seq_;
  HardState written_;  // given out last
  HardState durable_hard_;
  LogIndex given_;                         // entries through here are in some write
  LogIndex durable_;                       // entries through here are durable, and still the log's
  bool restore_pending_ = false;           // a snapshot is to be given out
  std::optional<SnapshotMeta> restoring_;  // until ApplyDone of its index
  std::deque<PendingWrite> writes_;
  std::vector<Message> held_;  // for the next write, or the last one in flight
  std::vector<Message> out_;

  // Applying.
  LogIndex applied_;
  LogIndex handed_out_;
  LogIndex replay_through_;                    // the durable commit at start (L1)
  std::set<LogIndex> log_configs_;             // config entries not yet handed out
  std::map<LogIndex, Config> handed_configs_;  // handed out, not yet applied

  // Elections.
  Instant election_deadline_;
  Instant leader_heard_;
  // Of leader_ in this term: the newest round of its appends, and of all that
  // claimed us. Older than the first, a beat claims nothing; it denies nothing
  // unless newer than the second.
  Round leader_append_round_;
  Round leader_round_;
  std::map<ReplicaId, bool> votes_;

  // Leading.
  std::map<ReplicaId, Progress> progress_;
  std::deque<std::pair<Round, Instant>> rounds_;  // begun lately, for check-quorum
  Round round_;
  Instant next_beat_;
  LogIndex first_own_;       // index of this term's no-op
  LogIndex pending_config_;  // no config proposal before this is applied
  size_t uncommitted_bytes_ = 0;
  ReplicaId transfer_target_;
  Instant transfer_deadline_;
  bool transfer_sent_ = false;
  ReadQueue reads_;
  std::vector<ReadState> reads_done_;
  std::vector<ReadId> reads_failed_;
  std::vector<SnapshotRequest> snapshot_requests_;

  Seen seen_;
};

}  // namespace graphdb::raft
