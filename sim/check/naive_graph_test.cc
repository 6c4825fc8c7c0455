#include "sim/check/naive_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace graphdb::sim {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::vector<std::vector<int64_t>> Nodes(const std::vector<NaiveMatch>& matches) {
  std::vector<std::vector<int64_t>> nodes;
  for (const NaiveMatch& match : matches) nodes.push_back(match.nodes);
  return nodes;
}

NaiveGraph Chain() {
  NaiveGraph graph;
  graph.AddNode(1, {{"a", 5}});
  graph.AddNode(2, {{"a", 6}});
  graph.AddNode(3, {});
  graph.AddEdge(1, 2, "R");
  graph.AddEdge(2, 3, "S");
  return graph;
}

TEST(NaiveGraphTest, HopsFollowDirectionAndType) {
  const NaiveGraph graph = Chain();
  const auto one = [&](Hop::Direction direction, const char* type) {
    return Nodes(graph.Match({{{direction, type}}, {}}));
  };
  EXPECT_THAT(one(Hop::Direction::kOut, ""),
              UnorderedElementsAre(ElementsAre(1, 2), ElementsAre(2, 3)));
  EXPECT_THAT(one(Hop::Direction::kIn, "R"), UnorderedElementsAre(ElementsAre(2, 1)));
  EXPECT_THAT(one(Hop::Direction::kBoth, "S"),
              UnorderedElementsAre(ElementsAre(2, 3), ElementsAre(3, 2)));
}

TEST(NaiveGraphTest, RelationshipStandsAtOnePlaceOnly) {
  const Hop both{Hop::Direction::kBoth, ""};
  EXPECT_THAT(Nodes(Chain().Match({{both, both}, {}})),
              UnorderedElementsAre(ElementsAre(1, 2, 3), ElementsAre(3, 2, 1)));
}

TEST(NaiveGraphTest, NothingIsNeitherTrueNorFalse) {
  const NaiveGraph graph = Chain();
  const auto count = [&](Condition condition) { return graph.Match({{}, {{condition}}}).size(); };
  EXPECT_EQ(count({0, "a", Condition::Op::kLess, 6, false}), 1u);
  EXPECT_EQ(count({0, "a", Condition::Op::kLess, 6, true}), 1u) << "node 3 is in neither";
  EXPECT_EQ(count({0, "a", Condition::Op::kNotEqual, 5, false}), 1u);
  EXPECT_EQ(count({0, "a", Condition::Op::kIsNull, 0, false}), 1u);
  EXPECT_EQ(count({0, "a", Condition::Op::kIsNull, 0, true}), 2u);
  EXPECT_EQ(count({0, "k", Condition::Op::kLessOrEqual, 2, false}), 2u);
}

TEST(NaiveGraphTest, DetachDeleteTakesRelationshipsAlong) {
  NaiveGraph graph = Chain();
  EXPECT_EQ(graph.DetachDelete(2), 2u);
  EXPECT_TRUE(graph.Match({{{Hop::Direction::kBoth, ""}}, {}}).empty());
  EXPECT_EQ(graph.nodes().size(), 2u);
}

}  // namespace
}  // namespace graphdb::sim
