#include "core/shard/records.h"

#include <utility>

namespace graphdb::shard {
namespace {

using storage::ShardKey;
using storage::Tag;

std::string MetaKey(ShardId shard, absl::string_view kind, std::initializer_list<uint64_t> fields) {
  std::string suffix(kind);
  for (const uint64_t field : fields) PutBig64(&suffix, field);
  return ShardKey(Tag::kShardMeta, shard, suffix);
}

constexpr absl::string_view kState = "state";
constexpr absl::string_view kPrepared = "prepared/";
constexpr absl::string_view kDedupe = "dedupe/";
constexpr absl::string_view kAge = "age/";
constexpr absl::string_view kFence = "fence/";
constexpr absl::string_view kFenceAge = "fence-age/";
constexpr absl::string_view kDropped = "dropped/";
constexpr absl::string_view kPending = "pending/";

}  // namespace

std::string StateKey(ShardId shard) { return MetaKey(shard, kState, {}); }

std::string TxnRecordKey(Slot home, Timestamp start_ts) {
  std::string suffix;
  PutBig64(&suffix, start_ts.value());
  return storage::SlotKey(Tag::kTxnRecord, home, suffix);
}

std::string PreparedKey(ShardId shard, Timestamp start_ts) {
  return MetaKey(shard, kPrepared, {start_ts.value()});
}

std::string DedupeKey(ShardId shard, uint64_t session, uint64_t sequence) {
  return MetaKey(shard, kDedupe, {session, sequence});
}

std::string DedupeAgeKey(ShardId shard, Timestamp commit_ts, uint64_t session, uint64_t sequence) {
  return MetaKey(shard, kAge, {commit_ts.value(), session, sequence});
}

std::string FenceKey(ShardId shard, uint64_t session, uint64_t sequence) {
  return MetaKey(shard, kFence, {session, sequence});
}

std::string FenceAgeKey(ShardId shard, Timestamp fence_ts, uint64_t session, uint64_t sequence) {
  return MetaKey(shard, kFenceAge, {fence_ts.value(), session, sequence});
}

std::string DroppedKey(ShardId shard, uint64_t session) {
  return MetaKey(shard, kDropped, {session});
}

std::string PendingKey(ShardId shard, uint64_t session, uint64_t sequence, Timestamp start_ts) {
  return MetaKey(shard, kPending, {session, sequence, start_ts.value()});
}

std::string EncodePending(const v1::TxnId& txn) {
  std::string out;
  PutBig16(&out, static_cast<uint16_t>(txn.home_slot()));
  PutBig64(&out, txn.attempt_ts());
  PutBig32(&out, txn.attempt());
  return out;
}

absl::StatusOr<v1::TxnId> DecodePending(absl::string_view key, absl::string_view value) {
  constexpr size_t kFields = 3 * 8;
  ByteReader in(value);
  uint16_t home = 0;
  uint64_t attempt_ts = 0;
  uint32_t attempt = 0;
  if (!in.Big16(&home) || !in.Big64(&attempt_ts) || !in.Big32(&attempt) || !in.empty() ||
      key.size() < kFields) {
    return absl::DataLossError("pending: malformed record");
  }
  const char* const fields = key.data() + key.size() - kFields;
  v1::TxnId txn;
  txn.set_session(LoadBig64(fields));
  txn.set_sequence(LoadBig64(fields + 8));
  txn.set_start_ts(LoadBig64(fields + 16));
  txn.set_home_slot(home);
  txn.set_attempt_ts(attempt_ts);
  txn.set_attempt(attempt);
  return txn;
}

storage::KeyRange PreparedRange(ShardId shard) {
  return storage::PrefixRange(MetaKey(shard, kPrepared, {}));
}
storage::KeyRange DedupeAgeRange(ShardId shard) {
  return storage::PrefixRange(MetaKey(shard, kAge, {}));
}
storage::KeyRange FenceAgeRange(ShardId shard) {
  return storage::PrefixRange(MetaKey(shard, kFenceAge, {}));
}
storage::KeyRange PendingRange(ShardId shard, uint64_t session, uint64_t sequence) {
  return storage::PrefixRange(MetaKey(shard, kPending, {session, sequence}));
}

absl::StatusOr<RequestAge> ParseAgeKey(absl::string_view key) {
  constexpr size_t kFields = 3 * 8;
  if (key.size() < kFields) return absl::DataLossError("age of a request: key too short");
  const char* fields = key.data() + key.size() - kFields;
  return RequestAge{Timestamp(LoadBig64(fields)), LoadBig64(fields + 8), LoadBig64(fields + 16)};
}

std::string WriteIntentKey(absl::string_view logical_key) {
  return storage::WrapKey(Tag::kWriteIntent, logical_key);
}

std::string ReadIntentKey(absl::string_view logical_key, Timestamp start_ts) {
  std::string suffix;
  PutBig64(&suffix, start_ts.value());
  return storage::WrapKey(Tag::kReadIntent, logical_key, suffix);
}

storage::KeyRange ReadIntentsOf(absl::string_view logical_key) {
  return storage::PrefixRange(storage::WrapKey(Tag::kReadIntent, logical_key));
}

std::string RangeIntentKey(const v1::KeyRange& range, Timestamp start_ts, uint32_t number) {
  std::string suffix;
  PutBig64(&suffix, start_ts.value());
  PutBig32(&suffix, number);
  return storage::SlotKey(Tag::kRangeIntent, storage::SlotOfKey(range.begin()), suffix);
}

absl::StatusOr<Timestamp> StartOfReadIntent(absl::string_view engine_key) {
  if (engine_key.size() < 8) return absl::DataLossError("read intent: key too short");
  return Timestamp(LoadBig64(engine_key.data() + engine_key.size() - 8));
}

}  // namespace graphdb::shard
