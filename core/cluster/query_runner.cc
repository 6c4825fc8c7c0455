#include "core/cluster/query_runner.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/cluster/gateway.h"
#include "core/cypher/datum_proto.h"
#include "core/cypher/error.h"
#include "core/cypher/query.h"
#include "core/txn/batch_executor.h"

namespace graphdb::cluster {
namespace {

v1::ClientResponse QueryError(const absl::Status& status, absl::string_view text) {
  const absl::Status rendered = cypher::RenderError(status, text);
  const std::optional<v1::ErrorReason> reason = cypher::ReasonOf(rendered);
  if (reason.has_value()) {
    return ErrorResponse(rendered.code(), *reason, std::string(rendered.message()));
  }
  v1::ClientResponse response;
  response.set_last(true);
  *response.mutable_error() = txn::ToErrorInfo(rendered);
  return response;
}

// What one run of the statement made; a run that did not commit is thrown away.
struct Run {
  Random random;
  cypher::CollectRows rows;
  cypher::Counters counters;
};

v1::QueryRows ToRows(const std::vector<std::string>& columns, const Run& run) {
  v1::QueryRows out;
  for (const std::string& column : columns) out.add_columns(column);
  for (const cypher::DatumList& row : run.rows.rows) {
    v1::Row* to = out.add_rows();
    for (const cypher::Datum& value : row) cypher::ToProto(value, to->add_values());
  }
  cypher::ToProto(run.counters, out.mutable_counters());
  return out;
}

// How many rows from `first` on go into one message.
int RowsOfPiece(const v1::QueryRows& rows, int first, int rows_max) {
  size_t bytes = 0;
  int count = 0;
  while (first + count < rows.rows_size() && count < rows_max) {
    bytes += rows.rows(first + count).ByteSizeLong();
    if (count > 0 && bytes > kRowBytesPerResponse) break;
    ++count;
  }
  return count;
}

// Sends all but the last piece ahead and returns that.
v1::ClientResponse SendPieces(std::vector<v1::QueryRows> pieces, Timestamp ts,
                              const EmitPiece& emit) {
  for (size_t i = 0; i + 1 < pieces.size(); ++i) {
    v1::ClientResponse piece;
    *piece.mutable_rows() = std::move(pieces[i]);
    emit(std::move(piece));
  }
  v1::ClientResponse last;
  last.set_last(true);
  last.set_commit_timestamp(ts.value());
  *last.mutable_rows() = std::move(pieces.back());
  return last;
}

Task<absl::StatusOr<std::string>> RunOnce(std::shared_ptr<const cypher::Plan> plan,
                                          cypher::DatumMap parameters, YieldHook yield,
                                          Tuning tuning, std::shared_ptr<Run> run,
                                          txn::GraphTransaction& transaction) {
  run->rows = cypher::CollectRows();
  run->counters = cypher::Counters();
  cypher::ExecuteOptions options;
  options.yield = std::move(yield);
  options.random = &run->random;
  options.limits.batch_rows = tuning.batch_rows;
  options.limits.yield_rows = tuning.yield_rows;
  const absl::StatusOr<cypher::QuerySummary> summary = co_await cypher::Execute(
      plan, std::move(parameters), transaction, run->rows, std::move(options));
  if (!summary.ok()) co_return summary.status();
  run->counters = summary->counters;
  if (!plan->is_write()) co_return std::string();
  co_return ToRows(plan->columns(), *run).SerializeAsString();
}

}  // namespace

std::vector<v1::QueryRows> InPieces(v1::QueryRows rows, int rows_max) {
  std::vector<v1::QueryRows> pieces(1);
  *pieces.back().mutable_columns() = std::move(*rows.mutable_columns());
  for (int sent = 0; sent < rows.rows_size();) {
    const int end = sent + RowsOfPiece(rows, sent, rows_max);
    if (sent > 0) pieces.emplace_back();
    while (sent < end) pieces.back().add_rows()->Swap(rows.mutable_rows(sent++));
  }
  *pieces.back().mutable_counters() = std::move(*rows.mutable_counters());
  return pieces;
}

Task<v1::ClientResponse> RunQuery(txn::TransactionManager& manager, PlanOr plan,
                                  v1::ClientRequest request, QueryHooks hooks) {
  const std::string text = request.query().text();
  if (!plan.ok()) co_return QueryError(plan.status(), text);
  const std::shared_ptr<const cypher::Plan> prepared = *plan;
  if (request.query().read_only() && prepared->is_write()) {
    co_return ErrorResponse(absl::StatusCode::kPermissionDenied, v1::READ_ONLY,
                            "the statement writes, and only reads are allowed here");
  }
  const cypher::Limits limits;
  absl::StatusOr<cypher::DatumMap> parameters =
      cypher::ParametersFromProto(request.query().parameters(), limits.nesting_depth_max);
  if (!parameters.ok()) co_return QueryError(parameters.status(), text);

  auto run = std::make_shared<Run>(Run{hooks.random, {}, {}});
  txn::TransactionManager::Body body = [prepared, given = *std::move(parameters),
                                        yield = hooks.yield, tuning = hooks.tuning,
                                        run](txn::GraphTransaction& transaction) {
    return RunOnce(prepared, given, yield, tuning, run, transaction);
  };
  txn::RunRequest how;
  how.session = request.session();
  how.sequence = request.sequence();
  how.retry = request.retry();
  how.attempt = request.attempt();
  how.read_only = !prepared->is_write();
  const absl::StatusOr<txn::RunOutcome> outcome = co_await manager.Run(how, std::move(body));
  if (!outcome.ok()) co_return QueryError(outcome.status(), text);
  v1::QueryRows rows;
  if (!outcome->duplicate) {
    rows = ToRows(prepared->columns(), *run);
  } else if (!rows.ParseFromString(outcome->result)) {
    co_return QueryError(
        absl::DataLossError("what is stored of the first attempt is no answer to a statement"),
        text);
  }
  const auto rows_max = static_cast<int>(hooks.tuning.rows_per_response);
  co_return SendPieces(InPieces(std::move(rows), rows_max), outcome->commit_ts, hooks.emit);
}

}  // namespace graphdb::cluster
