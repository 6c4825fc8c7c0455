#include "core/storage/mvcc.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/base/status_macros.h"

namespace graphdb::storage {
namespace {

constexpr size_t kTimestampBytes = 8;
constexpr char kTombstone = 0;
constexpr char kPayload = 1;
constexpr size_t kVisitsPerEntry = 16;

// Above every version of a logical key and below every later logical key.
std::string AfterVersions(absl::string_view logical_key) {
  std::string key(logical_key);
  key.append(kTimestampBytes, '\xff');
  key.push_back('\0');
  return key;
}

absl::Status NotAVersion(absl::string_view key, absl::string_view why) {
  return absl::DataLossError(absl::StrCat(DescribeKey(key), ": ", why));
}

absl::StatusOr<Versioned> ParseVersion(absl::string_view key, Timestamp ts,
                                       absl::string_view value) {
  if (value.empty()) return NotAVersion(key, "a version without its kind");
  if (value[0] != kTombstone && value[0] != kPayload) return NotAVersion(key, "unknown kind");
  const bool tombstone = value[0] == kTombstone;
  if (tombstone && value.size() != 1) return NotAVersion(key, "a tombstone with a payload");
  return Versioned{ts, tombstone, std::string(value.substr(1))};
}

// Walks the logical keys of a range; at each, the versions newest first.
class VersionWalk {
 public:
  VersionWalk(const env::KvReader& reader, const KeyRange& range)
      : it_(reader.Iterate(range.begin, range.end)) {}

  // At a version? Loads its key; sets status() where it is none.
  bool Load() {
    if (!status_.ok()) return false;
    if (!it_->Valid()) {
      status_ = it_->status();
      return false;
    }
    if (!SplitVersionedKey(it_->key(), &logical_, &ts_)) {
      status_ = NotAVersion(it_->key(), "too short for a version");
      return false;
    }
    return true;
  }
  absl::string_view logical_key() const { return logical_; }
  Timestamp ts() const { return ts_; }
  absl::StatusOr<Versioned> version() const { return ParseVersion(it_->key(), ts_, it_->value()); }
  // To the newest version <= ts of the logical key we stand at. False: it has
  // none, and we stand at a later logical key or at the end.
  bool SeekAt(Timestamp ts) {
    if (ts_ <= ts) return true;
    const std::string logical(logical_);
    it_->Seek(VersionedKey(logical, ts));
    return Load() && logical_ == logical;
  }
  void NextLogicalKey() { it_->Seek(AfterVersions(logical_)); }
  const absl::Status& status() const { return status_; }

 private:
  std::unique_ptr<env::KvIterator> it_;
  absl::string_view logical_;
  Timestamp ts_;
  absl::Status status_;
};

}  // namespace

std::string VersionedKey(absl::string_view logical_key, Timestamp ts) {
  std::string key(logical_key);
  PutBig64(&key, ~ts.value());
  return key;
}

bool SplitVersionedKey(absl::string_view key, absl::string_view* logical_key, Timestamp* ts) {
  if (key.size() < kKeyHeadBytes + kTimestampBytes) return false;
  *logical_key = key.substr(0, key.size() - kTimestampBytes);
  *ts = Timestamp(~LoadBig64(key.data() + logical_key->size()));
  return true;
}

void PutVersion(env::KvBatch* batch, absl::string_view logical_key, Timestamp ts,
                absl::string_view value) {
  GRAPHDB_CHECK_GT(ts.value(), 0u);
  batch->Put(VersionedKey(logical_key, ts), absl::StrCat(std::string(1, kPayload), value));
}

void PutTombstone(env::KvBatch* batch, absl::string_view logical_key, Timestamp ts) {
  GRAPHDB_CHECK_GT(ts.value(), 0u);
  batch->Put(VersionedKey(logical_key, ts), std::string(1, kTombstone));
}

absl::StatusOr<std::optional<Versioned>> ReadAt(const env::KvReader& reader,
                                                absl::string_view logical_key, Timestamp ts) {
  const KeyRange range{VersionedKey(logical_key, ts), AfterVersions(logical_key)};
  const auto it = reader.Iterate(range.begin, range.end);
  if (!it->Valid()) {
    GRAPHDB_RETURN_IF_ERROR(it->status());
    return std::nullopt;
  }
  absl::string_view found;
  Timestamp found_ts;
  if (!SplitVersionedKey(it->key(), &found, &found_ts) || found != logical_key) {
    return NotAVersion(it->key(), "stands among the versions of another key");
  }
  GRAPHDB_ASSIGN_OR_RETURN(Versioned version, ParseVersion(it->key(), found_ts, it->value()));
  return std::optional<Versioned>(std::move(version));
}

absl::StatusOr<std::optional<Versioned>> NewestVersion(const env::KvReader& reader,
                                                       absl::string_view logical_key) {
  return ReadAt(reader, logical_key, kMaxTimestamp);
}

absl::StatusOr<ScanPage> ScanAt(const env::KvReader& reader, const KeyRange& range,
                                const ScanOptions& options) {
  GRAPHDB_CHECK_GT(options.entries_max, 0u);
  const size_t visits_max =
      options.visits_max > 0 ? options.visits_max : options.entries_max * kVisitsPerEntry;
  ScanPage page;
  size_t bytes = 0;
  size_t visits = 0;
  VersionWalk walk(reader, range);
  while (walk.Load()) {
    const std::string logical(walk.logical_key());
    if (page.entries.size() >= options.entries_max || visits >= visits_max ||
        bytes >= options.bytes_max) {
      page.next = logical;
      return page;
    }
    ++visits;
    page.newest = std::max(page.newest, walk.ts());
    if (!walk.SeekAt(options.ts)) continue;
    GRAPHDB_ASSIGN_OR_RETURN(Versioned version, walk.version());
    if (!version.tombstone) {
      bytes += logical.size() + version.value.size();
      page.entries.push_back({logical, version.ts, std::move(version.value)});
    }
    walk.NextLogicalKey();
  }
  GRAPHDB_RETURN_IF_ERROR(walk.status());
  return page;
}

absl::StatusOr<bool> AnyVersionAfter(const env::KvReader& reader, const KeyRange& range,
                                     Timestamp ts) {
  // The newest version stands first, so one look at each logical key does.
  VersionWalk walk(reader, range);
  for (; walk.Load(); walk.NextLogicalKey()) {
    if (walk.ts() > ts) return true;
  }
  GRAPHDB_RETURN_IF_ERROR(walk.status());
  return false;
}

absl::StatusOr<std::optional<Timestamp>> NewestIn(const env::KvReader& reader,
                                                  const KeyRange& range) {
  std::optional<Timestamp> newest;
  VersionWalk walk(reader, range);
  for (; walk.Load(); walk.NextLogicalKey()) {
    if (!newest.has_value() || walk.ts() > *newest) newest = walk.ts();
  }
  GRAPHDB_RETURN_IF_ERROR(walk.status());
  return newest;
}

}  // namespace graphdb::storage
