// The oracles that look at the protocols themselves by planted bugs, each in a plan that
// gives it its chance, and by the plans alone, which they must not mind.
#include <gtest/gtest.h>

#include <string>

#include "sim/run/run.h"
#include "sim/world/cluster_program.h"

namespace graphdb::sim {
namespace {

FaultAction Action(int at_ms, FaultKind kind) {
  FaultAction action;
  action.at = Duration::Milliseconds(at_ms);
  action.kind = kind;
  return action;
}

std::string OracleOf(uint64_t seed, const FaultPlan& plan, const std::string& mutant) {
  RunOptions options;
  options.name = "protocol";
  options.seed = seed;
  options.duration = Duration::Seconds(12);
  options.think_mean = Duration::Milliseconds(100);
  options.workloads = {{"bank", 3}, {"append", 3}};
  options.plan = plan;
  options.mutant = mutant;
  return ExecuteRun(options, ClusterProgramFactory(), {}).oracle;
}

// Of the first seeds.
bool Sees(const FaultPlan& plan, const std::string& mutant, const std::string& oracle) {
  constexpr uint64_t kSeeds = 5;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    if (OracleOf(seed, plan, mutant) == oracle) return true;
  }
  return false;
}

// Node 1 hands shard 0 to node 2 and never hears so from it; node 3 could tell.
FaultPlan Unheard() {
  FaultAction cut = Action(3'000, FaultKind::kCut);
  cut.from = NodeId(1);
  cut.to = NodeId(0);
  FaultAction transfer = Action(3'010, FaultKind::kTransfer);
  transfer.target = {FaultTarget::Kind::kLeader, NodeId(), ShardId(0)};
  transfer.to = NodeId(1);
  return {cut, transfer, Action(6'000, FaultKind::kHeal)};
}

// Node 1 is left behind, and then alone with the other that follows.
FaultPlan LeftBehind() {
  FaultAction away = Action(3'000, FaultKind::kPartition);
  away.groups = {{NodeId(0)}, {NodeId(1), NodeId(2)}};
  FaultAction crash = Action(6'000, FaultKind::kCrash);
  crash.target.node = NodeId(1);
  FaultAction restart = Action(9'000, FaultKind::kRestart);
  restart.target = crash.target;
  return {away, crash, Action(6'010, FaultKind::kHeal), restart};
}

TEST(ProtocolTest, AStaleLeaderConfirmsNoRead) {
  EXPECT_EQ(OracleOf(1, Unheard(), ""), "");
  EXPECT_TRUE(Sees(Unheard(), "rule-L2.answer-term", "read-index"));
}

TEST(ProtocolTest, AVoteGoesToALogThatIsNotBehind) {
  EXPECT_EQ(OracleOf(1, LeftBehind(), ""), "");
  EXPECT_TRUE(Sees(LeftBehind(), "raft.vote-ignores-log", "vote"));
}

TEST(ProtocolTest, ReadsHoldTheFloorUp) { EXPECT_TRUE(Sees({}, "rule-T3.pipeline", "read-floor")); }

TEST(ProtocolTest, ASecondNodeThatIsToFoundBecomesNoMember) {
  RunOptions options;
  options.duration = Duration::Seconds(3);
  options.workloads = {{"bank", 1}};
  options.mistake = Mistake::kBootstrap;
  EXPECT_EQ(ExecuteRun(options, ClusterProgramFactory(), {}).message, "");
  options.mutant = "rule-I1.second-bootstrap";
  EXPECT_EQ(ExecuteRun(options, ClusterProgramFactory(), {}).oracle, "mistake");
}

TEST(ProtocolTest, AClusterFormsOnceItsDevicesRest) {
  RunOptions options;
  options.duration = Duration::Seconds(3);
  options.workloads = {{"bank", 1}};
  options.disk.sync_error_ppm = 200'000;
  const RunResult formed = ExecuteRun(options, ClusterProgramFactory(), {});
  EXPECT_EQ(formed.message, "");
  EXPECT_GT(formed.virtual_time, options.form_limit / 2);
}

TEST(ProtocolTest, ATransactionBeyondTheWriteLimitIsRefused) {
  RunOptions options;
  options.duration = Duration::Seconds(10);
  options.workloads = {{"bank", 1}, {"bulk", 1}};
  options.knobs.write_keys_max = 40;
  const RunResult refused = ExecuteRun(options, ClusterProgramFactory(), {});
  EXPECT_EQ(refused.message, "");
  EXPECT_GT(refused.clients.failed, 0u);
  options.mutant = "rule-T8.write-limit";
  EXPECT_EQ(ExecuteRun(options, ClusterProgramFactory(), {}).oracle, "transactions");
}

}  // namespace
}  // namespace graphdb::sim
