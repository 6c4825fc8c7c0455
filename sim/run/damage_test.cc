// What the disk of one node may lose or show, each kind in a plan of its own: the node
// notices and says so, the others go on, and no oracle minds. And the same plans with a
// bug planted in what should have noticed: some oracle sees it.
#include <gtest/gtest.h>

#include <string>

#include "sim/run/run.h"
#include "sim/world/cluster_program.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kSeeds = 5;
constexpr uint64_t kSeedsToSee = 20;

RunResult RunWith(FaultKind kind, uint64_t seed, const std::string& mutant) {
  RunOptions options;
  options.name = "damage";
  options.seed = seed;
  options.duration = Duration::Seconds(10);
  options.workloads = {{"bank", 2}, {"append", 2}};
  FaultAction damage;
  damage.kind = kind;
  damage.at = Duration::Seconds(4);
  damage.target.node = NodeId(1);
  options.plan.push_back(damage);
  // A lie shows when the power goes; a start begins a second file of the log.
  if (kind == FaultKind::kLieSync || kind == FaultKind::kLoseFile) {
    FaultAction crash = damage;
    crash.kind = FaultKind::kCrash;
    crash.at = Duration::Seconds(kind == FaultKind::kLieSync ? 6 : 2);
    FaultAction restart = crash;
    restart.kind = FaultKind::kRestart;
    restart.at = crash.at + Duration::Seconds(1);
    options.plan.insert(options.plan.end(), {crash, restart});
  }
  options.mutant = mutant;
  return ExecuteRun(options, ClusterProgramFactory(), {});
}

// How often the runs of the first seeds, which have to be sound, reach the probe.
uint64_t SoundRunsReach(FaultKind kind, const std::string& probe) {
  uint64_t reached = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RunResult result = RunWith(kind, seed, "");
    EXPECT_EQ(result.oracle, "") << FaultKindName(kind) << ", seed " << seed << ": "
                                 << result.message;
    const auto found = result.cover.find(probe);
    if (found != result.cover.end()) reached += found->second;
  }
  return reached;
}

bool IsSeen(FaultKind kind, const std::string& mutant) {
  for (uint64_t seed = 1; seed <= kSeedsToSee; ++seed) {
    if (!RunWith(kind, seed, mutant).oracle.empty()) return true;
  }
  return false;
}

TEST(DamageTest, ADamagedNodeStopsAndTheOthersGoOn) {
  EXPECT_EQ(SoundRunsReach(FaultKind::kRot, "world.rotten_node_stopped"), kSeeds);
  EXPECT_EQ(SoundRunsReach(FaultKind::kMisdirect, "world.misdirected_node_stopped"), kSeeds);
  EXPECT_EQ(SoundRunsReach(FaultKind::kBadSector, "world.bad_sector_node_stopped"), kSeeds);
  EXPECT_EQ(SoundRunsReach(FaultKind::kLoseFile, "world.node_without_its_newest_file_stopped"),
            kSeeds);
  EXPECT_EQ(SoundRunsReach(FaultKind::kLieSync, "world.lied_to_node_stopped"), kSeeds);
  EXPECT_EQ(SoundRunsReach(FaultKind::kWipe, "world.wiped_node_stopped"), kSeeds);
  EXPECT_EQ(SoundRunsReach(FaultKind::kFullDisk, "world.full_node_stopped"), kSeeds);
}

TEST(DamageTest, WhoReadsWrongOnceComesBack) {
  EXPECT_EQ(SoundRunsReach(FaultKind::kMisread, "sim_disk.misread"), kSeeds);
}

TEST(DamageTest, WhoTakesDamageForATornTailIsSeen) {
  for (const FaultKind kind :
       {FaultKind::kRot, FaultKind::kMisdirect, FaultKind::kLieSync, FaultKind::kMisread}) {
    EXPECT_TRUE(IsSeen(kind, "rule-L4.mark")) << FaultKindName(kind);
  }
}

TEST(DamageTest, AnOlderLogTakenForTheWholeIsSeen) {
  EXPECT_TRUE(IsSeen(FaultKind::kLoseFile, "raft-log.newest-unnamed"));
}

TEST(DamageTest, AWipedMemberThatIsTakenBackIsSeen) {
  EXPECT_TRUE(IsSeen(FaultKind::kWipe, "rule-I1.wiped-member"));
}

}  // namespace
}  // namespace graphdb::sim
