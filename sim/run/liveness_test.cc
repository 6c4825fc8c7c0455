// Liveness by planted bugs, each in a world that gives it its chance, by the worlds
// alone, which it must not mind, and by worlds that nothing could be asked of any more.
#include "sim/run/liveness.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/env/mutants_on.h"
#include "sim/run/observer.h"
#include "sim/run/run.h"
#include "sim/world/cluster_program.h"

namespace graphdb::sim {
namespace {

constexpr NodeId kFirst{0}, kSecond{1}, kThird{2};

FaultAction NeverRestart(NodeId node) {
  FaultAction action;
  action.kind = FaultKind::kCrash;
  action.target.node = node;
  action.forever = node;
  return action;
}

FaultAction CutForever(NodeId from, NodeId to, NodeId blamed) {
  FaultAction action;
  action.kind = FaultKind::kCut;
  action.from = from;
  action.to = to;
  action.forever = blamed;
  return action;
}

FaultAction SlowForever(NodeId node, Duration sync) {
  FaultAction action;
  action.kind = FaultKind::kSlowDisk;
  action.target.node = node;
  action.amount = sync;
  action.forever = node;
  return action;
}

// It hears nobody of three.
FaultPlan Deaf(NodeId node) {
  FaultPlan plan;
  for (const NodeId other : {kFirst, kSecond, kThird}) {
    if (other != node) plan.push_back(CutForever(other, node, node));
  }
  return plan;
}

// Nobody of three hears it.
FaultPlan Mute(NodeId node) {
  FaultPlan plan;
  for (const NodeId other : {kFirst, kSecond, kThird}) {
    if (other != node) plan.push_back(CutForever(node, other, node));
  }
  return plan;
}

// Nodes without clients, of three or more; node1 leads meta and shard 0, node2 shard 1, node3
// shard 2. Only Liveness judges.
class Cluster {
 public:
  explicit Cluster(const std::string& mutant, Duration join_delay = Duration(), uint32_t nodes = 3)
      : world_(Options(join_delay, nodes), ClusterProgramFactory()),
        observer_(world_),
        liveness_(world_, 0) {
    SetActiveMutant(mutant);
    world_.StartAll();
  }
  ~Cluster() { SetActiveMutant(""); }

  World& world() { return world_; }

  void Step() {
    ASSERT_TRUE(world_.Step());
    (void)observer_.Look();  // Recovery is told
  }

  void RunFor(Duration time) {
    const Duration end = world_.loop().now() + time;
    while (world_.loop().now() < end) Step();
  }

  // What is left without an acknowledgement, and why that need not be.
  std::string Judge() {
    world_.EndFaults();
    liveness_.Start();
    const Duration end = world_.loop().now() + world_.options().ack_limit;
    while (world_.loop().now() < end && !liveness_.Done()) RunFor(Duration::Milliseconds(50));
    std::string text;
    for (const Liveness::Silence& silence : liveness_.Silences()) {
      const auto excuse = observer_.recovery().OfWrite(silence.shard);
      absl::StrAppend(&text, GroupName(silence.shard), " through ", NodeName(silence.gateway), ": ",
                      excuse ? WhyNotName(excuse->why) : "no excuse", "\n");
    }
    return text;
  }

 private:
  static RunOptions Options(Duration join_delay, uint32_t nodes) {
    RunOptions options;
    options.nodes = nodes;
    options.seed = 11;
    options.join_delay = join_delay;
    return options;
  }

