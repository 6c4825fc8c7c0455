#include "sim/env/mutants_on.h"

#include <gtest/gtest.h>

#include "core/base/cover.h"
#include "core/base/mutant.h"

namespace graphdb::sim {
namespace {

TEST(MutantsOnTest, OnlyTheActiveMutantIsOn) {
  EXPECT_FALSE(GRAPHDB_MUTANT("rule-X1.a"));
  SetActiveMutant("rule-X1.a");
  EXPECT_TRUE(GRAPHDB_MUTANT("rule-X1.a"));
  EXPECT_FALSE(GRAPHDB_MUTANT("rule-X1.b"));
  SetActiveMutant("");
  EXPECT_FALSE(GRAPHDB_MUTANT("rule-X1.a"));
}

TEST(MutantsOnTest, CoverCountsByName) {
  ResetCoverCounts();
  GRAPHDB_COVER("test.path");
  GRAPHDB_COVER("test.path");
  EXPECT_EQ(CoverCounts()["test.path"], 2u);
  ResetCoverCounts();
  EXPECT_TRUE(CoverCounts().empty());
}

}  // namespace
}  // namespace graphdb::sim
