// Goal: an answer to a beat counts in the term of the group that it speaks of, and in no
// other: one of a higher term is a veto (rule L2). The bug planted has to be seen.
#include "core/cluster/node_beats.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/cluster/applied_record.h"
#include "core/cluster/standing_env_testing.h"
#include "core/raft/codec.h"
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

constexpr ShardId kShard{0};
constexpr ReplicaId kSelf{11}, kOther{12}, kThird{13};

class NotedMachine final : public StateMachine {
 public:
  absl::Status Apply(const raft::Entry&, env::KvBatch*) override { return absl::OkStatus(); }
  void Advance(const raft::Entry&, env::KvBatch*) override {}
  void Applied(const raft::Entry&) override {}
  void BecameLeader(Term) override {}
  void LostLeadership(Term) override {}
  void ReadReady(raft::ReadId, LogIndex) override { ++reads_served; }
  void ReadFailed(raft::ReadId) override { ++reads_failed; }
  std::vector<storage::KeyRange> OwnedRanges() const override { return {}; }
  absl::Status Restored() override { return absl::OkStatus(); }
  int reads_served = 0;
  int reads_failed = 0;
};

Identity Member() {
  Identity identity;
  identity.state = Identity::State::kMember;
  identity.store = StoreId(kSelf.value());
  identity.node = "node1";
  identity.cluster_id = "0123456789abcdef";
  identity.starts = 2;
  return identity;
}

// One node that leads one group of three; the test speaks for the others.
class NodeBeatsTest : public testing::Test, public BeatHost {
 protected:
  NodeBeatsTest()
      : env_{clock_, scheduler_, network_, disk_, kv_, random_, events_, process_},
        identity_(Member()),
        link_(env_, identity_, peers_),
        log_(disk_, process_, events_, log_host_),
        beats_(env_, link_, identity_, *this),
        host_(options_, env_, link_, log_, beats_, kShard, kSelf) {
    log_.Open([](const absl::StatusOr<raft::RecoveredLog>& recovered) {
      EXPECT_TRUE(recovered.ok()) << recovered.status();
    });
    disk_.Pump();
    raft::RecoveredGroup fresh;
    fresh.created.replica = kSelf;
    fresh.created.config.voters = {{kSelf, NodeId(0)}, {kOther, NodeId(1)}, {kThird, NodeId(2)}};
    raft::LogBatch founding;
    founding.writes.emplace_back();
    founding.writes.back().shard = kShard;
    founding.writes.back().created = fresh.created;
    log_.Append(std::move(founding), [](const absl::Status&) {});
    disk_.Pump();
    host_.SetMachine(&machine_);
    EXPECT_TRUE(host_.Start(std::move(fresh)).ok());
    beats_.Start();
    beats_.Add(&host_);
  }
  ~NodeBeatsTest() override { active_mutant = nullptr; }

  GroupHost* GroupForMessage(ShardId, ReplicaId) override { return &host_; }

  raft::Message FromOther(raft::MessageType type) {
    raft::Message m;
    m.type = type;
    m.shard = kShard;
    m.from = kOther;
    m.to = kSelf;
    m.term = host_.raft()->term();
    return m;
  }

  // Wins an election and commits the first entry of its term.
  void Lead() {
    clock_.now = clock_.now + Duration::Seconds(2);
    host_.Tick();
    raft::Message yes = FromOther(raft::MessageType::kPreVoteReply);
    yes.term = yes.term.Next();
    host_.OnRaftMessage(NodeId(1), yes);
    disk_.Pump();
    host_.OnRaftMessage(NodeId(1), FromOther(raft::MessageType::kVoteReply));
    disk_.Pump();
    raft::Message have = FromOther(raft::MessageType::kAppendReply);
    have.index = host_.raft()->log().last_index();
    host_.OnRaftMessage(NodeId(1), have);
    disk_.Pump();
    ASSERT_TRUE(host_.is_leader());
    ASSERT_GE(host_.applied().index, LogIndex(1));
  }

  // A read's own beat, as the others hear it.
  raft::Beat BeatOfARead() {
    network_.sent.clear();
    EXPECT_TRUE(host_.ReadIndex(raft::ReadId(7)).ok());
    raft::Beat beat;
    for (const std::string& bytes : network_.sent) {
      v1::PeerMessage message;
      EXPECT_TRUE(message.ParseFromString(bytes));
      for (const std::string& inner : message.raft()) {
        if (!raft::IsBeat(inner)) continue;
        const absl::StatusOr<raft::Beat> decoded = raft::DecodeBeat(inner);
        EXPECT_TRUE(decoded.ok()) << decoded.status();
        if (decoded.ok() && decoded->to == kOther) beat = *decoded;
      }
    }
    EXPECT_EQ(beat.groups.size(), 1u);
    return beat;
  }

  void Answer(const raft::Beat& beat, Term term) {
    std::string bytes;
    raft::EncodeBeat(
        {raft::Beat::Kind::kReply, kOther, kSelf, beat.round, {{kShard, term, LogIndex()}}},
        &bytes);
    beats_.OnBeat(NodeId(1), bytes);
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
  raft::MemoryHost log_host_;
  raft::NodeLog log_;
  NodeBeats beats_;
  NotedMachine machine_;
  GroupHost host_;
};

TEST_F(NodeBeatsTest, AnAnswerOfTheTermServesTheRead) {
  Lead();
  Answer(BeatOfARead(), host_.raft()->term());
  EXPECT_EQ(machine_.reads_served, 1);
  EXPECT_TRUE(host_.is_leader());
}

TEST_F(NodeBeatsTest, AnAnswerOfAHigherTermIsAVeto) {
  Lead();
  const Term newer = host_.raft()->term().Next();
  Answer(BeatOfARead(), newer);
  EXPECT_EQ(machine_.reads_served, 0);
  EXPECT_EQ(machine_.reads_failed, 1);
  EXPECT_FALSE(host_.is_leader());
  EXPECT_EQ(host_.raft()->term(), newer);
}

TEST_F(NodeBeatsTest, AnAnswerOfAnEarlierTermServesNothing) {
  Lead();
  Answer(BeatOfARead(), Term(host_.raft()->term().value() - 1));
  EXPECT_EQ(machine_.reads_served, 0);
  EXPECT_TRUE(host_.is_leader());
}

TEST_F(NodeBeatsTest, ThePlantedBugIsSeen) {
  Lead();
  active_mutant = "rule-L2.answer-term";
  Answer(BeatOfARead(), host_.raft()->term().Next());
  EXPECT_EQ(machine_.reads_served, 1) << "a read of a deposed leader";
  EXPECT_TRUE(host_.is_leader());
}

}  // namespace
}  // namespace cluster
}  // namespace graphdb
