// MVCC: the versions of a logical key, newest first.
//
//   PutVersion(&batch, NodeKey(id), commit_ts, EncodeNode(node));
//   GRAPHDB_ASSIGN_OR_RETURN(auto seen, ReadAt(reader, NodeKey(id), start_ts));
//   if (seen.has_value() && !seen->tombstone) ... DecodeNode(id, seen->value)
//
// Invariants:
//   1. An engine key is logical key + ~timestamp (big-endian), the value one
//      kind byte and the payload (docs/formats/keys.md).
//   2. A version, once written, is only ever written again with the same bytes:
//      writing the versions of a set in any order, with repeats, gives the same
//      engine (rule M1).
//   3. Bounds of ranges are logical keys or prefixes of them; they never extend
//      one (but for PrefixRange ends).
//
// Errors: kDataLoss for what isn't a version; the reader's own.
// Not synchronised: as its reader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/env/kv_engine.h"
#include "core/storage/keys.h"

namespace graphdb::storage {

struct Versioned {
  Timestamp ts;
  bool tombstone = false;
  std::string value;  // empty for a tombstone
  friend bool operator==(const Versioned&, const Versioned&) = default;
};

std::string VersionedKey(absl::string_view logical_key, Timestamp ts);
// False where `key` is too short.
bool SplitVersionedKey(absl::string_view key, absl::string_view* logical_key, Timestamp* ts);

void PutVersion(env::KvBatch* batch, absl::string_view logical_key, Timestamp ts,
                absl::string_view value);
void PutTombstone(env::KvBatch* batch, absl::string_view logical_key, Timestamp ts);

// The newest version <= ts (a tombstone is one), and the newest of all.
absl::StatusOr<std::optional<Versioned>> ReadAt(const env::KvReader& reader,
                                                absl::string_view logical_key, Timestamp ts);
absl::StatusOr<std::optional<Versioned>> NewestVersion(const env::KvReader& reader,
                                                       absl::string_view logical_key);

struct ScanOptions {
  Timestamp ts;
  size_t entries_max = 0;  // entries of a page; > 0
  // Ends a page early, so that a range full of tombstones is many short steps:
  // logical keys looked at. 0: 16 * entries_max.
  size_t visits_max = 0;
  size_t bytes_max = size_t{4} << 20;  // of keys and values; at least one entry fits
};

struct ScanEntry {
  std::string logical_key;
  Timestamp ts;
  std::string value;
};

struct ScanPage {
  std::vector<ScanEntry> entries;   // visible at ts, no tombstones
  std::optional<std::string> next;  // begin of the next page; unset: complete
  // The newest version, visible or not, of the logical keys this page looked
  // at; 0 where it looked at none.
  Timestamp newest;
};

absl::StatusOr<ScanPage> ScanAt(const env::KvReader& reader, const KeyRange& range,
                                const ScanOptions& options);

// Does any logical key of the range have a version (tombstones included) > ts?
// Validates a range that was read at ts (rule T1).
absl::StatusOr<bool> AnyVersionAfter(const env::KvReader& reader, const KeyRange& range,
                                     Timestamp ts);

// The newest timestamp of any version in the range; unset where it is empty.
absl::StatusOr<std::optional<Timestamp>> NewestIn(const env::KvReader& reader,
                                                  const KeyRange& range);

}  // namespace graphdb::storage
