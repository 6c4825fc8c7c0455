// QueryRunner: runs one Cypher statement as one transaction, exactly once, and
// gives its rows in pieces.
//
//   v1::ClientResponse last = co_await RunQuery(manager, plans, request, hooks);
//
// A statement that writes answers only after it is committed; the whole answer
// is kept with the commit, so that a retry (rule T7) is told the same.
//
// Deterministic thread only.
#pragma once

#include <functional>
#include <memory>

#include "core/cypher/plan_cache.h"
#include "core/env/random.h"
#include "core/env/task.h"
#include "core/txn/transaction_manager.h"
#include "proto/client.pb.h"

namespace graphdb::cluster {

inline constexpr int kRowsPerResponse = 256;

// Pieces before the last one, in order.
using EmitPiece = std::function<void(v1::ClientResponse)>;
// Lets other events run between two batches of rows; an error ends the statement.
using YieldHook = std::function<Task<absl::Status>()>;

struct QueryHooks {
  EmitPiece emit;
  YieldHook yield;
  Random random;  // of rand()
};

// Both references outlive the task.
Task<v1::ClientResponse> RunQuery(txn::TransactionManager& manager, cypher::PlanCache& plans,
                                  v1::ClientRequest request, QueryHooks hooks);

}  // namespace graphdb::cluster
