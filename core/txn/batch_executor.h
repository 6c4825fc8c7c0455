// ExecuteBatch: the element operations of one BatchRequest as one transaction,
// exactly once.
//
//   v1::ClientResponse response = co_await ExecuteBatch(manager, request);
//
// Place: core/cluster calls it for ClientRequests whose body is a batch; routing
// and admission are done before. The results are stored with the dedupe record,
// so a retry is told what the first attempt was.
//
// Deterministic thread only. `manager` outlives the task.
#pragma once

#include "absl/status/status.h"
#include "core/env/task.h"
#include "core/txn/transaction_manager.h"
#include "proto/client.pb.h"

namespace graphdb::txn {

inline constexpr int kBatchOpsMax = 10'000;  // batch.ops_max

// Whether no operation of it writes.
bool OnlyReads(const v1::BatchRequest& batch);

Task<v1::ClientResponse> ExecuteBatch(TransactionManager& manager, v1::ClientRequest request);

// The error a client sees for a status of this package.
v1::ErrorInfo ToErrorInfo(const absl::Status& status);

}  // namespace graphdb::txn
