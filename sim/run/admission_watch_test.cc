#include "sim/run/admission_watch.h"

#include <gtest/gtest.h>

#include <memory>

#include "proto/peer.pb.h"

namespace graphdb::sim {
namespace {

constexpr NodeId kFounder(0);
constexpr NodeId kNode(1);

// Belongs to a cluster as the store that the test says.
class Member final : public Program {
 public:
  explicit Member(const StoreId& store) : store_(store) {}

  absl::Status Start() override { return absl::OkStatus(); }
  void HandleClient(v1::ClientRequest, Reply) override {}
  void VisitReplicas(absl::FunctionRef<void(const ReplicaView&)>) const override {}
  StoreId MemberStore() const override { return store_; }

 private:
  const StoreId& store_;
};

class AdmissionWatchTest : public testing::Test {
 protected:
  AdmissionWatchTest() { world_.StartAll(); }

  void Admit(NodeId to, StoreId store) {
    v1::PeerMessage message;
    message.mutable_admit()->set_store_id(store.value());
    world_.fabric().Send(kFounder, to, message.SerializeAsString());
  }
  bool Sees(NodeId node, StoreId store) {
    store_ = store;
    const MaybeViolation seen = watch_.Look(node);
    return seen.has_value() && seen->oracle == "admission";
  }

  StoreId store_;
  World world_{RunOptions(), [this](const ProgramOptions&, env::Env&) {
                 return std::make_unique<Member>(store_);
               }};
  AdmissionWatch watch_{world_};
};

TEST_F(AdmissionWatchTest, AMemberIsTheStoreThatWasAdmitted) {
  EXPECT_FALSE(Sees(kNode, StoreId())) << "it belongs to no cluster";
  Admit(kNode, StoreId(7));
  EXPECT_FALSE(Sees(kNode, StoreId(7)));
  EXPECT_TRUE(Sees(kNode, StoreId(8))) << "its disk was replaced";
}

TEST_F(AdmissionWatchTest, AnotherNodesAdmissionIsNoneOfOnesOwn) {
  Admit(NodeId(2), StoreId(7));
  EXPECT_TRUE(Sees(kNode, StoreId(7)));
}

TEST_F(AdmissionWatchTest, TheFounderNeedsNone) { EXPECT_FALSE(Sees(kFounder, StoreId(7))); }

}  // namespace
}  // namespace graphdb::sim
