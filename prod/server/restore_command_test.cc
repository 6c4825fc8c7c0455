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
#include "prod/testing/fresh_folder.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;

class RestoreCommandTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Restore() {
    return RestoreSnapshot({"core/migrate/testdata/golden.gsnap.jsonl", root_ + "/data"});
  }
  // Whether a node starts on it; as a start does, before its engine is looked at.
  absl::Status StartNode() {
    const absl::StatusOr<config::Config> config = config::ParseConfig(
        absl::StrCat("node_id: a\nraft: {raft_addr: 127.0.0.1:7000, data_dir: ", root_,
                     "/raft, peers: [a: 127.0.0.1:7000]}\nstorage: {data_dir: ", root_,
                     "/data}\nsharding: {num_shards: 2, cluster_nodes: [127.0.0.1:9000]}\n"),
        "c.yaml");
    if (!config.ok()) return config.status();
    return DataFolder::Open(*config).status();
  }
  // What a kill leaves before the engine knows of the restore; and after that.
  void LeaveFolder() { ASSERT_TRUE(DataFolder::OpenForRestore(root_ + "/data", kSnapshot).ok()); }
  void LeaveEngine() {
    const absl::StatusOr<DataFolder> folder =
        DataFolder::OpenForRestore(root_ + "/data", kSnapshot);
    ASSERT_TRUE(folder.ok()) << folder.status();
    RocksKv::Options options;
    options.folder = folder->engine_folder();
    options.post = [](absl::AnyInvocable<void()>) {};
    const absl::StatusOr<std::unique_ptr<RocksKv>> kv = RocksKv::Open(std::move(options));
    ASSERT_TRUE(kv.ok()) << kv.status();
    storage::RestoreMarker marker;
    marker.snapshot_id = kSnapshot;
    env::KvBatch batch;
    storage::PutRestoreMarker(&batch, marker);
    ASSERT_TRUE((*kv)->Write(storage::kRestoreGroup, LogIndex(1), std::move(batch)).ok());
    (*kv)->RequestFlush([](absl::Status) {});
  }

  static constexpr char kSnapshot[] = "0123456789abcdef0123456789abcdef";
  const std::string root_ = FreshFolder();
};

TEST_F(RestoreCommandTest, ARestoredFolderThatWasStartedIsRefused) {
  ASSERT_TRUE(Restore().ok());
  EXPECT_TRUE(Restore().ok()) << "the same again, before the first start, does nothing";
  ASSERT_TRUE(StartNode().ok()) << StartNode();
  EXPECT_THAT(Restore().status().ToString(),
              HasSubstr("holds the data of a; expected an empty folder"));
}

TEST_F(RestoreCommandTest, NoNodeStartsOnHalfARestoreAndTheCommandFinishesIt) {
  for (const bool in_engine : {false, true}) {
    std::filesystem::remove_all(root_ + "/data");
    in_engine ? LeaveEngine() : LeaveFolder();
    const absl::Status refused = StartNode();
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(refused.message()),
                HasSubstr(absl::StrCat("the restore of snapshot ", kSnapshot,
                                       " was not finished: run graphdb restore again, or remove ",
                                       root_, "/data")));
    const absl::StatusOr<std::string> done = Restore();
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_THAT(*done, HasSubstr("restored "));
  }
  EXPECT_TRUE(StartNode().ok()) << StartNode();
}

}  // namespace
}  // namespace graphdb::prod
