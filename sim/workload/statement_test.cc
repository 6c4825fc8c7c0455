#include "sim/workload/statement.h"

#include <gtest/gtest.h>

#include <set>

#include "core/cypher/query.h"
#include "sim/workload/expression_draw.h"
#include "sim/workload/queries.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kSeeds = 3000;

TEST(StatementTest, EveryDrawIsAValidStatement) {
  Random rng(11);
  std::set<absl::string_view> functions;
  for (uint64_t i = 0; i < kSeeds; ++i) {
    const Statement statement = DrawStatement({"Q", 30, 30, {}, true}, rng);
    const v1::QueryRequest query = ToQuery(statement);
    const auto plan = cypher::Prepare(query.text(), cypher::PrepareOptions());
    const bool refused = statement.reason == v1::SYNTAX;
    EXPECT_EQ(plan.ok(), !refused) << query.text() << "\n" << plan.status();
    if (plan.ok() && statement.refused.empty()) {
      EXPECT_EQ((*plan)->is_write(), statement.writes) << query.text();
      EXPECT_EQ((*plan)->columns(), statement.columns) << query.text();
    }
    for (const auto& part : NaiveFunctions()) {
      for (const NaiveFunction& row : part) {
        const absl::string_view name = row.text.substr(0, row.text.find('('));
        if (!name.empty() && query.text().find(std::string(name) + "(") != std::string::npos) {
          functions.insert(row.text);
        }
      }
    }
  }
  for (const auto& part : NaiveFunctions()) {
    for (const NaiveFunction& row : part) {
      const size_t bracket = row.text.find('(');
      if (bracket == 0 || bracket == absl::string_view::npos) continue;
      EXPECT_EQ(functions.count(row.text), 1u) << "never drawn: " << std::string(row.text);
    }
  }
}

TEST(StatementTest, TextSaysWhatIsMeant) {
  Statement s;
  NaiveClause match;
  NaivePattern& pattern = match.patterns.emplace_back();
  pattern.path = "p";
  pattern.places.resize(2);
  pattern.places[0].name = "n0";
  pattern.places[0].labels = {"Q"};
  pattern.places[1].name = "n1";
  pattern.hops.resize(1);
  pattern.hops[0].types = {"R", "S"};
  pattern.hops[0].direction = Hop::Direction::kIn;
  pattern.hops[0].properties["s"] = NaiveValue::Text("it's");
  Expression three;
  three.value = NaiveValue::Of(3);
  three.parameter = true;
  match.where = ExpressionDraw::Call("($0 < $1)", {ExpressionDraw::Property("n0", "a"), three});
  NaiveClause result;
  result.kind = NaiveClause::Kind::kReturn;
  NaiveItem& item = result.items.emplace_back();
  item.aggregate = NaiveItem::Aggregate::kCollect;
  item.distinct = true;
  item.of = ExpressionDraw::Property("n1", "k");
  item.name = "c0";
  result.order.emplace_back(ExpressionDraw::Variable("c0"), true);
  result.limit = 2;
  s.query.parts = {{match, result}};
  const v1::QueryRequest query = ToQuery(s);
  EXPECT_EQ(query.text(),
            "MATCH p = (n0:Q)<-[:R|S {s: 'it\\'s'}]-(n1) WHERE (n0.a < $p001) "
            "RETURN collect(DISTINCT n1.k) AS c0 ORDER BY c0 DESC LIMIT 2");
  EXPECT_EQ(query.parameters().entries(0).value().int_value(), 3);
}

// What a correct engine with one client would answer.
struct Client {
  QueriesWorkload workload{1};
  NaiveGraph engine;
  uint64_t number = 0;
  Random rng{7};
  StatementPlace place{"Q1C0", 1, 1, {}, true};

