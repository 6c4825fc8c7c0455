// The shrinker on made-up failures: what is needed is known, so what is left can
// be compared with it.
#include "sim/shrink/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "sim/shrink/pieces.h"
#include "sim/world/swarm.h"

namespace graphdb::sim {
namespace {

using Predicate = std::function<bool(const RunOptions&)>;

// Runs nothing: a predicate says what fails. Each client comes to 20 operations.
class FakeJudge final : public ShrinkJudge {
 public:
  explicit FakeJudge(Predicate fails, uint64_t runs_max = 100'000)
      : fails_(std::move(fails)), runs_max_(runs_max) {}

  std::optional<Found> FirstFailing(const std::vector<RunOptions>& candidates,
                                    uint32_t fresh_seeds) override {
    for (uint64_t fresh = 0; fresh <= fresh_seeds; ++fresh) {
      for (size_t i = 0; i < candidates.size() && !TimeIsUp(); ++i) {
        RunOptions options = candidates[i];
        if (fresh != 0) options.seed = 1'000 + fresh;
        ++runs_;
        if (!fails_(options)) continue;
        Found found;
        found.candidate = i;
        found.state.operations.assign(ClientCount(options), 20);
        for (const ClientOperations& only : options.operations) {
          found.state.operations[only.client] = only.numbers.size();
        }
        found.state.events = 1'000;
        found.state.tape = options.tape ? *options.tape : recorded_;
        found.state.options = std::move(options);
        return found;
      }
    }
    return std::nullopt;
  }

  std::vector<FaultMoment> Moments(const RunOptions& options) override {
    std::vector<FaultMoment> moments;
    for (uint32_t i = 0; i < options.plan.size(); ++i) {
      if (options.plan[i].when) continue;
      moments.push_back({i, kNewest, Duration::Microseconds(12'300)});
    }
    return moments;
  }

  bool TimeIsUp() const override { return runs_ >= runs_max_; }

  static constexpr Trigger kNewest{Trigger::Kind::kCommits, ShardId(1), 40};
  Tape recorded_;
  uint64_t runs_ = 0;

 private:
  const Predicate fails_;
  const uint64_t runs_max_;
};

bool HasCrashOf(const RunOptions& options, NodeId node) {
  return std::any_of(options.plan.begin(), options.plan.end(), [&](const FaultAction& action) {
    return action.kind == FaultKind::kCrash && action.target.node == node &&
           action.target.kind == FaultTarget::Kind::kNode;
  });
}

bool HasWorkload(const RunOptions& options, const std::string& name) {
  return std::any_of(options.workloads.begin(), options.workloads.end(),
                     [&](const WorkloadSpec& spec) { return spec.name == name; });
}

// Whether the client may do the operation.
bool Does(const RunOptions& options, uint32_t client, uint64_t number) {
  if (client >= ClientCount(options)) return false;
  for (const ClientOperations& only : options.operations) {
    if (only.client != client) continue;
    return std::binary_search(only.numbers.begin(), only.numbers.end(), number);
  }
  return true;
}

// The first draw of the swarm that has what these failures need.
RunOptions BigRun() {
  for (uint64_t seed = 1;; ++seed) {
    RunOptions options = DrawSwarmOptions(seed);
    if (HasCrashOf(options, NodeId(1)) && options.plan.size() > 15 &&
        HasWorkload(options, "bank") && options.clients.late_ppm > 0 && options.shards > 2) {
      return options;
    }
  }
}

ShrinkState ShrunkBy(FakeJudge& judge, const RunOptions& options) {
  Shrinker shrinker(judge, [](const ShrinkState&, const char*) {});
  const auto smallest = shrinker.Run(options);
  EXPECT_TRUE(smallest.has_value());
  return smallest.value_or(ShrinkState());
}

TEST(ShrinkTest, WhatDoesNotFailIsNotShrunk) {
  FakeJudge judge([](const RunOptions&) { return false; });
  Shrinker shrinker(judge, [](const ShrinkState&, const char*) {});
  EXPECT_FALSE(shrinker.Run(BigRun()).has_value());
}

TEST(ShrinkTest, OnlyWhatIsNeededIsLeft) {
  FakeJudge judge([](const RunOptions& options) {
    return HasCrashOf(options, NodeId(1)) && HasWorkload(options, "bank") && Does(options, 0, 7) &&
           options.duration >= Duration::Seconds(4) && options.clients.late_ppm > 0 &&
           options.shards >= 2 && options.nodes >= 3;
  });
  const ShrinkState smallest = ShrunkBy(judge, BigRun());
  const RunOptions& options = smallest.options;
  ASSERT_EQ(options.plan.size(), 1u);
  EXPECT_EQ(options.plan[0].when, FakeJudge::kNewest);
  EXPECT_EQ(options.workloads, (std::vector<WorkloadSpec>{{"bank", 1}}));
  EXPECT_EQ(options.operations, (std::vector<ClientOperations>{{0, {7}}}));
  EXPECT_LT(options.duration, Duration::Seconds(5));
  EXPECT_EQ(options.shards, 2u);
  EXPECT_EQ(options.nodes, 3u);
  EXPECT_EQ(UnusualCount(options), 1u) << ToText(options);
  EXPECT_TRUE(options.forming_plan.empty());
  EXPECT_EQ(smallest.operation_count(), 1u);
  EXPECT_EQ(smallest.fault_count(), 1u);
}

TEST(ShrinkTest, OneExceptionOfTheTapeIsLeft) {
  const Choice needed{ChoiceKind::kDrop, NodeActor(NodeId(0)), NodeActor(NodeId(1)), 77};
  FakeJudge judge([&](const RunOptions& options) {
    return !options.tape ||
           std::find(options.tape->begin(), options.tape->end(), needed) != options.tape->end();
  });
  for (uint64_t i = 0; i < 300; ++i) {
    judge.recorded_.push_back({ChoiceKind::kDrop, NodeActor(NodeId(0)), NodeActor(NodeId(1)), i});
  }
  const ShrinkState smallest = ShrunkBy(judge, BigRun());
  ASSERT_TRUE(smallest.options.tape.has_value());
  EXPECT_EQ(*smallest.options.tape, Tape{needed});
}

TEST(ShrinkTest, AFreshSeedMayTakeOver) {
  FakeJudge judge([&](const RunOptions& options) {
    return options.plan.size() > 10 ? options.seed < 1'000 : options.seed == 1'002;
  });
  const ShrinkState smallest = ShrunkBy(judge, BigRun());
  EXPECT_EQ(smallest.options.seed, 1'002u);
  EXPECT_TRUE(smallest.options.plan.empty());
}

TEST(ShrinkTest, TheSameAnswersGiveTheSameResult) {
  const auto fails = [](const RunOptions& options) {
    return options.plan.size() % 3 != 2 && Does(options, 1, 3) && options.seed % 4 != 3;
  };
  RunOptions big = BigRun();
  big.seed = 4;
  while (!fails(big)) big.plan.pop_back();
  FakeJudge once(fails), again(fails);
  EXPECT_TRUE(ShrunkBy(once, big).options == ShrunkBy(again, big).options);
  EXPECT_EQ(once.runs_, again.runs_);
}

TEST(ShrinkTest, WhenTimeIsUpTheSmallestSoFarIsReturned) {
  const auto fails = [](const RunOptions& options) { return HasCrashOf(options, NodeId(1)); };
  for (uint64_t runs = 1; runs < 60; ++runs) {
    FakeJudge judge(fails, runs);
    EXPECT_TRUE(fails(ShrunkBy(judge, BigRun()).options)) << runs << " runs";
  }
}

TEST(PiecesTest, FaultsGoWithTheirEnds) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const RunOptions options = DrawSwarmOptions(seed);
    const auto pairs = FaultsWithTheirEnds(options.plan);
    size_t actions = 0;
    for (const auto& pair : pairs) {
      actions += pair.size();
      EXPECT_TRUE(pair.size() == 1 || IsFault(options.plan[pair[0]])) << "seed " << seed;
    }
    EXPECT_EQ(actions, options.plan.size());
    EXPECT_TRUE(WithoutFaultPairs(options, 0, pairs.size()).plan.empty());
  }
}

TEST(PiecesTest, NothingEndsWhatLastsForEver) {
  FaultAction crash;
  crash.kind = FaultKind::kCrash;
  crash.target.node = NodeId(1);
  crash.forever = NodeId(1);
  FaultAction restart;
  restart.kind = FaultKind::kRestart;
  restart.target.kind = FaultTarget::Kind::kAll;
  EXPECT_EQ(FaultsWithTheirEnds({crash, restart}).size(), 2u);
  crash.forever.reset();
  EXPECT_EQ(FaultsWithTheirEnds({crash, restart}).size(), 1u);
}

TEST(PiecesTest, ClientsAreRenumberedWithTheirOperations) {
  RunOptions options;
  options.workloads = {{"bank", 2}, {"edges", 1}, {"ring", 2}};
  options.operations = {{0, {1}}, {1, {2}}, {2, {3}}, {3, {4}}, {4, {5}}};
  RunOptions less = WithoutWorkloads(options, 0, 1);
  EXPECT_EQ(less.operations, (std::vector<ClientOperations>{{0, {3}}, {1, {4}}, {2, {5}}}));
  less = WithoutClients(options, 1, 4);
  EXPECT_EQ(less.workloads, (std::vector<WorkloadSpec>{{"bank", 1}, {"edges", 1}, {"ring", 1}}));
  EXPECT_EQ(less.operations, (std::vector<ClientOperations>{{0, {1}}, {1, {3}}, {2, {5}}}));
}

TEST(PiecesTest, NodesThatAreGoneAreNamedNowhere) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const RunOptions less = WithNodes(DrawSwarmOptions(seed), 1);
    for (const FaultPlan* plan : {&less.plan, &less.forming_plan}) {
      for (const FaultAction& action : *plan) {
        const std::string text = ToText(action);
        EXPECT_EQ(text.find("node2"), std::string::npos) << text;
        EXPECT_EQ(text.find("node3"), std::string::npos) << text;
      }
    }
  }
}

}  // namespace
}  // namespace graphdb::sim
