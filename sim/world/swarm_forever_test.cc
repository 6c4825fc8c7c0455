#include "sim/world/swarm_forever.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/world/fault_atlas.h"
#include "sim/world/swarm.h"

namespace graphdb::sim {
namespace {

TEST(SwarmForeverTest, AShareOfTheRunsEndsWithAMinorityThatStaysFaulty) {
  constexpr uint64_t kSeeds = 2'000;
  uint64_t runs = 0, forming = 0;
  std::set<FaultKind> kinds;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const RunOptions options = DrawSwarmOptions(seed);
    std::set<NodeId> nodes;
    for (const FaultPlan* plan : {&options.forming_plan, &options.plan}) {
      for (const FaultAction& action : *plan) {
        if (!action.forever) continue;
        nodes.insert(*action.forever);
        kinds.insert(action.kind);
        forming += plan == &options.forming_plan ? 1 : 0;
      }
    }
    EXPECT_LE(nodes.size(), FaultAtlas::DamagedMax(options.nodes)) << "seed " << seed;
    runs += nodes.empty() ? 0 : 1;
  }
  std::printf("%lu of %lu runs, %lu nodes never there\n", runs, kSeeds, forming);
  EXPECT_GT(runs, kSeeds * 12 / 100);
  EXPECT_LT(runs, kSeeds * 17 / 100);
  EXPECT_GT(forming, 5u);
  EXPECT_EQ(kinds, (std::set<FaultKind>{FaultKind::kCrash, FaultKind::kCut, FaultKind::kSlowDisk}));
}

TEST(SwarmForeverTest, OneStoreIsSparedThem) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    RunOptions options = DrawSwarmOptions(seed);
    DropStatements(&options);
    for (const FaultAction& action : options.plan) EXPECT_FALSE(action.forever) << seed;
    for (const FaultAction& action : options.forming_plan) EXPECT_FALSE(action.forever) << seed;
  }
}

}  // namespace
}  // namespace graphdb::sim
