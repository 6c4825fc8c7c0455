// Goal: env::KvEngine on real files, its format marker and its errors. Crashes
// and the agreement with the model: sim/rocks_lane.
#include "prod/rocks/rocks_kv.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>

#include "absl/strings/escaping.h"

namespace graphdb::prod {
namespace {

class RocksKvTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = std::string(std::getenv("TEST_TMPDIR")) + "/rocks-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder + "/engine";
  }
  absl::Status Open() {
    auto kv = RocksKv::Open({.folder = folder_, .post = [this](RocksKv::Callback callback) {
                               const std::lock_guard<std::mutex> lock(mutex_);
                               queue_.push_back(std::move(callback));
                               wake_.notify_one();
                             }});
    if (!kv.ok()) return kv.status();
    kv_ = *std::move(kv);
    kv_->SetDurableListener([this](ShardId shard, LogIndex through) { durable_[shard] = through; });
    return absl::OkStatus();
  }
  void RunOne() {
    RocksKv::Callback callback;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return !queue_.empty(); });
      callback = std::move(queue_.front());
      queue_.pop_front();
    }
    callback();
  }
  absl::Status Flush() {
    std::optional<absl::Status> result;
    kv_->RequestFlush([&](absl::Status status) { result = status; });
    while (!result.has_value()) RunOne();
    return *result;
  }
  absl::Status Put(uint16_t shard, uint64_t index, std::string key, std::string value) {
    env::KvBatch batch;
    batch.Put(std::move(key), std::move(value));
    return kv_->Write(ShardId(shard), LogIndex(index), std::move(batch));
  }
  static std::string Scan(const env::KvReader& reader, absl::string_view lower,
                          absl::string_view upper) {
    std::string out;
    for (auto it = reader.Iterate(lower, upper); it->Valid(); it->Next()) {
      out += std::string(it->key()) + "=" + std::string(it->value()) + " ";
    }
    return out;
  }
  std::string MarkerPath() const { return folder_ + "/" + kEngineMarkerName; }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<RocksKv::Callback> queue_;
  std::string folder_;
  std::map<ShardId, LogIndex> durable_;
  std::unique_ptr<RocksKv> kv_;
};

TEST_F(RocksKvTest, BatchesSnapshotsAndBoundsAreAsThePortSays) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Put(1, 1, "a", "1").ok());
  ASSERT_TRUE(Put(1, 2, "b", "2").ok());
  auto snapshot = kv_->Snapshot();
  env::KvBatch batch;
  batch.DeleteRange("a", "c");
  batch.Put("b", "3");
  batch.Put("c", "4");
  batch.Delete("nothing");
  ASSERT_TRUE(kv_->Write(ShardId(1), LogIndex(3), batch).ok());
  EXPECT_EQ(Scan(*kv_, "", "z"), "b=3 c=4 ");
  EXPECT_EQ(Scan(*kv_, "b", "c"), "b=3 ");
  EXPECT_EQ(Scan(*kv_, "c", "b"), "");
  EXPECT_EQ(Scan(*snapshot, "", "z"), "a=1 b=2 ");
  EXPECT_EQ(**snapshot->Get("a"), "1");
  EXPECT_FALSE(kv_->Get("a")->has_value());
  auto it = kv_->Iterate("b", "z");
  it->Seek("a");
  EXPECT_EQ(it->key(), "b") << "never below its lower bound";
  it.reset();
  snapshot.reset();
}

TEST_F(RocksKvTest, AFlushReportsTheTokensAndSurvivesReopening) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Put(1, 5, "a", "1").ok());
  ASSERT_TRUE(Put(2, 9, "b", "1").ok());
  EXPECT_TRUE(Flush().ok());
  EXPECT_EQ(durable_[ShardId(1)], LogIndex(5));
  EXPECT_EQ(durable_[ShardId(2)], LogIndex(9));
  kv_.reset();
  queue_.clear();
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Scan(*kv_, "", "z"), "a=1 b=1 ");
}

// The golden bytes of docs/formats/engine.md.
TEST_F(RocksKvTest, TheMarkerHasItsGoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(EncodeEngineMarker(1)), "474442454e47494e0100000057d3751b");
  EXPECT_EQ(*DecodeEngineMarker(EncodeEngineMarker(7)), 7u);
  std::string bytes = EncodeEngineMarker(1);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string bad = bytes;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_EQ(DecodeEngineMarker(bad).status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(DecodeEngineMarker(bytes.substr(1)).ok());
}

TEST_F(RocksKvTest, ANewerFormatIsRefusedNamingBothVersions) {
  ASSERT_TRUE(Open().ok());
  kv_.reset();
  std::ofstream(MarkerPath(), std::ios::binary) << EncodeEngineMarker(2);
  const absl::Status status = Open();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("format version 2; this program reads version 1"),
            absl::string_view::npos)
      << status;
}

TEST_F(RocksKvTest, ADatabaseWithoutTheMarkerIsRefused) {
  ASSERT_TRUE(Open().ok());
  kv_.reset();
  ASSERT_EQ(std::remove(MarkerPath().c_str()), 0);
  EXPECT_EQ(Open().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RocksKvTest, CallbacksOfADestroyedEngineDoNothing) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Put(1, 5, "a", "1").ok());
  bool done = false;
  kv_->RequestFlush([&](absl::Status) { done = true; });
  kv_.reset();
  while (!queue_.empty()) RunOne();
  EXPECT_FALSE(done);
  EXPECT_TRUE(durable_.empty());
}

}  // namespace
}  // namespace graphdb::prod
