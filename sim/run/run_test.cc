// The world is proved on a toy: a right one has to come out clean, whatever
// happens to it, and each bug of a wrong one has to be found.
#include "sim/run/run.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sim/run/toy_store.h"
#include "sim/world/swarm.h"

namespace graphdb::sim {
namespace {

RunOptions Swarm(uint64_t seed) {
  RunOptions options = DrawSwarmOptions(seed);
  DropStatements(&options);
  options.duration = Duration::Seconds(20);
  return options;
}

TEST(RunTest, RightStoreComesOutCleanUnderTheSwarm) {
  uint64_t acknowledged = 0, requests = 0, faults = 0, unknown = 0, retried = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const RunResult result = ExecuteRun(Swarm(seed), ToyStore::Factory(), {});
    EXPECT_EQ(result.verdict, RunResult::Verdict::kOk)
        << "seed " << seed << ": " << result.oracle << ": " << result.message;
    acknowledged += result.clients.acknowledged;
    requests += result.clients.requests;
    faults += result.fault_count();
    unknown += result.clients.unknown;
    retried += result.clients.retried;
  }
  std::printf("%lu requests, %lu acknowledged, %lu unknown, %lu retries, %lu faults\n", requests,
              acknowledged, unknown, retried, faults);
  EXPECT_GT(acknowledged, 30 * 50u);
  EXPECT_GT(faults, 30 * 2u);
  EXPECT_GT(retried, 30u);
}

TEST(RunTest, TheSameSeedGivesTheSameTraceAndAnotherSeedAnother) {
  std::set<uint64_t> hashes;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const RunResult once = ExecuteRun(Swarm(seed), ToyStore::Factory(), {});
    const RunResult again = ExecuteRun(Swarm(seed), ToyStore::Factory(), {});
    EXPECT_EQ(once.trace_hash, again.trace_hash) << "seed " << seed;
    EXPECT_EQ(once.events, again.events);
    hashes.insert(once.trace_hash);
  }
  EXPECT_EQ(hashes.size(), 6u);
}

// What was recorded makes happen what happened, and no draw but the ordinary ones is needed.
TEST(RunTest, TheTapeOfARunGivesTheSameRun) {
  size_t exceptions = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    RunTrace record;
    record.tape = true;
    RunOptions options = Swarm(seed);
    const RunResult once = ExecuteRun(options, ToyStore::Factory(), std::move(record));
    EXPECT_EQ(once.trace_hash, ExecuteRun(options, ToyStore::Factory(), {}).trace_hash);
    options.tape = once.tape;
    exceptions += once.tape.size();
    EXPECT_EQ(ExecuteRun(options, ToyStore::Factory(), {}).trace_hash, once.trace_hash)
        << "seed " << seed;
    if (once.tape.empty()) continue;
    options.tape->clear();
    EXPECT_NE(ExecuteRun(options, ToyStore::Factory(), {}).trace_hash, once.trace_hash)
        << "seed " << seed;
  }
  EXPECT_GT(exceptions, 300u);
}

TEST(RunTest, OnlyTheListedOperationsAreDone) {
  RunOptions options;
  options.duration = Duration::Seconds(10);
  options.workloads = {{"bank", 2}, {"register", 1}};
  options.operations = {{0, {1, 3}}, {1, {}}, {2, {0}}};
  const RunResult result = ExecuteRun(options, ToyStore::Factory(), {});
  EXPECT_EQ(result.verdict, RunResult::Verdict::kOk) << result.message;
  EXPECT_EQ(result.operations, (std::vector<uint64_t>{4, 0, 1}));
}

// The oracles that complain of `bug` within so many seeds; stops at the first.
std::set<std::string> OraclesThatFind(ToyBug bug) {
  std::set<std::string> oracles;
  for (uint64_t seed = 1; seed <= 60 && oracles.empty(); ++seed) {
    const RunResult result = ExecuteRun(Swarm(seed), ToyStore::Factory(bug), {});
    if (result.verdict == RunResult::Verdict::kViolation) oracles.insert(result.oracle);
  }
  return oracles;
}

TEST(RunTest, LostAcknowledgementsAreFound) {
  EXPECT_FALSE(OraclesThatFind(ToyBug::kAckBeforeSync).empty());
}
TEST(RunTest, DoubleExecutionIsFound) {
  EXPECT_FALSE(OraclesThatFind(ToyBug::kForgetsSequences).empty());
}
TEST(RunTest, LostIncomingEdgesAreFound) {
  EXPECT_EQ(OraclesThatFind(ToyBug::kLosesIncomingEdge), std::set<std::string>{"graph-symmetry"});
}
TEST(RunTest, StaleReadsAreFound) { EXPECT_FALSE(OraclesThatFind(ToyBug::kStaleReads).empty()); }

TEST(RunTest, TheTraceTellsWhatHappened) {
  RunOptions options;
  options.seed = 3;
  options.duration = Duration::Seconds(5);
  options.workloads = {{"bank", 1}};
  FaultAction crash;
  crash.at = Duration::Seconds(2);
  crash.target.node = NodeId(1);
  options.plan = {crash};
  std::string text;
  RunTrace trace;
  trace.detail = TraceLog::Detail::kShort;
  trace.sink = [&](absl::string_view line) { text += std::string(line) + "\n"; };
  const RunResult result = ExecuteRun(options, ToyStore::Factory(), std::move(trace));
  EXPECT_EQ(result.verdict, RunResult::Verdict::kOk) << result.message;
  EXPECT_NE(text.find("world    world: at 2s crash node2"), std::string::npos) << text;
  EXPECT_NE(text.find("node2    warning world: crashes: power"), std::string::npos) << text;
  EXPECT_NE(text.find("node2    world: starts, incarnation 2"), std::string::npos) << text;
  EXPECT_EQ(result.faults.at("crash"), 1u);
}

TEST(RunTest, LeavingTheTraceOutDoesNotChangeTheRun) {
  RunTrace trace;
  trace.detail = TraceLog::Detail::kFull;
  trace.sink = [](absl::string_view) {};
  EXPECT_EQ(ExecuteRun(Swarm(9), ToyStore::Factory(), std::move(trace)).trace_hash,
            ExecuteRun(Swarm(9), ToyStore::Factory(), {}).trace_hash);
}

}  // namespace
}  // namespace graphdb::sim
