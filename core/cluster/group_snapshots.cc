// The snapshot side of GroupHost: sending one to a follower that is behind the
// compacted log, staging and installing one that is sent to us (rule L6).
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/group_text.h"
#include "core/base/mutant.h"
#include "core/cluster/group_host.h"
#include "core/raft/codec.h"

namespace graphdb::cluster {

void GroupHost::StartSnapshot(raft::SnapshotRequest request) {
  if (senders_.count(request.node) > 0) return;  // one at a time to each node
  GRAPHDB_CHECK_GE(applied_.index, request.min_index);
  GRAPHDB_COVER("cluster.snapshot_sent");
  request.header.snapshot = raft::SnapshotMeta{applied_.index, applied_.term, applied_.config};
  SnapshotTransfer transfer;
  transfer.group = group_;
  transfer.to = request.node;
  transfer.to_replica = request.to;
  transfer.id = next_transfer_++;
  raft::EncodeMessage(request.header, &transfer.meta);
  const NodeId node = request.node;
  const ReplicaId replica = request.to;
  auto sender = std::make_unique<SnapshotSender>(
      env_, link_, std::move(transfer), env_.kv.Snapshot(), machine_->OwnedRanges(),
      options_.tuning.snapshot_piece_bytes, [this, node, replica](bool installed) {
        // After this event: the sender is still on the stack.
        env_.scheduler.Post("snapshot.sent", [this, node, replica, installed] {
          senders_.erase(node);
          if (halted_) return;
          raft_->Tick(env_.clock.Monotonic());
          raft_->ReportSnapshot(replica, installed);
          Pump();
        });
      });
  SnapshotSender* started = sender.get();
  senders_[node] = std::move(sender);
  started->Start();
}

void GroupHost::OnSnapshotAck(NodeId from, const v1::SnapshotAck& ack) {
  if (auto it = senders_.find(from); it != senders_.end()) it->second->OnAck(ack);
}

namespace {

void RefuseSnapshot(PeerLink& link, NodeId from, const v1::SnapshotPiece& piece) {
  v1::PeerMessage message;
  v1::SnapshotAck* ack = message.mutable_snapshot_ack();
  ack->set_group(piece.group());
  ack->set_snapshot(piece.snapshot());
  ack->set_refused(true);
  link.Send(from, std::move(message));
}

}  // namespace

void GroupHost::OnSnapshotPiece(NodeId from, const v1::SnapshotPiece& piece) {
  if (raft_ == nullptr || halted_ || piece.to_replica() != self_.value()) return;
  if (stage_ != nullptr && stage_->id() == piece.snapshot()) {
    stage_->OnPiece(piece);
    return;
  }
  if (staged_.has_value() || install_ != nullptr) return;
  if (piece.offset() != 0) {
    // We lost its beginning: to a restart, or to an older one that came late. Its
    // sender would ask for an answer for long.
    GRAPHDB_COVER("cluster.snapshot_refused");
    if (!GRAPHDB_MUTANT("cluster.refuses-rest-of-snapshot")) RefuseSnapshot(link_, from, piece);
    return;
  }
  const absl::StatusOr<raft::Message> header = raft::DecodeMessage(piece.meta());
  if (!header.ok() || header->type != raft::MessageType::kSnapshot) return;
  routes_[header->from] = from;
  if (!raft_->WantsSnapshot(header->snapshot)) {
    // Raft answers a useless snapshot with what it has, and the leader goes on from there.
    raft_->Tick(env_.clock.Monotonic());
    raft_->Step(*header);
    Pump();
    return;
  }
  const uint64_t transfer = piece.snapshot();
  stage_ = std::make_shared<SnapshotStage>(
      env_, link_, from, piece, [this, from, transfer](absl::StatusOr<StagedSnapshot> staged) {
        OnStaged(from, transfer, std::move(staged));
      });
  stage_->Start();
}

void GroupHost::OnStaged(NodeId from, uint64_t transfer, absl::StatusOr<StagedSnapshot> staged) {
  if (halted_ || stage_ == nullptr || stage_->id() != transfer) return;  // superseded
  if (!staged.ok()) {
    env_.log.Log(
        env::LogLevel::kWarning, "cluster",
        absl::StrCat(GroupText(group_), ": a snapshot from ", options_.peers[from.value()].name,
                     " was not staged: ", absl::string_view(staged.status().message())));
    stage_.reset();
    return;
  }
  const absl::StatusOr<raft::Message> header = raft::DecodeMessage(staged->meta);
  GRAPHDB_CHECK(header.ok()) << "decoded when the first piece came";
  if (!raft_->WantsSnapshot(header->snapshot)) {
    stage_->Answer(false);
    stage_.reset();
    return;
  }
  staged_ = *std::move(staged);
  raft_->Tick(env_.clock.Monotonic());
  raft_->Step(*header);
  Pump();
  if (install_pending_) return;
  // Raft had no use for it (an older term's, or the log has it all by now):
  // thrown away, or no later snapshot would ever be taken.
  GRAPHDB_COVER("cluster.snapshot_discarded");
  env_.disk.Remove(staged_->file, [](absl::Status) {});
  staged_.reset();
  stage_->Answer(false);
  stage_.reset();
}

void GroupHost::Install(StagedSnapshot staged, raft::SnapshotMeta meta) {
  GRAPHDB_CHECK(install_ == nullptr);
  GRAPHDB_COVER("cluster.snapshot_install");
  AppliedRecord applied{meta.index, meta.term, meta.config};
  install_ = std::make_unique<SnapshotInstall>(
      env_, group_, std::move(staged), std::move(applied), machine_->OwnedRanges(),
      options_.tuning.install_step_bytes, [this, meta](absl::Status status) {
        if (!status.ok()) {
          Halt(status);
          return;
        }
        env_.scheduler.Post("snapshot.ingested", [this, meta] { FinishInstall(meta); });
      });
  install_->Start();
}

void GroupHost::FinishInstall(const raft::SnapshotMeta& meta) {
  raft::GroupWrite write;
  write.shard = group_;
  write.installed = raft::InstallDone{meta};
  raft::LogBatch batch;
  batch.writes.push_back(std::move(write));
  log_.Append(std::move(batch), [this, meta](absl::Status status) {
    if (!status.ok() || halted_) return;
    env_.log.Log(
        env::LogLevel::kInfo, "cluster",
        absl::StrCat(GroupText(group_), ": installed a snapshot at index ", meta.index.value()));
    env_.disk.Remove(install_->staged().file, [](absl::Status) {});
    install_.reset();
    if (recovered_.has_value()) {
      raft::RecoveredGroup recovered = *std::move(recovered_);
      recovered_.reset();
      recovered.installing.reset();
      // What the `installed` record made of the log: entries after the snapshot
      // stay where the log has its last entry with the same term.
      while (!recovered.entries.empty() && recovered.entries.front().index < meta.index) {
        recovered.entries.erase(recovered.entries.begin());
      }
      const bool matches = !recovered.entries.empty() &&
                           recovered.entries.front().index == meta.index &&
                           recovered.entries.front().term == meta.term;
      if (matches) {
        recovered.entries.erase(recovered.entries.begin());
      } else {
        recovered.entries.clear();
      }
      recovered.start_index = meta.index;
      recovered.start_term = meta.term;
      recovered.hard_state.commit = std::max(recovered.hard_state.commit, meta.index);
      const absl::Status made = MakeRaft(std::move(recovered));
      if (!made.ok()) {
        Halt(made);
        return;
      }
      const absl::Status restored = machine_->Restored();
      if (!restored.ok()) Halt(restored);
      return;
    }
    applied_ = AppliedRecord{meta.index, meta.term, meta.config};
    engine_durable_ = meta.index;
    raft_->Tick(env_.clock.Monotonic());
    raft_->ApplyDone(meta.index);
    const absl::Status restored = machine_->Restored();
    if (!restored.ok()) {
      Halt(restored);
      return;
    }
    if (stage_ != nullptr) {
      stage_->Answer(true);
      stage_.reset();
    }
    Pump();
  });
  install_pending_ = false;
  std::vector<DeferredWrite> deferred;
  deferred.swap(deferred_);
  for (DeferredWrite& held : deferred) Append(std::move(held.batch), held.done);
}

}  // namespace graphdb::cluster
