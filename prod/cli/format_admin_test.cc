#include "prod/cli/format_admin.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace graphdb::cli {
namespace {

using ::testing::HasSubstr;

v1::ClusterStatus FreshCluster() {
  v1::ClusterStatus status;
  status.set_cluster_id("0123");
  status.set_voters(3);
  status.set_configured(3);
  status.set_num_shards(9);
  status.set_preferred_leaders(true);
  for (uint32_t i = 0; i < 3; ++i) {
    v1::NodeStatus* node = status.add_nodes();
    node->set_name("node" + std::to_string(i + 1));
    node->set_meta_leader(i == 0);
    for (uint32_t shard = i; shard < 9; shard += 3) node->add_shards_led(shard);
  }
  return status;
}

TEST(FormatAdminTest, AFreshClusterIsTheGuidesTable) {
  EXPECT_EQ(StatusText(FreshCluster()),
            "Node          Role      Status    Shards\n"
            "node1         Leader    Healthy   0,3,6\n"
            "node2         Follower  Healthy   1,4,7\n"
            "node3         Follower  Healthy   2,5,8\n");
  EXPECT_TRUE(IsHealthy(FreshCluster()));
}

TEST(FormatAdminTest, TroubleShows) {
  v1::ClusterStatus status = FreshCluster();
  status.mutable_nodes(2)->set_health(v1::UNREACHABLE);
  status.mutable_nodes(2)->clear_shards_led();
  EXPECT_THAT(StatusText(status), HasSubstr("node3         Follower  Unreachable  -\n"));
  EXPECT_FALSE(IsHealthy(status));
  status = FreshCluster();
  status.set_preferred_leaders(false);
  EXPECT_FALSE(IsHealthy(status));
  status = FreshCluster();
  status.set_voters(1);
  EXPECT_FALSE(IsHealthy(status));
  EXPECT_THAT(StatusText(status), HasSubstr("forming: 1 of 3 configured nodes are voters\n"));
  EXPECT_EQ(StatusJson(status)["nodes"][0]["shards"].dump(), "[0,3,6]");
}

TEST(FormatAdminTest, StatsSumTheLeaders) {
  v1::Stats stats;
  stats.set_timestamp(77);
  stats.set_nodes(30);
  stats.set_edges(5);
  for (uint32_t shard = 0; shard < 2; ++shard) {
    for (int node = 1; node <= 2; ++node) {
      v1::ShardStats* line = stats.add_shards();
      line->set_shard(shard);
      line->set_node("node" + std::to_string(node));
      line->set_leader(node == 1);
      line->set_nodes(15);
      line->set_digest("abc");
    }
  }
  stats.set_replicas_equal(true);
  EXPECT_EQ(StatsText(stats, false),
            "Timestamp: 77\n"
            "Node          Nodes     Edges     Shards\n"
            "node1         30        0         0,1\n"
            "node2         0         0         -\n"
            "Total         30        5\n");
  EXPECT_THAT(StatsText(stats, true), HasSubstr("Replicas: equal\n"));
  EXPECT_EQ(StatsJson(stats, true)["replicas"].size(), 4u);
}

}  // namespace
}  // namespace graphdb::cli
