// TransactionManager: begins transactions on one node and runs whole requests
// exactly once (rule T7): fence if it is a retry, then attempt, and again after
// conflicts.
//
//   TransactionManager manager(client, random.Stream("txn.gateway", 0));
//   auto outcome = co_await manager.Run({.session = s, .sequence = n}, body);
//
// Invariants:
//   1. A body may run several times; at most one run commits.
//   2. Run answers kUnknown only where the outcome could not be settled;
//      every other error means: no effect, now or later.
//
// Errors of Run: what `body` returns; kAborted (conflicts, attempts used up),
// kUnknown (may have committed, or a newer attempt of the request has taken
// over and will know), kUnavailable, kFailedPrecondition (constraint),
// kResourceExhausted (a limit, named).
//
// Deterministic thread only. Outlives what it began.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/random.h"
#include "core/env/task.h"
#include "core/txn/commit_coordinator.h"
#include "core/txn/graph_transaction.h"
#include "core/txn/shard_client.h"

namespace graphdb::txn {

class DistributedTransaction;

// Named limits. What exceeds one is refused with kResourceExhausted and its name.
struct TransactionLimits {
  size_t write_keys_max = 20'000;      // txn.write_keys_max
  size_t write_bytes_max = 8u << 20;   // txn.write_bytes_max
  size_t read_keys_max = 100'000;      // txn.read_keys_max
  size_t read_ranges_max = 10'000;     // txn.read_ranges_max
  size_t result_bytes_max = 1u << 20;  // txn.result_bytes_max: kept for retries
  // txn.commit_bytes_max: what is read and written on one shard, and the result.
  // It is one proposal with its frame; core/cluster checks that Raft takes it.
  size_t commit_bytes_max = (8u << 20) - (64u << 10);
  // batch.result_bytes_max: of the answers of one batch, in memory at once.
  size_t batch_result_bytes_max = 64u << 20;
  uint32_t conflict_attempts_max = 10;  // txn.conflict_attempts_max
  uint32_t page_nodes_max = 1'000;      // of ScanNodes
  // Of one request to a shard; what is more follows in another.
  size_t keys_per_read = 2'000;
  size_t ranges_per_read = 500;
  uint32_t id_block = 1'000;  // counters taken from meta at once
};

struct RunRequest {
  uint64_t session = 0;  // 0: none; a retry is not safe then
  uint64_t sequence = 0;
  bool retry = false;
  uint32_t attempt = 0;    // of a retry: the client's number of it
  bool read_only = false;  // commits nothing: `result` is not stored
};

struct RunOutcome {
  Timestamp commit_ts;     // of a body that wrote nothing: its start_ts
  std::string result;      // what the body returned in the run that committed
  bool duplicate = false;  // an earlier attempt had committed; the body's own run is void
};

class TransactionManager {
 public:
  // Returns what a retry of the request shall be told; empty is fine. A body
  // that has written and returns more than txn.result_bytes_max is refused.
  using Body = std::function<Task<absl::StatusOr<std::string>>(GraphTransaction& txn)>;

  TransactionManager(ShardClient& client, Random random, TransactionLimits limits = {},
                     CommitOptions commit = {});

  AsyncOr<RunOutcome> Run(RunRequest request, Body body);

  // A transaction by itself, for reads or for callers with their own retry loop.
  AsyncOr<std::unique_ptr<DistributedTransaction>> Begin();

  // Fresh numbers for new elements; never 0.
  AsyncOr<uint64_t> NextIdCounter();
  // The rest of the block at hand is not used: names that clients chose lie in it.
  void DropIdBlock() { ids_ = IdBlock(); }

  ShardClient& client() { return client_; }
  const TransactionLimits& limits() const { return limits_; }
  const CommitOptions& commit_options() const { return commit_; }

 private:
  // What the fences said, taken together; `fence_ts` names the new attempt.
  AsyncOr<v1::FenceResponse> FenceEverywhere(RunRequest request, Timestamp fence_ts);
  AsyncOr<RunOutcome> RunAttempts(v1::TxnId identity, bool read_only, Body body);
  AsyncOr<RunOutcome> RunOnce(v1::TxnId identity, bool read_only, Body body);
  Duration Backoff(uint32_t attempt);

  ShardClient& client_;
  Random random_;
  const TransactionLimits limits_;
  const CommitOptions commit_;
  const uint64_t own_session_;  // of requests that bring none
  uint64_t own_sequence_ = 0;
  IdBlock ids_;
};

}  // namespace graphdb::txn
