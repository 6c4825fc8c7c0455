#include "core/raft/log/group_log.h"

#include <gtest/gtest.h>

namespace graphdb::raft {
namespace {

// Entries 1..10: terms 1 (1-4), 2 (5-10); segments 1 (1-6), 2 (7-10).
GroupLog Sample() {
  GroupLog log;
  for (uint64_t i = 1; i <= 10; ++i) {
    log.Append(LogIndex(i), Term(i <= 4 ? 1 : 2), i <= 6 ? 1 : 2);
  }
  return log;
}

TEST(GroupLogTest, KnowsTermsAndTheOldestSegment) {
  const GroupLog log = Sample();
  EXPECT_EQ(log.last_index(), LogIndex(10));
  EXPECT_EQ(log.TermAt(LogIndex(4)), Term(1));
  EXPECT_EQ(log.TermAt(LogIndex(5)), Term(2));
  EXPECT_EQ(log.TermAt(LogIndex(11)), std::nullopt);
  EXPECT_EQ(log.OldestSegment(9), 1u);
  EXPECT_EQ(log.runs().size(), 3u);
}

TEST(GroupLogTest, AnAppendAtOrBelowTheLastTruncates) {
  GroupLog log = Sample();
  log.Append(LogIndex(6), Term(3), 3);
  EXPECT_EQ(log.last_index(), LogIndex(6));
  EXPECT_EQ(log.TermAt(LogIndex(6)), Term(3));
  EXPECT_EQ(log.TermAt(LogIndex(5)), Term(2));
}

TEST(GroupLogTest, CompactionMovesTheStart) {
  GroupLog log = Sample();
  log.CompactTo(LogIndex(6), Term(2));
  EXPECT_EQ(log.TermAt(LogIndex(6)), Term(2));
  EXPECT_EQ(log.TermAt(LogIndex(5)), std::nullopt);
  EXPECT_EQ(log.OldestSegment(9), 2u);
  log.CompactTo(LogIndex(10), Term(2));
  EXPECT_EQ(log.OldestSegment(9), 9u);
  EXPECT_EQ(log.last_index(), LogIndex(10));
}

TEST(GroupLogTest, AMoveSplitsItsRun) {
  GroupLog log = Sample();
  log.Move(LogIndex(2), LogIndex(3), 5);
  EXPECT_EQ(log.runs().size(), 5u);
  for (uint64_t i = 1; i <= 4; ++i) EXPECT_EQ(log.TermAt(LogIndex(i)), Term(1));
  EXPECT_EQ(log.last_index(), LogIndex(10));
}

TEST(GroupLogTest, AnInstallKeepsTheSuffixOnlyBehindTheSameEntry) {
  GroupLog log = Sample();
  EXPECT_TRUE(log.WouldKeepSuffix(LogIndex(6), Term(2)));
  EXPECT_FALSE(log.WouldKeepSuffix(LogIndex(6), Term(3)));
  EXPECT_FALSE(log.WouldKeepSuffix(LogIndex(12), Term(2)));
  GroupLog dropped = log;
  log.Install(LogIndex(6), Term(2), true);
  EXPECT_EQ(log.last_index(), LogIndex(10));
  dropped.Install(LogIndex(6), Term(3), false);
  EXPECT_EQ(dropped.last_index(), LogIndex(6));
  EXPECT_EQ(dropped.TermAt(LogIndex(6)), Term(3));
}

}  // namespace
}  // namespace graphdb::raft
