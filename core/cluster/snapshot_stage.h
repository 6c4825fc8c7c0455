// SnapshotStage: the receiving end of a whole-shard snapshot. Writes the pieces
// into a staging file, and once the last one is there and the checksum is
// right, makes file and name durable and hands the file over.
//
// Place: one per group that is being sent a snapshot; the group host installs
// what comes out (rule L6: stage and verify first).
//
// Invariants:
//   1. Pieces are written in order, one at a time; any other piece is answered
//      with what has been received.
//   2. A staged snapshot handed over has been read back from the disk with the
//      checksum the sender computed.
//
// Deterministic thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/coding.h"
#include "core/cluster/peer_link.h"
#include "core/env/env.h"

namespace graphdb::cluster {

// What the log's `installing` record carries, so that a start can redo it.
struct StagedSnapshot {
  std::string file;
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
  std::string meta;  // encoded raft snapshot message
};

// A staged file holds every key of the group with its value, in the order of keys.
void PutStagedPair(std::string* file, absl::string_view key, absl::string_view value);
// Takes one off the front; false where the bytes end before it does.
bool TakeStagedPair(ByteReader* in, absl::string_view* key, absl::string_view* value);

std::string EncodeManifest(const StagedSnapshot& staged);
absl::StatusOr<StagedSnapshot> DecodeManifest(absl::string_view bytes);

// Reads the whole file and compares size and checksum. kDataLoss.
absl::Status VerifyStaged(env::Disk& disk, const StagedSnapshot& staged);

// Held by shared_ptr: a completion of the disk may outlive the owner's interest.
class SnapshotStage : public std::enable_shared_from_this<SnapshotStage> {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<StagedSnapshot>)>;

  SnapshotStage(env::Env& env, PeerLink& link, NodeId from, const v1::SnapshotPiece& first,
                Done done);

  void Start();
  uint64_t id() const { return id_; }
  NodeId from() const { return from_; }
  bool staged() const { return phase_ == Phase::kStaged; }
  void OnPiece(const v1::SnapshotPiece& piece);
  // Tells the sender how it ended.
  void Answer(bool installed);

 private:
  enum class Phase { kCreating, kIdle, kWriting, kSealing, kStaged, kFailed };

  void WritePiece(const v1::SnapshotPiece& piece);
  void Seal();
  void Fail(absl::Status status);
  void Ack(bool installed, bool refused);

  env::Env& env_;
  PeerLink& link_;
  const NodeId from_;
  const uint32_t group_;
  const uint64_t id_;
  Done done_;
  StagedSnapshot staged_;
  env::FileId file_;
  Phase phase_ = Phase::kCreating;
  std::optional<v1::SnapshotPiece> held_;  // the first piece, until the file is there
  bool last_ = false;
};

}  // namespace graphdb::cluster
