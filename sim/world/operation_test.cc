// What operators and clients meet, on real nodes in the simulated world: a node that is shut
// down gives its groups away once, a read that takes too long is no write of unknown outcome,
// and questions to a cluster that isn't whole are answered soon and say what is missing.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/env/mutants_on.h"
#include "sim/world/cluster_program.h"
#include "sim/world/world.h"

namespace graphdb::sim {
namespace {

constexpr uint32_t kNodes = 3;
constexpr uint32_t kShards = 6;
constexpr Duration kFormed = Duration::Seconds(20);

RunOptions Calm() {
  RunOptions options;
  options.nodes = kNodes;
  options.shards = kShards;
  return options;
}

v1::ClientRequest Writing() {
  v1::ClientRequest request;
  request.mutable_batch()->add_ops()->mutable_create_node()->add_labels("Thing");
  return request;
}

v1::ClientRequest Statement(const std::string& text) {
  v1::ClientRequest request;
  request.mutable_query()->set_text(text);
  return request;
}

class OperationTest : public ::testing::Test {
 protected:
  ~OperationTest() override { SetActiveMutant(""); }

  void Begin(const RunOptions& options = Calm(), ProgramFactory factory = ClusterProgramFactory(),
             Duration until = kFormed) {
    world_ = std::make_unique<World>(options, std::move(factory));
    moves_.clear();
    leaders_.clear();
    world_->StartAll();
    Run(until);
    leaders_ = Leaders();
  }

  void Run(Duration until) {
    Duration due;
    while (world_->loop().NextDue(&due) && due <= until && world_->Step()) {
      if (!leaders_.empty()) NoteMoves();
    }
  }
  void RunFor(Duration time) { Run(world_->loop().now() + time); }

  // Of each group the node that leads its newest term.
  std::map<ShardId, NodeId> Leaders() const {
    std::map<ShardId, NodeId> leaders;
    std::map<ShardId, Term> terms;
    for (uint32_t n = 0; n < kNodes; ++n) {
      world_->VisitReplicas(NodeId(n), [&](const ReplicaView& replica) {
        if (!replica.is_leader || replica.term < terms[replica.group]) return;
        terms[replica.group] = replica.term;
        leaders[replica.group] = NodeId(n);
      });
    }
    return leaders;
  }

  void NoteMoves() {
    for (const auto& [group, node] : Leaders()) {
      if (std::exchange(leaders_[group], node) != node) moves_[group].push_back(node);
    }
  }

  // Nothing where no answer came within `limit`.
  std::optional<v1::ClientResponse> Ask(NodeId gateway, const v1::ClientRequest& request,
                                        Duration limit) {
    const auto answer = std::make_shared<std::optional<v1::ClientResponse>>();
    world_->Call(0, gateway, request, false,
                 [answer](CallResult result) { *answer = std::move(result.response); });
    const Duration end = world_->loop().now() + limit;
    Duration due;
    while (!answer->has_value() && world_->loop().NextDue(&due) && due <= end) {
      if (!world_->Step()) break;
    }
    return *answer;
  }

  // Writes by way of `gateway`, one after the other, to the end.
  void Load(uint32_t client, NodeId gateway) {
    world_->Call(client, gateway, Writing(), true, [this, client, gateway](CallResult result) {
      if (result.response.error().code() == 0) ++written_;
      Load(client, gateway);
    });
  }

  // As an event of the node's.
  void At(NodeId node, absl::AnyInvocable<void(Program*)> act) {
    world_->loop().After(
        Duration(), world_->loop().LifeOf(NodeActor(node)), "test.act",
        [this, node, act = std::move(act)]() mutable { act(world_->program(node)); });
  }

  void Strike(FaultKind kind, NodeId node) {
    FaultAction action;
    action.kind = kind;
    action.target.node = node;
    world_->Apply(action);
  }

  std::unique_ptr<World> world_;
  std::map<ShardId, NodeId> leaders_;
  std::map<ShardId, std::vector<NodeId>> moves_;  // since Begin: who came to lead
  uint64_t written_ = 0;
};

// --- Draining -----------------------------------------------------------------

class DrainTest : public OperationTest {
 protected:
  static constexpr NodeId kGoes = NodeId(0);

