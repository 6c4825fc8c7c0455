// The query engine on a graph in memory against the naive graph: what a run of the
// simulator compares, without cluster and faults, some thousand statements a second.
#include <gtest/gtest.h>

#include "core/cypher/datum_proto.h"
#include "core/cypher/testing/run_query.h"
#include "sim/workload/queries.h"

namespace graphdb::sim {
namespace {

constexpr int kGraphs = 60;
constexpr int kStatements = 100;  // on each

void AddRows(const cypher::QueryResult& result, v1::QueryRows* rows) {
  for (const std::string& column : result.columns) rows->add_columns(column);
  for (const cypher::DatumList& values : result.rows) {
    v1::Row* row = rows->add_rows();
    for (const cypher::Datum& value : values) cypher::ToProto(value, row->add_values());
  }
  cypher::ToProto(result.summary.counters, rows->mutable_counters());
}

OpOutcome Ask(const v1::QueryRequest& query, uint32_t batch_rows, cypher::MemoryGraph* graph) {
  OpOutcome outcome;
  outcome.outcome = Outcome::kFail;
  const auto plan = cypher::Prepare(query.text(), cypher::PrepareOptions());
  if (plan.ok() && query.read_only() && (*plan)->is_write()) {
    outcome.reason = v1::READ_ONLY;
    return outcome;
  }
  cypher::RunOptions options;
  options.execute.limits.batch_rows = batch_rows;
  options.parameters = *cypher::ParametersFromProto(query.parameters(), 100);
  const auto result = cypher::RunQuery(*graph, query.text(), options);
  if (result.ok()) {
    outcome.outcome = Outcome::kOk;
    AddRows(*result, &outcome.rows);
  } else {
    outcome.reason = cypher::ReasonOf(result.status()).value_or(v1::CONSTRAINT);
  }
  return outcome;
}

TEST(QueriesEngineTest, EngineAndNaiveGraphAgree) {
  for (uint64_t seed = 1; seed <= kGraphs; ++seed) {
    SCOPED_TRACE(seed);
    QueriesWorkload workload(seed);
    cypher::MemoryGraph graph;
    Random rng(seed);
    const auto batch_rows = static_cast<uint32_t>(1 + rng.Below(5));
    for (int i = 0; i < kStatements; ++i) {
      PlanContext context;
      context.number = static_cast<uint64_t>(i);
      const PlannedOp op = workload.Plan(context, rng);
      workload.Done(op, Ask(op.query, batch_rows, &graph));
      const MaybeViolation violation = workload.Check().violation;
      ASSERT_FALSE(violation) << "statement " << i << ": " << violation->message;
    }
    const std::optional<PlannedOp> all = workload.NextFinal();
    workload.FinalDone(0, Ask(all->query, batch_rows, &graph));
    ASSERT_FALSE(workload.Check().violation) << workload.Check().violation->message;
  }
}

}  // namespace
}  // namespace graphdb::sim
