// Validation: what a transaction's part touches on a shard, and whether it may
// commit there: rules T1 (versions and intents) and T8 (graph constraints).
//
// Place: ShardStateMachine validates with it when an entry is applied; the
// ShardLeader finds with it what stands in the way before it proposes (T4) and
// what a read has to wait for (T2).
//
// Pure functions over a reader. Deterministic thread only.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/kv_engine.h"
#include "core/storage/keys.h"
#include "core/storage/slots.h"
#include "proto/shard.pb.h"

namespace graphdb::shard {

// Everything a part touches: what was read and written, and what the graph
// constraints of its writes look at (rule T1, first sentence).
struct Touched {
  std::set<std::string> reads;
  std::vector<storage::KeyRange> ranges;
  std::set<std::string> writes;
};

// kInvalidArgument where a key is not a logical key, a range is not one of
// logical keys, or a write comes twice.
absl::StatusOr<Touched> Touch(const v1::TxnPart& part);
absl::StatusOr<storage::KeyRange> CheckRange(const v1::KeyRange& range);
// kInvalidArgument for what isn't a whole logical key.
absl::Status CheckKey(absl::string_view key);

// False where a slot that is touched is not in `slots`.
bool Owns(const storage::SlotSet& slots, const Touched& touched);
bool OwnsKey(const storage::SlotSet& slots, absl::string_view logical_key);
bool OwnsRange(const storage::SlotSet& slots, const storage::KeyRange& range);

// Is there a version newer than `start_ts` on anything touched? What, for people.
absl::StatusOr<std::optional<std::string>> NewerVersion(const env::KvReader& reader,
                                                        Timestamp start_ts, const Touched& touched);

// Transactions other than `self` whose intents conflict with what is touched.
absl::StatusOr<std::set<Timestamp>> ConflictingIntents(const env::KvReader& reader,
                                                       const storage::SlotSet& slots,
                                                       Timestamp self, const Touched& touched);

// Transactions whose undecided writes a read at `read_ts` might have to see:
// their commit timestamps are above their start_ts, so those that started at
// read_ts or later need not be waited for.
absl::StatusOr<std::set<Timestamp>> IntentsBefore(const env::KvReader& reader, Timestamp read_ts,
                                                  const std::vector<std::string>& keys,
                                                  const std::vector<storage::KeyRange>& ranges);

// Rule T8 on the newest committed state with the part's writes on top; what is
// violated, for people. Sound at any later time while the intents stand. Of a
// node's relationships it reads `edge_page` at once.
absl::StatusOr<std::optional<std::string>> Violation(const env::KvReader& reader,
                                                     const v1::TxnPart& part, uint32_t edge_page);

}  // namespace graphdb::shard