  // One node of three drains under load, and is still there for a while.
  void DrainOne() {
    Begin();
    for (const auto& [group, node] : leaders_) led_[group] = node == kGoes;
    Load(1, NodeId(1));
    Load(2, NodeId(2));
    At(kGoes, [this](Program* program) {
      program->Drain(Duration::Seconds(10), [this] { drained_after_ = world_->loop().now(); });
    });
    const Duration begun = world_->loop().now();
    RunFor(Duration::Seconds(6));
    drained_after_ = drained_after_ - begun;
  }

  size_t Moves() const {
    size_t count = 0;
    for (const auto& [group, nodes] : moves_) count += nodes.size();
    return count;
  }

  std::map<ShardId, bool> led_;  // by the node that goes, before
  Duration drained_after_;
};

TEST_F(DrainTest, EveryGroupLeavesOnceAndNoneComesBack) {
  DrainOne();
  EXPECT_GT(drained_after_, Duration());
  EXPECT_LT(drained_after_, Duration::Seconds(2));
  EXPECT_GT(written_, 100u);
  size_t led_count = 0;
  for (const auto& [group, led] : led_) {
    led_count += led ? 1 : 0;
    EXPECT_EQ(moves_[group].size(), led ? 1u : 0u) << "group " << group;
    EXPECT_NE(leaders_[group], kGoes) << "group " << group;
  }
  EXPECT_EQ(led_count, 3u) << "two shards and meta";

  // An operator's wish isn't heard either.
  At(NodeId(1), [](Program* program) { program->HandLeadership(ShardId(1), kGoes); });
  RunFor(Duration::Seconds(2));
  EXPECT_EQ(Moves(), led_count);
}

TEST_F(DrainTest, WithoutTheFlagLeadershipComesBack) {
  SetActiveMutant("rule-I2.none-to-draining");
  DrainOne();
  EXPECT_GT(Moves(), 3u);
}

TEST_F(DrainTest, NodesThatAllDrainDontWaitForEachOther) {
  Begin();
  uint32_t drained = 0;
  for (uint32_t n = 0; n < kNodes; ++n) {
    At(NodeId(n), [&drained](Program* program) {
      program->Drain(Duration::Seconds(10), [&drained] { ++drained; });
    });
  }
  RunFor(Duration::Seconds(3));
  EXPECT_EQ(drained, kNodes);
}

// --- Fitness to lead ----------------------------------------------------------

class FitnessTest : public OperationTest {
 protected:
  static constexpr NodeId kSlow = NodeId(0);

  void SlowDown(Duration sync_max) {
    FaultAction slow;
    slow.kind = FaultKind::kSlowDisk;
    slow.target.node = kSlow;
    slow.amount = sync_max;
    world_->Apply(slow);
  }

  size_t LedBySlow() const {
    size_t count = 0;
    for (const auto& [group, node] : Leaders()) count += node == kSlow ? 1 : 0;
    return count;
  }

