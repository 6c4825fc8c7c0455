// Goal: each sentence of env::KvEngine's contract on the modelled engine.
#include "sim/env/sim_kv.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace graphdb::sim {
namespace {

constexpr ActorId kActor = NodeActor(NodeId(0));
constexpr ShardId kA{1};
constexpr ShardId kB{2};

env::KvBatch Put(std::string key, std::string value) {
  env::KvBatch batch;
  batch.Put(std::move(key), std::move(value));
  return batch;
}

class SimKvTest : public ::testing::Test {
 protected:
  void SetUp() override { Begin(); }
  void Begin() {
    life_ = loop_.Begin(kActor);
    scheduler_ = std::make_unique<SimScheduler>(loop_, clock_, life_);
    kv_ = std::make_unique<SimKv>(*scheduler_, store_, Random(11), faults_);
    kv_->SetDurableListener([this](ShardId shard, LogIndex through) { durable_[shard] = through; });
  }
  void Crash(uint64_t seed) {
    loop_.End(kActor);
    kv_.reset();
    Random random(seed);
    store_.Crash(random);
    durable_.clear();
    Begin();
  }
  void Run() {
    while (loop_.RunOne()) {
    }
  }
  std::string Get(const env::KvReader& reader, absl::string_view key) {
    const auto value = reader.Get(key);
    return value->has_value() ? **value : "(none)";
  }
  std::string Scan(const env::KvReader& reader, absl::string_view lower, absl::string_view upper) {
    std::string out;
    for (auto it = reader.Iterate(lower, upper); it->Valid(); it->Next()) {
      out += std::string(it->key()) + "=" + std::string(it->value()) + " ";
    }
    return out;
  }

  EventLoop loop_{1};
  SimClock clock_{loop_, ClockModel{}};
  KvFaults faults_{.flush_every_bytes = 0};
  SimKvState store_;
  Life life_;
  std::unique_ptr<SimScheduler> scheduler_;
  std::unique_ptr<SimKv> kv_;
  std::map<ShardId, LogIndex> durable_;
};

TEST_F(SimKvTest, ABatchIsAppliedWholeAndInOrder) {
  env::KvBatch batch;
  batch.Put("a", "1");
  batch.Put("b", "2");
  batch.Put("c", "3");
  batch.DeleteRange("a", "c");
  batch.Put("b", "4");
  ASSERT_TRUE(kv_->Write(kA, LogIndex(1), batch).ok());
  EXPECT_EQ(Scan(*kv_, "", "z"), "b=4 c=3 ");
  EXPECT_EQ(Scan(*kv_, "b", "c"), "b=4 ");
}

TEST_F(SimKvTest, ASnapshotSeesWhatWasWrittenBeforeIt) {
  ASSERT_TRUE(kv_->Write(kA, LogIndex(1), Put("k", "old")).ok());
  const auto snapshot = kv_->Snapshot();
  const auto second = kv_->Snapshot();
  ASSERT_TRUE(kv_->Write(kA, LogIndex(2), Put("k", "new")).ok());
  ASSERT_TRUE(kv_->Write(kA, LogIndex(3), Put("k2", "x")).ok());
  env::KvBatch gone;
  gone.Delete("k");
  ASSERT_TRUE(kv_->Write(kA, LogIndex(4), gone).ok());
  EXPECT_EQ(Get(*snapshot, "k"), "old");
  EXPECT_EQ(Scan(*snapshot, "", "z"), "k=old ");
  EXPECT_EQ(Scan(*kv_, "", "z"), "k2=x ");
}

TEST_F(SimKvTest, AnIteratorStandsStillWhileOthersWrite) {
  ASSERT_TRUE(kv_->Write(kA, LogIndex(1), Put("b", "1")).ok());
  ASSERT_TRUE(kv_->Write(kA, LogIndex(2), Put("d", "1")).ok());
  const auto it = kv_->Iterate("", "z");
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    ASSERT_TRUE(kv_->Write(kA, LogIndex(3), Put(key, "2")).ok());
  }
  env::KvBatch gone;
  gone.Delete("b");
  ASSERT_TRUE(kv_->Write(kA, LogIndex(3), gone).ok());
  EXPECT_EQ(it->key(), "b");
  EXPECT_EQ(it->value(), "1");
  it->Next();
  ASSERT_TRUE(it->Valid());
  EXPECT_EQ(it->key(), "d");
  EXPECT_EQ(it->value(), "1");
  it->Next();
  EXPECT_FALSE(it->Valid());
}

