// The oracles of durability and of timestamps by planted bugs: each has to be seen
// as what it is, in a cluster that forms, loses power and comes back; and the same
// runs without a bug, which they must not mind.
#include <gtest/gtest.h>

#include <string>

#include "sim/run/run.h"
#include "sim/world/cluster_program.h"

namespace graphdb::sim {
namespace {

std::string OracleOf(uint64_t seed, const std::string& mutant) {
  RunOptions options;
  options.name = "durability";
  options.seed = seed;
  options.duration = Duration::Seconds(12);
  options.workloads = {{"bank", 2}, {"append", 2}};
  options.knobs.log_entries_kept = 8;
  FaultAction crash;
  crash.at = Duration::Seconds(3);
  crash.target = {FaultTarget::Kind::kAll, NodeId(), ShardId()};
  FaultAction restart = crash;
  restart.kind = FaultKind::kRestart;
  restart.at = Duration::Seconds(4);
  options.plan = {crash, restart};
  options.mutant = mutant;
  return ExecuteRun(options, ClusterProgramFactory(), {}).oracle;
}

// Of the first seeds.
bool Sees(const std::string& mutant, const std::string& oracle) {
  constexpr uint64_t kSeeds = 5;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    if (OracleOf(seed, mutant) == oracle) return true;
  }
  return false;
}

TEST(DurabilityTest, SeesWhatADiskDoesNotHold) {
  for (const char* mutant :
       {"raft.vote-before-durable", "raft.leader-counts-unsynced", "raft.apply-unsynced",
        "rule-L1.campaign-after-replay", "rule-L6.installing-first"}) {
    EXPECT_TRUE(Sees(mutant, "durability")) << mutant;
  }
}

TEST(DurabilityTest, SeesTimestampsThatNothingStandsBehind) {
  EXPECT_TRUE(Sees("rule-oracle.bound-first", "timestamps"));
  EXPECT_TRUE(Sees("rule-oracle.read-index", "timestamps"));
}

TEST(DurabilityTest, SoundRunsAreNotMinded) {
  for (uint64_t seed = 1; seed <= 5; ++seed) EXPECT_EQ(OracleOf(seed, ""), "") << seed;
}

}  // namespace
}  // namespace graphdb::sim
