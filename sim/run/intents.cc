#include "sim/run/intents.h"

#include <memory>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/shard/records.h"
#include "core/shard/shard_map.h"
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

Violation Of(ShardId shard, const v1::TxnId& txn, absl::string_view what) {
  return Violation{"prepared",
                   absl::StrCat("shard ", shard.value(), ": transaction ", txn.start_ts(),
                                " of session ", txn.session(), " is prepared here", what)};
}

// `home`: the engine that has the home's record; null where none is at hand.
absl::StatusOr<MaybeViolation> CheckOne(ShardId shard, const v1::PreparedRecord& prepared,
                                        const env::KvReader& engine, const env::KvReader* home) {
  const v1::TxnId& txn = prepared.txn();
  GRAPHDB_ASSIGN_OR_RETURN(const auto state, shard::GetRecord<v1::ShardStateRecord>(
                                                 engine, "shard state", shard::StateKey(shard)));
  if (state.has_value() && txn.start_ts() < state->start_ts_floor()) {
    return Of(shard, txn, absl::StrCat(", below the floor ", state->start_ts_floor()));
  }
  if (home == nullptr) return std::nullopt;
  const std::string key =
      shard::TxnRecordKey(Slot(static_cast<uint16_t>(txn.home_slot())), Timestamp(txn.start_ts()));
  GRAPHDB_ASSIGN_OR_RETURN(const auto record,
                           shard::GetRecord<v1::TxnRecord>(*home, "transaction record", key));
  const bool pending = record.has_value() && record->state() == v1::TXN_PENDING;
  if (prepared.home() && !pending) return Of(shard, txn, " at its home, and not undecided");
  // A late copy of a prepare may come again, but no write behind its own commit.
  const bool all_done =
      record.has_value() && record->finished() && record->state() == v1::TXN_COMMITTED;
  if (!all_done || prepared.write_keys().empty()) return std::nullopt;
  return Of(shard, txn, " with writes, and its home has seen everybody resolve it");
}

Violation About(absl::string_view key, absl::string_view what) {
  return Violation{"intents", absl::StrCat("intent ", absl::CHexEscape(key), what)};
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

MaybeViolation CheckPrepared(uint32_t shards, EngineOf engine_of) {
  for (uint32_t number = 0; number < shards; ++number) {
    const ShardId shard(static_cast<uint16_t>(number));
    const env::KvReader* engine = engine_of(shard);
    if (engine == nullptr) continue;
    const storage::KeyRange range = shard::PreparedRange(shard);
    for (const auto it = engine->Iterate(range.begin, range.end); it->Valid(); it->Next()) {
      const auto prepared = shard::DecodeRecord<v1::PreparedRecord>("prepared", it->value());
      if (!prepared.ok()) return Violation{"prepared", std::string(prepared.status().message())};
      const Slot home(static_cast<uint16_t>(prepared->txn().home_slot()));
      const ShardId home_shard = shard::ShardMap::Equal(shards).ShardOf(home);
      const auto checked = CheckOne(shard, *prepared, *engine, engine_of(home_shard));
      if (!checked.ok()) return Violation{"prepared", std::string(checked.status().message())};
      if (*checked) return *checked;
    }
  }
  return std::nullopt;
}

bool AnyPrepared(const env::KvReader& engine, uint32_t shards) {
  for (uint32_t shard = 0; shard < shards; ++shard) {
    const storage::KeyRange range = shard::PreparedRange(ShardId(static_cast<uint16_t>(shard)));
    if (engine.Iterate(range.begin, range.end)->Valid()) return true;
  }
  return false;
}

}  // namespace graphdb::sim
