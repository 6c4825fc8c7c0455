// What operators and clients meet, on real nodes in the simulated world: a node that is shut
// down gives its groups away once, and a read that takes too long is no write of unknown outcome.
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

}  // namespace
}  // namespace graphdb::sim
