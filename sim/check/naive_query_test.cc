#include "sim/check/naive_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace graphdb::sim {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Kind = NaiveClause::Kind;
using V = NaiveValue;

NaiveGraph Chain() {
  NaiveGraph graph;
  graph.AddNode(1, {"Q"}, {{"a", V::Of(5)}});
  graph.AddNode(2, {"Q", "X"}, {{"a", V::Of(6)}});
  graph.AddNode(3, {"Q"}, {});
  graph.AddEdge(1, 1, 2, "R", {{"a", V::Of(1)}});
  graph.AddEdge(2, 2, 3, "S");
  return graph;
}

Expression Variable(std::string name) {
  Expression e;
  e.kind = Expression::Kind::kVariable;
  e.name = std::move(name);
  return e;
}

Expression Property(std::string of, std::string name) {
  Expression e;
  e.kind = Expression::Kind::kProperty;
  e.name = std::move(name);
  e.args.push_back(Variable(std::move(of)));
  return e;
}

Expression Value(V value) {
  Expression e;
  e.value = std::move(value);
  return e;
}

Expression Call(absl::string_view text, std::vector<Expression> args) {
  Expression e;
  e.kind = Expression::Kind::kCall;
  e.args = std::move(args);
  for (const auto& part : NaiveFunctions()) {
    for (const NaiveFunction& row : part) {
      if (row.text == text) e.function = &row;
    }
  }
  return e;
}

NaiveItem Column(Expression of, std::string name,
                 NaiveItem::Aggregate aggregate = NaiveItem::Aggregate::kNone) {
  NaiveItem item;
  item.of = std::move(of);
  item.name = std::move(name);
  item.aggregate = aggregate;
  return item;
}

// MATCH (n0)<hop>(n1)<hop>(n2) ...
NaiveClause Match(std::vector<Hop> hops) {
  NaiveClause match;
  NaivePattern& pattern = match.patterns.emplace_back();
  for (size_t i = 0; i <= hops.size(); ++i) {
    pattern.places.emplace_back().name = "n" + std::to_string(i);
  }
  pattern.hops = std::move(hops);
  return match;
}

NaiveClause Return(std::vector<NaiveItem> items) {
  NaiveClause clause;
  clause.kind = Kind::kReturn;
  clause.items = std::move(items);
  return clause;
}

std::vector<std::string> Rows(std::vector<NaiveClause> clauses, NaiveGraph graph = Chain()) {
  NaiveQuery query;
  query.parts = {std::move(clauses)};
  std::vector<std::string> rows;
  for (const std::vector<V>& row : sim::Run(query, &graph).rows)
    rows.push_back(ToText(V::List(row)));
  return rows;
}

Hop One(Hop::Direction direction, std::vector<std::string> types = {}) {
  Hop hop;
  hop.direction = direction;
  hop.types = std::move(types);
  return hop;
}

TEST(NaiveValueTest, ComparesAsCypherDoes) {
  EXPECT_EQ(NaiveEquals(V::Of(1), V::Float(1.0)), Truth(true));
  EXPECT_EQ(NaiveEquals(V(), V()), Truth());
  EXPECT_EQ(NaiveEquals(V::List({V::Of(1), V()}), V::List({V::Of(2), V()})), Truth(false));
  EXPECT_EQ(NaiveEquals(V::List({V::Of(1), V()}), V::List({V::Of(1), V::Of(2)})), Truth());
  EXPECT_EQ(NaiveCompares("<", V::Of(1), V::Text("a")), Truth());
  EXPECT_EQ(NaiveCompares(">=", V::Of((int64_t{1} << 53) + 1), V::Float(9007199254740992.0)),
            Truth(true));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(NaiveCompares("<", V::Float(nan), V::Of(1)), Truth(false));
  EXPECT_LT(NaiveOrder(V::List({V::Of(1)}), V::Text("a")), 0);
  EXPECT_LT(NaiveOrder(V::Boolean(true), V::Of(0)), 0);
  EXPECT_LT(NaiveOrder(V::Float(nan), V()), 0);
  EXPECT_FALSE(NaiveSameAnswer(V::Of(1), V::Float(1), false));
  EXPECT_TRUE(NaiveSameAnswer(V::Of(1), V::Float(1), true));
}

TEST(NaiveQueryTest, HopsFollowDirectionTypeAndProperties) {
  const auto ends = [](Hop hop) {
    return Rows({Match({std::move(hop)}),
                 Return({Column(Property("n0", "k"), "a"), Column(Property("n1", "k"), "b")})});
  };
  EXPECT_THAT(ends(One(Hop::Direction::kOut)), UnorderedElementsAre("[1, 2]", "[2, 3]"));
  EXPECT_THAT(ends(One(Hop::Direction::kIn, {"R"})), ElementsAre("[2, 1]"));
  EXPECT_THAT(ends(One(Hop::Direction::kBoth, {"S"})), UnorderedElementsAre("[2, 3]", "[3, 2]"));
  Hop with = One(Hop::Direction::kOut);
  with.properties["a"] = V::Of(1);
  EXPECT_THAT(ends(with), ElementsAre("[1, 2]"));
  Hop far = One(Hop::Direction::kOut);
  far.stretched = true;
  far.least = 0;
  far.most = 2;
  EXPECT_EQ(ends(far).size(), 6u);
}

