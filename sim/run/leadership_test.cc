// The oracle of leadership by planted bugs, each in a plan that gives it its chance,
// and by the plans alone, which it must not mind.
#include <gtest/gtest.h>

#include <string>

#include "sim/run/run.h"
#include "sim/world/cluster_program.h"

namespace graphdb::sim {
namespace {

FaultAction Cut(int at, uint32_t from, uint32_t to, FaultKind kind = FaultKind::kCut) {
  FaultAction action;
  action.at = Duration::Seconds(at);
  action.kind = kind;
  action.from = NodeId(from);
  action.to = NodeId(to);
  return action;
}

// The verdict's oracle; empty where there is nothing to say.
std::string OracleOf(const FaultPlan& plan, const std::string& mutant,
                     const NodeKnobs& knobs = {}) {
  RunOptions options;
  options.name = "leadership";
  options.seed = 3;
  options.duration = Duration::Seconds(20);
  options.workloads = {{"bank", 2}};
  options.plan = plan;
  options.knobs = knobs;
  options.mutant = mutant;
  return ExecuteRun(options, ClusterProgramFactory(), {}).oracle;
}

TEST(LeadershipTest, ALeaderThatHearsNobodyStepsDown) {
  const FaultPlan deaf = {Cut(5, 1, 0), Cut(5, 2, 0)};
  EXPECT_EQ(OracleOf(deaf, ""), "");
  EXPECT_EQ(OracleOf(deaf, "raft.no-check-quorum"), "leadership");
}

TEST(LeadershipTest, ALeaderThatAQuorumHearsStays) {
  const FaultPlan one_link = {Cut(5, 0, 1), Cut(5, 1, 0)};
  EXPECT_EQ(OracleOf(one_link, ""), "");
  EXPECT_EQ(OracleOf(one_link, "raft.no-stickiness"), "leadership");
}

TEST(LeadershipTest, AnOperatorMayMoveLeaders) {
  FaultPlan plan;
  for (int at = 3; at < 18; at += 3) {
    FaultAction transfer;
    transfer.at = Duration::Seconds(at);
    transfer.kind = at % 2 == 0 ? FaultKind::kDrain : FaultKind::kTransfer;
    transfer.target = {FaultTarget::Kind::kLeader, NodeId(), ShardId(1)};
    transfer.amount = Duration::Seconds(1);
    transfer.to = NodeId(2);
    plan.push_back(transfer);
  }
  EXPECT_EQ(OracleOf(plan, ""), "");
}

// node2 can't write down the newer terms of shard 0, and so can't answer in them: when
// node3 hears nobody any more, node1 is left alone.
TEST(LeadershipTest, AFullDiskKeepsANodeFromAnswering) {
  FaultAction full;
  full.at = Duration::Seconds(5);
  full.kind = FaultKind::kFullDisk;
  full.target = {FaultTarget::Kind::kNode, NodeId(1), ShardId()};
  full.amount = Duration::Seconds(14);
  FaultAction transfer;
  transfer.at = Duration::Seconds(7);
  transfer.kind = FaultKind::kTransfer;
  transfer.target = {FaultTarget::Kind::kLeader, NodeId(), ShardId(0)};
  transfer.to = NodeId(2);
  NodeKnobs small_segments;
  small_segments.log_segment_bytes = 32 << 10;  // or what it has already lasts
  EXPECT_EQ(OracleOf({full, transfer, Cut(13, 0, 2), Cut(13, 1, 2)}, "", small_segments), "");
}

// Likewise where its disk takes too long for that.
TEST(LeadershipTest, ASlowDiskKeepsANodeFromAnswering) {
  FaultAction slow;
  slow.at = Duration::Seconds(5);
  slow.kind = FaultKind::kSlowDisk;
  slow.target = {FaultTarget::Kind::kNode, NodeId(1), ShardId()};
  slow.amount = Duration::Seconds(60);
  FaultAction transfer;
  transfer.at = Duration::Seconds(7);
  transfer.kind = FaultKind::kTransfer;
  transfer.target = {FaultTarget::Kind::kLeader, NodeId(), ShardId(0)};
  transfer.to = NodeId(2);
  EXPECT_EQ(OracleOf({slow, transfer, Cut(13, 0, 2), Cut(13, 1, 2)}, ""), "");
}

// The order to campaign lies before node3 until it wakes, long after.
TEST(LeadershipTest, AnOrderMayReachOneWhoSleeps) {
  FaultAction pause;
  pause.at = Duration::Seconds(6);
  pause.kind = FaultKind::kPause;
  pause.target = {FaultTarget::Kind::kNode, NodeId(2), ShardId()};
  pause.amount = Duration::Seconds(5);
  FaultAction transfer;
  transfer.at = pause.at + Duration::Milliseconds(1);
  transfer.kind = FaultKind::kTransfer;
  transfer.target = {FaultTarget::Kind::kLeader, NodeId(), ShardId(1)};
  transfer.to = NodeId(2);
  EXPECT_EQ(OracleOf({pause, transfer}, ""), "");
}

}  // namespace
}  // namespace graphdb::sim
