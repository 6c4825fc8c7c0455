// Reads of ShardLeader (rules T2, T3).
#include <algorithm>
#include <utility>

#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/storage/mvcc.h"
#include "core/txn/shard_leader_impl.h"

namespace graphdb::txn {

void ShardLeader::Impl::StartRead(uint64_t id, const v1::ReadRequest& request) {
  Read read;
  read.ts = Timestamp(request.read_ts());
  if (request.read_ts() == 0) return Reply(id, v1::SHARD_INVALID, "read_ts: 0");
  if (read.ts < state_.read_floor) return Reply(id, v1::SHARD_TOO_OLD, "below the read floor");
  bool owned = true;
  for (const std::string& key : request.keys()) {
    const absl::Status sound = shard::CheckKey(key);
    if (!sound.ok()) return Reply(id, v1::SHARD_INVALID, std::string(sound.message()));
    owned = owned && shard::OwnsKey(state_.slots, key);
  }
  for (const v1::ReadRange& range : request.ranges()) {
    absl::StatusOr<storage::KeyRange> sound = shard::CheckRange(range.range());
    if (!sound.ok()) return Reply(id, v1::SHARD_INVALID, std::string(sound.status().message()));
    owned = owned && shard::OwnsRange(state_.slots, *sound);
    read.ranges.push_back(*std::move(sound));
  }
  if (!owned) return Reply(id, v1::SHARD_STALE_EPOCH);
  read.body = request;
  const bool plausible = request.read_ts() <= seen_.value() + kReadAhead;
  reads_[id] = std::move(read);
  if (plausible || GRAPHDB_MUTANT("rule-T3.floor-never-beyond")) return ConfirmRead(id);
  GRAPHDB_COVER("txn.read_ts_checked");
  const uint64_t ask = NextId();
  read_checks_[ask] = id;
  Emit(shard_effect::AskOracle{ask, 1});
}

void ShardLeader::Impl::ConfirmRead(uint64_t id) {
  Read& read = reads_[id];
  const bool late = GRAPHDB_MUTANT("rule-T3.floor-first") || GRAPHDB_MUTANT("rule-T3.floor-read");
  if (!late) RaiseFloor(read.ts);
  if (!GRAPHDB_MUTANT("rule-T3.pipeline")) {
    for (const auto& [proposal, commit_ts] : pipeline_) {
      if (commit_ts <= read.ts) read.after_proposal = proposal;
    }
  }
  const uint64_t round = NextId();
  read_rounds_[round] = id;
  Emit(shard_effect::ReadIndex{round});
}

void ShardLeader::Impl::TryReads() {
  std::vector<uint64_t> ready;
  for (const auto& [id, read] : reads_) {
    if (read.confirmed && read.blockers.empty()) ready.push_back(id);
  }
  for (const uint64_t id : ready) TryRead(id);
}

void ShardLeader::Impl::TryRead(uint64_t id) {
  const auto found = reads_.find(id);
  if (found == reads_.end()) return;
  const Read& read = found->second;
  if (!read.confirmed || read.index > applied_ || !read.blockers.empty()) return;
  if (!pipeline_.empty() && pipeline_.begin()->first <= read.after_proposal) {
    GRAPHDB_COVER("txn.read_waits_for_pipeline");
    return;
  }
  const std::vector<std::string> keys(read.body.keys().begin(), read.body.keys().end());
  absl::StatusOr<std::set<Timestamp>> blockers =
      shard::IntentsBefore(engine_, read.ts, keys, read.ranges);
  if (blockers.ok() && !blockers->empty() && !GRAPHDB_MUTANT("rule-T2.reader-waits")) {
    GRAPHDB_COVER("txn.read_waits_for_intent");
    BlockRead(id, *std::move(blockers));
    return;
  }
  v1::ShardResponse response;
  absl::StatusOr<v1::ReadResponse> answer =
      blockers.ok() ? ServeRead(read) : absl::StatusOr<v1::ReadResponse>(blockers.status());
  if (answer.ok()) newest_read_ = std::max(newest_read_, read.ts);
  reads_.erase(found);
  if (!answer.ok()) {
    return Reply(id, v1::SHARD_INVALID, std::string(answer.status().message()));
  }
  *response.mutable_read() = *std::move(answer);
  Emit(shard_effect::Reply{id, std::move(response)});
}

absl::StatusOr<v1::ReadResponse> ShardLeader::Impl::ServeRead(const Read& read) {
  v1::ReadResponse out;
  size_t bytes = 0;
  for (const std::string& key : read.body.keys()) {
    if (bytes >= options_.read_bytes_max) break;
    GRAPHDB_ASSIGN_OR_RETURN(auto version, storage::ReadAt(engine_, key, read.ts));
    out.set_keys_read(out.keys_read() + 1);
    if (!version.has_value() || version->tombstone) continue;
    bytes += key.size() + version->value.size();
    v1::ReadEntry* entry = out.add_found();
    entry->set_key(key);
    entry->set_value(std::move(version->value));
    entry->set_version(version->ts.value());
  }
  for (size_t i = 0; i < read.ranges.size(); ++i) {
    v1::ReadRangeResult* result = out.add_ranges();
    if (bytes >= options_.read_bytes_max) {
      result->set_resume(read.ranges[i].begin);
      continue;
    }
    const uint32_t limit = read.body.ranges(static_cast<int>(i)).limit();
    storage::ScanOptions scan;
    scan.ts = read.ts;
    scan.entries_max =
        limit == 0 ? options_.read_entries_max : std::min(limit, options_.read_entries_max);
    scan.bytes_max = options_.read_bytes_max - bytes;
    GRAPHDB_ASSIGN_OR_RETURN(storage::ScanPage page,
                             storage::ScanThrough(engine_, &cache_, read.ranges[i], scan));
    for (storage::ScanEntry& from : page.entries) {
      bytes += from.logical_key.size() + from.value.size();
      v1::ReadEntry* entry = result->add_entries();
      entry->set_key(std::move(from.logical_key));
      entry->set_value(std::move(from.value));
      entry->set_version(from.ts.value());
    }
    if (page.next.has_value()) result->set_resume(*page.next);
  }
  return out;
}

}  // namespace graphdb::txn
