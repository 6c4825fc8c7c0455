#include "sim/workload/statement.h"

#include <gtest/gtest.h>

#include "sim/workload/queries.h"

namespace graphdb::sim {
namespace {

TEST(StatementTest, TextSaysWhatIsMeant) {
  Statement s;
  s.kind = Statement::Kind::kDistinct;
  s.pattern.hops = {{Hop::Direction::kIn, "R"}, {Hop::Direction::kBoth, ""}};
  s.labelled = {true, false, true};
  s.pattern.where = {{{0, "a", Condition::Op::kLess, 3, true}, {1, "b", Condition::Op::kIsNull}},
                     {{2, "k", Condition::Op::kEqual, 7}}};
  s.skip = 1;
  s.limit = 2;
  EXPECT_EQ(ToQuery(s, "Q").text(),
            "MATCH (n0:Q)<-[r0:R]-(n1)-[r1]-(n2:Q) WHERE (NOT (n0.a < 3) OR n1.b IS NULL) AND "
            "(n2.k = 7) RETURN DISTINCT n2.k AS k ORDER BY k SKIP 1 LIMIT 2");
  s.parameters = true;
  const v1::QueryRequest query = ToQuery(s, "Q");
  EXPECT_NE(query.text().find("NOT (n0.a < $p1) OR n1.b IS NULL) AND (n2.k = $p2)"),
            std::string::npos)
      << query.text();
  EXPECT_EQ(query.parameters().entries(1).value().int_value(), 7);
}

// What a correct engine with one client would answer.
struct Client {
  QueriesWorkload workload{1};
  NaiveGraph engine;
  uint64_t number = 0;
  Random rng{7};

  v1::QueryRows Answer(const PlannedOp& op, const Statement& statement) {
    v1::QueryRows rows;
    const graphdb::sim::Answer answer = Run(statement, &engine);
    for (const auto& values : answer.rows) {
      v1::Row* row = rows.add_rows();
      for (const int64_t value : values) {
        v1::Value* cell = row->add_values();
        if (value != kNullInRow) cell->set_int_value(value);
      }
    }
    rows.mutable_counters()->set_nodes_created(answer.nodes_created);
    rows.mutable_counters()->set_nodes_deleted(answer.nodes_deleted);
    rows.mutable_counters()->set_relationships_created(answer.relationships_created);
    rows.mutable_counters()->set_relationships_deleted(answer.relationships_deleted);
    return rows;
  }

  // Plans one operation; the same draw gives the statement behind it.
  PlannedOp Next(Statement* statement, int64_t* next_k) {
    Random copy = rng;
    *statement = DrawStatement(*next_k, copy);
    *next_k += statement->names();
    PlanContext context;
    context.number = number++;
    return workload.Plan(context, rng);
  }
};

bool Accepts(int operations, int wrong_at, int unknown_every) {
  Client client;
  int64_t next_k = 1;
  for (int i = 0; i < operations; ++i) {
    Statement statement;
    const PlannedOp op = client.Next(&statement, &next_k);
    OpOutcome outcome;
    outcome.outcome = Outcome::kOk;
    outcome.rows = client.Answer(op, statement);
    if (i == wrong_at) {
      outcome.rows.add_rows()->add_values()->set_int_value(1);
    } else if (unknown_every > 0 && i % unknown_every == 0) {
      outcome.outcome = Outcome::kInfo;
    }
    client.workload.Done(op, outcome);
  }
  return !client.workload.Check().violation;
}

TEST(QueriesWorkloadTest, RightAnswersAreAcceptedAndAWrongRowIsNot) {
  EXPECT_TRUE(Accepts(150, -1, 0));
  EXPECT_FALSE(Accepts(150, 80, 0));
  EXPECT_FALSE(Accepts(150, 149, 0));
}

TEST(QueriesWorkloadTest, UnknownOutcomesLeaveBothWaysOpen) {
  EXPECT_TRUE(Accepts(150, -1, 60));
  EXPECT_FALSE(Accepts(100, 99, 60));
}

TEST(QueriesWorkloadTest, RefusalOfAValidStatementIsAViolation) {
  Client client;
  int64_t next_k = 1;
  Statement statement;
  const PlannedOp op = client.Next(&statement, &next_k);
  OpOutcome outcome;
  outcome.outcome = Outcome::kFail;
  outcome.reason = v1::CONFLICT;
  client.workload.Done(op, outcome);
  EXPECT_FALSE(client.workload.Check().violation);
  outcome.reason = v1::SEMANTIC;
  client.workload.Done(op, outcome);
  EXPECT_TRUE(client.workload.Check().violation);
}

}  // namespace
}  // namespace graphdb::sim
