// GroupHost: one replica of one group with everything around its Raft core: it
// pumps the core's Readys to the shared log, the network and the state machine,
// sends and installs whole-shard snapshots, and lets the log be compacted.
//
// Place: one per group and node, owned by Node. Whatever it calls back comes
// from inside Pump, which is entered once at a time.
//
// Invariants:
//   1. An entry is applied once, in order, in one engine batch with the applied
//      record (rule L5); the state machine never moves back.
//   2. A read is released to the state machine only when the applied index has
//      reached the index that Raft gave for it.
//   3. An install goes through: staged and verified, `installing` durable,
//      clear and ingest, engine flushed, `installed` durable (rule L6). A start
//      that finds the first record without the second does it again.
//
// Deterministic thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/cluster/applied_record.h"
#include "core/cluster/node.h"
#include "core/cluster/peer_link.h"
#include "core/cluster/snapshot_install.h"
#include "core/cluster/snapshot_sender.h"
#include "core/cluster/snapshot_stage.h"
#include "core/cluster/state_machine.h"
#include "core/env/env.h"
#include "core/raft/group.h"
#include "core/raft/log/node_log.h"

namespace graphdb::cluster {

class GroupHost {
 public:
  GroupHost(const NodeOptions& options, env::Env& env, PeerLink& link, raft::NodeLog& log,
            raft::Liveness& liveness, ShardId group, ReplicaId self);
  ~GroupHost();
  GroupHost(const GroupHost&) = delete;

  // The machine outlives the host's use of it; set before Start.
  void SetMachine(StateMachine* machine) { machine_ = machine; }
  // From what log and engine kept. Redoes a begun install first, and is ready
  // when `running()` turns true. kDataLoss where log and engine disagree.
  absl::Status Start(raft::RecoveredGroup recovered);
  // A replica that waits for its first snapshot or entries.
  absl::Status StartEmpty();

  bool running() const { return raft_ != nullptr; }
  void Tick();
  void OnRaftMessage(NodeId from, const raft::Message& message);
  // What NodeBeats asks for. What a round makes ready waits for PumpRound(), so
  // that all groups of the node are in it before anything else happens.
  void BeginRound();
  void PumpRound();
  void OnUnclaimed(ReplicaId from, raft::Round round);
  void OnSnapshotPiece(NodeId from, const v1::SnapshotPiece& piece);
  void OnSnapshotAck(NodeId from, const v1::SnapshotAck& ack);

  absl::StatusOr<LogIndex> Propose(std::string data);
  absl::Status ReadIndex(raft::ReadId id);
  absl::Status ProposeConfig(const raft::Config& target);
  absl::Status TransferLeader(ReplicaId target);

  // The engine holds everything of this group through `through` durably.
  void OnEngineDurable(LogIndex through);
  // Lets go of entries that are applied, durable in the engine, and beyond what
  // is kept for slow followers (`keep` entries).
  void Compact(uint64_t keep);
  std::vector<raft::Entry> ReadEntries(LogIndex first, LogIndex last) const;

  ShardId group() const { return group_; }
  const raft::Group* raft() const { return raft_.get(); }
  raft::Group* raft() { return raft_.get(); }
  bool is_leader() const { return raft_ != nullptr && raft_->is_leader(); }
  // kNoNode where unknown.
  NodeId leader_node() const;
  const AppliedRecord& applied() const { return applied_; }
  LogIndex engine_durable() const { return engine_durable_; }

 private:
  void Pump();
  void Write(raft::Ready* ready);
  void Append(raft::LogBatch batch, raft::AppendDone done);
  void SendMessages(std::vector<raft::Message> messages);
  void ApplyEntries(const std::vector<raft::Entry>& entries);
  void ReleaseReads();
  void NoticeRole();
  void StartSnapshot(raft::SnapshotRequest request);
  void OnStaged(NodeId from, uint64_t transfer, absl::StatusOr<StagedSnapshot> staged);
  void Install(StagedSnapshot staged, raft::SnapshotMeta meta);
  void FinishInstall(const raft::SnapshotMeta& meta);
  absl::Status MakeRaft(raft::RecoveredGroup recovered);
  raft::Options RaftOptions() const;
  void Halt(const absl::Status& status);

  const NodeOptions& options_;
  env::Env& env_;
  PeerLink& link_;
  raft::NodeLog& log_;
  raft::Liveness& liveness_;
  const ShardId group_;
  const ReplicaId self_;
  StateMachine* machine_ = nullptr;

  std::unique_ptr<raft::Group> raft_;
  AppliedRecord applied_;
  LogIndex engine_durable_;
  bool pumping_ = false;
  bool halted_ = false;

  bool led_ = false;
  bool announced_ = false;  // to the machine
  Term led_term_;
  std::map<ReplicaId, NodeId> routes_;           // whom we heard from, beside the config
  std::multimap<LogIndex, raft::ReadId> reads_;  // given, not applied so far yet

  std::map<NodeId, std::unique_ptr<SnapshotSender>> senders_;
  uint64_t next_transfer_;
  std::shared_ptr<SnapshotStage> stage_;
  std::optional<StagedSnapshot> staged_;  // stepped into Raft, not yet given out
  std::unique_ptr<SnapshotInstall> install_;
  // From the `installing` record to the `installed` one: what Raft wants written
  // meanwhile follows the snapshot, so it waits for that record's place in the log.
  struct DeferredWrite {
    raft::LogBatch batch;
    raft::AppendDone done;
  };
  bool install_pending_ = false;
  std::vector<DeferredWrite> deferred_;
  std::optional<raft::RecoveredGroup> recovered_;  // while a begun install is redone
};

}  // namespace graphdb::cluster
