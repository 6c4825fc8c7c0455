// VerifySnapshot: is a snapshot file what its hashes say, and does it hold
// together? Reads it and keeps nothing.
//
//   GRAPHDB_ASSIGN_OR_RETURN(SnapshotSummary summary, VerifySnapshot(read));
//
// Beside what SnapshotReader checks: every relationship's start and end are
// nodes of the file, and no relationship's id is there twice (a node's can't
// be: keys ascend).
//
// Ends and ids of relationships come in no order of their own, so the ids are
// held in memory, one bit each in words of 64 neighbours. A file whose ids take
// more than `id_words_max` words is read several times, each time with another
// part of the ids: 256 MiB at most are enough for 268 million elements in one
// reading where ids were counted up (a Milestone 2 node), and for 4 million per
// reading where they lie far apart.
//
// Errors: the reader's; kDataLoss "line N: relationship ..." for the above;
// kResourceExhausted for more ids than kVerifyPartsMax readings can take.
//
// Thread-safe (no state).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "core/migrate/snapshot_reader.h"

namespace graphdb::migrate {

// About 60 bytes each at worst, while a table grows.
inline constexpr size_t kVerifyIdWordsMax = size_t{4} << 20;
inline constexpr uint64_t kVerifyPartsMax = uint64_t{1} << 16;

// Bytes from an offset on, up to `bytes_max`; empty at the end of the file.
using ReadPiece = std::function<absl::StatusOr<std::string>(uint64_t offset, uint64_t bytes_max)>;

// `id_words_max` is at least 2: a node's and a relationship's.
absl::StatusOr<SnapshotSummary> VerifySnapshot(const ReadPiece& read,
                                               size_t id_words_max = kVerifyIdWordsMax);

}  // namespace graphdb::migrate
