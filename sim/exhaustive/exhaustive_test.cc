// The search sees all of a small scope, and the planted bugs that such a scope
// can show.
#include <string>

#include "core/base/check.h"
#include "gtest/gtest.h"
#include "sim/env/mutants_on.h"
#include "sim/exhaustive/search.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kStatesMax = 1'000'000;

Scope Small() {
  Scope scope;
  scope.entries = 1;
  scope.reads = 0;
  scope.crashes = 0;
  scope.drops = 0;
  return scope;
}

TEST(ExhaustiveTest, SeesAllOfASmallScopeAndTheSameEachTime) {
  SetCostlyChecks(true);
  const SearchResult once = SearchAll(Small(), kStatesMax);
  EXPECT_TRUE(once.complete);
  EXPECT_GT(once.states, 1000u);
  EXPECT_GT(once.steps, once.states);
  EXPECT_GT(once.ends, 0u);
  const SearchResult again = SearchAll(Small(), kStatesMax);
  EXPECT_EQ(once.states, again.states);
  EXPECT_EQ(once.steps, again.steps);
}

TEST(ExhaustiveTest, EachAllowanceAddsRuns) {
  const uint64_t states = SearchAll(Small(), kStatesMax).states;
  for (uint32_t Scope::*allowance :
       {&Scope::crashes, &Scope::drops, &Scope::overtakings, &Scope::stalls, &Scope::beats}) {
    Scope scope = Small();
    scope.elections = 1;
    const uint64_t before = SearchAll(scope, kStatesMax).states;
    ++(scope.*allowance);
    EXPECT_GT(SearchAll(scope, kStatesMax).states, before);
    EXPECT_LT(before, states);
  }
}

TEST(ExhaustiveTest, APathIsReadAsItIsWritten) {
  const std::string text = "c1 d1-2 x1-3 o2-1 s3 w3 p1 r1 b1 k1:2 k2:0e u1";
  const absl::StatusOr<std::vector<Action>> path = ParsePath(text);
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(ToText(*path), text);
  for (const char* bad : {"c", "q1", "d1", "d1-x", "k1", "k1:", "c1 c"}) {
    EXPECT_EQ(ParsePath(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_NE(ParsePath("c1 q7").status().message().find("action 2 'q7'"), std::string::npos);
}

TEST(ExhaustiveTest, ThePathOfAFailureIsFoundInItsText) {
  EXPECT_EQ(PathIn("check failed: x\n  path: c1 d1-2\nmore"), "c1 d1-2");
  EXPECT_EQ(PathIn("check failed"), "");
}

struct Planted {
  const char* mutant;
  Scope scope;
};

class ExhaustiveMutantTest : public testing::TestWithParam<Planted> {};

TEST_P(ExhaustiveMutantTest, IsFound) {
  testing::FLAGS_gtest_death_test_style = "fast";
  EXPECT_DEATH(
      {
        SetCostlyChecks(true);
        SetCheckContext(&PathContext);
        SetActiveMutant(GetParam().mutant);
        SearchAll(GetParam().scope, kStatesMax);
      },
      "path: c1 ");
}

// Nothing but the one election of replica 1, and then what is added.
constexpr Scope kCalm = {.elections = 1, .entries = 0, .crashes = 0, .drops = 0};
constexpr Scope kTwoTerms = {.entries = 0, .crashes = 0, .drops = 0};

Scope With(Scope scope, uint32_t Scope::*allowance, uint32_t Scope::*another = nullptr) {
  ++(scope.*allowance);
  if (another != nullptr) ++(scope.*another);
  return scope;
}

INSTANTIATE_TEST_SUITE_P(
    All, ExhaustiveMutantTest,
    testing::Values(
        Planted{"raft.vote-twice", kTwoTerms}, Planted{"raft.vote-ignores-log", kTwoTerms},
        Planted{"raft.vote-before-durable", With(kTwoTerms, &Scope::crashes, &Scope::stalls)},
        Planted{"raft.ack-before-durable", With(kCalm, &Scope::crashes, &Scope::stalls)},
        Planted{"raft.apply-unsynced", With(kCalm, &Scope::stalls)},
        Planted{"raft.leader-counts-unsynced", With(kCalm, &Scope::stalls)},
        Planted{"raft.ack-not-monotonic", With(kTwoTerms, &Scope::entries, &Scope::reads)},
        Planted{"raft.read-before-own-commit", With(kTwoTerms, &Scope::reads)},
        Planted{"raft.stale-read-round", With(kTwoTerms, &Scope::reads)}));

}  // namespace
}  // namespace graphdb::sim
