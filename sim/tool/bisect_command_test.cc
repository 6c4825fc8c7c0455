#include "sim/tool/bisect_command.h"

#include "gtest/gtest.h"

namespace graphdb::sim {
namespace {

std::vector<Moment> Failed(const std::vector<uint32_t>& counts) {
  std::vector<Moment> moments;
  for (const uint32_t count : counts) moments.push_back({moments.size() * 100, count});
  return moments;
}

TEST(BisectTest, SplitsWhereTheShareRoseForGood) {
  EXPECT_EQ(LikelySplit(Failed({0, 0, 0, 16, 16})), 3u);
  EXPECT_EQ(LikelySplit(Failed({15, 13, 11, 13, 10, 9, 8, 16, 16, 16, 16, 16})), 7u);
  // One unlucky moment is no rise.
  EXPECT_EQ(LikelySplit(Failed({1, 12, 0, 1, 0, 14, 15, 16})), 5u);
}

TEST(BisectTest, WhereNothingRisesTheLastMomentIsNearest) {
  EXPECT_EQ(LikelySplit(Failed({16, 16, 16})), 2u);
  EXPECT_EQ(LikelySplit(Failed({5, 3, 0})), 2u);
}

}  // namespace
}  // namespace graphdb::sim