  v1::NodeHealth HealthOfSlow() {
    v1::ClientRequest status;
    status.mutable_admin()->mutable_cluster_status();
    const auto answer = Ask(NodeId(1), status, Duration::Seconds(3));
    if (!answer.has_value()) return v1::UNREACHABLE;
    return answer->admin().cluster_status().nodes(0).health();
  }
};

TEST_F(FitnessTest, ASlowDiskLeadsNothingUntilItIsQuickAgain) {
  Begin();
  ASSERT_EQ(LedBySlow(), 3u) << "two shards and meta";
  EXPECT_EQ(HealthOfSlow(), v1::HEALTHY);
  Load(1, NodeId(1));
  SlowDown(Duration::Seconds(2));
  RunFor(Duration::Seconds(8));
  EXPECT_EQ(LedBySlow(), 0u);
  EXPECT_EQ(HealthOfSlow(), v1::DEGRADED);

  SlowDown(Duration::Milliseconds(5));
  RunFor(Duration::Seconds(25));
  EXPECT_EQ(LedBySlow(), 3u);
  EXPECT_EQ(HealthOfSlow(), v1::HEALTHY);
}

TEST_F(FitnessTest, WithoutItTheSlowDiskGoesOnLeading) {
  SetActiveMutant("cluster.leads-though-unfit");
  Begin();
  Load(1, NodeId(1));
  SlowDown(Duration::Seconds(2));
  RunFor(Duration::Seconds(8));
  EXPECT_EQ(LedBySlow(), 3u);
}

// --- Time is over -------------------------------------------------------------

TEST_F(OperationTest, OnlyAWriteHasAnUnknownOutcome) {
  Begin();
  FaultAction cut;
  cut.kind = FaultKind::kPartition;
  cut.groups = {{NodeId(0), NodeId(1)}, {NodeId(2)}};
  world_->Apply(cut);
  const auto reason = [this](v1::ClientRequest request) {
    request.set_timeout_ms(500);
    const std::optional<v1::ClientResponse> answer =
        Ask(NodeId(2), request, Duration::Milliseconds(600));
    if (!answer.has_value()) return v1::REASON_NONE;
    EXPECT_EQ(answer->error().code(), static_cast<int>(absl::StatusCode::kDeadlineExceeded));
    return answer->error().reason();
  };
  v1::ClientRequest reading;
  reading.mutable_batch()->add_ops()->mutable_get_node()->set_id(1);
  reading.mutable_batch()->add_ops()->mutable_expand()->set_id(1);
  EXPECT_EQ(reason(reading), v1::TIMED_OUT);
  EXPECT_EQ(reason(Statement("MATCH (n) RETURN count(n)")), v1::TIMED_OUT);
  v1::ClientRequest read_only = Statement("MATCH (n) RETURN n");
  read_only.mutable_query()->set_read_only(true);
  EXPECT_EQ(reason(read_only), v1::TIMED_OUT);

  EXPECT_EQ(reason(Writing()), v1::OUTCOME_UNKNOWN);
  *reading.mutable_batch()->add_ops() = Writing().batch().ops(0);
  EXPECT_EQ(reason(reading), v1::OUTCOME_UNKNOWN) << "one that writes is enough";
  EXPECT_EQ(reason(Statement("MATCH (n) SET n.x = 1")), v1::OUTCOME_UNKNOWN);
}

// --- Operators' questions -----------------------------------------------------

std::vector<v1::ClientRequest> Questions() {
  std::vector<v1::ClientRequest> questions(4);
  questions[0].mutable_admin()->mutable_stats();
  questions[1].mutable_admin()->mutable_stats()->set_digest(true);
  questions[2].mutable_admin()->mutable_snapshot();
  questions[3].mutable_admin()->mutable_shard_map();
  return questions;
}

TEST_F(OperationTest, AFormingClusterSaysSoAtOnce) {
  RunOptions options = Calm();
  options.join_delay = Duration::Seconds(600);
  Begin(options, ClusterProgramFactory(), Duration::Seconds(10));
  const auto ask = [this](const v1::ClientRequest& request) {
    return Ask(NodeId(0), request, Duration::Milliseconds(100)).value_or(v1::ClientResponse());
  };
  std::vector<v1::ClientRequest> questions = Questions();
  EXPECT_EQ(ask(questions.back()).admin().shard_map().shards_size(), static_cast<int>(kShards))
      << "of meta, which the founder serves alone";
  questions.pop_back();
  for (const v1::ClientRequest& question : questions) {
    const v1::ClientResponse answer = ask(question);
    EXPECT_EQ(answer.error().reason(), v1::FORMING) << question.ShortDebugString();
    EXPECT_EQ(answer.error().message(), "the cluster is forming (1 of 3 configured peers vote)");
  }
  v1::ClientRequest own;
  own.mutable_admin()->mutable_raft_stats();
  EXPECT_EQ(ask(own).admin().raft_stats().groups_size(), static_cast<int>(kShards + 1));
}

TEST_F(OperationTest, ANodeOfNoClusterSaysThatItForms) {
  Begin(Calm(),
        EditedClusterProgramFactory([](cluster::NodeOptions* node) { node->bootstrap = false; }),
        Duration::Seconds(10));
  for (const v1::ClientRequest& question : Questions()) {
    const std::optional<v1::ClientResponse> answer =
        Ask(NodeId(1), question, Duration::Milliseconds(100));
    ASSERT_TRUE(answer.has_value()) << question.ShortDebugString();
    EXPECT_EQ(answer->error().reason(), v1::FORMING) << question.ShortDebugString();
  }
}

class DigestTest : public OperationTest {
 protected:
  void SetUp() override {
    Begin();
    for (int i = 0; i < 12; ++i) {
      const auto written = Ask(NodeId(0), Writing(), Duration::Seconds(2));
      ASSERT_TRUE(written.has_value());
      ASSERT_EQ(written->error().code(), 0) << written->ShortDebugString();
    }
    digest_.mutable_admin()->mutable_stats()->set_digest(true);
  }

