// Goal: the sentences of env::Disk's contract that a running machine can show,
// and the errors, on real files.
#include "prod/env/posix_disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <mutex>

namespace graphdb::prod {
namespace {

// The event loop of the test: callbacks run where Wait is called.
class Loop {
 public:
  PosixDisk::Post post() {
    return [this](PosixDisk::Callback callback) {
      const std::lock_guard<std::mutex> lock(mutex_);
      queue_.push_back(std::move(callback));
      wake_.notify_one();
    };
  }
  void RunOne() {
    PosixDisk::Callback callback;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return !queue_.empty(); });
      callback = std::move(queue_.front());
      queue_.pop_front();
    }
    callback();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<PosixDisk::Callback> queue_;
};

class PosixDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = std::string(std::getenv("TEST_TMPDIR")) + "/disk-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder + "/data";
    auto disk = PosixDisk::Open(folder_, loop_.post());
    ASSERT_TRUE(disk.ok()) << disk.status();
    disk_ = *std::move(disk);
  }
  absl::Status Wait(std::function<void(env::Disk::Done)> call) {
    std::optional<absl::Status> result;
    call([&](absl::Status status) { result = status; });
    EXPECT_FALSE(result.has_value()) << "completed inside the call";
    while (!result.has_value()) loop_.RunOne();
    return *result;
  }
  absl::StatusOr<env::FileId> Create(const std::string& name, uint64_t bytes) {
    std::optional<absl::StatusOr<env::FileId>> result;
    disk_->Create(name, bytes, [&](absl::StatusOr<env::FileId> file) { result = file; });
    while (!result.has_value()) loop_.RunOne();
    return *result;
  }
  absl::StatusOr<env::FileId> Open(const std::string& name) {
    std::optional<absl::StatusOr<env::FileId>> result;
    disk_->Open(name, [&](absl::StatusOr<env::FileId> file) { result = file; });
    while (!result.has_value()) loop_.RunOne();
    return *result;
  }

  Loop loop_;
  std::string folder_;
  std::unique_ptr<PosixDisk> disk_;
};

TEST_F(PosixDiskTest, ACreatedFileIsZerosOfItsSize) {
  ASSERT_TRUE(Create("log-1", 3'000'000).ok());
  EXPECT_EQ(*disk_->Size("log-1"), 3'000'000u);
  EXPECT_EQ(*disk_->Read("log-1", 2'999'000, 5000), std::string(1000, '\0'));
  struct stat info;
  ASSERT_EQ(::stat((folder_ + "/log-1").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_GE(static_cast<uint64_t>(info.st_blocks) * 512, 3'000'000u) << "preallocated";
}

TEST_F(PosixDiskTest, WritesAreReadBackAndSurviveReopening) {
  const auto file = Create("f", 8192);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(Wait([&](auto done) { disk_->Write(*file, 4096, "hello", std::move(done)); }).ok());
  ASSERT_TRUE(Wait([&](auto done) { disk_->Sync(*file, std::move(done)); }).ok());
  ASSERT_TRUE(Wait([&](auto done) { disk_->SyncDir(std::move(done)); }).ok());
  EXPECT_EQ(*disk_->Read("f", 4096, 5), "hello");
  disk_->Close(*file);
  const auto again = Open("f");
  ASSERT_TRUE(again.ok());
  ASSERT_TRUE(Wait([&](auto done) { disk_->Write(*again, 4097, "a", std::move(done)); }).ok());
  EXPECT_EQ(*disk_->Read("f", 4096, 5), "hallo");
  EXPECT_EQ(*disk_->Size("f"), 8192u);
}

TEST_F(PosixDiskTest, ALongWriteGoesThroughWhole) {
  const auto file = Create("big", 0);
  std::string bytes(20 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); i += 997) bytes[i] = static_cast<char>(i);
  ASSERT_TRUE(Wait([&](auto done) { disk_->Write(*file, 0, bytes, std::move(done)); }).ok());
  EXPECT_TRUE(*disk_->Read("big", 0, bytes.size()) == bytes);
}

TEST_F(PosixDiskTest, NamesAreRenamedRemovedAndListedSorted) {
  ASSERT_TRUE(Create("b", 1).ok());
  ASSERT_TRUE(Create("a", 2).ok());
  ::mkdir((folder_ + "/folder").c_str(), 0700);
  std::ofstream(folder_ + "/not ours") << "x";
  EXPECT_EQ(*disk_->List(), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(Wait([&](auto done) { disk_->Rename("b", "a", std::move(done)); }).ok());
  EXPECT_EQ(*disk_->Size("a"), 1u) << "an existing target is replaced";
  ASSERT_TRUE(Wait([&](auto done) { disk_->Remove("a", std::move(done)); }).ok());
  EXPECT_TRUE(disk_->List()->empty());
}

TEST_F(PosixDiskTest, ErrorsHaveTheirCodesAndNameTheFile) {
  ASSERT_TRUE(Create("f", 1).ok());
  EXPECT_EQ(Create("f", 1).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Open("g").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(disk_->Read("g", 0, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Wait([&](auto done) { disk_->Remove("g", std::move(done)); }).code(),
            absl::StatusCode::kNotFound);
  for (const char* name : {"", "a/b", "..", ".hidden", "a b"}) {
    EXPECT_EQ(Create(name, 1).status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(disk_->Size(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_NE(Open("g").status().message().find("open g: No such file"), std::string::npos);
  // More than the file system can hold.
  const auto huge = Create("huge", uint64_t{1} << 55);
  EXPECT_FALSE(huge.ok());
  EXPECT_EQ(disk_->Size("huge").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(PosixDiskTest, CallsOnOneFileKeepTheirOrder) {
  const auto file = Create("f", 4096);
  int completed = 0;
  for (int i = 0; i < 200; ++i) {
    disk_->Write(*file, 0, std::string(1, static_cast<char>(i)),
                 [&](absl::Status status) { completed += status.ok() ? 1 : 0; });
  }
  while (completed < 200) loop_.RunOne();
  EXPECT_EQ((*disk_->Read("f", 0, 1))[0], static_cast<char>(199));
}

TEST_F(PosixDiskTest, DestructionDropsWhatIsNotDone) {
  const auto file = Create("f", 4096);
  for (int i = 0; i < 100; ++i) disk_->Sync(*file, [](absl::Status) {});
  disk_.reset();
}

}  // namespace
}  // namespace graphdb::prod
