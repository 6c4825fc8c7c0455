// Property test of snapshot and restore: rapidcheck draws plans, RunPlan plays
// each on the modelled engine and asks its oracles.
//
//   bazel run //core/migrate:snapshot_property_test -- --plans 1000
//   ... -- --plan "seed=7 nodes=3 crash=12 crashes=1"      one plan again
//   ... -- --mutant rule-M1.oracle-above-s                   a planted bug
//
// A failure prints the shrunk plan in the form that --plan takes.
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "sim/env/mutants_on.h"
#include "sim/migrate/snapshot_plan.h"

namespace graphdb::sim {

void showValue(const SnapshotPlan& plan, std::ostream& out) {
  out << "--plan \"" << PlanText(plan) << "\"";
}

namespace {

std::string given_plan;  // by --plan

rc::Gen<SnapshotPlan> Plans() {
  using Damage = SnapshotPlan::Damage;
  using rc::gen::inRange;
  return rc::gen::build<SnapshotPlan>(
      rc::gen::set(&SnapshotPlan::seed, rc::gen::arbitrary<uint64_t>()),
      rc::gen::set(&SnapshotPlan::nodes, inRange<uint32_t>(1, 33)),
      rc::gen::set(&SnapshotPlan::edges, inRange<uint32_t>(0, 33)),
      rc::gen::set(&SnapshotPlan::commits, inRange<uint32_t>(0, 200)),
      rc::gen::set(&SnapshotPlan::late_commits, inRange<uint32_t>(0, 20)),
      rc::gen::set(&SnapshotPlan::shards, inRange<uint32_t>(1, 10)),
      rc::gen::set(&SnapshotPlan::page, inRange<uint32_t>(1, 50)),
      rc::gen::set(&SnapshotPlan::crash, inRange<uint32_t>(1, 40)),
      rc::gen::set(&SnapshotPlan::crashes,
                   rc::gen::weightedElement<uint32_t>({{12, 0}, {1, 1}, {1, 3}})),
      rc::gen::set(&SnapshotPlan::flush_error_percent,
                   rc::gen::weightedElement<uint32_t>({{3, 0}, {1, 20}})),
      rc::gen::set(&SnapshotPlan::damage,
                   rc::gen::element(Damage::kNone, Damage::kFlip, Damage::kTruncate,
                                    Damage::kDropLine, Damage::kRepeatLine, Damage::kSwapLines)),
      rc::gen::set(&SnapshotPlan::damage_at, inRange<uint32_t>(0, 100'000)));
}

TEST(SnapshotProperty, RestoredIsWhatWasCommitted) {
  uint64_t plans = 0;
  uint64_t at_once = 0;
  uint64_t refused = 0;
  uint64_t damage_refused = 0;
  const auto run = [&](const SnapshotPlan& plan) {
    const PlanResult result = RunPlan(plan);
    ++plans;
    at_once += result.ended_at_once ? 1 : 0;
    refused += result.refused;
    damage_refused += result.damage_refused ? 1 : 0;
    return result.failure;
  };
  if (!given_plan.empty()) {
    const auto plan = ParsePlan(given_plan);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(run(*plan), "");
    return;
  }
  const bool clean = rc::check("restored is what was committed", [&] {
    const SnapshotPlan plan = *Plans();
    const std::string failure = run(plan);
    if (!failure.empty()) RC_FAIL(failure);
  });
  std::cout << "plans: " << plans << ", equal at once " << at_once << " ("
            << (plans == 0 ? 0 : at_once * 100 / plans) << " %), restores refused " << refused
            << ", damaged files refused " << damage_refused << std::endl;
  ASSERT_TRUE(clean);
  // A rerun is for crashes and failing flushes, not the normal way.
  EXPECT_GE(at_once * 100, plans * 75);
}

TEST(SnapshotPlanTest, TextIsTheInverseOfParse) {
  SnapshotPlan plan;
  plan.seed = 77;
  plan.crash = 5;
  plan.damage = SnapshotPlan::Damage::kSwapLines;
  EXPECT_EQ(*ParsePlan(PlanText(plan)), plan);
  EXPECT_FALSE(ParsePlan("nodes=x").ok());
  EXPECT_FALSE(ParsePlan("shards=0").ok());
  EXPECT_FALSE(ParsePlan("damage=fire").ok());
}

// Each planted bug is found within the plans of an ordinary run.
TEST(SnapshotPlanTest, EveryMutantIsFound) {
  for (const char* mutant :
       {"prop-P7.at-one-timestamp", "prop-P7.page-boundary", "prop-P31.flipped-byte",
        "prop-P41.no-footer", "prop-P24.durable-first", "prop-P24.both-halves",
        "rule-M1.own-timestamp", "rule-M1.oracle-above-s", "rule-M1.ids-above-largest",
        "rule-M1.before-any-serves"}) {
    SetActiveMutant(mutant);
    bool found = false;
    uint64_t seed = 0;
    for (; seed < 300 && !found; ++seed) {
      SnapshotPlan plan;
      plan.seed = seed;
      plan.commits = 40;
      plan.page = 4;
      plan.crash = 3 + static_cast<uint32_t>(seed % 20);
      plan.crashes = seed % 3 == 0 ? 1 : 0;
      plan.damage = static_cast<SnapshotPlan::Damage>(seed % 6);
      plan.damage_at = static_cast<uint32_t>(seed * 7919);
      found = !RunPlan(plan).failure.empty();
    }
    SetActiveMutant("");
    EXPECT_TRUE(found) << mutant;
    std::cout << mutant << ": found by seed " << seed - 1 << std::endl;
  }
}

}  // namespace

void SetGivenPlan(absl::string_view text) { given_plan = std::string(text); }

}  // namespace graphdb::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    const absl::string_view flag = argv[i];
    const absl::string_view value = argv[i + 1];
    uint64_t plans = 0;
    if (flag == "--plans" && absl::SimpleAtoi(value, &plans)) {
      setenv("RC_PARAMS", absl::StrCat("max_success=", plans).c_str(), 1);
    } else if (flag == "--plan") {
      graphdb::sim::SetGivenPlan(value);
    } else if (flag == "--mutant") {
      graphdb::sim::SetActiveMutant(value);
    } else {
      std::cerr << "usage: [--plans N] [--plan TEXT] [--mutant ID]; not '" << flag << "'\n";
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}
