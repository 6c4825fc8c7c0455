// ShardStateMachine: what an entry of a shard's log does to the shard's state,
// which lives in the engine and nowhere else.
//
//   ShardStateMachine machine(shard);
//   KvBatch batch;
//   absl::StatusOr<ApplyResult> result = machine.Apply(term, index, data, engine, &batch);
//   if (!result.ok()) process.Halt(result.status());
//   engine.Write(shard, index, std::move(batch));
//
// Place: the host applies committed entries one by one on every replica and
// hands each result to the ShardLeader (core/txn), which answers who waits.
//
// Invariants:
//   1. The result and the batch are a function of the entry and of the engine's
//      state at `index` - 1: replicas with equal applied index are equal.
//   2. What an entry does is one batch; the host adds its applied record to it,
//      so both are kept or lost together (rule L5).
//   3. Validation happens here and only here (rules T1, T6, T7, T8, O1): what a
//      leader checked before it proposed decides nothing.
//   4. A refused command changes nothing but the applied index and, for a
//      commit or a home's prepare, an ABORTED record: the verdict is final.
//
// Errors of Apply: kDataLoss (malformed entry or record), kUnimplemented (a
// version or kind this program does not know), kFailedPrecondition (a cluster version
// above what it knows). They stop the replica.
//
// Deterministic thread only.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/env/kv_engine.h"
#include "core/shard/cluster_version.h"
#include "core/shard/shard_pages.h"
#include "core/storage/slots.h"
#include "proto/shard.pb.h"

namespace graphdb::shard {

inline constexpr uint32_t kShardCommandVersion = 1;

// What one entry did.
struct ApplyResult {
  // Who waits for it; term 0: nobody (a no-op of Raft's).
  Term proposer_term;
  uint64_t proposal = 0;
  v1::ShardCommand::BodyCase kind = v1::ShardCommand::BODY_NOT_SET;
  bool stale_epoch = false;  // refused by rule O1; nothing below is set

  v1::Verdict verdict = v1::VERDICT_UNSET;  // commit, prepare
  v1::TxnState state = v1::TXN_UNSET;       // decide, question, resolve
  v1::FenceState fence = v1::FENCE_UNSET;   // fence
  Timestamp start_ts;                       // of the transaction concerned
  Timestamp commit_ts;                      // where one is decided
  std::string result;                       // of a commit, kept for retries
  std::string message;                      // why refused, for people
  std::vector<v1::TxnId> pending;           // FENCE_PENDING: settle these, fence again
  std::vector<Timestamp> resolved;          // intents of these are gone from this shard
};

class ShardStateMachine {
 public:
  // `newest`: the cluster version that this program knows; a command beyond it is an error.
  explicit ShardStateMachine(ShardId shard, ShardPages pages = {},
                             uint32_t newest = kNewestClusterVersion)
      : shard_(shard), pages_(pages), newest_(newest) {}

  absl::StatusOr<ApplyResult> Apply(Term term, LogIndex index, absl::string_view command,
                                    const env::KvReader& engine, env::KvBatch* batch) const;
  // For entries that are Raft's own (no-op, config): they change nothing here.
  void Advance(Term, LogIndex, env::KvBatch*) const {}

 private:
  ShardId shard_;
  ShardPages pages_;
  uint32_t newest_;
};

// What leaders and tools need of the shard's state.
struct ShardStateView {
  Epoch epoch;  // 0: not founded yet
  storage::SlotSet slots;
  Timestamp start_ts_floor;
  Timestamp dedupe_floor;
  Timestamp read_floor;
  uint32_t cluster_version = kFirstClusterVersion;
};
absl::StatusOr<ShardStateView> LoadShardState(ShardId shard, const env::KvReader& engine);

}  // namespace graphdb::shard
