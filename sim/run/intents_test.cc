#include "sim/run/intents.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/shard/records.h"
#include "core/storage/memory_kv.h"

namespace graphdb::sim {
namespace {

void Put(storage::MemoryKv* kv, const std::string& key, std::string value) {
  env::KvBatch batch;
  batch.Put(key, std::move(value));
  ASSERT_TRUE(kv->Write(ShardId(0), LogIndex(1), std::move(batch)).ok());
}

TEST(IntentsTest, EachBelongsToAPreparedTransactionWhichHasThemAll) {
  const Timestamp start(10);
  const std::string read = storage::NodeKey(ElementId(1));
  const std::string written = storage::NodeKey(ElementId(2));
  v1::KeyRange range;
  range.set_begin(read);
  range.set_end(written);
  v1::PreparedRecord prepared;
  prepared.mutable_txn()->set_start_ts(start.value());
  prepared.add_read_keys(read);
  prepared.add_write_keys(written);
  prepared.add_range_keys(shard::RangeIntentKey(range, start, 0));
  const std::string intents[] = {shard::ReadIntentKey(read, start), shard::WriteIntentKey(written),
                                 prepared.range_keys(0)};

  storage::MemoryKv kv;
  EXPECT_FALSE(CheckIntents(kv, 2));
  for (const std::string& intent : intents) {
    kv.mutable_map().clear();
    Put(&kv, intent, "x");
    EXPECT_TRUE(CheckIntents(kv, 2)) << "left over";
  }
  kv.mutable_map().clear();
  Put(&kv, shard::PreparedKey(ShardId(1), start), shard::EncodeRecord(prepared));
  for (const std::string& intent : intents) {
    EXPECT_TRUE(CheckIntents(kv, 2)) << "missing";
    Put(&kv, intent, "x");
  }
  EXPECT_FALSE(CheckIntents(kv, 2));
}

// Two shards; the home lies on the second one.
class PreparedTest : public testing::Test {
 protected:
  PreparedTest() { txn_.set_start_ts(10), txn_.set_home_slot(kSlotCount - 1); }
  void Prepare(uint16_t shard, bool home, bool writes = true) {
    v1::PreparedRecord prepared;
    if (writes) prepared.add_write_keys(storage::NodeKey(ElementId(1)));
    *prepared.mutable_txn() = txn_;
    prepared.set_home(home);
    Put(&kv_, shard::PreparedKey(ShardId(shard), Timestamp(10)), shard::EncodeRecord(prepared));
  }
  void Record(v1::TxnState state, bool finished) {
    v1::TxnRecord record;
    record.set_state(state);
    record.set_finished(finished);
    Put(&kv_, shard::TxnRecordKey(Slot(kSlotCount - 1), Timestamp(10)),
        shard::EncodeRecord(record));
  }
  void Floor(uint16_t shard, uint64_t floor) {
    v1::ShardStateRecord state;
    state.set_start_ts_floor(floor);
    Put(&kv_, shard::StateKey(ShardId(shard)), shard::EncodeRecord(state));
  }
  bool Wrong(bool home_at_hand = true) {
    return CheckPrepared(2,
                         [&](ShardId shard) -> const env::KvReader* {
                           return home_at_hand || shard == ShardId(0) ? &kv_ : nullptr;
                         })
        .has_value();
  }

  storage::MemoryKv kv_;
  v1::TxnId txn_;
};

TEST_F(PreparedTest, AtItsHomeATransactionIsUndecided) {
  EXPECT_FALSE(AnyPrepared(kv_, 2));
  Prepare(1, /*home=*/true);
  EXPECT_TRUE(AnyPrepared(kv_, 2));
  EXPECT_TRUE(Wrong()) << "no record";
  Record(v1::TXN_PENDING, false);
  EXPECT_FALSE(Wrong());
  Record(v1::TXN_ABORTED, false);
  EXPECT_TRUE(Wrong());
}

TEST_F(PreparedTest, NoWritesAreLeftWhereAllHaveResolved) {
  Prepare(0, /*home=*/false);
  EXPECT_FALSE(Wrong()) << "the home has not heard of it";
  Record(v1::TXN_COMMITTED, false);
  EXPECT_FALSE(Wrong());
  Record(v1::TXN_ABORTED, true);
  EXPECT_FALSE(Wrong()) << "a late prepare";
  Record(v1::TXN_COMMITTED, true);
  EXPECT_TRUE(Wrong());
  EXPECT_FALSE(Wrong(/*home_at_hand=*/false));
  Prepare(0, /*home=*/false, /*writes=*/false);
  EXPECT_FALSE(Wrong()) << "a late prepare";
}

TEST_F(PreparedTest, NothingIsPreparedBelowTheFloor) {
  Prepare(0, /*home=*/false);
  Floor(1, 11);
  EXPECT_FALSE(Wrong());
  Floor(0, 10);
  EXPECT_FALSE(Wrong());
  Floor(0, 11);
  EXPECT_TRUE(Wrong());
}

}  // namespace
}  // namespace graphdb::sim
