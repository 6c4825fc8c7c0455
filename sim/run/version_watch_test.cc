#include "sim/run/version_watch.h"

#include <gtest/gtest.h>

#include <memory>

namespace graphdb::sim {
namespace {

constexpr NodeId kNode(1);

// Has not come as far as to have replicas.
class Beginner final : public Program {
 public:
  absl::Status Start() override { return absl::OkStatus(); }
  void HandleClient(v1::ClientRequest, Reply) override {}
  void VisitReplicas(absl::FunctionRef<void(const ReplicaView&)>) const override {}
};

class VersionWatchTest : public testing::Test {
 protected:
  VersionWatchTest() {
    world_.StartAll();
    DecisionView member;
    member.member = kNode;
    EXPECT_FALSE(watch_.OnCommitted(kMetaGroup, LogIndex(1), member));
  }

  // Until it is started again.
  void Do(FaultKind kind) {
    FaultAction action;
    action.kind = kind;
    action.target.node = kNode;
    const uint64_t before = world_.incarnation(kNode);
    world_.Apply(action);
    while (world_.incarnation(kNode) == before && world_.Step()) {
    }
  }
  MaybeViolation Switch() {
    DecisionView switched;
    switched.version = shard::kTestClusterVersion;
    return watch_.OnCommitted(kMetaGroup, LogIndex(2), switched);
  }

  World world_{RunOptions(),
               [](const ProgramOptions&, env::Env&) { return std::make_unique<Beginner>(); }};
  VersionWatch watch_{world_};
};

TEST_F(VersionWatchTest, MetaSwitchesToWhatAProgramOfEveryMemberKnows) {
  const MaybeViolation early = Switch();
  ASSERT_TRUE(early);
  EXPECT_EQ(early->oracle, "version");
}

// It may have said so with its first message, while its disk was still being read.
TEST_F(VersionWatchTest, AProgramKnowsItBeforeItHasReplicas) {
  Do(FaultKind::kUpgrade);
  EXPECT_FALSE(Switch());
}

TEST_F(VersionWatchTest, WhatAProgramHasSaidStaysSaid) {
  Do(FaultKind::kUpgrade);
  Do(FaultKind::kDowngrade);
  EXPECT_FALSE(Switch());
}

}  // namespace
}  // namespace graphdb::sim