TEST_F(SimKvTest, AFlushReportsEachShardsHighestIndex) {
  ASSERT_TRUE(kv_->Write(kA, LogIndex(3), Put("a", "1")).ok());
  ASSERT_TRUE(kv_->Write(kB, LogIndex(9), Put("b", "1")).ok());
  absl::Status flushed = absl::UnknownError("not yet");
  kv_->RequestFlush([&](absl::Status status) {
    flushed = status;
    EXPECT_EQ(durable_[kA], LogIndex(3)) << "reported before the flush is done";
  });
  ASSERT_TRUE(kv_->Write(kA, LogIndex(4), Put("a", "2")).ok());
  EXPECT_TRUE(durable_.empty());
  Run();
  EXPECT_TRUE(flushed.ok());
  EXPECT_EQ(durable_[kA], LogIndex(3));
  EXPECT_EQ(durable_[kB], LogIndex(9));
}

TEST_F(SimKvTest, AnIndexIsNotReportedWhileABatchOfItIsNotFlushed) {
  ASSERT_TRUE(kv_->Write(kA, LogIndex(3), Put("a", "1")).ok());
  kv_->RequestFlush([](absl::Status) {});
  ASSERT_TRUE(kv_->Write(kA, LogIndex(3), Put("a", "2")).ok());
  Run();
  EXPECT_TRUE(durable_.empty());
}

TEST_F(SimKvTest, ACrashKeepsAPrefixPerShardAtLeastWhatWasReported) {
  std::set<std::pair<int, int>> seen;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    store_ = SimKvState();
    Crash(seed);
    for (uint64_t i = 1; i <= 5; ++i) {
      for (const ShardId shard : {kA, kB}) {
        env::KvBatch batch;
        const std::string prefix(1, shard == kA ? 'a' : 'b');
        batch.Put(prefix + std::to_string(i), "x");
        batch.Put(prefix + "_last", std::to_string(i));
        ASSERT_TRUE(kv_->Write(shard, LogIndex(i), batch).ok());
      }
      if (i == 2) {
        kv_->RequestFlush([](absl::Status) {});
        Run();
      }
    }
    Crash(seed);
    std::pair<int, int> kept;
    for (const ShardId shard : {kA, kB}) {
      const std::string prefix(1, shard == kA ? 'a' : 'b');
      const int last = std::stoi(Get(*kv_, prefix + "_last"));
      EXPECT_GE(last, 2);
      for (int i = 1; i <= 5; ++i) {
        EXPECT_EQ(Get(*kv_, prefix + std::to_string(i)), i <= last ? "x" : "(none)");
      }
      (shard == kA ? kept.first : kept.second) = last;
    }
    seen.insert(kept);
  }
  EXPECT_GT(seen.size(), 8u) << "shards lose different suffixes";
}

TEST_F(SimKvTest, AFlushMayFailAndBeAskedForAgain) {
  ASSERT_TRUE(kv_->Write(kA, LogIndex(1), Put("a", "1")).ok());
  faults_.flush_error_ppm = 1'000'000;
  absl::Status flushed;
  kv_->RequestFlush([&](absl::Status status) { flushed = status; });
  Run();
  EXPECT_FALSE(flushed.ok());
  EXPECT_TRUE(durable_.empty());
  faults_.flush_error_ppm = 0;
  kv_->RequestFlush([&](absl::Status status) { flushed = status; });
  Run();
  EXPECT_TRUE(flushed.ok());
  EXPECT_EQ(durable_[kA], LogIndex(1));
}

TEST_F(SimKvTest, TheEngineFlushesByItself) {
  faults_.flush_every_bytes = 1000;
  for (uint64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(kv_->Write(kA, LogIndex(i), Put("k", std::string(100, 'v'))).ok());
  }
  Run();
  EXPECT_GT(durable_[kA], LogIndex(80));
}

TEST_F(SimKvTest, AnErrorOfTheEngineSticks) {
  faults_.write_error_ppm = 1'000'000;
  EXPECT_FALSE(kv_->Write(kA, LogIndex(1), Put("a", "1")).ok());
  faults_.write_error_ppm = 0;
  EXPECT_FALSE(kv_->Write(kA, LogIndex(1), Put("a", "1")).ok());
  EXPECT_EQ(Get(*kv_, "a"), "(none)");
  Crash(1);
  EXPECT_TRUE(kv_->Write(kA, LogIndex(1), Put("a", "1")).ok());
}

}  // namespace
}  // namespace graphdb::sim
