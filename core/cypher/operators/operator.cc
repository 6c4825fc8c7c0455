#include "core/cypher/operators/operator.h"

#include <utility>

#include "core/cypher/co_status.h"

namespace graphdb::cypher {

Task<absl::Status> Drain(ExecutionContext& context, Operator& from, MemoryCharge& charge,
                         std::vector<Batch>& to) {
  while (true) {
    Batch batch;
    GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await from.Next(&batch));
    if (!more) co_return absl::OkStatus();
    GRAPHDB_CO_RETURN_IF_ERROR(charge.Add(batch.MemoryBytes()));
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context.Work(batch.rows()));
    to.push_back(std::move(batch));
  }
}

txn::AsyncOr<bool> EagerOperator::Next(Batch* out) {
  if (!started_) {
    started_ = true;
    GRAPHDB_CO_RETURN_IF_ERROR(co_await Drain(context_, *input_, charge_, batches_));
    GRAPHDB_CO_RETURN_IF_ERROR(co_await Apply(batches_));
  }
  while (at_ < batches_.size()) {
    Batch& batch = batches_[at_++];
    if (batch.empty()) continue;
    *out = std::move(batch);
    co_return true;
  }
  co_return false;
}

}  // namespace graphdb::cypher
