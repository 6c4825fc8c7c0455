// QueryRunner: runs one Cypher statement as one transaction, exactly once, and
// gives its rows in pieces.
//
//   v1::ClientResponse last = co_await RunQuery(manager, plan, request, hooks);
//
// A statement that writes answers only after it is committed; the whole answer
// is kept with the commit, so that a retry (rule T7) is told the same.
//
// Deterministic thread only.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "core/cluster/tuning.h"
#include "core/cypher/query.h"
#include "core/env/random.h"
#include "core/env/task.h"
#include "core/txn/transaction_manager.h"
#include "proto/client.pb.h"

namespace graphdb::cluster {

// Of one piece. A client of gRPC takes messages of 4 MB unless it asks for more.
inline constexpr int kRowsPerResponse = 256;
inline constexpr size_t kRowBytesPerResponse = 1u << 20;

// Pieces before the last one, in order.
using EmitPiece = std::function<void(v1::ClientResponse)>;
// Lets other events run between two batches of rows; an error ends the statement.
using YieldHook = std::function<Task<absl::Status>()>;

struct QueryHooks {
  EmitPiece emit;
  YieldHook yield;
  Random random;  // of rand()
  Tuning tuning;
};

// The answer as messages, in order: the columns in the first, the counters in
// the last, a row that is longer than a piece alone in its own.
std::vector<v1::QueryRows> InPieces(v1::QueryRows rows, int rows_max = kRowsPerResponse);

// Of the request's text, or why there is none.
using PlanOr = absl::StatusOr<std::shared_ptr<const cypher::Plan>>;

// `manager` outlives the task.
Task<v1::ClientResponse> RunQuery(txn::TransactionManager& manager, PlanOr plan,
                                  v1::ClientRequest request, QueryHooks hooks);

}  // namespace graphdb::cluster
