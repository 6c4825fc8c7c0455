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

}  // namespace
}  // namespace graphdb::sim
