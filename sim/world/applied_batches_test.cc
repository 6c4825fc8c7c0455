#include "sim/world/applied_batches.h"

#include <gtest/gtest.h>

namespace graphdb::sim {
namespace {

constexpr ShardId kGroup{3};
constexpr NodeId kA{0}, kB{1};
const char* const kRecord = "record";

env::KvBatch Applied(const std::string& key, const std::string& value) {
  env::KvBatch batch;
  batch.Put(key, value);
  batch.Put(kRecord, "7");
  return batch;
}

TEST(AppliedBatchesTest, OneIndexHasOneDigest) {
  AppliedBatches batches;
  batches.OnWrite(kA, kGroup, LogIndex(7), Applied("k", "v"), kRecord);
  batches.OnWrite(kB, kGroup, LogIndex(7), Applied("k", "v"), kRecord);
  batches.OnWrite(kB, kGroup, LogIndex(7), Applied("k", "w"), kRecord);
  const std::vector<AppliedBatch> taken = batches.Take();
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].digest, taken[1].digest);
  EXPECT_NE(taken[0].digest, taken[2].digest);
  EXPECT_TRUE(batches.Take().empty());
}

TEST(AppliedBatchesTest, InstallsAreLeftOut) {
  AppliedBatches batches;
  env::KvBatch begin;
  begin.Delete(kRecord);
  batches.OnWrite(kA, kGroup, LogIndex(7), begin, kRecord);
  env::KvBatch middle;
  middle.Put("k", "v");
  batches.OnWrite(kA, kGroup, LogIndex(7), middle, kRecord);
  batches.OnWrite(kA, kGroup, LogIndex(7), Applied("l", "v"), kRecord);
  EXPECT_TRUE(batches.Take().empty());
  batches.OnWrite(kA, kGroup, LogIndex(8), Applied("k", "v"), kRecord);
  EXPECT_EQ(batches.Take().size(), 1u);
  batches.OnWrite(kA, kGroup, LogIndex(9), begin, kRecord);
  batches.OnStart(kA);
  batches.OnWrite(kA, kGroup, LogIndex(9), Applied("k", "v"), kRecord);
  EXPECT_EQ(batches.Take().size(), 1u) << "the crash ended the install";
}

}  // namespace
}  // namespace graphdb::sim
