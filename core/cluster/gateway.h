// Gateway: runs a client's query or batch on this node: transactions over the
// router, retries after conflicts, answers in pieces.
//
// Invariants:
//   1. A request ends with one response that has `last` set, at the latest when
//      its time is over.
//   2. A statement that writes is run again only where its last run had no
//      effect; what a retry (rule T7) is told is what was committed.
//
// Deterministic thread only.
#pragma once

#include <memory>
#include <string>

#include "core/cluster/node.h"
#include "core/cypher/plan_cache.h"
#include "core/env/env.h"
#include "core/txn/batch_executor.h"
#include "core/txn/transaction_manager.h"

namespace graphdb::cluster {

inline constexpr uint32_t kDefaultTimeoutMs = 10'000;
inline constexpr uint32_t kTimeoutMsMax = 600'000;

v1::ClientResponse ErrorResponse(absl::StatusCode code, v1::ErrorReason reason,
                                 std::string message);

class Gateway {
 public:
  Gateway(const NodeOptions& options, env::Env& env, txn::ShardClient& shards);

  void Run(v1::ClientRequest request, Node::Reply reply);
  size_t running() const { return running_; }
  txn::TransactionManager& transactions() { return transactions_; }

 private:
  struct Call;
  Task<absl::Status> Yield(std::shared_ptr<Call> call);

  const NodeOptions& options_;
  env::Env& env_;
  txn::TransactionManager transactions_;
  cypher::PlanCache plans_;
  size_t running_ = 0;
  uint64_t statements_ = 0;
};

}  // namespace graphdb::cluster