TEST(NaiveQueryTest, RelationshipStandsAtOnePlaceOnly) {
  const Hop both = One(Hop::Direction::kBoth);
  EXPECT_THAT(Rows({Match({both, both}), Return({Column(Property("n2", "k"), "k")})}),
              UnorderedElementsAre("[3]", "[1]"));
}

TEST(NaiveQueryTest, OptionalMatchKeepsRowsWithoutMatch) {
  NaiveClause optional = Match({One(Hop::Direction::kOut)});
  optional.kind = Kind::kOptionalMatch;
  EXPECT_THAT(Rows({Match({}), optional, Return({Column(Property("n1", "k"), "k")})}),
              UnorderedElementsAre("[2]", "[3]", "[null]"));
}

TEST(NaiveQueryTest, GroupsSortsAndCuts) {
  NaiveClause groups = Return({Column(Call("($0 IS NULL)", {Property("n0", "a")}), "none"),
                               Column(Property("n0", "a"), "sum", NaiveItem::Aggregate::kSum)});
  EXPECT_THAT(Rows({Match({}), groups}), UnorderedElementsAre("[false, 11]", "[true, 0]"));
  NaiveClause sorted = Return({Column(Property("n0", "a"), "a")});
  sorted.order.emplace_back(Variable("a"), true);
  sorted.skip = 1;
  sorted.limit = 1;
  EXPECT_THAT(Rows({Match({}), sorted}), ElementsAre("[6]")) << "null is the largest";
}

TEST(NaiveQueryTest, NothingIsNeitherTrueNorFalse) {
  for (const bool negated : {false, true}) {
    NaiveClause match = Match({});
    Expression less = Call("($0 < $1)", {Property("n0", "a"), Value(V::Of(6))});
    match.where = negated ? Call("(NOT $0)", {less}) : less;
    EXPECT_EQ(Rows({match, Return({Column(Property("n0", "k"), "k")})}).size(), 1u);
  }
}

TEST(NaiveQueryTest, CountsWhatItChanges) {
  NaiveGraph graph = Chain();
  NaiveClause set;
  set.kind = Kind::kSet;
  set.sets.resize(2);
  set.sets[0] = {NaiveSet::Kind::kProperty, "n0", "a", Value(V())};
  set.sets[1] = {NaiveSet::Kind::kLabel, "n0", "X", {}};
  NaiveQuery query;
  query.parts = {{Match({}), set}};
  const NaiveCounters counters = sim::Run(query, &graph).counters;
  EXPECT_EQ(counters.properties_set, 2u);
  EXPECT_EQ(counters.labels_added, 2u);
  NaiveClause gone;
  gone.kind = Kind::kDelete;
  gone.targets = {"n0"};
  query.parts = {{Match({}), gone}};
  NaiveGraph rest = graph;
  EXPECT_EQ(sim::Run(query, &rest).fate, NaiveAnswer::Fate::kConstraint);
  query.parts[0][1].kind = Kind::kDetachDelete;
  EXPECT_EQ(sim::Run(query, &graph).counters.edges_deleted, 2u);
  EXPECT_TRUE(graph.nodes().empty());
}

TEST(NaiveQueryTest, MergeCreatesOnce) {
  NaiveGraph graph;
  NaiveClause unwind;
  unwind.kind = Kind::kUnwind;
  unwind.name = "u";
  unwind.list = Value(V::List({V::Of(4), V::Of(4)}));
  NaiveClause merge = Match({});
  merge.kind = Kind::kMerge;
  merge.patterns[0].places[0].properties.emplace_back("k", Variable("u"));
  merge.on_match = {{NaiveSet::Kind::kProperty, "n0", "a", Value(V::Of(7))}};
  NaiveQuery query;
  query.parts = {{unwind, merge}};
  EXPECT_EQ(sim::Run(query, &graph).counters.nodes_created, 1u);
  EXPECT_EQ(*graph.node(4).properties.at("a").As<int64_t>(), 7);
}

TEST(NaiveQueryTest, OverflowIsNoValue) {
  const Expression most = Value(V::Of(std::numeric_limits<int64_t>::max()));
  NaiveQuery query;
  query.parts = {{Return({Column(Call("($0 + $1 * $2)", {most, most, most}), "sum")})}};
  NaiveGraph graph;
  EXPECT_EQ(sim::Run(query, &graph).fate, NaiveAnswer::Fate::kMaybe);
}

}  // namespace
}  // namespace graphdb::sim
