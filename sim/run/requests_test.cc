#include "sim/run/requests.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/shard/records.h"
#include "core/storage/memory_kv.h"

namespace graphdb::sim {
namespace {

void Commit(storage::MemoryKv* kv, uint32_t shard, uint64_t sequence, uint64_t ts) {
  env::KvBatch batch;
  batch.Put(shard::DedupeAgeKey(ShardId(static_cast<uint16_t>(shard)), Timestamp(ts), 7, sequence),
            "x");
  ASSERT_TRUE(kv->Write(ShardId(0), LogIndex(1), std::move(batch)).ok());
}

WriteOutcome Told(uint64_t sequence, Outcome outcome, uint64_t ts = 0, bool surely = true) {
  return {0, Duration(), 7, sequence, outcome, Timestamp(ts), surely};
}

TEST(RequestsTest, OneCommitOfEachRequestAndTheOneThatItsClientWasToldOf) {
  storage::MemoryKv kv;
  Commit(&kv, 0, 1, 10);
  Commit(&kv, 1, 2, 20);
  const auto wrong = [&kv](const WriteOutcome& told, bool all_kept = true) {
    return CheckRequests(kv, 2, {told}, all_kept).has_value();
  };
  EXPECT_FALSE(wrong(Told(1, Outcome::kOk, 10)));
  EXPECT_TRUE(wrong(Told(1, Outcome::kOk, 11))) << "another commit";
  EXPECT_FALSE(wrong(Told(2, Outcome::kInfo)));
  EXPECT_TRUE(wrong(Told(2, Outcome::kFail))) << "it had an effect";
  EXPECT_FALSE(wrong(Told(3, Outcome::kFail)));
  EXPECT_FALSE(wrong(Told(3, Outcome::kInfo)));
  EXPECT_TRUE(wrong(Told(3, Outcome::kOk, 30))) << "no record";
  EXPECT_FALSE(wrong(Told(3, Outcome::kOk, 30), /*all_kept=*/false));
  EXPECT_FALSE(wrong(Told(3, Outcome::kOk, 30, /*surely=*/false)));
  Commit(&kv, 0, 2, 21);
  EXPECT_TRUE(wrong(Told(2, Outcome::kInfo))) << "twice";
}

}  // namespace
}  // namespace graphdb::sim
