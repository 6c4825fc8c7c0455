#include "sim/check/raft_safety.h"

#include <gtest/gtest.h>

namespace graphdb::sim {
namespace {

constexpr ShardId kGroup(2);
constexpr NodeId kA(0), kB(1);

LogEntryView Entry(uint64_t term, uint64_t hash) { return {Term(term), hash}; }

TEST(RaftSafetyTest, OneLeaderPerTerm) {
  RaftSafety safety;
  EXPECT_FALSE(safety.OnLeader(kGroup, Term(1), kA));
  EXPECT_FALSE(safety.OnLeader(kGroup, Term(1), kA));
  EXPECT_FALSE(safety.OnLeader(kGroup, Term(2), kB));
  EXPECT_FALSE(safety.OnLeader(ShardId(3), Term(1), kB));
  const auto bad = safety.OnLeader(kGroup, Term(1), kB);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->oracle, "election-safety");
  EXPECT_EQ(bad->message, "shard 2 term 1: both node1 and node2 lead");
}

TEST(RaftSafetyTest, CommittedEntryNeverChanges) {
  RaftSafety safety;
  EXPECT_FALSE(safety.OnCommitted(kGroup, kA, LogIndex(5), Entry(1, 9)));
  EXPECT_FALSE(safety.OnCommitted(kGroup, kB, LogIndex(5), Entry(1, 9)));
  EXPECT_TRUE(safety.OnCommitted(kGroup, kB, LogIndex(5), Entry(2, 9)));
  EXPECT_TRUE(safety.OnCommitted(kGroup, kB, LogIndex(5), Entry(1, 8)));
}

TEST(RaftSafetyTest, LaterLeaderHoldsWhatWasCommitted) {
  RaftSafety safety;
  safety.OnCommitted(kGroup, kA, LogIndex(5), Entry(1, 50));
  safety.OnCommitted(kGroup, kA, LogIndex(6), Entry(3, 60));
  const LogView complete{LogIndex(4), {Entry(1, 40), Entry(1, 50), Entry(3, 60)}};
  EXPECT_FALSE(safety.OnLeaderLog(kGroup, Term(4), kB, complete));
  const LogView compacted{LogIndex(7), {}};
  EXPECT_FALSE(safety.OnLeaderLog(kGroup, Term(4), kB, compacted));
  const LogView short_log{LogIndex(4), {Entry(1, 40), Entry(1, 50)}};
  const auto lacks = safety.OnLeaderLog(kGroup, Term(4), kB, short_log);
  ASSERT_TRUE(lacks);
  EXPECT_EQ(lacks->oracle, "leader-completeness");
  EXPECT_FALSE(safety.OnLeaderLog(kGroup, Term(2), kB, short_log)) << "committed after its time";
  const LogView other{LogIndex(4), {Entry(1, 40), Entry(2, 51), Entry(3, 60)}};
  EXPECT_TRUE(safety.OnLeaderLog(kGroup, Term(4), kB, other));
}

TEST(RaftSafetyTest, ReplicasAreEqualAtEqualAppliedIndex) {
  RaftSafety safety;
  EXPECT_FALSE(safety.OnApplied(kGroup, kA, LogIndex(5), 77));
  EXPECT_FALSE(safety.OnApplied(kGroup, kB, LogIndex(5), 77));
  EXPECT_EQ(safety.digests_compared(), 1u);
  EXPECT_FALSE(safety.OnApplied(kGroup, kB, LogIndex(6), 78));
  EXPECT_TRUE(safety.OnApplied(kGroup, kA, LogIndex(6), 79));
}

TEST(LogMatchingTest, AcceptsDivergentTailsOfOtherTerms) {
  const LogView a{LogIndex(1), {Entry(1, 1), Entry(1, 2), Entry(2, 3)}};
  const LogView b{LogIndex(2), {Entry(1, 2), Entry(3, 4), Entry(3, 5)}};
  EXPECT_FALSE(CheckLogMatching(kGroup, kA, a, kB, b));
}

TEST(LogMatchingTest, RefusesEqualTermWithAnotherPayload) {
  const LogView a{LogIndex(1), {Entry(1, 1), Entry(1, 2)}};
  const LogView b{LogIndex(1), {Entry(1, 1), Entry(1, 9)}};
  EXPECT_TRUE(CheckLogMatching(kGroup, kA, a, kB, b));
}

TEST(LogMatchingTest, RefusesADifferenceBelowAMatch) {
  const LogView a{LogIndex(1), {Entry(1, 1), Entry(3, 2)}};
  const LogView b{LogIndex(1), {Entry(2, 7), Entry(3, 2)}};
  EXPECT_TRUE(CheckLogMatching(kGroup, kA, a, kB, b));
}

}  // namespace
}  // namespace graphdb::sim
