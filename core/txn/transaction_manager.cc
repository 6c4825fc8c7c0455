#include "core/txn/transaction_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/txn/distributed_transaction.h"

namespace graphdb::txn {
namespace {

constexpr Duration kBackoffFirst = Duration::Milliseconds(5);
constexpr Duration kBackoffMax = Duration::Milliseconds(200);

uint64_t DrawSession(Random* random) {
  uint64_t session = 0;
  while (session == 0) session = random->Next();
  return session;
}

}  // namespace

TransactionManager::TransactionManager(ShardClient& client, Random random, TransactionLimits limits,
                                       CommitOptions commit)
    : client_(client),
      random_(random),
      limits_(limits),
      commit_(commit),
      own_session_(DrawSession(&random_)) {}

AsyncOr<uint64_t> TransactionManager::NextIdCounter() {
  if (ids_.count == 0) {
    const absl::StatusOr<IdBlock> block = co_await client_.AllocateIds(limits_.id_block);
    if (!block.ok()) co_return absl::UnavailableError(block.status().message());
    // Two may have asked at once: the later block wins, the other's rest is lost.
    ids_ = *block;
  }
  --ids_.count;
  co_return ids_.first++;
}

AsyncOr<std::unique_ptr<DistributedTransaction>> TransactionManager::Begin() {
  const absl::StatusOr<Timestamp> start = co_await client_.GetTimestamp();
  if (!start.ok()) co_return absl::UnavailableError(start.status().message());
  v1::TxnId identity;
  identity.set_session(own_session_);
  identity.set_sequence(++own_sequence_);
  identity.set_start_ts(start->value());
  co_return std::make_unique<DistributedTransaction>(*this, std::move(identity));
}

Duration TransactionManager::Backoff(uint32_t attempt) {
  const Duration base =
      std::min(kBackoffFirst * (int64_t{1} << std::min(attempt, 8u)), kBackoffMax);
  return base + random_.UniformDuration(base);
}

AsyncOr<RunOutcome> TransactionManager::Run(RunRequest request, Body body) {
  // What commits nothing can't happen twice: it needs no number of its client.
  const bool own = request.session == 0 || request.read_only;
  v1::TxnId identity;
  identity.set_session(own ? own_session_ : request.session);
  identity.set_sequence(own ? ++own_sequence_ : request.sequence);
  if (identity.sequence() == 0) {
    co_return absl::InvalidArgumentError("sequence: 0, expected the number of a write request");
  }
  const bool fence = request.retry && !own;
  if (!fence || GRAPHDB_MUTANT("rule-T7.fence-first")) {
    co_return co_await RunAttempts(std::move(identity), request.read_only, std::move(body));
  }
  const absl::StatusOr<Timestamp> fence_ts = co_await client_.GetTimestamp();
  if (!fence_ts.ok()) co_return absl::UnknownError("no timestamp to settle the earlier attempt");
  const absl::StatusOr<v1::FenceResponse> fenced = co_await FenceEverywhere(request, *fence_ts);
  if (!fenced.ok()) co_return fenced.status();
  switch (fenced->state()) {
    case v1::FENCE_FOUND: {
      GRAPHDB_COVER("txn.retry_finds_commit");
      RunOutcome outcome;
      outcome.commit_ts = Timestamp(fenced->commit_ts());
      outcome.result = fenced->result();
      outcome.duplicate = true;
      if (!GRAPHDB_MUTANT("rule-T7.found")) co_return outcome;
      break;
    }
    case v1::FENCE_CLEAR:
      break;
    case v1::FENCE_UNKNOWN:
      co_return absl::UnknownError("the retry is beyond txn.dedupe_retention");
    default:
      co_return absl::UnknownError("a newer attempt of this request has taken over");
  }
  identity.set_attempt_ts(fence_ts->value());
  identity.set_attempt(request.attempt);
  co_return co_await RunAttempts(std::move(identity), request.read_only, std::move(body));
}

AsyncOr<v1::FenceResponse> TransactionManager::FenceEverywhere(RunRequest request,
                                                               Timestamp fence_ts) {
  std::vector<std::pair<ShardId, v1::ShardRequest>> requests;
  for (const shard::ShardEntry& entry : client_.map().shards()) {
    v1::ShardRequest fence;
    fence.mutable_fence()->set_session(request.session);
    fence.mutable_fence()->set_sequence(request.sequence);
    fence.mutable_fence()->set_fence_ts(fence_ts.value());
    if (!GRAPHDB_MUTANT("rule-T7.attempts-in-order")) {
      fence.mutable_fence()->set_attempt(request.attempt);
    }
    requests.emplace_back(entry.shard, std::move(fence));
    if (GRAPHDB_MUTANT("rule-T7.every-shard")) break;
  }
  const std::vector<absl::StatusOr<v1::ShardResponse>> answers =
      co_await SendAll(client_, std::move(requests));
  v1::FenceResponse worst;
  worst.set_state(v1::FENCE_CLEAR);
  bool silent = false;
  for (const absl::StatusOr<v1::ShardResponse>& answer : answers) {
    if (!answer.ok() || answer->status() != v1::SHARD_OK) {
      silent = true;
      continue;
    }
    // Found on one shard settles it, whatever the others say.
    if (answer->fence().state() == v1::FENCE_FOUND) co_return answer->fence();
    if (answer->fence().state() != v1::FENCE_CLEAR) worst = answer->fence();
  }
  if (silent) co_return absl::UnknownError("a shard does not answer for the earlier attempt");
  co_return worst;
}

AsyncOr<RunOutcome> TransactionManager::RunAttempts(v1::TxnId identity, bool read_only, Body body) {
  absl::Status last;
  for (uint32_t attempt = 0; attempt < limits_.conflict_attempts_max; ++attempt) {
    if (attempt > 0) co_await client_.Sleep(Backoff(attempt - 1));
    const absl::StatusOr<Timestamp> start = co_await client_.GetTimestamp();
    if (!start.ok()) co_return absl::UnavailableError(start.status().message());
    identity.set_start_ts(start->value());
    if (GRAPHDB_MUTANT("rule-T7.first-attempt-is-oldest") && identity.attempt_ts() == 0) {
      identity.set_attempt_ts(start->value());
      identity.set_attempt(~uint32_t{0});
    }
    absl::StatusOr<RunOutcome> outcome = co_await RunOnce(identity, read_only, body);
    if (outcome.ok() || !absl::IsAborted(outcome.status())) co_return outcome;
    GRAPHDB_COVER("txn.conflict_retried");
    last = outcome.status();
  }
  co_return absl::AbortedError(
      absl::StrCat("txn.conflict_attempts_max reached; last: ", last.message()));
}

AsyncOr<RunOutcome> TransactionManager::RunOnce(v1::TxnId identity, bool read_only, Body body) {
  DistributedTransaction txn(*this, std::move(identity), read_only);
  absl::StatusOr<std::string> result = co_await body(txn);
  if (!result.ok()) co_return result.status();
  if (txn.has_writes() && result->size() > limits_.result_bytes_max) {
    co_return absl::ResourceExhaustedError(
        absl::StrCat("limit txn.result_bytes_max (", limits_.result_bytes_max,
                     ") is exceeded by the results of a request that writes"));
  }
  txn.SetResult(*result);
  const absl::StatusOr<CommitOutcome> committed = co_await txn.Commit();
  if (!committed.ok()) co_return committed.status();
  RunOutcome outcome;
  outcome.commit_ts = committed->commit_ts;
  outcome.duplicate = txn.decision().duplicate;
  outcome.result = outcome.duplicate ? txn.decision().result : *std::move(result);
  co_return outcome;
}

}  // namespace graphdb::txn
