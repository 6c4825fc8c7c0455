#include "sim/run/read_watch.h"

#include <gtest/gtest.h>

#include <functional>

namespace graphdb::sim {
namespace {

constexpr ShardId kShard(1);
constexpr NodeId kNode(0);

// What it shows of a leader is what a test sets; nobody asks for the rest.
class ReadWatchTest : public testing::Test {
 protected:
  ReplicaView View(Term term, bool leads = true) {
    return {.group = kShard,
            .is_leader = leads,
            .term = term,
            .first = {},
            .last = {},
            .commit = {},
            .applied = applied_,
            .replica = {},
            .durable = {},
            .config_epoch = {},
            .quorum = quorum_,
            .entry = entry_,
            .decision = decision_,
            .reads_asked = asked_,
            .reads_waiting = waiting_,
            .reads_index = index_,
            .newest_read = newest_read_,
            .commit_floor = floor_};
  }
  MaybeViolation Look(Term term) { return watch_.Look(kNode, View(term), &seen_); }
  MaybeViolation Answered(Term term) { return watch_.LookAtAnswered(kNode, View(term), &seen_); }
  MaybeViolation Commit(uint64_t index, uint64_t ts = 0) {
    return watch_.OnCommitted(kShard, LogIndex(index),
                              {.one_shard = ts > 0, .commit_ts = Timestamp(ts)});
  }

  const std::function<bool(absl::FunctionRef<bool(NodeId)>)> quorum_ =
      [](absl::FunctionRef<bool(NodeId)>) { return false; };
  const std::function<LogEntryView(LogIndex)> entry_ = [](LogIndex) { return LogEntryView(); };
  const std::function<DecisionView(LogIndex)> decision_ = [](LogIndex) { return DecisionView(); };
  LogIndex applied_;
  uint64_t asked_ = 0;
  uint64_t waiting_ = 0;
  LogIndex index_;
  Timestamp newest_read_;
  std::optional<Timestamp> floor_;
  ReadWatch watch_;
  ReadWatch::Replica seen_;
};

TEST_F(ReadWatchTest, AReadIsConfirmedAtWhatWasCommittedWhenItWasAskedFor) {
  EXPECT_FALSE(Look(Term(2)));
  EXPECT_FALSE(Commit(5));
  asked_ = waiting_ = 2;
  EXPECT_FALSE(Look(Term(2)));
  EXPECT_FALSE(Commit(6));  // later than both
  asked_ = 3;
  waiting_ = 3;
  EXPECT_FALSE(Look(Term(2)));
  waiting_ = 1;
  index_ = LogIndex(5);
  EXPECT_FALSE(Look(Term(2)));
  waiting_ = 0;
  const MaybeViolation stale = Look(Term(2));
  ASSERT_TRUE(stale);
  EXPECT_EQ(stale->oracle, "read-index");
}

TEST_F(ReadWatchTest, ReadsOfALeadershipThatIsOverWereNotConfirmed) {
  EXPECT_FALSE(Look(Term(2)));
  EXPECT_FALSE(Commit(5));
  asked_ = waiting_ = 2;
  EXPECT_FALSE(Look(Term(2)));
  waiting_ = 0;
  EXPECT_FALSE(watch_.Look(kNode, View(Term(3), /*leads=*/false), &seen_));
  EXPECT_FALSE(Look(Term(4)));
  asked_ = 3;  // and done within one event
  index_ = LogIndex(5);
  EXPECT_FALSE(Look(Term(4)));
}

TEST_F(ReadWatchTest, WhatIsCommittedAloneComesAboveTheReadsAnswered) {
  EXPECT_FALSE(Commit(5, 40));
  applied_ = LogIndex(5);
  newest_read_ = Timestamp(50);
  EXPECT_FALSE(Answered(Term(2)));
  EXPECT_FALSE(Commit(6, 51));
  EXPECT_FALSE(Commit(7));  // decided by several shards: its intents are in the way
  const MaybeViolation below = Commit(8, 50);
  ASSERT_TRUE(below);
  EXPECT_EQ(below->oracle, "read-floor");
}

TEST_F(ReadWatchTest, ANewLeadersFloorIsAboveTheReadsOfThoseBefore) {
  newest_read_ = Timestamp(50);
  EXPECT_FALSE(Answered(Term(2)));
  newest_read_ = Timestamp();
  EXPECT_FALSE(Answered(Term(4)));
  floor_ = Timestamp(50);
  EXPECT_FALSE(Answered(Term(4)));
  floor_.reset();
  EXPECT_FALSE(Answered(Term(5)));
  floor_ = Timestamp(49);
  const MaybeViolation below = Answered(Term(5));
  ASSERT_TRUE(below);
  EXPECT_EQ(below->oracle, "read-floor");
  floor_.reset();
  EXPECT_FALSE(Answered(Term(2)));
  floor_ = Timestamp(49);
  EXPECT_FALSE(Answered(Term(2))) << "one that was deposed before the read";
}

TEST_F(ReadWatchTest, AReadWaitsForWhatIsCommittedAloneBelowIt) {
  EXPECT_FALSE(Commit(5, 40));
  applied_ = LogIndex(4);
  newest_read_ = Timestamp(39);
  EXPECT_FALSE(Answered(Term(2)));
  newest_read_ = Timestamp(40);
  EXPECT_TRUE(Answered(Term(2)));
}

}  // namespace
}  // namespace graphdb::sim
