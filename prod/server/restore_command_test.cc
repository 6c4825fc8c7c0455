#include "prod/server/restore_command.h"

#include <filesystem>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "core/storage/restore_marker.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/rocks/rocks_kv.h"
#include "prod/server/data_folder.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;

class RestoreCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = absl::StrCat(::testing::TempDir(), "/", info->name());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  absl::StatusOr<std::string> Restore() {
    return RestoreSnapshot({"core/migrate/testdata/golden.gsnap.jsonl", root_ + "/data"});
  }
  // What a start of node `a` leaves in the folders before its engine is looked at.
  void StartNode() {
    const absl::StatusOr<config::Config> config = config::ParseConfig(
        absl::StrCat("node_id: a\nraft: {raft_addr: 127.0.0.1:7000, data_dir: ", root_,
                     "/raft, peers: [a: 127.0.0.1:7000]}\nstorage: {data_dir: ", root_,
                     "/data}\nsharding: {num_shards: 2, cluster_nodes: [127.0.0.1:9000]}\n"),
        "c.yaml");
    ASSERT_TRUE(config.ok()) << config.status();
    ASSERT_TRUE(DataFolder::Open(*config).ok());
  }
  // What a crash in the restore of the same snapshot leaves.
  void LeaveUnfinished() {
    const absl::StatusOr<DataFolder> folder = DataFolder::OpenForRestore(root_ + "/data");
    ASSERT_TRUE(folder.ok()) << folder.status();
    RocksKv::Options options;
    options.folder = folder->engine_folder();
    options.post = [](absl::AnyInvocable<void()>) {};
    const absl::StatusOr<std::unique_ptr<RocksKv>> kv = RocksKv::Open(std::move(options));
    ASSERT_TRUE(kv.ok()) << kv.status();
    storage::RestoreMarker marker;
    marker.snapshot_id = "0123456789abcdef0123456789abcdef";
    env::KvBatch batch;
    storage::PutRestoreMarker(&batch, marker);
    ASSERT_TRUE((*kv)->Write(storage::kRestoreGroup, LogIndex(1), std::move(batch)).ok());
    (*kv)->RequestFlush([](absl::Status) {});
  }

  std::string root_;
};

TEST_F(RestoreCommandTest, ARestoredFolderThatWasStartedIsRefused) {
  ASSERT_TRUE(Restore().ok());
  EXPECT_TRUE(Restore().ok()) << "the same again, before the first start, does nothing";
  StartNode();
  EXPECT_THAT(Restore().status().ToString(),
              HasSubstr("holds the data of a; expected an empty folder"));
}

TEST_F(RestoreCommandTest, HalfARestoreIsFinishedThoughTheNodeWasStartedOnIt) {
  LeaveUnfinished();
  StartNode();
  const absl::StatusOr<std::string> done = Restore();
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_THAT(*done, HasSubstr("restored "));
}

}  // namespace
}  // namespace graphdb::prod
