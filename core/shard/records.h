// Records: where a shard keeps intents, transaction records, dedupe records,
// fences and floors in the engine, and their bytes (docs/formats/commands.md).
//
// Invariants:
//   1. A record is one format byte and a message of proto/records.proto.
//   2. Home records are slot-keyed, intents wrap the key they are on: both move
//      with their slot. The rest is the shard's and is copied by a split.
//
// Pure functions over a reader or a batch. Deterministic thread only.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/base/coding.h"
#include "core/base/ids.h"
#include "core/base/status_macros.h"
#include "core/env/kv_engine.h"
#include "core/storage/keys.h"
#include "proto/records.pb.h"

namespace graphdb::shard {

inline constexpr char kRecordFormat = 1;

std::string StateKey(ShardId shard);
std::string TxnRecordKey(Slot home, Timestamp start_ts);
std::string PreparedKey(ShardId shard, Timestamp start_ts);
std::string DedupeKey(ShardId shard, uint64_t session, uint64_t sequence);
// By age: for dropping the oldest.
std::string DedupeAgeKey(ShardId shard, Timestamp commit_ts, uint64_t session, uint64_t sequence);
std::string FenceKey(ShardId shard, uint64_t session, uint64_t sequence);
std::string FenceAgeKey(ShardId shard, Timestamp fence_ts, uint64_t session, uint64_t sequence);
std::string DroppedKey(ShardId shard, uint64_t session);
// Undecided home records of a request, by start_ts.
std::string PendingKey(ShardId shard, uint64_t session, uint64_t sequence, Timestamp start_ts);

// What a pending key says and holds: whose record it is, at which home.
std::string EncodePending(const v1::TxnId& txn);
absl::StatusOr<v1::TxnId> DecodePending(absl::string_view key, absl::string_view value);

storage::KeyRange PreparedRange(ShardId shard);
storage::KeyRange DedupeAgeRange(ShardId shard);
storage::KeyRange FenceAgeRange(ShardId shard);
storage::KeyRange PendingRange(ShardId shard, uint64_t session, uint64_t sequence);

// From a key by age back to what it holds.
struct RequestAge {
  Timestamp ts;  // of the commit or of the fence
  uint64_t session = 0;
  uint64_t sequence = 0;
};
absl::StatusOr<RequestAge> ParseAgeKey(absl::string_view key);

std::string WriteIntentKey(absl::string_view logical_key);
std::string ReadIntentKey(absl::string_view logical_key, Timestamp start_ts);
storage::KeyRange ReadIntentsOf(absl::string_view logical_key);
std::string RangeIntentKey(const v1::KeyRange& range, Timestamp start_ts, uint32_t number);
// From the key of a read intent.
absl::StatusOr<Timestamp> StartOfReadIntent(absl::string_view engine_key);

template <typename Message>
std::string EncodeRecord(const Message& message) {
  std::string out(1, kRecordFormat);
  message.AppendToString(&out);
  return out;
}

template <typename Message>
absl::StatusOr<Message> DecodeRecord(absl::string_view what, absl::string_view bytes) {
  Message message;
  if (bytes.empty()) return absl::DataLossError(absl::StrCat(what, ": empty record"));
  if (bytes[0] != kRecordFormat) {
    return absl::UnimplementedError(absl::StrCat(what, ": record format ", int{bytes[0]}));
  }
  if (!message.ParseFromArray(bytes.data() + 1, static_cast<int>(bytes.size() - 1))) {
    return absl::DataLossError(absl::StrCat(what, ": malformed record"));
  }
  return message;
}

// Unset: not there.
template <typename Message>
absl::StatusOr<std::optional<Message>> GetRecord(const env::KvReader& reader,
                                                 absl::string_view what, absl::string_view key) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, reader.Get(key));
  if (!bytes.has_value()) return std::optional<Message>();
  GRAPHDB_ASSIGN_OR_RETURN(Message message, DecodeRecord<Message>(what, *bytes));
  return std::optional<Message>(std::move(message));
}

}  // namespace graphdb::shard
