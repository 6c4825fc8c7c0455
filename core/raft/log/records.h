// The records of the node-wide log: what one group, or the log itself, says in
// a block. Bytes: docs/formats/raft-log.md.
//
// Plain values; thread-safe as such.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/raft/types.h"

namespace graphdb::raft {

// Persisted: never renumber. An unknown kind is an error, never skipped.
enum class RecordKind : uint8_t {
  kHardState = 1,
  kEntry = 2,       // drops what the group has from its index on
  kMovedEntry = 3,  // the same entry in a newer segment; drops nothing
  kCreated = 4,
  kRemoved = 5,
  kInstalling = 6,
  kInstalled = 7,
  kCompacted = 8,
  kGroup = 9,     // checkpoint: replaces the group's small state
  kSegment = 10,  // checkpoint: an earlier segment and where it ends
  kFreed = 11,    // segments through an id are no longer part of the log
  kSize = 12,     // checkpoint: the bytes of the segment's file
  kNext = 13,     // at the end of a file: the segment that was begun after it
};

// A group came to this node (at founding or as a new replica).
struct GroupCreated {
  ReplicaId replica;
  Config config;  // empty for a replica that waits for a snapshot

  friend bool operator==(const GroupCreated&, const GroupCreated&) = default;
};

// Rule L6: a snapshot is about to replace the group's state; redone at start.
struct InstallBegun {
  LogIndex index;
  std::string manifest;

  friend bool operator==(const InstallBegun&, const InstallBegun&) = default;
};

// The snapshot is in place: the log now starts after `meta.index`.
struct InstallDone {
  SnapshotMeta meta;

  friend bool operator==(const InstallDone&, const InstallDone&) = default;
};

// What one group writes at once, applied in the order of the members.
struct GroupWrite {
  ShardId shard;
  std::optional<GroupCreated> created;
  std::optional<HardState> hard_state;
  std::optional<InstallBegun> installing;
  // Keeps the entries after the snapshot where the log has its last entry with
  // the same term, else drops all.
  std::optional<InstallDone> installed;
  std::vector<Entry> entries;
  bool removed = false;  // alone: the group leaves this node
};

struct LogBatch {
  std::vector<GroupWrite> writes;
};

// One group as read at start.
struct RecoveredGroup {
  GroupCreated created;
  HardState hard_state;
  // The entry before the first one kept; its entry is applied and durable in
  // the engine, or comes with `installing`.
  LogIndex start_index;
  Term start_term;
  // The config of the last finished install, if one is known here; the state
  // machine's own, if newer, wins.
  std::optional<SnapshotMeta> installed;
  std::optional<InstallBegun> installing;  // begun and not finished: redo it
  std::vector<Entry> entries;              // start_index + 1 and on, no gap
};

// One record as it stands in a block. Which members count depends on the kind.
struct Record {
  RecordKind kind = RecordKind::kHardState;
  ShardId shard;
  LogIndex index;  // kEntry, kMovedEntry, kInstalling, kInstalled, kCompacted, kGroup (its start)
  Term term;       // of that index
  std::string body;
};

// The checkpoint of a group: everything but its entries.
struct GroupCheckpoint {
  GroupCreated created;
  HardState hard_state;
  LogIndex start_index;
  Term start_term;
  LogIndex last_index;  // entries beyond it don't count
  std::optional<SnapshotMeta> installed;
  std::optional<InstallBegun> installing;

  friend bool operator==(const GroupCheckpoint&, const GroupCheckpoint&) = default;
};

struct SegmentEnd {
  uint64_t segment = 0;
  uint64_t end = 0;            // bytes of whole blocks
  uint64_t last_sequence = 0;  // of the block before `end`; 0: none

  friend bool operator==(const SegmentEnd&, const SegmentEnd&) = default;
};

std::string EncodeCreated(const GroupCreated& created);
std::string EncodeInstalled(const SnapshotMeta& meta, bool keep_suffix);
std::string EncodeCheckpoint(const GroupCheckpoint& checkpoint);
std::string EncodeSegmentEnd(const SegmentEnd& segment);
std::string EncodeU64(uint64_t value);

absl::StatusOr<GroupCreated> DecodeCreated(absl::string_view bytes);
absl::Status DecodeInstalled(absl::string_view bytes, SnapshotMeta* meta, bool* keep_suffix);
absl::StatusOr<GroupCheckpoint> DecodeCheckpoint(absl::string_view bytes);
absl::StatusOr<SegmentEnd> DecodeSegmentEnd(absl::string_view bytes);
absl::StatusOr<uint64_t> DecodeU64(absl::string_view bytes);

}  // namespace graphdb::raft
