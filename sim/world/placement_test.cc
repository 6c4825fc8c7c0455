// Rule I2 by its count: where the leaders of a fresh, healthy cluster are, whoever
// founded it.
#include <gtest/gtest.h>

#include <map>

#include "sim/env/mutants_on.h"
#include "sim/world/cluster_program.h"
#include "sim/world/world.h"

namespace graphdb::sim {
namespace {

constexpr uint32_t kShards = 6;

// The node that leads each group after 20 s, of three nodes.
std::map<ShardId, NodeId> LeadersOf(uint32_t founder) {
  RunOptions options;
  options.shards = kShards;
  options.founder = founder;
  World world(options, ClusterProgramFactory());
  world.StartAll();
  Duration due;
  while (world.loop().NextDue(&due) && due <= Duration::Seconds(20) && world.Step()) {
  }
  std::map<ShardId, NodeId> leaders;
  for (uint32_t n = 0; n < options.nodes; ++n) {
    world.VisitReplicas(NodeId(n), [&](const ReplicaView& replica) {
      if (replica.is_leader) leaders[replica.group] = NodeId(n);
    });
  }
  return leaders;
}

std::map<ShardId, NodeId> Preferred(uint32_t founder) {
  std::map<ShardId, NodeId> leaders;
  for (uint32_t i = 0; i < kShards; ++i) {
    leaders[ShardId(static_cast<uint16_t>(i))] = NodeId(i % 3);
  }
  leaders[kMetaGroup] = NodeId(founder - 1);
  return leaders;
}

TEST(PlacementTest, ShardsAreLedByTheirNodesAndMetaByTheFounder) {
  for (const uint32_t founder : {1u, 2u, 3u}) {
    EXPECT_EQ(LeadersOf(founder), Preferred(founder)) << "founder " << founder;
    SetActiveMutant("rule-I2.hand-to-preferred");
    EXPECT_NE(LeadersOf(founder), Preferred(founder)) << "founder " << founder;
    SetActiveMutant("");
  }
}

}  // namespace
}  // namespace graphdb::sim
