#include "core/base/check.h"

#include <gtest/gtest.h>

namespace graphdb {
namespace {

TEST(CheckTest, TrueConditionIsSilent) { GRAPHDB_CHECK(1 + 1 == 2) << "never printed"; }

TEST(CheckDeathTest, FailurePrintsConditionAndValues) {
  const int commit = 7;
  const int last = 5;
  EXPECT_DEATH(GRAPHDB_CHECK_LE(commit, last) << "after truncation",
               "CHECK failed: .*commit.*last.*7 vs 5.*after truncation");
}

TEST(CheckDeathTest, FailurePrintsTheContextOfTheWorld) {
  EXPECT_DEATH(
      {
        SetCheckContext([] { return std::string("seed 42 at 1.5s"); });
        GRAPHDB_CHECK(false);
      },
      "seed 42 at 1.5s");
}

TEST(CheckDeathTest, CostlyCheckRunsOnlyWhereSwitchedOn) {
  GRAPHDB_CHECK_SIM(false) << "off by default";
  EXPECT_DEATH(
      {
        SetCostlyChecks(true);
        GRAPHDB_CHECK_SIM(false);
      },
      "CHECK failed");
}

}  // namespace
}  // namespace graphdb
