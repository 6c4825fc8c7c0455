// SnapshotSender: sends the whole of one shard to one replica, piece by piece.
//
// Place: made by the group host when Raft finds that a follower needs entries
// that are compacted away; reads a stable engine snapshot taken at the applied
// index that `meta` names (rule L6; a whole shard, not resumable yet).
//
// Invariants:
//   1. One piece is under way at a time; the next leaves when the receiver has
//      acknowledged the bytes before it.
//   2. `done` is called exactly once: true when the receiver has installed.
//
// Bytes of the stream: for every key in order, varint length and key, varint
// length and value. Deterministic thread only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"
#include "core/cluster/peer_link.h"
#include "core/cluster/state_machine.h"
#include "core/env/env.h"
#include "core/env/kv_engine.h"

namespace graphdb::cluster {

inline constexpr int kSnapshotResendsMax = 20;

struct SnapshotTransfer {
  ShardId group;
  NodeId to;
  ReplicaId to_replica;
  uint64_t id = 0;   // drawn; names the transfer in pieces and acks
  std::string meta;  // an encoded raft snapshot message
};

class SnapshotSender {
 public:
  using Done = absl::AnyInvocable<void(bool installed)>;

  SnapshotSender(env::Env& env, PeerLink& link, SnapshotTransfer transfer,
                 std::unique_ptr<env::KvReader> reader, std::vector<storage::KeyRange> ranges,
                 size_t piece_bytes, Done done);
  ~SnapshotSender();

  void Start();
  void OnAck(const v1::SnapshotAck& ack);
  const SnapshotTransfer& transfer() const { return transfer_; }

 private:
  bool FillPiece();  // false: the engine could not be read
  void SendPiece();
  void Finish(bool installed);

  env::Env& env_;
  PeerLink& link_;
  const SnapshotTransfer transfer_;
  std::unique_ptr<env::KvReader> reader_;
  const std::vector<storage::KeyRange> ranges_;
  const size_t piece_bytes_;  // of a piece, about
  Done done_;

  size_t range_ = 0;
  std::unique_ptr<env::KvIterator> iterator_;
  uint64_t offset_ = 0;  // of piece_ in the stream
  std::string piece_;
  bool last_ = false;
  uint32_t crc_ = 0;  // of the stream through piece_
  int resends_ = 0;
  env::TimerId timer_ = env::kNoTimer;
};

}  // namespace graphdb::cluster
