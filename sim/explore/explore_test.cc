#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/explore/exploration.h"
#include "sim/explore/journal.h"

namespace graphdb::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ExplorationTest, AUniformOneTriesEverySeedOnce) {
  Exploration exploration({.first_seed = 5, .last_seed = 5 + 2 * Exploration::kRound});
  uint64_t expected = 5;
  for (auto round = exploration.Next(); !round.empty(); round = exploration.Next()) {
    for (const Trial& trial : round) {
      EXPECT_EQ(trial, (Trial{expected, expected}));
      ++expected;
      exploration.Take(trial, {static_cast<uint32_t>(trial.seed)});
    }
  }
  EXPECT_EQ(expected, 6 + 2 * Exploration::kRound);
}

TEST(ExplorationTest, TheLastSeedOfAllIsTheLast) {
  Exploration exploration({.first_seed = ~uint64_t{0} - 1});
  EXPECT_EQ(exploration.Next().size(), 2u);
  EXPECT_THAT(exploration.Next(), IsEmpty());
}

TEST(ExplorationTest, AGuidedOneRunsProfilesAgainThatShowedSomethingNew) {
  Exploration exploration({.first_seed = 100, .guided = true});
  for (const Trial& trial : exploration.Next()) {
    exploration.Take(trial, trial.seed == 107 ? Features{1, 2, 9} : Features{});
  }
  EXPECT_THAT(exploration.corpus(), ElementsAre(107));
  size_t guided = 0;
  for (const Trial& trial : exploration.Next()) {
    if (trial.profile == trial.seed) continue;
    EXPECT_EQ(trial.profile, 107u);
    ++guided;
  }
  EXPECT_EQ(guided, Exploration::kRound / 2);
}

TEST(ExplorationTest, TheSameFeaturesLeadToTheSameTrials) {
  Exploration a({.first_seed = 1, .guided = true});
  Exploration b({.first_seed = 1, .guided = true});
  for (int round = 0; round < 4; ++round) {
    const auto trials = a.Next();
    EXPECT_EQ(trials, b.Next());
    for (const Trial& trial : trials) {
      const Features features = {static_cast<uint32_t>(trial.seed % 50)};
      EXPECT_EQ(a.Take(trial, features), b.Take(trial, features));
    }
  }
}

TEST(ExplorationTest, OnlyWhatNoTrialShowedBeforeIsNew) {
  Exploration exploration({});
  EXPECT_THAT(exploration.Take({1, 1}, {3, 5}), ElementsAre(3, 5));
  EXPECT_THAT(exploration.Take({2, 2}, {3, 4, 5}), ElementsAre(4));
  EXPECT_THAT(exploration.Take({3, 3}, {3, 4, 5}), IsEmpty());
  EXPECT_THAT(exploration.corpus(), ElementsAre(1, 2));
}

TEST(FeaturesTest, CountsByMagnitudeAndFaultsByPairs) {
  RunResult few;
  few.cover = {{"a", 5}};
  RunResult as_few = few;
  as_few.cover["a"] = 7;
  RunResult many = few;
  many.cover["a"] = 8;
  EXPECT_EQ(FeaturesOf(few), FeaturesOf(as_few));
  EXPECT_NE(FeaturesOf(few), FeaturesOf(many));
  RunResult faults;
  faults.faults = {{"crash", 1}, {"cut", 1}, {"rot", 1}};
  EXPECT_EQ(FeaturesOf(faults).size(), 3u);
}

TEST(JournalTest, ALineIsReadAsItWasWritten) {
  JournalLine line;
  line.trial = {17, 18};
  line.trace_hash = 0x0123456789abcdef;
  line.events = 99;
  EXPECT_EQ(FormatJournalLine(line), "17 18 ok 0123456789abcdef 99 -\n");
  line.fresh = {1, 0xfe};
  line.verdict = RunResult::Verdict::kViolation;
  line.oracle = "bank";
  line.message = "sum \"3\"\n  of 4";
  std::string text = FormatJournalLine(line);
  ASSERT_EQ(text.back(), '\n');
  text.pop_back();
  const auto parsed = ParseJournalLine(text);
  ASSERT_TRUE(parsed.has_value()) << text;
  EXPECT_EQ(*parsed, line);
}

TEST(JournalTest, WhatACrashToreOffIsNoLine) {
  JournalLine line;
  line.trial = {17, 18};
  line.verdict = RunResult::Verdict::kViolation;
  line.oracle = "bank";
  line.message = "sum 3";
  const std::string text = FormatJournalLine(line);
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_FALSE(ParseJournalLine(text.substr(0, size)).has_value()) << text.substr(0, size);
  }
}

}  // namespace
}  // namespace graphdb::sim
