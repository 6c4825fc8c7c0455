// What the text scenarios can't say: parsing at the limits, values and their
// order, plans shared by executions, yields, memory.
#include "core/cypher/query.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/cypher/compare.h"
#include "core/cypher/datum_proto.h"
#include "core/cypher/parser.h"
#include "core/cypher/plan_cache.h"
#include "core/cypher/testing/run_query.h"
#include "gtest/gtest.h"

namespace graphdb::cypher {
namespace {

std::string Repeat(absl::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) absl::StrAppend(&out, text);
  return out;
}

std::string DetailOf(const absl::Status& status) {
  const std::optional<Error> error = ErrorOf(status);
  return error.has_value() ? error->detail : status.ToString();
}

TEST(ParserTest, NestingBeyondTheLimitIsAnErrorOfThatName) {
  for (const auto& [open, middle, close] :
       {std::tuple{"[", "1", "]"}, std::tuple{"(", "1", ")"}, std::tuple{"{a: ", "1", "}"},
        std::tuple{"NOT ", "true", ""}, std::tuple{"-", "a", ""},
        std::tuple{"[x IN [1] | ", "x", "]"}, std::tuple{"exists { MATCH (n) WHERE ", "true", "}"},
        std::tuple{"[(a)-->({k: ", "1", "}) | 1]"},
        std::tuple{"CASE WHEN true THEN ", "1", " END"}}) {
    const int depth = 20'000;
    const std::string text =
        absl::StrCat("RETURN ", Repeat(open, depth), middle, Repeat(close, depth));
    const auto parsed = Parse(text, Limits{});
    ASSERT_FALSE(parsed.ok()) << open;
    EXPECT_EQ(DetailOf(parsed.status()), "nesting_depth_max") << open;
  }
  const std::string postfix = absl::StrCat("RETURN a", Repeat(".b", 20'000));
  EXPECT_EQ(DetailOf(Parse(postfix, Limits{}).status()), "nesting_depth_max");
}

TEST(ParserTest, LongChainsOfOneLevelAreNotNesting) {
  for (const char* link : {" + 1", " OR true", " AND true", " * 2", " = 1", " XOR true"}) {
    EXPECT_TRUE(Parse(absl::StrCat("RETURN 1", Repeat(link, 20'000)), Limits{}).ok()) << link;
  }
}

TEST(ParserTest, NestingBelowTheLimitRuns) {
  MemoryGraph graph;
  const int depth = 90;
  const auto result =
      RunQuery(graph, absl::StrCat("RETURN ", Repeat("[", depth), Repeat("]", depth), " AS x"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows[0][0].depth(), static_cast<uint32_t>(depth));
}

TEST(ParserTest, ATextThatIsTooLongIsRefusedUnread) {
  Limits limits;
  limits.query_bytes_max = 20;
  EXPECT_EQ(DetailOf(Parse("RETURN 1 AS abcdefghijklm", limits).status()), "query_bytes_max");
}

TEST(ParserTest, TooManyClausesAreRefused) {
  Limits limits;
  limits.clauses_max = 3;
  EXPECT_TRUE(Parse("WITH 1 AS x WITH x RETURN x", limits).ok());
  EXPECT_EQ(DetailOf(Parse("WITH 1 AS x WITH x WITH x RETURN x", limits).status()), "clauses_max");
}

TEST(QueryTest, RowsOfTheResultCountAsMemory) {
  MemoryGraph graph;
  RunOptions options;
  options.execute.limits.memory_bytes_max = 4 << 20;
  const auto result = RunQuery(
      graph,
      "UNWIND range(1, 2000) AS x RETURN reduce(s = '', i IN range(1, 500) | s + 'abcdefgh')",
      options);
  EXPECT_EQ(DetailOf(result.status()), "memory_bytes_max");
}

TEST(QueryTest, ValuesThatGrowByNestingAreRefused) {
  MemoryGraph graph;
  const auto result =
      RunQuery(graph, "RETURN size(reduce(acc = [], x IN range(1, 100000) | [acc])) AS x");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(DetailOf(result.status()), "nesting_depth_max");
}

TEST(QueryTest, OnePlanServesManyExecutions) {
  MemoryGraph graph;
  const auto plan = Prepare("CREATE (n:P {x: $x}) RETURN n.x AS x", {});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_TRUE((*plan)->is_write());
  EXPECT_EQ((*plan)->columns(), std::vector<std::string>{"x"});
  for (int i = 0; i < 3; ++i) {
    MemoryTransaction transaction(graph);
    CollectRows rows;
    bool done = false;
    Spawn(Execute(*plan, {{"x", Datum::Integer(i)}}, transaction, rows, {}),
          [&](absl::StatusOr<QuerySummary> summary) {
            ASSERT_TRUE(summary.ok()) << summary.status();
            EXPECT_EQ(summary->counters.nodes_created, 1u);
            done = true;
          });
    EXPECT_TRUE(done);
    ASSERT_EQ(rows.rows.size(), 1u);
    EXPECT_EQ(rows.rows[0][0].integer(), i);
  }
  EXPECT_TRUE(graph.state.nodes.empty()) << "nothing was committed";
}

TEST(QueryTest, AYieldThatFailsEndsTheStatement) {
  MemoryGraph graph;
  RunOptions options;
  int yields = 0;
  options.execute.yield = [&]() -> Task<absl::Status> {
    co_return ++yields < 5 ? absl::OkStatus() : absl::CancelledError("killed");
  };
  const auto result =
      RunQuery(graph, "UNWIND range(1, 1000000) AS x RETURN count(x) AS c", options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(yields, 5);
}

// A scan that is joined with many rows works in full batches, not row by row.
TEST(QueryTest, AJoinedScanFillsItsBatches) {
  MemoryGraph graph;
  ASSERT_TRUE(RunQuery(graph, "UNWIND range(1, 4) AS x CREATE (:A {x: x})").ok());
  RunOptions options;
  int turns = 0;
  options.execute.limits.yield_rows = 1;
  options.execute.yield = [&turns]() -> Task<absl::Status> {
    ++turns;
    co_return absl::OkStatus();
  };
  const auto result =
      RunQuery(graph, "UNWIND range(1, 1000) AS i MATCH (n:A) RETURN sum(i * n.x) AS s", options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows[0][0].integer(), 5'005'000);
  EXPECT_LT(turns, 40);
}

TEST(QueryTest, MemoryIsBoundedByItsLimit) {
  MemoryGraph graph;
  RunOptions options;
  options.execute.limits.memory_bytes_max = 4 << 20;
  const auto too_much =
      RunQuery(graph, "UNWIND range(1, 100000) AS x RETURN collect(x) AS c", options);
  EXPECT_EQ(DetailOf(too_much.status()), "memory_bytes_max");
  const auto sorted =
      RunQuery(graph, "UNWIND range(1, 100000) AS x RETURN x ORDER BY x LIMIT 1", options);
  EXPECT_EQ(DetailOf(sorted.status()), "memory_bytes_max");
  const auto counted =
      RunQuery(graph, "UNWIND range(1, 100000) AS x RETURN count(x) AS c", options);
  EXPECT_TRUE(counted.ok()) << counted.status();
}

// What one expression can ask for in a single row, or one batch of rows.
TEST(QueryTest, OneRowCannotTakeTheProcessDown) {
  MemoryGraph graph;
  RunOptions options;
  options.execute.limits.memory_bytes_max = 16 << 20;
  options.execute.limits.expression_work_max = 3'000'000;
  for (const auto& [text, limit] : {
           std::pair{"RETURN [x IN range(1, 100000) | [y IN range(1, 100000) | 1]]",
                     "expression_work_max"},
           std::pair{"RETURN reduce(a = [], x IN range(1, 100000) | a + x)", "expression_work_max"},
           std::pair{"RETURN reduce(s = 'a', x IN range(1, 100) | s + s)", "expression_work_max"},
           std::pair{"UNWIND range(1, 1000) AS r RETURN range(1, 2000) AS l", "memory_bytes_max"},
           std::pair{"UNWIND range(1, 1000000) AS r CREATE (:N)", "memory_bytes_max"},
       }) {
    EXPECT_EQ(DetailOf(RunQuery(graph, text, options).status()), limit) << text;
  }
}

// A node with more relationships than the statement has memory for: it stops as
// soon as the limit is met, and the rest is not even read.
TEST(QueryTest, RelationshipsAreChargedAsTheyComeIn) {
  constexpr int kRelationships = 20'000;
  MemoryGraph graph;
  graph.page_size = 100;
  ASSERT_TRUE(RunQuery(graph, "CREATE (:Hub)").ok());
  const ElementId hub = graph.state.nodes.begin()->first;
  for (int i = 1; i <= kRelationships; ++i) {
    const RelationshipId id(graph.next_id++);
    graph.state.relationships.emplace(id, graph::Relationship{id, "T", hub, hub, {}});
  }
  ExecuteOptions options;
  options.limits.memory_bytes_max = 256 << 10;
  for (const char* text : {"MATCH (h:Hub)-[r]->() RETURN count(*)", "MATCH (h:Hub)-[r]-() DELETE r",
                           "MATCH (h:Hub)-[*1..2]->() RETURN count(*)",
                           "MATCH (h:Hub) DETACH DELETE h", "MATCH (h:Hub) DELETE h"}) {
    MemoryTransaction transaction(graph);
    CollectRows rows;
    absl::Status got;
    Spawn(Execute(*Prepare(text, {}), {}, transaction, rows, options),
          [&](absl::StatusOr<QuerySummary> summary) { got = summary.status(); });
    EXPECT_EQ(DetailOf(got), "memory_bytes_max") << text;
    EXPECT_GT(transaction.counts.relationships, 0) << text;
    EXPECT_LT(transaction.counts.relationships, kRelationships / 4) << text;
    EXPECT_FALSE(transaction.has_writes()) << text;
  }
}

TEST(QueryTest, ListsOfABatchAreUnwoundOneByOne) {
  MemoryGraph graph;
  RunOptions options;
  options.execute.limits.memory_bytes_max = 1 << 20;
  const auto result = RunQuery(
      graph, "UNWIND range(1, 100) AS r UNWIND range(1, 3000) AS s RETURN count(s) AS c", options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows[0][0].integer(), 300'000);
}

TEST(QueryTest, ErrorsOfTheTransactionPassUnchanged) {
  class Conflicted : public MemoryTransaction {
   public:
    using MemoryTransaction::MemoryTransaction;
    txn::AsyncOr<txn::NodePage> ScanNodes(std::string, std::optional<std::string>) override {
      co_return absl::AbortedError("conflict");
    }
  };
  MemoryGraph graph;
  Conflicted transaction(graph);
  CollectRows rows;
  absl::Status got;
  Spawn(Execute(*Prepare("MATCH (n) RETURN n", {}), {}, transaction, rows, {}),
        [&](absl::StatusOr<QuerySummary> summary) { got = summary.status(); });
  EXPECT_EQ(got, absl::AbortedError("conflict"));
}

TEST(PlanCacheTest, TheOldestPlanGoesFirst) {
  PlanCache cache(2);
  ASSERT_TRUE(cache.Get("RETURN 1", {}).ok());
  ASSERT_TRUE(cache.Get("RETURN 2", {}).ok());
  ASSERT_TRUE(cache.Get("RETURN 1", {}).ok());  // now the younger one
  ASSERT_TRUE(cache.Get("RETURN 3", {}).ok());
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.hits(), 1u);
  ASSERT_TRUE(cache.Get("RETURN 1", {}).ok());
  EXPECT_EQ(cache.hits(), 2u);
  EXPECT_FALSE(cache.Get("RETURN", {}).ok());
  EXPECT_EQ(cache.size(), 2u);
  PlanCache small(100, 10);
  ASSERT_TRUE(small.Get("RETURN 12345678", {}).ok());
  EXPECT_EQ(small.size(), 0u) << "longer than all texts may be together";
}

TEST(CompareTest, IntegersAndFloatsCompareExactly) {
  const int64_t big = (int64_t{1} << 53) + 1;
  EXPECT_EQ(Equals(Datum::Integer(big), Datum::Float(static_cast<double>(big))), Ternary::kFalse);
  EXPECT_EQ(Equals(Datum::Integer(1), Datum::Float(1.0)), Ternary::kTrue);
  EXPECT_EQ(OrderCompare(Datum::Integer(INT64_MAX), Datum::Float(9223372036854775808.0)), -1);
  EXPECT_EQ(OrderCompare(Datum::Integer(INT64_MIN), Datum::Float(-9223372036854775808.0)), 0);
  EXPECT_EQ(OrderCompare(Datum::Integer(1), Datum::Float(1.5)), -1);
  EXPECT_EQ(OrderCompare(Datum::Integer(-1), Datum::Float(-1.5)), 1);
}

// All that ORDER BY can meet, ascending.
std::vector<Datum> Ascending() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  auto node = std::make_shared<NodeRecord>();
  node->node.id = ElementId(1);
  return {Datum::Map({}),
          Datum::Map({{"a", Datum::Integer(1)}}),
          Datum::Node(node),
          Datum::List({}),
          Datum::List({Datum::Integer(1)}),
          Datum::List({Datum::Integer(1), Datum()}),
          Datum::List({Datum()}),
          Datum::String(""),
          Datum::String("a"),
          Datum::Boolean(false),
          Datum::Boolean(true),
          Datum::Float(-std::numeric_limits<double>::infinity()),
          Datum::Integer(-1),
          Datum::Float(0.5),
          Datum::Integer(1),
          Datum::Float(std::numeric_limits<double>::infinity()),
          Datum::Float(nan),
          Datum()};
}

TEST(CompareTest, TheOrderOfAllValuesIsTotal) {
  const std::vector<Datum> values = Ascending();
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t k = 0; k < values.size(); ++k) {
      const int want = i < k ? -1 : i > k ? 1 : 0;
      EXPECT_EQ(OrderCompare(values[i], values[k]), want)
          << values[i].ToString() << " and " << values[k].ToString();
    }
  }
}

TEST(CompareTest, GroupKeysAreEqualExactlyForEquivalentValues) {
  const std::vector<Datum> values = Ascending();
  for (const Datum& a : values) {
    for (const Datum& b : values) {
      std::string x;
      std::string y;
      AppendGroupKey(a, x);
      AppendGroupKey(b, y);
      EXPECT_EQ(x == y, OrderCompare(a, b) == 0) << a.ToString() << " and " << b.ToString();
    }
  }
  std::string one;
  std::string one_float;
  AppendGroupKey(Datum::List({Datum::Integer(1)}), one);
  AppendGroupKey(Datum::List({Datum::Float(1.0)}), one_float);
  EXPECT_EQ(one, one_float);
}

TEST(DatumProtoTest, ValuesSurviveTheMessages) {
  const Datum value =
      Datum::Map({{"a", Datum::List({Datum(), Datum::Boolean(true), Datum::Integer(-5),
                                     Datum::Float(1.5), Datum::String("x"), Datum::OfBytes("y")})},
                  {"b", Datum::Map({})},
                  {"c", Datum::List({})}});
  v1::Value message;
  ToProto(value, &message);
  const auto back = FromProto(message, 100);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->ToString(), value.ToString());
  EXPECT_EQ(DetailOf(FromProto(message, 2).status()), "nesting_depth_max");
  v1::Value node;
  node.mutable_node_value()->set_id(1);
  EXPECT_EQ(DetailOf(FromProto(node, 100).status()), "InvalidArgumentType");
}

TEST(DatumProtoTest, ReasonsTellKindsOfErrorApart) {
  MemoryGraph graph;
  ASSERT_TRUE(RunQuery(graph, "CREATE (:A)-[:T]->()").ok());
  const auto reason = [&](absl::string_view text) {
    return ReasonOf(RunQuery(graph, text).status());
  };
  EXPECT_EQ(reason("RETURN"), v1::SYNTAX);
  EXPECT_EQ(reason("RETURN $x"), v1::SEMANTIC);
  EXPECT_EQ(reason("MATCH (a:A) DELETE a"), v1::CONSTRAINT);
  EXPECT_EQ(reason("RETURN range(1, 100000000)"), v1::LIMIT);
  EXPECT_EQ(ReasonOf(absl::AbortedError("conflict")), std::nullopt);
}

}  // namespace
}  // namespace graphdb::cypher