  OpOutcome Answer(const Statement& statement) {
    OpOutcome outcome;
    outcome.outcome = Outcome::kFail;
    outcome.reason = statement.reason;
    if (!statement.refused.empty()) return outcome;
    NaiveGraph after = engine;
    const NaiveAnswer answer = Run(statement.query, &after);
    const bool constraint = answer.fate == NaiveAnswer::Fate::kConstraint;
    outcome.reason = constraint ? v1::CONSTRAINT : v1::SEMANTIC;
    if (answer.fate != NaiveAnswer::Fate::kAnswered) return outcome;
    engine = std::move(after);
    outcome.outcome = Outcome::kOk;
    outcome.reason = v1::REASON_NONE;
    for (const std::string& column : statement.columns) outcome.rows.add_columns(column);
    for (const auto& values : answer.rows) {
      v1::Row* row = outcome.rows.add_rows();
      for (const NaiveValue& value : values) ToProto(value, row->add_values());
    }
    v1::QueryCounters* counters = outcome.rows.mutable_counters();
    counters->set_nodes_created(answer.counters.nodes_created);
    counters->set_nodes_deleted(answer.counters.nodes_deleted);
    counters->set_relationships_created(answer.counters.edges_created);
    counters->set_relationships_deleted(answer.counters.edges_deleted);
    counters->set_properties_set(answer.counters.properties_set);
    counters->set_labels_added(answer.counters.labels_added);
    counters->set_labels_removed(answer.counters.labels_removed);
    return outcome;
  }

  // Plans one operation; the same draw gives the statement behind it. Whether the
  // workload has settled what came before, it alone knows.
  PlannedOp Next(Statement* statement) {
    const Random before = rng;
    PlanContext context;
    context.number = number++;
    PlannedOp op = workload.Plan(context, rng);
    const std::string asked = op.query.ShortDebugString();
    for (const bool settled : {true, false}) {
      Random copy = before;
      place.settled = settled;
      *statement = DrawStatement(place, copy);
      if (ToQuery(*statement).ShortDebugString() == asked) break;
      EXPECT_TRUE(settled) << "another statement than planned: " << asked;
    }
    place.next_k += statement->nodes;
    place.next_e += statement->edges;
    return op;
  }
};

enum class Wrong { kNothing, kRow, kCounter, kColumn };

bool Accepts(int operations, int wrong_at, Wrong wrong, int unknown_every) {
  Client client;
  for (int i = 0; i < operations; ++i) {
    Statement statement;
    const PlannedOp op = client.Next(&statement);
    OpOutcome outcome = client.Answer(statement);
    if (i == wrong_at) {
      outcome.outcome = Outcome::kOk;
      if (wrong == Wrong::kRow) outcome.rows.add_rows()->add_values()->set_int_value(1);
      if (wrong == Wrong::kCounter) outcome.rows.mutable_counters()->set_labels_removed(77);
      if (wrong == Wrong::kColumn) outcome.rows.add_columns("d");
    } else if (unknown_every > 0 && i % unknown_every == 0) {
      outcome.outcome = Outcome::kInfo;
    }
    client.workload.Done(op, outcome);
  }
  return !client.workload.Check().violation;
}

TEST(QueriesWorkloadTest, RightAnswersAreAcceptedAndAWrongOneIsNot) {
  EXPECT_TRUE(Accepts(400, -1, Wrong::kNothing, 0));
  for (const int at : {80, 149}) {
    EXPECT_FALSE(Accepts(150, at, Wrong::kRow, 0)) << at;
    EXPECT_FALSE(Accepts(150, at, Wrong::kCounter, 0)) << at;
    EXPECT_FALSE(Accepts(150, at, Wrong::kColumn, 0)) << at;
  }
}

TEST(QueriesWorkloadTest, UnknownOutcomesLeaveBothWaysOpen) {
  EXPECT_TRUE(Accepts(150, -1, Wrong::kNothing, 60));
  EXPECT_FALSE(Accepts(100, 99, Wrong::kRow, 60));
}

TEST(QueriesWorkloadTest, RefusalOfAValidStatementIsAViolation) {
  Client client;
  Statement statement;
  const PlannedOp op = client.Next(&statement);
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
