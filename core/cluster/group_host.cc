#include "core/cluster/group_host.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/group_text.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/raft/codec.h"

namespace graphdb::cluster {
GroupHost::GroupHost(const NodeOptions& options, env::Env& env, PeerLink& link, raft::NodeLog& log,
                     raft::Liveness& liveness, ShardId group, ReplicaId self)
    : options_(options),
      env_(env),
      link_(link),
      log_(log),
      liveness_(liveness),
      group_(group),
      self_(self) {
  next_transfer_ = env.random.Stream("cluster.transfer", group.value()).Next();
}

GroupHost::~GroupHost() = default;

raft::Options GroupHost::RaftOptions() const {
  raft::Options options;
  options.shard = group_;
  options.self = self_;
  options.election_timeout = options_.election_timeout;
  options.heartbeat_interval = Duration();  // NodeBeats begins the rounds
  options.announce_commits = false;         // and tells of commits, soon enough
  options.max_append_entries = options_.max_append_entries;
  options.max_append_bytes = options_.tuning.append_bytes_max;
  options.max_inflight_messages = options_.tuning.inflight_messages_max;
  options.max_apply_bytes = options_.tuning.apply_bytes_max;
  return options;
}

absl::Status GroupHost::StartEmpty() {
  raft::GroupWrite write;
  write.shard = group_;
  write.created = raft::GroupCreated{self_, {}};
  raft::LogBatch batch;
  batch.writes.push_back(std::move(write));
  // Raft's own first write follows in the same log, in order.
  log_.Append(std::move(batch), [](absl::Status) {});
  raft::RecoveredGroup fresh;
  fresh.created.replica = self_;
  return MakeRaft(std::move(fresh));
}

absl::Status GroupHost::Start(raft::RecoveredGroup recovered) {
  if (recovered.installing.has_value() && !GRAPHDB_MUTANT("rule-L6.redo")) {
    GRAPHDB_ASSIGN_OR_RETURN(StagedSnapshot staged, DecodeManifest(recovered.installing->manifest));
    GRAPHDB_RETURN_IF_ERROR(VerifyStaged(env_.disk, staged));
    GRAPHDB_ASSIGN_OR_RETURN(const raft::Message header, raft::DecodeMessage(staged.meta));
    env_.log.Log(env::LogLevel::kInfo, "cluster",
                 absl::StrCat(GroupText(group_), ": redoing the install of a snapshot at index ",
                              header.snapshot.index.value()));
    recovered_ = std::move(recovered);
    Install(std::move(staged), header.snapshot);
    return absl::OkStatus();
  }
  return MakeRaft(std::move(recovered));
}

absl::Status GroupHost::MakeRaft(raft::RecoveredGroup recovered) {
  GRAPHDB_ASSIGN_OR_RETURN(std::optional<AppliedRecord> applied, ReadApplied(env_.kv, group_));
  if (applied.has_value()) {
    applied_ = *std::move(applied);
  } else {
    if (recovered.start_index > LogIndex(0)) {
      return absl::DataLossError(absl::StrCat(
          GroupText(group_), ": the log starts after index ", recovered.start_index.value(),
          ", the engine holds nothing of it (engine lost, or from another node?)"));
    }
    applied_ = AppliedRecord{recovered.start_index, recovered.start_term, recovered.created.config};
  }
  if (applied_.index < recovered.start_index) {
    return absl::DataLossError(absl::StrCat(
        GroupText(group_), ": the log starts after index ", recovered.start_index.value(),
        ", the engine holds it only through ", applied_.index.value()));
  }
  engine_durable_ = applied_.index;
  raft::RestartState state;
  state.hard_state = recovered.hard_state;
  state.config = applied_.config;
  state.applied = applied_.index;
  state.compacted_index = recovered.start_index;
  state.compacted_term = recovered.start_term;
  state.entries = std::move(recovered.entries);
  GRAPHDB_ASSIGN_OR_RETURN(raft_, raft::Group::Create(RaftOptions(), std::move(state),
                                                      env_.random.Stream("raft", group_.value()),
                                                      env_.clock.Monotonic(), &liveness_));
  return absl::OkStatus();
}

void GroupHost::Tick() {
  if (raft_ == nullptr || halted_) return;
  const Instant now = env_.clock.Monotonic();
  // Compaction makes a group ready without an event of its own.
  const bool due = now >= raft_->NextDeadline() || raft_->HasReady();
  if (!due && !GRAPHDB_MUTANT("rule-L2.idle-ticks")) return;
  GRAPHDB_COVER("cluster.group_tick");
  raft_->Tick(now);
  Pump();
}

void GroupHost::BeginRound() {
  if (!is_leader() || halted_) return;
  raft_->Tick(env_.clock.Monotonic());
  raft_->BeginRound();
}

void GroupHost::PumpRound() {
  if (raft_ != nullptr && (led_ || raft_->is_leader())) Pump();
}

void GroupHost::OnUnclaimed(ReplicaId from, raft::Round round) {
  if (raft_ == nullptr || halted_ || raft_->leader() != from) return;
  raft_->Tick(env_.clock.Monotonic());
  raft_->OnUnclaimed(from, round);
  Pump();
}

void GroupHost::OnRaftMessage(NodeId from, const raft::Message& message) {
  if (raft_ == nullptr || halted_) return;
  // A snapshot's header takes effect only with its staged files.
  if (message.type == raft::MessageType::kSnapshot) return;
  routes_[message.from] = from;
  raft_->Tick(env_.clock.Monotonic());
  raft_->Step(message);
  Pump();
}

absl::StatusOr<LogIndex> GroupHost::Propose(std::string data) {
  if (raft_ == nullptr || halted_) return absl::FailedPreconditionError("group is not running");
  if (!pumping_) raft_->Tick(env_.clock.Monotonic());
  absl::StatusOr<LogIndex> index = raft_->Propose(std::move(data));
  Pump();
  return index;
}

absl::Status GroupHost::ReadIndex(raft::ReadId id) {
  if (raft_ == nullptr || halted_) return absl::FailedPreconditionError("group is not running");
  if (!pumping_) raft_->Tick(env_.clock.Monotonic());
  const absl::Status status = raft_->ReadIndex(id);
  Pump();
  return status;
}

absl::Status GroupHost::ProposeConfig(const raft::Config& target) {
  if (raft_ == nullptr || halted_) return absl::FailedPreconditionError("group is not running");
  if (!pumping_) raft_->Tick(env_.clock.Monotonic());
  const absl::Status status = raft_->ProposeConfig(target).status();
  Pump();
  return status;
}

absl::Status GroupHost::TransferLeader(ReplicaId target) {
  if (raft_ == nullptr || halted_) return absl::FailedPreconditionError("group is not running");
  if (!pumping_) raft_->Tick(env_.clock.Monotonic());
  const absl::Status status = raft_->TransferLeader(target);
  Pump();
  return status;
}

NodeId GroupHost::leader_node() const {
  if (raft_ == nullptr || raft_->leader() == kNoReplica) return kNoNode;
  const NodeId node = raft_->config().NodeOf(raft_->leader());
  if (node != kNoNode) return node;
  if (auto it = routes_.find(raft_->leader()); it != routes_.end()) return it->second;
  return kNoNode;
}

void GroupHost::Pump() {
  if (pumping_) return;
  pumping_ = true;
  while (!halted_ && raft_->HasReady()) {
    raft::Ready ready = raft_->TakeReady();
    NoticeRole();
    if (ready.NeedsWrite()) Write(&ready);
    SendMessages(std::move(ready.messages));
    ApplyEntries(ready.committed);
    for (const raft::ReadState& read : ready.reads) reads_.emplace(read.index, read.id);
    ReleaseReads();
    for (const raft::ReadId id : ready.reads_failed) machine_->ReadFailed(id);
    for (raft::SnapshotRequest& request : ready.snapshot_requests) {
      StartSnapshot(std::move(request));
    }
  }
  if (!halted_) NoticeRole();
  pumping_ = false;
  link_.FlushRaft();
}

void GroupHost::NoticeRole() {
  if (led_ && (!raft_->is_leader() || raft_->term() != led_term_)) {
    led_ = false;
    senders_.clear();
    if (announced_) machine_->LostLeadership(led_term_);
    announced_ = false;
  }
  if (!led_ && raft_->is_leader()) {
    led_ = true;
    led_term_ = raft_->term();
    env_.log.Log(env::LogLevel::kInfo, "raft",
                 absl::StrCat(GroupText(group_), ": leads term ", led_term_.value()));
  }
  // The machine leads once the term's first own entry is applied: all that was
  // acknowledged before is in the state by then.
  if (led_ && !announced_ && applied_.term == led_term_) {
    announced_ = true;
    machine_->BecameLeader(led_term_);
  }
}

void GroupHost::Write(raft::Ready* ready) {
  raft::AppendDone done{Term(0), LogIndex(0), ready->seq};
  raft::GroupWrite write;
  write.shard = group_;
  write.hard_state = ready->hard_state;
  if (!ready->entries.empty()) {
    done.term = ready->entries.back().term;
    done.index = ready->entries.back().index;
  }
  if (ready->snapshot.has_value()) {
    GRAPHDB_CHECK(staged_.has_value()) << GroupText(group_) << " was given a snapshot by nobody";
    write.installing = raft::InstallBegun{ready->snapshot->index, EncodeManifest(*staged_)};
  }
  const std::optional<raft::SnapshotMeta> snapshot = ready->snapshot;
  if (snapshot.has_value() && !ready->entries.empty()) {
    GRAPHDB_CHECK(false) << "entries and a snapshot in one write";
  }
  write.entries = std::move(ready->entries);
  raft::LogBatch batch;
  batch.writes.push_back(std::move(write));
  if (snapshot.has_value() && GRAPHDB_MUTANT("rule-L6.installing-first")) {
    Install(*std::move(staged_), *snapshot);
    staged_.reset();
  }
  if (snapshot.has_value()) {
    install_pending_ = true;
    log_.Append(std::move(batch), [this, done, snapshot](absl::Status status) {
      if (!status.ok() || halted_) return;  // the log has halted the node
      raft_->Tick(env_.clock.Monotonic());
      raft_->OnAppendDone(done);
      if (staged_.has_value()) {
        StagedSnapshot staged = *std::move(staged_);
        staged_.reset();
        Install(std::move(staged), *snapshot);
      }
      Pump();
    });
  } else if (install_pending_) {
    deferred_.push_back({std::move(batch), done});
  } else {
    Append(std::move(batch), done);
  }
}

void GroupHost::Append(raft::LogBatch batch, raft::AppendDone done) {
  log_.Append(std::move(batch), [this, done](absl::Status status) {
    if (!status.ok() || halted_) return;  // the log has halted the node
    raft_->Tick(env_.clock.Monotonic());
    raft_->OnAppendDone(done);
    Pump();
  });
}

void GroupHost::SendMessages(std::vector<raft::Message> messages) {
  if (messages.empty()) return;
  for (const raft::Message& message : messages) {
    NodeId to = raft_->config().NodeOf(message.to);
    if (to == kNoNode) {
      if (auto heard = routes_.find(message.to); heard != routes_.end()) to = heard->second;
    }
    if (to == kNoNode || to == options_.self) continue;
    std::string bytes;
    raft::EncodeMessage(message, &bytes);
    link_.QueueRaft(to, std::move(bytes));
  }
}

void GroupHost::ApplyEntries(const std::vector<raft::Entry>& entries) {
  for (const raft::Entry& entry : entries) {
    env::KvBatch batch;
    absl::Status status;
    switch (entry.kind) {
      case raft::EntryKind::kNormal:
        status = machine_->Apply(entry, &batch);
        break;
      case raft::EntryKind::kNoop:
        machine_->Advance(entry, &batch);
        break;
      case raft::EntryKind::kConfig: {
        machine_->Advance(entry, &batch);
        absl::StatusOr<raft::Config> config = raft::DecodeConfig(entry.data);
        status = config.status();
        if (config.ok()) {
          applied_.config = *std::move(config);
          applied_.config.epoch = entry.index;
        }
        break;
      }
    }
    if (!status.ok()) {
      Halt(status);
      return;
    }
    applied_.index = entry.index;
    applied_.term = entry.term;
    if (GRAPHDB_MUTANT("rule-L5.applied-with-data")) {
      env::KvBatch applied_only;
      PutApplied(&applied_only, group_, applied_);
      status = env_.kv.Write(group_, entry.index, std::move(applied_only));
    } else {
      PutApplied(&batch, group_, applied_);
    }
    if (status.ok()) status = env_.kv.Write(group_, entry.index, std::move(batch));
    if (!status.ok()) {
      Halt(status);
      return;
    }
    raft_->ApplyDone(entry.index);
    machine_->Applied(entry);
    NoticeRole();
    if (halted_) return;
  }
}

void GroupHost::ReleaseReads() {
  while (!reads_.empty() && reads_.begin()->first <= applied_.index) {
    const auto [index, id] = *reads_.begin();
    reads_.erase(reads_.begin());
    machine_->ReadReady(id, index);
  }
}

void GroupHost::OnEngineDurable(LogIndex through) {
  engine_durable_ = std::max(engine_durable_, through);
}

void GroupHost::Compact(uint64_t keep) {
  if (raft_ == nullptr || halted_ || install_ != nullptr) return;
  LogIndex through = std::min(engine_durable_, applied_.index);
  if (GRAPHDB_MUTANT("rule-L5.keep-until-durable")) through = applied_.index;
  if (through.value() <= keep) return;
  through = LogIndex(through.value() - keep);
  if (through <= raft_->log().compacted_index()) return;
  raft_->Compact(through);
  log_.Compact(group_, through);
}

std::vector<raft::Entry> GroupHost::ReadEntries(LogIndex first, LogIndex last) const {
  if (raft_ == nullptr) return {};
  const raft::EntryLog& log = raft_->log();
  if (first < log.first_index() || last > log.last_index() || last < first) return {};
  std::vector<raft::Entry> entries;
  for (LogIndex i = first; i <= last; i = i.Next()) entries.push_back(log.At(i));
  return entries;
}

void GroupHost::Halt(const absl::Status& status) {
  halted_ = true;
  absl::Status named(status.code(),
                     absl::StrCat(GroupText(group_), ": ", absl::string_view(status.message())));
  status.ForEachPayload([&named](absl::string_view key, const absl::Cord& payload) {
    named.SetPayload(key, payload);
  });
  env_.process.Halt(named);
}

}  // namespace graphdb::cluster
