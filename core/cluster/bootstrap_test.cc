// Goal: a node belongs to a cluster only as the store that was admitted (rule I1): what
// was meant for a store that is lost admits no other one, and a member that the cluster
// knows under another store stops. The bug planted has to be seen.
#include "core/cluster/bootstrap.h"

#include <gtest/gtest.h>

#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/cluster/standing_env_testing.h"
#include "core/raft/log/memory_disk_testing.h"
#include "core/storage/memory_kv.h"
#include "proto/peer.pb.h"

namespace graphdb {

namespace {
const char* active_mutant = nullptr;
}  // namespace

// This test answers them itself, so it is linked without //core/base:mutants_off.
const char* ActiveMutant() { return active_mutant; }
void CoverHit(const char* name) {}

namespace cluster {
namespace {

constexpr StoreId kStore{11}, kLostStore{12};
const std::string kCluster = "0123456789abcdef";

NodeOptions Second() {
  NodeOptions options;
  options.self = NodeId(1);
  options.peers = {{"node1", "", ""}, {"node2", "", ""}, {"node3", "", ""}};
  return options;
}

Identity Alone() {
  Identity identity;
  identity.store = kStore;
  identity.node = "node2";
  return identity;
}

// node2, whose disk is new; the test speaks for the leader of meta.
class BootstrapTest : public testing::Test, public BootstrapHost {
 protected:
  BootstrapTest()
      : env_{clock_, scheduler_, network_, disk_, kv_, random_, events_, process_},
        options_(Second()),
        identity_(Alone()),
        link_(env_, identity_, peers_),
        bootstrap_(options_, env_, link_, identity_, *this) {
    bootstrap_.Start();
  }
  ~BootstrapTest() override { active_mutant = nullptr; }

  void WriteFirstState() override { ADD_FAILURE() << "founds a cluster"; }
  void BecameMember() override { member_ = true; }

  void Admit(StoreId store) {
    v1::PeerMessage message;
    message.mutable_admit()->set_cluster_id(kCluster);
    message.mutable_admit()->set_store_id(store.value());
    bootstrap_.OnHello(NodeId(0), message);
    disk_.Pump();
  }
  void Refuse(StoreId store, bool other_store) {
    v1::PeerMessage message;
    message.mutable_refuse()->set_store_id(store.value());
    message.mutable_refuse()->set_cluster_id(kCluster);
    message.mutable_refuse()->set_other_store(other_store);
    bootstrap_.OnHello(NodeId(0), message);
  }

  StandingClock clock_;
  NoScheduler scheduler_;
  NotedNetwork network_;
  raft::MemoryDisk disk_;
  storage::MemoryKv kv_;
  FixedRandom random_;
  raft::NotedEvents events_;
  raft::NotedProcess process_;
  env::Env env_;
  NodeOptions options_;
  Identity identity_;
  NoPeers peers_;
  PeerLink link_;
  Bootstrap bootstrap_;
  bool member_ = false;
};

TEST_F(BootstrapTest, IsAdmittedAsTheStoreThatItIs) {
  Admit(kLostStore);
  EXPECT_FALSE(member_) << "sent to the disk that was here before";
  EXPECT_EQ(identity_.state, Identity::State::kAlone);
  Admit(kStore);
  EXPECT_TRUE(member_);
}

TEST_F(BootstrapTest, ThePlantedBugIsSeen) {
  active_mutant = "rule-I1.admits-any-store";
  Admit(kLostStore);
  EXPECT_TRUE(member_);
}

TEST_F(BootstrapTest, AMemberStopsWhereTheClusterKnowsAnotherStore) {
  Admit(kStore);
  Refuse(kStore, /*other_store=*/false);
  EXPECT_TRUE(process_.halts.empty()) << "a refusal from before it was admitted";
  Refuse(kLostStore, /*other_store=*/true);
  EXPECT_TRUE(process_.halts.empty()) << "another one is meant";
  Refuse(kStore, /*other_store=*/true);
  ASSERT_EQ(process_.halts.size(), 1u);
  EXPECT_EQ(process_.halts[0].code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace cluster
}  // namespace graphdb