  World world_;
  Observer observer_;
  Liveness liveness_;
};

std::string JudgeWith(const FaultPlan& plan, const std::string& mutant, uint32_t nodes = 3) {
  Cluster cluster(mutant, Duration(), nodes);
  cluster.RunFor(Duration::Seconds(20));
  for (const FaultAction& action : plan) cluster.world().Apply(action);
  return cluster.Judge();
}

TEST(LivenessTest, TwoOfThreeGoOn) {
  for (const NodeId node : {kFirst, kSecond, kThird}) {
    EXPECT_EQ(JudgeWith({NeverRestart(node)}, ""), "");
    EXPECT_EQ(JudgeWith(Deaf(node), ""), "");
    EXPECT_EQ(JudgeWith(Mute(node), ""), "");
    EXPECT_EQ(JudgeWith({SlowForever(node, Duration::Seconds(1))}, ""), "");
  }
}

TEST(LivenessTest, ADeafLeaderThatStaysIsSeen) {
  const std::string text = JudgeWith(Deaf(kFirst), "raft.no-check-quorum");
  EXPECT_TRUE(absl::StrContains(text, "shard=0 through node2: no excuse")) << text;
  EXPECT_TRUE(absl::StrContains(text, "shard=0 through node3: no excuse")) << text;
}

TEST(LivenessTest, AGatewayThatWaitsForADeadLeaderIsSeen) {
  const std::string text = JudgeWith({NeverRestart(kFirst)}, "cluster.waits-for-leader");
  EXPECT_TRUE(absl::StrContains(text, "through node2: no excuse")) << text;
}

// The second of three nodes is lost as a learner, before the third one comes.
std::string JudgeADeadLearner(const std::string& mutant) {
  Cluster cluster(mutant, Duration::Seconds(4));
  bool learns = false;
  while (!learns) {
    cluster.Step();
    cluster.world().VisitReplicas(
        kFirst, [&](const ReplicaView& view) { learns = learns || view.config_epoch.value() > 0; });
  }
  cluster.world().Apply(NeverRestart(kSecond));
  cluster.RunFor(Duration::Seconds(20));
  return cluster.Judge();
}

TEST(LivenessTest, ADeadLearnerThatIsWaitedForIsSeen) {
  EXPECT_EQ(JudgeADeadLearner(""), "");
  const std::string text = JudgeADeadLearner("cluster.waits-for-learner");
  EXPECT_TRUE(absl::StrContains(text, "through node1: no excuse")) << text;
  EXPECT_TRUE(absl::StrContains(text, "through node3: no excuse")) << text;
}

// A majority hears the leader of shard 2, so it stays; once a gateway doesn't reach it, once
// it doesn't reach meta's leader itself and has no timestamps.
TEST(LivenessTest, OthersTakeRequestsToALeaderThatIsOutOfReach) {
  for (const NodeId other : {kFirst, kSecond}) {
    const FaultPlan plan = {CutForever(kThird, other, kThird)};
    EXPECT_EQ(JudgeWith(plan, ""), "");
    const std::string text = JudgeWith(plan, "cluster.no-detour");
    EXPECT_TRUE(absl::StrContains(text, "shard=2 through node2: no excuse")) << text;
  }
}

// It answers, and it is no help: it doesn't reach the leader either.
TEST(LivenessTest, AHelperWithoutAWayIsFollowedByAnother) {
  FaultPlan plan;
  for (const NodeId other : {kFirst, kSecond}) {
    plan.push_back(CutForever(kThird, other, kThird));
    plan.push_back(CutForever(other, kThird, kThird));
  }
  EXPECT_EQ(JudgeWith(plan, "", 5), "");
}

TEST(LivenessTest, AMajorityThatIsLostExcusesAll) {
  EXPECT_EQ(JudgeWith({NeverRestart(kSecond), NeverRestart(kThird)}, ""),
            "shard=0 through node1: no-majority\n"
            "shard=1 through node1: no-majority\n"
            "shard=2 through node1: no-majority\n");
}

// --- Recovery -----------------------------------------------------------------

class RecoveryTest : public ::testing::Test {
 protected:
  static RunOptions FiveNodes() {
    RunOptions options;
    options.nodes = 5;
    return options;
  }

  std::string OfWrite() const {
    const auto excuse = recovery_.OfWrite(kShard);
    return excuse ? absl::StrCat(WhyNotName(excuse->why), ": ", excuse->text) : "";
  }

