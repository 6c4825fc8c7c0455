// Parsing and planning of statements of three sizes; the bar is 200,000 parses
// a second of the short ones.
#include <string>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "core/base/check.h"
#include "core/cypher/parser.h"
#include "core/cypher/query.h"

namespace graphdb::cypher {
namespace {

constexpr char kPoint[] = "MATCH (n:Person) WHERE id(n) = $id RETURN n.name AS name";
constexpr char kHops[] =
    "MATCH (a:Person {id: $id})-[:KNOWS]->(b:Person)-[r:LIKES|HATES]->(c) "
    "WHERE b.age >= 18 AND c.name STARTS WITH 'x' OR NOT r.stars IN [1, 2, 3] "
    "WITH b, count(DISTINCT c) AS cs ORDER BY cs DESC LIMIT 10 "
    "RETURN b.name AS name, cs, [x IN collect(b) WHERE x.age > 3 | x.name] AS names";

std::string LongCreate() {
  std::string text = "CREATE (n0:Person {id: 0, name: 'zero'})";
  for (int i = 1; i < 500; ++i) {
    absl::StrAppend(&text, ", (n", i, ":Person {id: ", i, ", name: 'n", i, "'})-[:KNOWS]->(n",
                    i - 1, ")");
  }
  return text;
}

void ParseText(benchmark::State& state, const std::string& text) {
  const Limits limits;
  for (auto _ : state) {
    const auto statement = Parse(text, limits);
    GRAPHDB_CHECK(statement.ok()) << statement.status().ToString();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void PrepareText(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    const auto plan = Prepare(text, {});
    GRAPHDB_CHECK(plan.ok()) << plan.status().ToString();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(ParseText, point, kPoint);
BENCHMARK_CAPTURE(ParseText, hops, kHops);
BENCHMARK_CAPTURE(ParseText, long_create, LongCreate());
BENCHMARK_CAPTURE(PrepareText, point, kPoint);
BENCHMARK_CAPTURE(PrepareText, hops, kHops);
BENCHMARK_CAPTURE(PrepareText, long_create, LongCreate());

}  // namespace
}  // namespace graphdb::cypher
