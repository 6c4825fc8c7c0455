#include "sim/world/fault_atlas.h"

#include <gtest/gtest.h>

#include "sim/world/swarm.h"

namespace graphdb::sim {
namespace {

FaultAction Damage(uint32_t node, FaultKind kind = FaultKind::kRot) {
  FaultAction action;
  action.kind = kind;
  action.target.node = NodeId(node);
  return action;
}

uint32_t CountOf(const FaultAtlas& atlas, uint32_t nodes) {
  uint32_t count = 0;
  for (uint32_t n = 0; n < nodes; ++n) count += atlas.MayDamage(NodeId(n)) ? 1 : 0;
  return count;
}

TEST(FaultAtlasTest, TheFirstOfThePlanAndNeverMoreThanAMinority) {
  RunOptions options;
  options.nodes = 5;
  options.plan = {Damage(0, FaultKind::kCrash), Damage(3), Damage(3, FaultKind::kWipe),
                  Damage(1, FaultKind::kMisdirect), Damage(2)};
  const FaultAtlas atlas(options);
  EXPECT_TRUE(atlas.MayDamage(NodeId(3)));
  EXPECT_TRUE(atlas.MayDamage(NodeId(1)));
  EXPECT_EQ(CountOf(atlas, 5), 2u);
  options.nodes = 2;
  EXPECT_EQ(CountOf(FaultAtlas(options), 5), 0u) << "one of two is no minority";
}

TEST(FaultAtlasTest, WhoHasAFaultForEverCountsAsDamaged) {
  RunOptions options;
  options.plan = {Damage(1, FaultKind::kCut), Damage(2)};
  options.plan[0].forever = NodeId(0);
  const FaultAtlas atlas(options);
  EXPECT_TRUE(atlas.MayDamage(NodeId(0)));
  EXPECT_EQ(CountOf(atlas, 3), 1u);
}

TEST(FaultAtlasTest, ADiskThatIsFullForATimeIsNoDamage) {
  RunOptions options;
  options.plan = {Damage(1, FaultKind::kFullDisk)};
  options.plan[0].amount = Duration::Seconds(1);
  EXPECT_FALSE(FaultAtlas(options).MayDamage(NodeId(1)));
  options.plan[0].amount = Duration();
  EXPECT_TRUE(FaultAtlas(options).MayDamage(NodeId(1)));
}

TEST(FaultAtlasTest, WhatTheSwarmDrawsIsWhatMayBeDamaged) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    const RunOptions options = DrawSwarmOptions(seed);
    const FaultAtlas atlas(options);
    EXPECT_LE(CountOf(atlas, options.nodes), FaultAtlas::DamagedMax(options.nodes));
    for (const FaultAction& action : options.plan) {
      EXPECT_TRUE(!Damages(action) || atlas.MayDamage(action.target.node)) << ToText(action);
      EXPECT_TRUE(!action.forever || atlas.MayDamage(*action.forever)) << ToText(action);
    }
  }
}

}  // namespace
}  // namespace graphdb::sim
