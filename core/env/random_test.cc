#include "core/env/random.h"

#include <gtest/gtest.h>

namespace graphdb {
namespace {

TEST(RandomTest, SameSeedSameDraws) {
  Random a(7);
  Random b(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.Next(), b.Next());
}

// The seeds of committed scenarios depend on these numbers: they never change.
TEST(RandomTest, DrawsAreFixedForAllTime) {
  Random rng(1);
  EXPECT_EQ(rng.Next(), 0xcfc5d07f6f03c29bu);
  EXPECT_EQ(StreamSeed(1, "net", 2), StreamSeed(1, "net", 2));
  EXPECT_NE(StreamSeed(1, "net", 2), StreamSeed(1, "net", 3));
  EXPECT_NE(StreamSeed(1, "net", 2), StreamSeed(1, "disk", 2));
}

TEST(RandomTest, BetweenReachesBothEnds) {
  Random rng(3);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1000; ++i) {
    const int64_t v = rng.Between(-2, 2);
    ASSERT_GE(v, -2);
    ASSERT_LE(v, 2);
    low |= v == -2;
    high |= v == 2;
  }
  EXPECT_TRUE(low);
  EXPECT_TRUE(high);
}

}  // namespace
}  // namespace graphdb
