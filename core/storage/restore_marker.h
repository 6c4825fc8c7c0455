// RestoreMarker: what a restore leaves in the engine of a node that belongs to
// no cluster yet. Founding reads it; a node refuses to start on an unfinished
// one (rule M1, docs/formats/restore-marker.md).
//
//   GRAPHDB_ASSIGN_OR_RETURN(auto marker, ReadRestoreMarker(engine));
//   GRAPHDB_RETURN_IF_ERROR(CheckRestoreFinished(marker));
//   if (marker) { found with oracle_bound = marker->to_seq + 1, ids from marker->id_bound on }
//
// Invariants:
//   1. kComplete is durable only after every restored version is.
//   2. Under kComplete the engine's graph is the snapshot's, at its timestamps.
//
// Plain value; functions as their reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/kv_engine.h"

namespace graphdb::storage {

// The tag of all batches of a restore: no group's, so that founding starts each
// group at an index of its own choice, and a crash keeps a prefix of the restore.
inline constexpr ShardId kRestoreGroup{0xfffeu};

struct RestoreMarker {
  enum class State : uint8_t { kInProgress = 1, kComplete = 2 };

  State state = State::kInProgress;
  std::string snapshot_id;     // 32 hex digits
  std::string source_cluster;  // 32 hex digits, or empty
  Timestamp to_seq;            // S: every restored version is at or below it
  uint64_t id_bound = 0;       // above every id in use, and every counter of a placed one
  uint64_t nodes = 0;
  uint64_t edges = 0;
  std::string digest;  // exact, 32 hex digits

  friend bool operator==(const RestoreMarker&, const RestoreMarker&) = default;
};

std::string EncodeRestoreMarker(const RestoreMarker& marker);
// kDataLoss, kUnimplemented (a newer version).
absl::StatusOr<RestoreMarker> DecodeRestoreMarker(absl::string_view bytes);

void PutRestoreMarker(env::KvBatch* batch, const RestoreMarker& marker);
// Unset: nothing was ever restored here.
absl::StatusOr<std::optional<RestoreMarker>> ReadRestoreMarker(const env::KvReader& reader);

// kFailedPrecondition for an unfinished restore; names the command that ends it.
absl::Status CheckRestoreFinished(const std::optional<RestoreMarker>& marker);

}  // namespace graphdb::storage
