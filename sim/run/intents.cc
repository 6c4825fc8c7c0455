#include "sim/run/intents.h"

#include <memory>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/shard/records.h"
#include "core/storage/keys.h"

namespace graphdb::sim {
namespace {

using storage::Tag;

bool IsIntent(absl::string_view key) {
  if (key.size() < storage::kKeyHeadBytes) return false;
  const auto tag = static_cast<Tag>(key[storage::kKeyHeadBytes - 1]);
  return tag == Tag::kWriteIntent || tag == Tag::kReadIntent || tag == Tag::kRangeIntent;
}

// The keys of all intents that the shard's prepared transactions should have.
absl::Status AddPrepared(const env::KvReader& engine, ShardId shard, std::set<std::string>* keys) {
  const storage::KeyRange range = shard::PreparedRange(shard);
  const auto it = engine.Iterate(range.begin, range.end);
  for (; it->Valid(); it->Next()) {
    GRAPHDB_ASSIGN_OR_RETURN(const auto prepared,
                             shard::DecodeRecord<v1::PreparedRecord>("prepared", it->value()));
    const Timestamp start(prepared.txn().start_ts());
    for (const std::string& key : prepared.write_keys()) keys->insert(shard::WriteIntentKey(key));
    for (const std::string& key : prepared.read_keys()) {
      keys->insert(shard::ReadIntentKey(key, start));
    }
    keys->insert(prepared.range_keys().begin(), prepared.range_keys().end());
  }
  return it->status();
}

Violation About(absl::string_view key, absl::string_view what) {
  return {"intents", absl::StrCat("intent ", absl::CHexEscape(key), what)};
}

}  // namespace

MaybeViolation CheckIntents(const env::KvReader& engine, uint32_t shards) {
  std::set<std::string> due;
  for (uint32_t shard = 0; shard < shards; ++shard) {
    const absl::Status status = AddPrepared(engine, ShardId(static_cast<uint16_t>(shard)), &due);
    if (!status.ok()) return Violation{"intents", std::string(status.message())};
  }
  for (const auto it = engine.Iterate("", "\xff"); it->Valid(); it->Next()) {
    if (!IsIntent(it->key())) continue;
    if (due.erase(std::string(it->key())) == 0) {
      return About(it->key(), " belongs to no prepared transaction");
    }
  }
  if (!due.empty()) return About(*due.begin(), " of a prepared transaction is missing");
  return std::nullopt;
}

}  // namespace graphdb::sim
