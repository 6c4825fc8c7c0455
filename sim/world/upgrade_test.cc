// Clusters of two programs, on real nodes in the simulated world: when the cluster's version
// goes up, and what becomes of a program that is too old for it.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/shard/meta_state_machine.h"
#include "core/shard/shard_state_machine.h"
#include "sim/env/mutants_on.h"
#include "sim/world/cluster_program.h"
#include "sim/world/world.h"

namespace graphdb::sim {
namespace {

constexpr NodeId kFounder(0), kLast(2);

class UpgradeTest : public ::testing::Test {
 protected:
  UpgradeTest() { Fresh(RunOptions()); }
  ~UpgradeTest() override { SetActiveMutant(""); }

  void Fresh(const RunOptions& options) {
    world_.emplace(options, ClusterProgramFactory());
    trace_.clear();
    world_->trace().SetSink(TraceLog::Detail::kShort, [this](absl::string_view line) {
      absl::StrAppend(&trace_, line, "\n");
    });
    world_->StartAll();
    Run(Duration::Seconds(5));
  }

  void Run(Duration time) {
    const Duration until = world_->loop().now() + time;
    Duration due;
    while (world_->loop().NextDue(&due) && due <= until && world_->Step()) {
    }
  }

  void Do(FaultKind kind, NodeId node) {
    FaultAction action;
    action.kind = kind;
    action.target.node = node;
    world_->Apply(action);
  }

  void UpgradeAllAndTakeOneBack() {
    for (const NodeId node : {kFounder, NodeId(1), kLast}) Do(FaultKind::kUpgrade, node);
    Run(Duration::Seconds(10));
    ASSERT_EQ(Version(), 2u) << trace_;
    Do(FaultKind::kDowngrade, kLast);
    Run(Duration::Seconds(5));
    EXPECT_GT(world_->self_halts(), 0u);
    std::vector<World::TooOld> stopped = world_->TakeTooOld();
    ASSERT_FALSE(stopped.empty()) << trace_;
    EXPECT_EQ(stopped[0].node, kLast);
    EXPECT_EQ(stopped[0].version, 1u);
  }

  // Of meta, and whether all shards have it, as the founder's engine holds them.
  uint32_t Version() {
    const auto meta = shard::MetaStateMachine::Load(*world_->engine(kFounder));
    EXPECT_TRUE(meta.ok());
    return meta->cluster_version();
  }
  bool ShardsHave(uint32_t version) {
    for (uint16_t i = 0; i < world_->options().shards; ++i) {
      const auto state = shard::LoadShardState(ShardId(i), *world_->engine(kFounder));
      EXPECT_TRUE(state.ok());
      if (state->cluster_version != version) return false;
    }
    return true;
  }

