#include "core/cluster/snapshot_stage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/crc32c.h"
#include "core/base/mutant.h"

namespace graphdb::cluster {
namespace {

constexpr uint8_t kManifestFormat = 1;
constexpr uint64_t kReadBytes = 1u << 20;

}  // namespace

void PutStagedPair(std::string* file, absl::string_view key, absl::string_view value) {
  PutBytes(file, key);
  PutBytes(file, value);
}

bool TakeStagedPair(ByteReader* in, absl::string_view* key, absl::string_view* value) {
  return in->Bytes(key) && in->Bytes(value);
}

std::string EncodeManifest(const StagedSnapshot& staged) {
  std::string out;
  out.push_back(static_cast<char>(kManifestFormat));
  PutBytes(&out, staged.file);
  PutFixed64(&out, staged.bytes);
  PutFixed32(&out, staged.crc32c);
  PutBytes(&out, staged.meta);
  return out;
}

absl::StatusOr<StagedSnapshot> DecodeManifest(absl::string_view bytes) {
  ByteReader in(bytes);
  StagedSnapshot staged;
  uint8_t format = 0;
  absl::string_view file, meta;
  if (!in.Fixed8(&format) || format != kManifestFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        "snapshot manifest of format ", +format, ", this program reads format ", +kManifestFormat));
  }
  if (!in.Bytes(&file) || !in.Fixed64(&staged.bytes) || !in.Fixed32(&staged.crc32c) ||
      !in.Bytes(&meta) || !in.empty()) {
    return absl::DataLossError("snapshot manifest is not whole");
  }
  staged.file = std::string(file);
  staged.meta = std::string(meta);
  return staged;
}

absl::Status VerifyStaged(env::Disk& disk, const StagedSnapshot& staged) {
  uint32_t crc = 0;
  uint64_t offset = 0;
  while (offset < staged.bytes) {
    absl::StatusOr<std::string> bytes =
        disk.Read(staged.file, offset, std::min(kReadBytes, staged.bytes - offset));
    if (!bytes.ok()) return bytes.status();
    if (bytes->empty()) break;
    crc = Crc32c(*bytes, crc);
    offset += bytes->size();
  }
  if (offset != staged.bytes || crc != staged.crc32c) {
    return absl::DataLossError(
        absl::StrFormat("file %s: %d bytes with crc32c %08x, expected %d bytes with %08x",
                        staged.file, offset, crc, staged.bytes, staged.crc32c));
  }
  return absl::OkStatus();
}

SnapshotStage::SnapshotStage(env::Env& env, PeerLink& link, NodeId from,
                             const v1::SnapshotPiece& first, Done done)
    : env_(env),
      link_(link),
      from_(from),
      group_(first.group()),
      id_(first.snapshot()),
      done_(std::move(done)) {
  staged_.file = absl::StrFormat("stage-%05d-%016x", group_, id_);
  staged_.meta = first.meta();
  held_ = first;
}

void SnapshotStage::Start() {
  env_.disk.Create(staged_.file, 0,
                   [self = shared_from_this(), this](absl::StatusOr<env::FileId> file) {
                     if (!file.ok()) {
                       Fail(file.status());
                       return;
                     }
                     file_ = *file;
                     phase_ = Phase::kIdle;
                     const v1::SnapshotPiece piece = *std::move(held_);
                     held_.reset();
                     OnPiece(piece);
                   });
}

void SnapshotStage::OnPiece(const v1::SnapshotPiece& piece) {
  if (phase_ == Phase::kCreating || phase_ == Phase::kWriting || phase_ == Phase::kFailed) return;
  if (phase_ == Phase::kIdle && !last_ && piece.offset() == staged_.bytes) {
    WritePiece(piece);
    return;
  }
  Ack(false, false);
}

void SnapshotStage::WritePiece(const v1::SnapshotPiece& piece) {
  phase_ = Phase::kWriting;
  const uint32_t crc = Crc32c(piece.data(), staged_.crc32c);
  if (crc != piece.crc32c()) {
    Fail(absl::DataLossError("a snapshot piece with a wrong checksum"));
    return;
  }
  const bool last = piece.last();
  const uint64_t size = piece.data().size();
  env_.disk.Write(file_, staged_.bytes, piece.data(),
                  [self = shared_from_this(), this, crc, last, size](absl::Status status) {
                    if (!status.ok()) {
                      Fail(std::move(status));
                      return;
                    }
                    staged_.crc32c = crc;
                    staged_.bytes += size;
                    last_ = last;
                    phase_ = Phase::kIdle;
                    Ack(false, false);
                    if (last_) Seal();
                  });
}

void SnapshotStage::Seal() {
  phase_ = Phase::kSealing;
  env_.disk.Sync(file_, [self = shared_from_this(), this](absl::Status status) {
    if (!status.ok()) {
      Fail(std::move(status));
      return;
    }
    env_.disk.Close(file_);
    env_.disk.SyncDir([self, this](absl::Status dir_status) {
      if (dir_status.ok() && !GRAPHDB_MUTANT("rule-L6.verify")) {
        dir_status = VerifyStaged(env_.disk, staged_);
      }
      if (!dir_status.ok()) {
        Fail(std::move(dir_status));
        return;
      }
      phase_ = Phase::kStaged;
      Done done = std::move(done_);
      done(staged_);
    });
  });
}

void SnapshotStage::Fail(absl::Status status) {
  phase_ = Phase::kFailed;
  Ack(false, true);
  Done done = std::move(done_);
  done(std::move(status));  // may destroy this object
}

void SnapshotStage::Answer(bool installed) { Ack(installed, !installed); }

void SnapshotStage::Ack(bool installed, bool refused) {
  v1::PeerMessage message;
  v1::SnapshotAck* ack = message.mutable_snapshot_ack();
  ack->set_group(group_);
  ack->set_snapshot(id_);
  ack->set_offset(staged_.bytes);
  ack->set_installed(installed);
  ack->set_refused(refused);
  link_.Send(from_, std::move(message));
}

}  // namespace graphdb::cluster