  static constexpr ShardId kShard{0};
  World world_{FiveNodes(), ClusterProgramFactory()};  // never started: nobody says anything
  Recovery recovery_{world_};
};

TEST_F(RecoveryTest, AJointConfigNeedsBothMajorities) {
  recovery_.OnVoters(kShard, {{kFirst, kSecond, kThird}, {kFirst, NodeId(3), NodeId(4)}});
  world_.Apply(NeverRestart(NodeId(3)));
  EXPECT_EQ(OfWrite(), "");
  world_.Apply(NeverRestart(NodeId(4)));
  EXPECT_EQ(OfWrite(),
            "no-majority: shard=0 needs a majority of {node1 node2 node3} and one of {node1 node4 "
            "node5}; node4 is never restarted; node5 is never restarted");
  recovery_.OnVoters(kShard, {{kFirst, kSecond, kThird}, {}});
  EXPECT_EQ(OfWrite(), "");
}

TEST_F(RecoveryTest, AMajorityHasToHearEachOther) {
  recovery_.OnVoters(kShard, {{kFirst, kSecond, kThird}, {}});
  world_.Apply(CutForever(kSecond, kFirst, kSecond));
  EXPECT_EQ(OfWrite(), "");
  world_.Apply(SlowForever(kThird, Duration::Seconds(2)));
  EXPECT_EQ(OfWrite(),
            "no-majority: shard=0 needs a majority of {node1 node2 node3}; node2 -> node1 is cut; "
            "a sync of node3 takes up to 2s");
}

TEST_F(RecoveryTest, WhatEndsIsNoExcuse) {
  recovery_.OnVoters(kShard, {{kFirst, kSecond}, {}});
  FaultAction cut = CutForever(kSecond, kFirst, kSecond);
  cut.forever.reset();
  world_.Apply(cut);
  FaultAction crash = NeverRestart(kSecond);
  crash.forever.reset();
  world_.Apply(crash);
  EXPECT_EQ(OfWrite(), "");
}

TEST_F(RecoveryTest, MetaAndTheFencesNeedTheirs) {
  world_.Apply(NeverRestart(kSecond));
  recovery_.OnVoters(ShardId(1), {{kFirst, kSecond}, {}});
  EXPECT_TRUE(absl::StartsWith(OfWrite(), "fence-no-majority: shard=1 ")) << OfWrite();
  recovery_.OnVoters(kMetaGroup, {{kFirst, kSecond}, {}});
  EXPECT_TRUE(absl::StartsWith(OfWrite(), "meta-no-majority: meta ")) << OfWrite();
}

// --- Whole runs ---------------------------------------------------------------

RunResult RunWith(const FaultPlan& plan) {
  RunOptions options;
  options.name = "liveness";
  options.seed = 3;
  options.duration = Duration::Seconds(10);
  options.workloads = {{"bank", 2}};
  options.plan = plan;
  for (FaultAction& action : options.plan) action.at = action.at + Duration::Seconds(3);
  return ExecuteRun(options, ClusterProgramFactory(), {});
}

TEST(LivenessRunTest, WhatLastsForEverIsNotEndedAndIsLeftOut) {
  FaultPlan plan = {NeverRestart(kSecond)};
  FaultAction restart;
  restart.at = Duration::Seconds(2);
  restart.kind = FaultKind::kRestart;
  restart.target.kind = FaultTarget::Kind::kAll;
  plan.push_back(restart);
  const RunResult crashed = RunWith(plan);
  EXPECT_EQ(crashed.oracle, "") << crashed.message;
  EXPECT_EQ(crashed.left_out, "node2 is never restarted");
  EXPECT_EQ(crashed.faults.at("forever-crash"), 1u);
  EXPECT_GT(crashed.slowest_ack, Duration());

  plan = Deaf(kThird);
  FaultAction heal;
  heal.at = Duration::Seconds(2);
  heal.kind = FaultKind::kHeal;
  plan.push_back(heal);
  const RunResult cut = RunWith(plan);
  EXPECT_EQ(cut.oracle, "") << cut.message;
  EXPECT_EQ(cut.left_out, "node1 -> node3 is cut, node2 -> node3 is cut");
  EXPECT_TRUE(cut.excused.empty());
}

TEST(LivenessRunTest, ARunThatLostItsMajorityEndsByName) {
  const RunResult result = RunWith({NeverRestart(kSecond), NeverRestart(kThird)});
  EXPECT_EQ(result.verdict, RunResult::Verdict::kOk) << result.message;
  EXPECT_EQ(result.unrecoverable,
            "meta needs a majority of {node1 node2 node3}; node2 is never restarted; node3 is "
            "never restarted");
  EXPECT_EQ(result.excused.at("no-majority"), 3u);
}

// Nothing is wrong, and the time is too short for anything.
TEST(LivenessRunTest, AFailureSaysHowThingsStand) {
  RunOptions options;
  options.name = "liveness";
  options.seed = 3;
  options.duration = Duration::Seconds(6);
  options.ack_limit = Duration::Milliseconds(1);
  const RunResult result = ExecuteRun(options, ClusterProgramFactory(), {});
  EXPECT_EQ(result.oracle, "liveness");
  for (const char* part :
       {"no write acknowledged within 1ms of the end of the faults; shard=0 through node1: client0",
        "; node3 is up", "; meta committed entry ", ", led last by node1 from ", ", term "}) {
    EXPECT_TRUE(absl::StrContains(result.message, part)) << part << ": " << result.message;
  }
}

}  // namespace
}  // namespace graphdb::sim
