// Operators' mistakes of rule I1, on real nodes in the simulated world: each is
// refused by name, and with the check taken out it is not.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/env/mutants_on.h"
#include "sim/world/cluster_program.h"
#include "sim/world/world.h"

namespace graphdb::sim {
namespace {

constexpr NodeId kLast(2);

class RefusalTest : public ::testing::Test {
 protected:
  ~RefusalTest() override { SetActiveMutant(""); }

  // Three nodes, the last one 4 s late and with its config edited: the trace of 12 s.
  std::string Form(const ConfigEdit& edit, bool wipe = false) {
    RunOptions options;
    options.join_delay = Duration::Seconds(2);
    World world(options, EditedClusterProgramFactory([&](cluster::NodeOptions* node) {
                  if (node->self == kLast) edit(node);
                }));
    std::string trace;
    world.trace().SetSink(TraceLog::Detail::kShort,
                          [&](absl::string_view line) { absl::StrAppend(&trace, line, "\n"); });
    world.StartAll();
    Run(world, Duration::Seconds(12));
    if (wipe) {
      EXPECT_EQ(world.self_halts(), 0u) << trace;
      trace.clear();
      world.Wipe(kLast);
      Run(world, Duration::Seconds(24));
    }
    halts_ = world.self_halts();
    groups_ = 0;
    world.VisitReplicas(kLast, [this](const ReplicaView&) { ++groups_; });
    EXPECT_TRUE(world.Up(NodeId(0)));
    EXPECT_TRUE(world.Up(NodeId(1)));
    return trace;
  }

  static void Run(World& world, Duration until) {
    Duration due;
    while (world.loop().NextDue(&due) && due <= until) {
      if (!world.Step()) return;
    }
  }

  void ExpectStopped(const std::string& trace, absl::string_view why) const {
    EXPECT_GT(halts_, 0u);
    EXPECT_EQ(groups_, 0u);
    EXPECT_TRUE(absl::StrContains(trace, absl::StrCat("halted: FAILED_PRECONDITION: ", why)))
        << why << " is not in\n"
        << trace;
  }

  uint64_t halts_ = 0;
  uint32_t groups_ = 0;  // of the last node
};

TEST_F(RefusalTest, ASecondNodeWithBootstrapStops) {
  const auto edit = [](cluster::NodeOptions* node) { node->bootstrap = true; };
  ExpectStopped(Form(edit),
                "refused by the cluster: raft.bootstrap is true on node3 and on node1, and "
                "node1 is in a cluster already; set raft.bootstrap to false on node3");
  SetActiveMutant("rule-I1.second-bootstrap");
  (void)Form(edit);
  EXPECT_EQ(halts_, 0u);
  EXPECT_GT(groups_, 0u);
}

TEST_F(RefusalTest, BootstrapOnAMemberDoesNothing) {
  int starts = 0;
  RunOptions options;
  World world(options, EditedClusterProgramFactory([&](cluster::NodeOptions* node) {
                if (node->self == kLast) node->bootstrap = ++starts > 1;
              }));
  world.StartAll();
  Run(world, Duration::Seconds(10));
  FaultAction action;  // crash
  action.target.node = kLast;
  world.Apply(action);
  action.kind = FaultKind::kRestart;
  world.Apply(action);
  Run(world, Duration::Seconds(20));
  EXPECT_EQ(starts, 2);
  EXPECT_EQ(world.self_halts(), 0u);
  EXPECT_TRUE(world.Up(kLast));
}

TEST_F(RefusalTest, ADifferingListOfPeersStopsTheNodeThatHasIt) {
  const auto edit = [](cluster::NodeOptions* node) { node->peers[1].raft_address = "node9:9001"; };
  ExpectStopped(Form(edit),
                "raft.peers differs: node3 has "
                "node1=node1:9001,node2=node9:9001,node3=node3:9001; node1 has "
                "node1=node1:9001,node2=node2:9001,node3=node3:9001");
  SetActiveMutant("rule-I1.peers-differ");
  (void)Form(edit);
  EXPECT_EQ(halts_, 0u);
}

TEST_F(RefusalTest, AnotherNumberOfShardsStopsTheNodeThatHasIt) {
  const auto edit = [](cluster::NodeOptions* node) { node->num_shards = 5; };
  ExpectStopped(Form(edit), "sharding.num_shards differs: node3 has 5, node1 has 3");
  SetActiveMutant("rule-I1.shards-differ");
  (void)Form(edit);
  EXPECT_EQ(halts_, 0u);
}

TEST_F(RefusalTest, AConfigThatWasRefusedCanBeMended) {
  int starts = 0;
  (void)Form([&starts](cluster::NodeOptions* node) {
    if (++starts > 1) return;
    node->num_shards = 5;
    node->peers[1].raft_address = "node9:9001";
  });
  EXPECT_EQ(halts_, 1u);
  EXPECT_GT(groups_, 0u);
}

TEST_F(RefusalTest, ARestoredNodeMustFound) {
  const std::string trace = Form([](cluster::NodeOptions* node) {
    node->founding_state = [](const env::KvReader&) {
      return cluster::FoundingState{.restored = true, .oracle_bound = 9, .id_bound = 9};
    };
  });
  EXPECT_GT(halts_, 0u);
  EXPECT_TRUE(absl::StrContains(trace,
                                "did not start: FAILED_PRECONDITION: raft.bootstrap is false on "
                                "node3, whose data folder holds a restored snapshot"))
      << trace;
}

TEST_F(RefusalTest, AMemberOfAnotherClusterStops) {
  // While the last node was away, the others lost their disks and founded another.
  const auto meet = [this] {
    World world(RunOptions(), ClusterProgramFactory());
    std::string trace;
    world.trace().SetSink(TraceLog::Detail::kShort,
                          [&](absl::string_view line) { absl::StrAppend(&trace, line, "\n"); });
    world.StartAll();
    Run(world, Duration::Seconds(8));
    FaultAction action;  // crash
    action.target.node = kLast;
    world.Apply(action);
    world.Wipe(NodeId(0));
    world.Wipe(NodeId(1));
    Run(world, Duration::Seconds(20));
    EXPECT_EQ(world.self_halts(), 0u) << trace;
    action.kind = FaultKind::kRestart;
    world.Apply(action);
    Run(world, Duration::Seconds(30));
    halts_ = world.self_halts();
    return trace;
  };
  const std::string trace = meet();
  EXPECT_GT(halts_, 0u);
  EXPECT_TRUE(absl::StrContains(trace,
                                "halted: FAILED_PRECONDITION: refused by the cluster: node3 "
                                "belongs to cluster "))
      << trace;
  SetActiveMutant("rule-I1.stop-on-other-cluster");
  (void)meet();
  EXPECT_EQ(halts_, 0u);
}

TEST_F(RefusalTest, AMemberThatLostItsDiskStops) {
  const auto edit = [](cluster::NodeOptions*) {};
  const std::string trace = Form(edit, /*wipe=*/true);
  ExpectStopped(trace, "refused by the cluster: node3 has store ");
  EXPECT_TRUE(absl::StrContains(trace,
                                "its disk is not the one that was admitted; start it with "
                                "that disk (replacing a node is not in this version yet)"))
      << trace;
  SetActiveMutant("rule-I1.wiped-member");
  (void)Form(edit, /*wipe=*/true);
  EXPECT_EQ(halts_, 0u);
}

}  // namespace
}  // namespace graphdb::sim
