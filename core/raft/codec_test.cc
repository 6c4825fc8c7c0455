// The bytes of docs/formats/raft-message.md: golden, round trip, damage.
#include "core/raft/codec.h"

#include <string>

#include "absl/strings/escaping.h"
#include "core/env/random.h"
#include "core/raft/types.h"
#include "gtest/gtest.h"

namespace graphdb::raft {
namespace {

Config Joint() {
  Config config;
  config.voters = {{ReplicaId(1), NodeId(0)}, {ReplicaId(300), NodeId(2)}};
  config.outgoing = {{ReplicaId(1), NodeId(0)}, {ReplicaId(2), NodeId(1)}};
  config.learners = {{ReplicaId(9), NodeId(4)}};
  config.learners_next = {{ReplicaId(2), NodeId(1)}};
  config.auto_leave = true;
  config.epoch = LogIndex(6);
  return config;
}

Message Append() {
  Message m;
  m.type = MessageType::kAppend;
  m.shard = ShardId(3);
  m.from = ReplicaId(1);
  m.to = ReplicaId(2);
  m.term = Term(4);
  m.epoch = Epoch(1);
  m.index = LogIndex(5);
  m.log_term = Term(2);
  m.commit = LogIndex(5);
  m.round = Round(8);
  Entry config;
  config.term = Term(3);
  config.index = LogIndex(6);
  config.kind = EntryKind::kConfig;
  EncodeConfig(Joint(), &config.data);
  m.entries.push_back(config);
  Entry normal;
  normal.term = Term(4);
  normal.index = LogIndex(7);
  normal.data = "data";
  m.entries.push_back(normal);
  return m;
}

Message Snapshot() {
  Message m;
  m.type = MessageType::kSnapshot;
  m.from = ReplicaId(1);
  m.to = ReplicaId(2);
  m.term = Term(4);
  m.snapshot.index = LogIndex(40);
  m.snapshot.term = Term(3);
  m.snapshot.config = Joint();
  return m;
}

Beat All() {
  Beat beat;
  beat.kind = Beat::Kind::kAll;
  beat.from = ReplicaId(1);
  beat.to = ReplicaId(300);
  beat.round = Round((uint64_t{2} << 36) + 5);
  beat.groups = {{ShardId(0), Term(4), LogIndex(7)}, {ShardId(3), Term(300), LogIndex(0)}};
  return beat;
}

Beat Reply() {
  Beat beat = All();
  beat.kind = Beat::Kind::kReply;
  for (Beat::Group& group : beat.groups) group.commit = LogIndex(0);
  return beat;
}

std::string Bytes(const Beat& beat) {
  std::string bytes;
  EncodeBeat(beat, &bytes);
  return bytes;
}

std::string Bytes(const Message& m) {
  std::string bytes;
  EncodeMessage(m, &bytes);
  return bytes;
}

TEST(RaftCodecTest, GoldenBytesOfVersionOne) {
  std::string hard;
  EncodeHardState(HardState{Term(300), ReplicaId(2), LogIndex(7)}, &hard);
  EXPECT_EQ(absl::BytesToHexString(hard), "01ac020207");
  std::string config;
  EncodeConfig(Joint(), &config);
  EXPECT_EQ(absl::BytesToHexString(config),
            "010106020100ac0202020100020101090401"
            "0201");
  EXPECT_EQ(absl::BytesToHexString(Bytes(Append())),
            "0105000301020401050205000802030314"
            "010106020100ac02020201000201010904010201"
            "010404"
            "64617461");
}

TEST(RaftCodecTest, GoldenBytesOfBeats) {
  EXPECT_EQ(absl::BytesToHexString(Bytes(All())),
            "010c01ac0285808080800402000407"
            "03ac0200");
  EXPECT_EQ(absl::BytesToHexString(Bytes(Reply())),
            "010d01ac02858080808004020004"
            "03ac02");
}

TEST(RaftCodecTest, BeatsRoundTripAndEveryPrefixIsRefused) {
  for (const Beat& beat : {All(), Reply()}) {
    const std::string bytes = Bytes(beat);
    EXPECT_TRUE(IsBeat(bytes));
    const absl::StatusOr<Beat> decoded = DecodeBeat(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE(*decoded == beat);
    for (size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_FALSE(DecodeBeat(absl::string_view(bytes).substr(0, n)).ok()) << n;
    }
    EXPECT_FALSE(DecodeBeat(bytes + "x").ok());
    EXPECT_FALSE(DecodeMessage(bytes).ok());
  }
  EXPECT_FALSE(IsBeat(Bytes(Append())));
  EXPECT_FALSE(DecodeBeat(Bytes(Append())).ok());
}

TEST(RaftCodecTest, BeatsThatCantBeAreRefused) {
  Beat twice = All();
  twice.groups[1].shard = twice.groups[0].shard;
  EXPECT_FALSE(DecodeBeat(Bytes(twice)).ok());
  Beat termless = All();
  termless.groups[0].term = Term(0);
  EXPECT_FALSE(DecodeBeat(Bytes(termless)).ok());
  Beat to_self = All();
  to_self.to = to_self.from;
  EXPECT_FALSE(DecodeBeat(Bytes(to_self)).ok());
}

TEST(RaftCodecTest, RoundTrips) {
  for (const Message& m : {Append(), Snapshot()}) {
    const absl::StatusOr<Message> decoded = DecodeMessage(Bytes(m));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE(*decoded == m);
  }
}

TEST(RaftCodecTest, EveryPrefixIsRefused) {
  for (const Message& m : {Append(), Snapshot()}) {
    const std::string bytes = Bytes(m);
    for (size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_FALSE(DecodeMessage(absl::string_view(bytes).substr(0, n)).ok()) << n;
    }
    EXPECT_FALSE(DecodeMessage(bytes + "x").ok());
  }
}

TEST(RaftCodecTest, WhatDecodesEncodesToTheSameMessage) {
  Random rng(7);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = Bytes(i % 2 == 0 ? Append() : Snapshot());
    const uint64_t flips = 1 + rng.Below(3);
    for (uint64_t f = 0; f < flips; ++f) {
      const uint64_t at = rng.Below(bytes.size());
      bytes[at] = static_cast<char>(rng.Next());
    }
    const absl::StatusOr<Message> decoded = DecodeMessage(bytes);
    if (!decoded.ok()) continue;
    const absl::StatusOr<Message> again = DecodeMessage(Bytes(*decoded));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(*again == *decoded);
  }
}

TEST(RaftCodecTest, RefusesConfigsThatCantBe) {
  const auto refused = [](const Config& config) {
    std::string bytes;
    EncodeConfig(config, &bytes);
    return !DecodeConfig(bytes).ok();
  };
  EXPECT_FALSE(refused(Joint()));
  Config learner_votes = Joint();
  learner_votes.learners[ReplicaId(1)] = NodeId(0);
  EXPECT_TRUE(refused(learner_votes));
  Config two_places = Joint();
  two_places.outgoing[ReplicaId(1)] = NodeId(7);
  EXPECT_TRUE(refused(two_places));
  Config leaves_nothing = Joint();
  leaves_nothing.outgoing.clear();
  leaves_nothing.learners_next.clear();
  EXPECT_TRUE(refused(leaves_nothing));
}

}  // namespace
}  // namespace graphdb::raft
