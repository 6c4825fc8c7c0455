#include "sim/tool/arguments.h"

#include <gtest/gtest.h>

#include "sim/tool/explore_arguments.h"
#include "sim/tool/explore_command.h"
#include "sim/tool/wire.h"

namespace graphdb::sim {
namespace {

std::string ErrorOf(const std::vector<std::string>& args) {
  const auto parsed = ParseArguments(args);
  return parsed.ok() ? "ok" : std::string(parsed.status().message());
}

TEST(ArgumentsTest, ReadsBothFormsOfAValue) {
  const auto parsed = ParseArguments(
      {"run", "--scenario", "a.txt", "--seed=7", "--mutate=rule-L3.crc", "--log=full"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->scenario, "a.txt");
  EXPECT_EQ(parsed->seed, 7u);
  EXPECT_EQ(parsed->mutant, "rule-L3.crc");
  EXPECT_EQ(parsed->log, LogDetail::kFull);
}

TEST(ArgumentsTest, MistakesNameOptionValueAndExpectation) {
  EXPECT_EQ(ErrorOf({}),
            "no command: expected run, explore, explain, bisect, diverge, shrink, mutants, exhaust "
            "or check");
  EXPECT_EQ(ErrorOf({"walk"}),
            "command 'walk': expected run, explore, explain, bisect, diverge, shrink, mutants, "
            "exhaust or check");
  EXPECT_EQ(ErrorOf({"run", "--seed", "x"}), "--seed 'x': expected a number from 0 to 2^64-1");
  EXPECT_EQ(ErrorOf({"run", "--seeds", "9..1"}),
            "--seeds '9..1': expected A..B with A <= B, for example 1..500");
  EXPECT_EQ(ErrorOf({"run", "--log", "loud"}), "--log 'loud': expected none, short or full");
  EXPECT_EQ(ErrorOf({"run", "--jobs", "0"}), "--jobs '0': expected a number from 1 to 256");
  EXPECT_EQ(ErrorOf({"run", "--sead", "1"}), "unknown option '--sead'; see graphdb-sim --help");
  EXPECT_EQ(ErrorOf({"run", "--mutate"}), "--mutate: expected a value after it");
  EXPECT_EQ(ErrorOf({"run", "--mutate=rule-T99"}),
            "--mutate 'rule-T99': expected an ID of docs/mutants.md");
  EXPECT_EQ(ErrorOf({"run", "--swarm", "--scenario", "a"}),
            "expected one of --swarm and --scenario FILE");
  EXPECT_EQ(ErrorOf({"run"}), "expected one of --swarm and --scenario FILE");
  EXPECT_NE(ErrorOf({"run", "--swarm", "--reverse"}), "ok");
  EXPECT_EQ(ErrorOf({"explain", "--swarm", "--seeds", "1..2"}),
            "explain --seeds: expected one run, with --seed N");
  EXPECT_EQ(ErrorOf({"run", "--swarm", "--html", "a"}),
            "--html: expected with the command explain");
}

TEST(ExploreArgumentsTest, ARangeIsRunAsItIsAndTimeIsGuided) {
  const auto range = ParseExploreArguments({"--seeds", "3..9", "--json=x"});
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range->options.first_seed, 3u);
  EXPECT_EQ(range->options.last_seed, 9u);
  EXPECT_FALSE(range->options.guided);
  EXPECT_EQ(range->json, "x");
  const auto timed = ParseExploreArguments({"--seconds", "60", "--seed-base", "7"});
  ASSERT_TRUE(timed.ok());
  EXPECT_TRUE(timed->options.guided);
  EXPECT_EQ(timed->options.first_seed, 7u);
  EXPECT_FALSE(ParseExploreArguments({"--seeds", "3..9", "--seed-base", "7"}).ok());
}

TEST(ExploreArgumentsTest, TheReplayLineOfAGuidedTrialNamesItsProfile) {
  EXPECT_EQ(TrialReplayLine({5, 9}, "toy.b", ""),
            "tools/dev sim run --swarm --seed 9 --profile 5 --mutate=toy.b --at unknown");
  EXPECT_EQ(TrialReplayLine({9, 9}, "", "abc"), "tools/dev sim run --swarm --seed 9 --at abc");
}

TEST(ArgumentsTest, ReplayLineCanBePasted) {
  const auto swarm = ParseArguments({"run", "--swarm", "--seeds", "1..9", "--mutate=toy.b"});
  ASSERT_TRUE(swarm.ok());
  EXPECT_EQ(ReplayLine(*swarm, 4),
            "tools/dev sim run --swarm --seed 4 --mutate=toy.b --at unknown");
  const auto scenario = ParseArguments({"run", "--scenario=s.txt", "--commit=abc"});
  ASSERT_TRUE(scenario.ok());
  EXPECT_EQ(ReplayLine(*scenario, 4), "tools/dev sim run --scenario s.txt --seed 4 --at abc");
}

TEST(ArgumentsTest, AnotherCommitIsRefused) {
  const auto check = [](const std::string& at, const std::string& commit, bool force) {
    std::vector<std::string> args = {"run", "--swarm", "--seed=4", "--at", at, "--commit", commit};
    if (force) args.push_back("--force");
    return CheckCommit(*ParseArguments(args));
  };
  EXPECT_TRUE(check("0123456789ab", "0123456789ab", false).ok());
  EXPECT_TRUE(check("0123456", "0123456789ab", false).ok());
  EXPECT_TRUE(check("unknown", "0123456789ab", false).ok());
  EXPECT_TRUE(check("ffffffff", "0123456789ab", true).ok());
  EXPECT_EQ(check("ffffffff", "0123456789ab", false).message(),
            "--at 'ffffffff': this program is of commit 0123456789ab, where the same seed is "
            "another run; check that commit out, or add --force");
}

TEST(ArgumentsTest, UntilIsAVirtualTime) {
  EXPECT_EQ(ParseArguments({"run", "--swarm", "--until=12500ms"})->until,
            Duration::Milliseconds(12'500));
  for (const char* bad : {"12", "s", "0s", "-3s", "1h", "99999999999s", "20000s"}) {
    EXPECT_FALSE(ParseArguments({"run", "--swarm", "--until", bad}).ok()) << bad;
  }
  EXPECT_FALSE(ParseArguments({"run", "--swarm", "--seeds=1..2", "--until=1s"}).ok());
}

TEST(WireTest, AResultSurvivesThePipe) {
  RunResult result;
  result.seed = 12;
  result.verdict = RunResult::Verdict::kViolation;
  result.oracle = "bank";
  result.message = "sum 3";
  result.trace_hash = 0xfedcba9876543210u;
  result.virtual_time = Duration::Seconds(31);
  result.clients.multi_shard = 5;
  result.faults = {{"crash", 2}};
  result.cover = {{"toy.b", 9}};
  const std::string bytes = EncodeResult(result);
  RunResult back;
  ASSERT_TRUE(DecodeResult(bytes, &back));
  EXPECT_EQ(EncodeResult(back), bytes);
  EXPECT_EQ(back.trace_hash, result.trace_hash);
  EXPECT_EQ(back.faults, result.faults);
  for (size_t n = 0; n < bytes.size(); ++n) {
    RunResult torn;
    EXPECT_FALSE(DecodeResult(bytes.substr(0, n), &torn));
  }
}

}  // namespace
}  // namespace graphdb::sim
