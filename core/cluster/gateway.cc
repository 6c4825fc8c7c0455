#include "core/cluster/gateway.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/query_runner.h"

namespace graphdb::cluster {

namespace {

txn::TransactionLimits LimitsOf(const Tuning& tuning) {
  txn::TransactionLimits limits;
  limits.page_nodes_max = tuning.scan_page_nodes;
  limits.keys_per_read = tuning.read_keys_per_request;
  limits.ranges_per_read = tuning.read_ranges_per_request;
  limits.id_block = tuning.id_block;
  limits.write_keys_max = tuning.write_keys_max;
  return limits;
}

}  // namespace

// One client request under way. Outlived by the transaction it runs, which may
// go on settling its outcome after the client was told that time is over.
struct Gateway::Call {
  Node::Reply reply;
  env::TimerId timer = env::kNoTimer;
  bool may_write = false;

  void Answer(v1::ClientResponse response) {
    if (reply == nullptr) return;
    response.set_last(true);
    Node::Reply once = std::move(reply);
    reply = nullptr;
    once(std::move(response));
  }
};

namespace {

v1::ClientResponse TimeIsOver(uint32_t timeout_ms, bool may_write) {
  if (!may_write) {
    return ErrorResponse(absl::StatusCode::kDeadlineExceeded, v1::TIMED_OUT,
                         absl::StrCat("no answer within ", timeout_ms, " ms to what only reads"));
  }
  return ErrorResponse(
      absl::StatusCode::kDeadlineExceeded, v1::OUTCOME_UNKNOWN,
      absl::StrCat("no outcome within ", timeout_ms, " ms; a write may still commit"));
}

}  // namespace

v1::ClientResponse ErrorResponse(absl::StatusCode code, v1::ErrorReason reason,
                                 std::string message) {
  v1::ClientResponse response;
  response.set_last(true);
  v1::ErrorInfo* error = response.mutable_error();
  error->set_code(static_cast<int32_t>(code));
  error->set_reason(reason);
  error->set_message(std::move(message));
  return response;
}

Gateway::Gateway(const NodeOptions& options, env::Env& env, txn::ShardClient& shards)
    : options_(options),
      env_(env),
      transactions_(shards, env.random.Stream("txn.gateway", 0), LimitsOf(options.tuning),
                    txn::CommitOptions{.attempts_max = options.tuning.commit_attempts_max}),
      plans_(options.tuning.plans_kept) {}

Task<absl::Status> Gateway::Yield(std::shared_ptr<Call> call) {
  Completion<bool> resumed;
  env_.scheduler.Post("query.yield", [resumed]() mutable { resumed.Resolve(true); });
  (void)co_await resumed;
  if (call->reply == nullptr) co_return absl::DeadlineExceededError("the client's time is over");
  co_return absl::OkStatus();
}

void Gateway::Run(v1::ClientRequest request, Node::Reply reply) {
  auto call = std::make_shared<Call>();
  call->reply = std::move(reply);
  const uint32_t timeout_ms =
      request.timeout_ms() == 0 ? kDefaultTimeoutMs : std::min(request.timeout_ms(), kTimeoutMsMax);
  call->timer = env_.scheduler.After(
      Duration::Milliseconds(timeout_ms), "client.timeout",
      [call, timeout_ms] { call->Answer(TimeIsOver(timeout_ms, call->may_write)); });
  ++running_;
  auto done = [this, call](v1::ClientResponse response) {
    --running_;
    env_.scheduler.Cancel(call->timer);
    call->Answer(std::move(response));
  };
  if (request.has_batch()) {
    call->may_write = !txn::OnlyReads(request.batch());
    Spawn(txn::ExecuteBatch(transactions_, std::move(request)), std::move(done));
    return;
  }
  if (request.has_query()) {
    PlanOr plan = plans_.Get(request.query().text(), cypher::PrepareOptions());
    call->may_write = plan.ok() && (*plan)->is_write();
    QueryHooks hooks{[call](v1::ClientResponse piece) {
                       if (call->reply != nullptr) call->reply(std::move(piece));
                     },
                     [this, call] { return Yield(call); },
                     env_.random.Stream("cypher.rand", ++statements_), options_.tuning};
    Spawn(RunQuery(transactions_, std::move(plan), std::move(request), std::move(hooks)),
          std::move(done));
    return;
  }
  done(ErrorResponse(absl::StatusCode::kInvalidArgument, v1::SEMANTIC,
                     "a request holds a query, a batch or an admin request"));
}

}  // namespace graphdb::cluster
