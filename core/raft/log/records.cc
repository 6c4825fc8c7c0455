#include "core/raft/log/records.h"

#include "core/base/coding.h"
#include "core/base/status_macros.h"
#include "core/raft/codec.h"

namespace graphdb::raft {
namespace {

constexpr uint8_t kHasInstalled = 1;
constexpr uint8_t kHasInstalling = 2;

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(std::string("malformed record: ") + std::string(what));
}

std::string EncodedConfig(const Config& config) {
  std::string out;
  EncodeConfig(config, &out);
  return out;
}

std::string EncodedMeta(const SnapshotMeta& meta) {
  std::string out;
  EncodeSnapshotMeta(meta, &out);
  return out;
}

}  // namespace

std::string EncodeCreated(const GroupCreated& created) {
  std::string out;
  PutFixed64(&out, created.replica.value());
  PutBytes(&out, EncodedConfig(created.config));
  return out;
}

absl::StatusOr<GroupCreated> DecodeCreated(absl::string_view bytes) {
  ByteReader in(bytes);
  uint64_t replica = 0;
  absl::string_view config;
  if (!in.Fixed64(&replica) || !in.Bytes(&config)) return Malformed("group created");
  if (!in.empty()) return Malformed("bytes after group created");
  GroupCreated created{ReplicaId(replica), {}};
  GRAPHDB_ASSIGN_OR_RETURN(created.config, DecodeConfig(config));
  return created;
}

std::string EncodeInstalled(const SnapshotMeta& meta, bool keep_suffix) {
  std::string out(1, keep_suffix ? 1 : 0);
  PutBytes(&out, EncodedMeta(meta));
  return out;
}

absl::Status DecodeInstalled(absl::string_view bytes, SnapshotMeta* meta, bool* keep_suffix) {
  ByteReader in(bytes);
  uint8_t keep = 0;
  absl::string_view encoded;
  if (!in.Fixed8(&keep) || !in.Bytes(&encoded)) return Malformed("installed");
  if (keep > 1) return Malformed("installed: keep_suffix is neither 0 nor 1");
  if (!in.empty()) return Malformed("bytes after installed");
  *keep_suffix = keep == 1;
  GRAPHDB_ASSIGN_OR_RETURN(*meta, DecodeSnapshotMeta(encoded));
  return absl::OkStatus();
}

std::string EncodeCheckpoint(const GroupCheckpoint& checkpoint) {
  std::string out;
  PutBytes(&out, EncodeCreated(checkpoint.created));
  std::string hard_state;
  EncodeHardState(checkpoint.hard_state, &hard_state);
  PutBytes(&out, hard_state);
  PutVarint64(&out, checkpoint.start_index.value());
  PutVarint64(&out, checkpoint.start_term.value());
  PutVarint64(&out, checkpoint.last_index.value());
  const uint8_t flags = (checkpoint.installed.has_value() ? kHasInstalled : 0) |
                        (checkpoint.installing.has_value() ? kHasInstalling : 0);
  out.push_back(static_cast<char>(flags));
  if (checkpoint.installed.has_value()) PutBytes(&out, EncodedMeta(*checkpoint.installed));
  if (checkpoint.installing.has_value()) {
    PutVarint64(&out, checkpoint.installing->index.value());
    PutBytes(&out, checkpoint.installing->manifest);
  }
  return out;
}

absl::StatusOr<GroupCheckpoint> DecodeCheckpoint(absl::string_view bytes) {
  ByteReader in(bytes);
  absl::string_view created;
  absl::string_view hard_state;
  uint64_t start = 0;
  uint64_t term = 0;
  uint64_t last = 0;
  uint8_t flags = 0;
  if (!in.Bytes(&created) || !in.Bytes(&hard_state)) return Malformed("checkpoint");
  if (!in.Varint64(&start) || !in.Varint64(&term) || !in.Varint64(&last)) {
    return Malformed("checkpoint");
  }
  if (!in.Fixed8(&flags)) return Malformed("checkpoint flags");
  if ((flags & ~(kHasInstalled | kHasInstalling)) != 0) {
    return Malformed("checkpoint: unknown flags");
  }
  GroupCheckpoint checkpoint;
  GRAPHDB_ASSIGN_OR_RETURN(checkpoint.created, DecodeCreated(created));
  GRAPHDB_ASSIGN_OR_RETURN(checkpoint.hard_state, DecodeHardState(hard_state));
  checkpoint.start_index = LogIndex(start);
  checkpoint.start_term = Term(term);
  checkpoint.last_index = LogIndex(last);
  if ((flags & kHasInstalled) != 0) {
    absl::string_view meta;
    if (!in.Bytes(&meta)) return Malformed("checkpoint: installed");
    GRAPHDB_ASSIGN_OR_RETURN(SnapshotMeta decoded, DecodeSnapshotMeta(meta));
    checkpoint.installed = std::move(decoded);
  }
  if ((flags & kHasInstalling) != 0) {
    uint64_t index = 0;
    absl::string_view manifest;
    if (!in.Varint64(&index) || !in.Bytes(&manifest)) return Malformed("checkpoint: installing");
    checkpoint.installing = InstallBegun{LogIndex(index), std::string(manifest)};
  }
  if (!in.empty()) return Malformed("bytes after checkpoint");
  if (checkpoint.last_index < checkpoint.start_index) return Malformed("checkpoint: last < start");
  return checkpoint;
}

std::string EncodeSegmentEnd(const SegmentEnd& segment) {
  std::string out;
  PutFixed64(&out, segment.segment);
  PutFixed64(&out, segment.end);
  PutFixed64(&out, segment.last_sequence);
  return out;
}

absl::StatusOr<SegmentEnd> DecodeSegmentEnd(absl::string_view bytes) {
  ByteReader in(bytes);
  SegmentEnd segment;
  if (!in.Fixed64(&segment.segment) || !in.Fixed64(&segment.end)) return Malformed("segment end");
  if (!in.Fixed64(&segment.last_sequence) || !in.empty()) return Malformed("segment end");
  return segment;
}

std::string EncodeU64(uint64_t value) {
  std::string out;
  PutFixed64(&out, value);
  return out;
}

absl::StatusOr<uint64_t> DecodeU64(absl::string_view bytes) {
  ByteReader in(bytes);
  uint64_t value = 0;
  if (!in.Fixed64(&value) || !in.empty()) return Malformed("number");
  return value;
}

}  // namespace graphdb::raft
