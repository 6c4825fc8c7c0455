#include "sim/run/txn_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/storage/memory_kv.h"
#include "core/storage/mvcc.h"
#include "proto/shard.pb.h"

namespace graphdb::sim {
namespace {

std::string Key(uint64_t node) { return storage::NodeKey(ElementId(node)); }

constexpr uint64_t kWriteKeysMax = 3;

class TxnWatchTest : public testing::Test {
 protected:
  void Version(uint64_t node, uint64_t ts, absl::string_view value = "v") {
    env::KvBatch batch;
    storage::PutVersion(&batch, Key(node), Timestamp(ts), value);
    ASSERT_TRUE(kv_.Write(ShardId(0), LogIndex(1), std::move(batch)).ok());
  }
  static v1::TxnPart Writes(std::initializer_list<uint64_t> nodes) {
    v1::TxnPart part;
    for (const uint64_t node : nodes) {
      part.add_writes()->set_key(Key(node));
      part.mutable_writes(part.writes_size() - 1)->set_value("v");
    }
    return part;
  }
  // As one shard's own, or without `commit` as a prepare.
  void Begins(uint16_t shard, uint64_t start, v1::TxnPart part, uint64_t commit = 0) {
    DecisionView decision;
    decision.one_shard = commit != 0;
    decision.commit_ts = Timestamp(commit);
    decision.txn = Timestamp(start);
    decision.session = 7;
    decision.sequence = request_ == 0 ? start : request_;
    decision.part = std::make_shared<v1::TxnPart>(std::move(part));
    watch_.OnCommitted(ShardId(shard), decision);
  }
  void Decided(uint64_t start, uint64_t commit) {
    DecisionView decision;
    decision.txn = Timestamp(start);
    decision.session = 7;
    decision.sequence = start;
    decision.commit_ts = Timestamp(commit);
    watch_.OnCommitted(ShardId(0), decision);
  }
  void Resolved(uint16_t shard, uint64_t start, uint64_t commit) {
    DecisionView decision;
    decision.resolves = Timestamp(start);
    decision.commit_ts = Timestamp(commit);
    watch_.OnCommitted(ShardId(shard), decision);
  }
  std::string Wrong() const {
    const MaybeViolation violation = watch_.Check(kv_, writes_);
    return violation ? violation->message : "";
  }

  storage::MemoryKv kv_;
  TxnWatch watch_{kWriteKeysMax};
  std::vector<WriteOutcome> writes_;
  uint64_t request_ = 0;  // of what begins now; 0: each is one of its own
};

TEST_F(TxnWatchTest, TakesEffectWholeOrNotAtAll) {
  Begins(0, 10, Writes({1}));
  Begins(1, 10, Writes({2}));
  EXPECT_EQ(Wrong(), "");
  Decided(10, 20);
  EXPECT_EQ(Wrong(), "") << "the decision may have been refused";
  Version(1, 20);
  EXPECT_THAT(Wrong(), testing::HasSubstr("is not there as it was written"));
  Version(2, 20, "other");
  EXPECT_THAT(Wrong(), testing::HasSubstr("is not there as it was written"));
  Version(2, 20);
  EXPECT_EQ(Wrong(), "");
}

TEST_F(TxnWatchTest, WhatWasResolvedAsCommittedIsThere) {
  Begins(0, 10, Writes({1}));
  Resolved(1, 10, 0);
  EXPECT_EQ(Wrong(), "");
  Resolved(1, 10, 20);
  EXPECT_THAT(Wrong(), testing::HasSubstr("nothing that it wrote is there"));
}

TEST_F(TxnWatchTest, TakesEffectOnce) {
  Begins(0, 10, Writes({1}), 20);
  Begins(0, 10, Writes({1}), 30);  // proposed again
  Version(1, 30);
  EXPECT_EQ(Wrong(), "");
  Version(1, 20);
  EXPECT_THAT(Wrong(), testing::HasSubstr("took effect at 20 and at 30"));
}

TEST_F(TxnWatchTest, ARequestIsCarriedOutOnce) {
  request_ = 3;
  Begins(0, 10, Writes({1}), 20);
  Version(1, 20);
  Begins(1, 30, Writes({2}), 40);
  EXPECT_EQ(Wrong(), "");
  Version(2, 40);
  EXPECT_THAT(Wrong(), testing::HasSubstr("both are of request 3 of session 7"));
}

TEST_F(TxnWatchTest, WritesNoMoreKeysThanTheLimit) {
  Begins(0, 10, Writes({1, 2}));
  Begins(1, 10, Writes({3}));
  Decided(10, 20);
  for (const uint64_t node : {1, 2, 3}) Version(node, 20);
  EXPECT_EQ(Wrong(), "");
  Begins(2, 10, Writes({4}));
  Version(4, 20);
  EXPECT_THAT(Wrong(), testing::HasSubstr("wrote 4 keys; txn.write_keys_max is 3"));
}

TEST_F(TxnWatchTest, EveryVersionHasItsTransaction) {
  Version(1, 20);
  EXPECT_THAT(Wrong(), testing::HasSubstr("that no transaction wrote"));
  Begins(0, 10, Writes({1}), 20);
  EXPECT_EQ(Wrong(), "");
}

TEST_F(TxnWatchTest, WhatItTouchedStaysAsItWasUntilItsCommit) {
  Begins(0, 15, Writes({7}), 20);
  Version(7, 20);
  const auto with = [this](v1::TxnPart part) {
    Begins(0, 10, std::move(part), 30);
    Version(1, 30);
    return Wrong();
  };
  v1::TxnPart reads = Writes({1});
  reads.add_read_keys(Key(6));
  EXPECT_EQ(with(reads), "");
  reads.add_read_keys(Key(7));
  watch_ = TxnWatch(kWriteKeysMax);
  Begins(0, 15, Writes({7}), 20);
  EXPECT_THAT(with(reads), testing::HasSubstr("what it touched changed"));

  v1::TxnPart scans = Writes({1});
  scans.add_read_ranges()->set_begin(Key(7));
  scans.mutable_read_ranges(0)->set_end(Key(7) + "\xff");
  watch_ = TxnWatch(kWriteKeysMax);
  Begins(0, 15, Writes({7}), 20);
  EXPECT_THAT(with(scans), testing::HasSubstr("what it touched changed"));
}

TEST_F(TxnWatchTest, NamesTheOperationsOfBothTransactions) {
  Begins(0, 15, Writes({7}), 20);
  Version(7, 20);
  Begins(0, 10, Writes({7}), 30);
  Version(7, 30);
  writes_.push_back({3, Duration::Microseconds(1'200'000), 7, 10, Outcome::kOk, Timestamp(30)});
  writes_.push_back({4, Duration::Microseconds(1'500'000), 7, 15, Outcome::kOk, Timestamp(20)});
  EXPECT_THAT(Wrong(), testing::AllOf(testing::HasSubstr("begun at 10 for client3@1.200000s "),
                                      testing::HasSubstr("begun at 15 for client4@1.500000s")));
}

}  // namespace
}  // namespace graphdb::sim