  // All but the last node's are there and equal, and those are named.
  static void ExpectLastSkipped(const v1::Stats& stats) {
    EXPECT_FALSE(stats.replicas_equal());
    EXPECT_EQ(stats.nodes(), 12u);
    EXPECT_EQ(stats.shards_size(), static_cast<int>(2 * kShards));
    ASSERT_EQ(stats.skipped_size(), static_cast<int>(kShards)) << stats.ShortDebugString();
    for (uint32_t shard = 0; shard < kShards; ++shard) {
      const v1::SkippedReplica& skipped = stats.skipped(static_cast<int>(shard));
      EXPECT_EQ(skipped.shard(), shard);
      EXPECT_EQ(skipped.node(), "node3");
      EXPECT_EQ(skipped.reason(), "the node does not answer");
    }
    for (int i = 0; i < stats.shards_size(); i += 2) {
      EXPECT_EQ(stats.shards(i).digest(), stats.shards(i + 1).digest());
      EXPECT_NE(stats.shards(i).node(), "node3");
    }
  }

  static constexpr NodeId kLast = NodeId(2);
  v1::ClientRequest digest_;
};

TEST_F(DigestTest, ReplicasOfANodeThatIsDownAreNamedAndTheOthersCompared) {
  const auto whole = Ask(NodeId(0), digest_, Duration::Seconds(1));
  ASSERT_TRUE(whole.has_value());
  EXPECT_TRUE(whole->admin().stats().replicas_equal()) << whole->ShortDebugString();
  EXPECT_EQ(whole->admin().stats().skipped_size(), 0);

  Strike(FaultKind::kCrash, kLast);
  RunFor(Duration::Seconds(5));
  const auto rest = Ask(NodeId(0), digest_, Duration::Seconds(4));
  ASSERT_TRUE(rest.has_value()) << "one silence is waited for, not one of each shard";
  ExpectLastSkipped(rest->admin().stats());
}

TEST_F(DigestTest, ANodeThatIsCutOffMeanwhileIsNotWaitedForLong) {
  // It has been asked, and its answers don't come any more.
  At(kLast, [this](Program*) {
    FaultAction cut;
    cut.kind = FaultKind::kPartition;
    cut.groups = {{NodeId(0), NodeId(1)}, {kLast}};
    world_->Apply(cut);
  });
  const auto rest = Ask(NodeId(0), digest_, Duration::Seconds(10));
  ASSERT_TRUE(rest.has_value());
  ExpectLastSkipped(rest->admin().stats());
}

TEST_F(OperationTest, VotersAreListedInTheOrderOfThePeers) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {  // store ids are drawn
    RunOptions options = Calm();
    options.seed = seed;
    Begin(options);
    const std::vector<std::string> peers = {"node1", "node2", "node3"};
    v1::ClientRequest raft;
    raft.mutable_admin()->mutable_raft_stats();
    const auto stats = Ask(NodeId(2), raft, Duration::Seconds(1));
    ASSERT_TRUE(stats.has_value());
    for (const v1::RaftGroupStats& group : stats->admin().raft_stats().groups()) {
      EXPECT_EQ(std::vector<std::string>(group.voters().begin(), group.voters().end()), peers);
    }
    const auto map = Ask(NodeId(2), Questions().back(), Duration::Seconds(1));
    ASSERT_TRUE(map.has_value());
    EXPECT_EQ(map->admin().shard_map().shards_size(), static_cast<int>(kShards));
    for (const v1::ShardInfo& shard : map->admin().shard_map().shards()) {
      EXPECT_EQ(std::vector<std::string>(shard.replicas().begin(), shard.replicas().end()), peers);
    }
  }
}

}  // namespace
}  // namespace graphdb::sim