  std::optional<World> world_;
  std::string trace_;
};

TEST_F(UpgradeTest, GoesUpWhenAllProgramsAreNewAndTheShardsFollow) {
  Do(FaultKind::kUpgrade, kFounder);
  Do(FaultKind::kUpgrade, NodeId(1));
  Run(Duration::Seconds(10));
  EXPECT_EQ(Version(), 1u) << "one node is old";
  EXPECT_TRUE(ShardsHave(1));
  Do(FaultKind::kUpgrade, kLast);
  Run(Duration::Seconds(10));
  EXPECT_EQ(Version(), 2u) << trace_;
  EXPECT_TRUE(ShardsHave(2)) << trace_;
}

TEST_F(UpgradeTest, WaitsForAMemberThatIsNotHeard) {
  Do(FaultKind::kCrash, kLast);
  Do(FaultKind::kUpgrade, kFounder);
  Do(FaultKind::kUpgrade, NodeId(1));
  Do(FaultKind::kUpgrade, kLast);
  Run(Duration::Seconds(10));
  EXPECT_EQ(Version(), 1u) << "nobody knows what comes back";
  Do(FaultKind::kRestart, kLast);
  Run(Duration::Seconds(10));
  EXPECT_EQ(Version(), 2u) << trace_;
}

TEST_F(UpgradeTest, ANodeMayGoBackBeforeTheSwitch) {
  Do(FaultKind::kUpgrade, kFounder);
  Do(FaultKind::kUpgrade, NodeId(1));
  Run(Duration::Seconds(5));
  Do(FaultKind::kDowngrade, NodeId(1));
  Do(FaultKind::kUpgrade, kLast);
  Run(Duration::Seconds(10));
  EXPECT_EQ(world_->self_halts(), 0u) << trace_;
  EXPECT_TRUE(world_->Up(NodeId(1)));
  EXPECT_EQ(Version(), 1u);
}

TEST_F(UpgradeTest, ANodeThatGoesBackAfterTheSwitchDoesNotStart) {
  RunOptions options;
  options.kv.flush_every_bytes = 1;
  Fresh(options);
  UpgradeAllAndTakeOneBack();
  EXPECT_TRUE(absl::StrContains(trace_,
                                "did not start: FAILED_PRECONDITION: the cluster of raft.data_dir "
                                "is at cluster version 2, this program knows versions through 1: "
                                "start the newer program on this node again"))
      << trace_;
  Do(FaultKind::kUpgrade, kLast);
  Run(Duration::Seconds(5));
  EXPECT_TRUE(world_->Up(kLast)) << "and goes on where it was";
}

// The engine has lost what it had applied of it.
TEST_F(UpgradeTest, ANodeThatGoesBackAndFindsTheSwitchInItsLogStops) {
  UpgradeAllAndTakeOneBack();
  EXPECT_TRUE(absl::StrContains(trace_, "halted: FAILED_PRECONDITION: ")) << trace_;
  EXPECT_TRUE(absl::StrContains(trace_, "is at cluster version 2, this program knows")) << trace_;
}

TEST_F(UpgradeTest, AnOldProgramThatIsHandedNewerStateStops) {
  // The switch comes by without it, as if it had gone back in that moment.
  SetActiveMutant("upgrade.without-all");
  RunOptions options;
  options.knobs.log_entries_kept = 1;
  options.kv.flush_every_bytes = 1;
  Fresh(options);
  Do(FaultKind::kCrash, kLast);
  Do(FaultKind::kUpgrade, kFounder);
  Do(FaultKind::kUpgrade, NodeId(1));
  Run(Duration::Seconds(20));
  ASSERT_EQ(Version(), 2u) << trace_;
  SetActiveMutant("upgrade.admits-old");  // or it would be told so before
  trace_.clear();
  Do(FaultKind::kRestart, kLast);
  Run(Duration::Seconds(3));
  EXPECT_GT(world_->self_halts(), 0u);
  EXPECT_TRUE(absl::StrContains(trace_, "is at cluster version 2, this program knows")) << trace_;
  for (const World::TooOld& stopped : world_->TakeTooOld()) EXPECT_EQ(stopped.version, 1u);
}

TEST_F(UpgradeTest, AnOldProgramIsNotAdmitted) {
  const auto join = [this] {
    RunOptions options;
    options.version = 2;
    options.join_delay = Duration::Seconds(15);  // the last one 30 s late
    Fresh(options);
    Do(FaultKind::kDowngrade, kLast);
    Run(Duration::Seconds(23));
    EXPECT_EQ(Version(), 2u) << trace_;
    Run(Duration::Seconds(5));
  };
  join();
  EXPECT_TRUE(absl::StrContains(trace_,
                                "halted: FAILED_PRECONDITION: refused: the cluster is at cluster "
                                "version 2, this program knows versions through 1"))
      << trace_;
  SetActiveMutant("upgrade.admits-old");
  join();
  EXPECT_FALSE(absl::StrContains(trace_, "refused: the cluster is at")) << trace_;
}

}  // namespace
}  // namespace graphdb::sim
