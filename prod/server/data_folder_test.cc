#include "prod/server/data_folder.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/testing/fresh_folder.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;

class DataFolderTest : public ::testing::Test {
 protected:
  config::Config ConfigOf(const std::string& node) {
    const absl::StatusOr<config::Config> config = config::ParseConfig(
        absl::StrCat("node_id: ", node, "\nraft: {raft_addr: 127.0.0.1:7000, data_dir: ", root_,
                     "/raft, peers: [", node, ": 127.0.0.1:7000]}\nstorage: {data_dir: ", root_,
                     "/data}\nsharding: {num_shards: 2, cluster_nodes: [127.0.0.1:9000]}\n"),
        "c.yaml");
    EXPECT_TRUE(config.ok()) << config.status();
    return *config;
  }
  std::string Refusal(const std::string& node = "a") {
    const absl::StatusOr<DataFolder> folder = DataFolder::Open(ConfigOf(node));
    return folder.ok() ? "" : folder.status().ToString();
  }
  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + name).parent_path());
    std::ofstream(root_ + name) << text;
  }

  std::string ReadText(const std::string& name) {
    std::ifstream in(root_ + name);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  const std::string root_ = FreshFolder();
};

TEST_F(DataFolderTest, TheMarkerHasItsDocumentedForm) {
  EXPECT_EQ(EncodeMarker({1, "data", "node1", "00ff"}),
            "graphdb folder\nformat 1\nkind data\nnode node1\npair 00ff\n");
  EXPECT_EQ(EncodeMarker({1, "data", "", "", "ab12"}),
            "graphdb folder\nformat 1\nkind data\nnode \npair \nrestore ab12\n");
  for (const FolderMarker& marker :
       {FolderMarker{1, "log", "node1", "00ff"}, FolderMarker{1, "data", "", "", "ab12"}}) {
    EXPECT_EQ(*DecodeMarker(EncodeMarker(marker), "f"), marker);
  }
  EXPECT_EQ(DecodeMarker("", "f").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeMarker("graphdb folder\nformat x\n", "f").status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeMarker("graphdb folder\nformat 1\nkind da", "f").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(DataFolderTest, OpensAgainAndLocks) {
  {
    const absl::StatusOr<DataFolder> folder = DataFolder::Open(ConfigOf("a"));
    ASSERT_TRUE(folder.ok()) << folder.status();
    EXPECT_TRUE(std::filesystem::is_directory(folder->engine_folder()));
    EXPECT_TRUE(std::filesystem::is_directory(folder->log_folder()));
    EXPECT_THAT(Refusal(), HasSubstr("is in use by another graphdb process"));
  }
  EXPECT_EQ(Refusal(), "");
}

TEST_F(DataFolderTest, AnotherNodesFoldersAreRefused) {
  ASSERT_EQ(Refusal("a"), "");
  EXPECT_THAT(Refusal("b"), HasSubstr("belongs to node_id a, this config's node_id is b"));
}

TEST_F(DataFolderTest, ANewerFormatIsRefused) {
  Write("/data/GRAPHDB-FOLDER", "graphdb folder\nformat 2\nkind data\nnode a\npair 1\n");
  EXPECT_THAT(Refusal(), HasSubstr("format 2 is newer than this program, which knows 1"));
}

TEST_F(DataFolderTest, HalvesThatDontBelongTogetherAreRefused) {
  ASSERT_EQ(Refusal(), "");
  Write("/raft/log/x", "1");
  Write("/data/engine/x", "1");
  std::filesystem::rename(root_ + "/data", root_ + "/kept");
  EXPECT_THAT(Refusal(), HasSubstr("/data: is empty, but"));
  std::filesystem::remove_all(root_ + "/data");
  std::filesystem::rename(root_ + "/kept", root_ + "/data");
  ASSERT_EQ(Refusal(), "");
  std::filesystem::remove_all(root_ + "/raft");
  EXPECT_THAT(Refusal(), HasSubstr("/raft: is empty, but"));
  std::filesystem::rename(root_ + "/data", root_ + "/kept");
  std::filesystem::remove_all(root_ + "/raft");
  ASSERT_EQ(Refusal(), "");  // another cluster's folders
  std::filesystem::remove_all(root_ + "/data");
  std::filesystem::rename(root_ + "/kept", root_ + "/data");
  EXPECT_THAT(Refusal(), HasSubstr("they come from different nodes or clusters"));
}

TEST_F(DataFolderTest, AStartThatWasCutOffGoesOn) {
  std::filesystem::create_directories(root_ + "/data");
  Write("/raft/GRAPHDB-FOLDER", "graphdb folder\nformat 1\nkind log\nnode a\npair 1\n");
  EXPECT_EQ(Refusal(), "");
}

TEST_F(DataFolderTest, ARestoredFolderIsAdoptedOnce) {
  {
    const absl::StatusOr<DataFolder> restore = DataFolder::OpenForRestore(root_ + "/data", "5a");
    ASSERT_TRUE(restore.ok()) << restore.status();
    Write("/data/engine/x", "1");
    ASSERT_TRUE(restore->FinishRestore().ok());
  }
  ASSERT_TRUE(DataFolder::OpenForRestore(root_ + "/data", "5b").ok()) << "it may be run again";
  ASSERT_EQ(Refusal(), "") << "and changes nothing by itself";
  EXPECT_THAT(DataFolder::OpenForRestore(root_ + "/data", "5a").status().ToString(),
              HasSubstr("/data: holds the data of a; expected an empty folder"));
}

TEST_F(DataFolderTest, HalfARestoreIsRefusedByName) {
  // As a kill leaves it before anything is in the engine.
  ASSERT_TRUE(DataFolder::OpenForRestore(root_ + "/data", "5a").ok());
  const std::string refusal =
      absl::StrCat("FAILED_PRECONDITION: c.yaml:3:11: storage.data_dir: ", root_,
                   "/data: the restore of snapshot 5a was "
                   "not finished: run graphdb restore again, or remove ",
                   root_, "/data");
  EXPECT_EQ(Refusal(), refusal);
  EXPECT_EQ(Refusal(), refusal) << "nothing was changed by it";
  {
    const absl::StatusOr<DataFolder> again = DataFolder::OpenForRestore(root_ + "/data", "5b");
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_THAT(ReadText("/data/GRAPHDB-FOLDER"), HasSubstr("restore 5b\n"));
    ASSERT_TRUE(again->FinishRestore().ok());
  }
  // What was whole isn't any more where its engine was taken away.
  ASSERT_TRUE(DataFolder::OpenForRestore(root_ + "/data", "5c").ok());
  EXPECT_THAT(Refusal(), HasSubstr("the restore of snapshot 5c was not finished"));
}

TEST_F(DataFolderTest, ARestoreTakesNoFolderOfOthers) {
  for (const char* name : {"d", "c", "b", "a"}) Write(absl::StrCat("/data/", name), "1");
  const absl::Status refused = DataFolder::OpenForRestore(root_ + "/data", "5a").status();
  EXPECT_THAT(refused.ToString(),
              HasSubstr("/data: holds files that are not GraphDB's: 'a', 'b', 'c' and 1 more; "
                        "expected an empty folder"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/data/LOCK")) << "nothing is left there";
  EXPECT_THAT(DataFolder::OpenForRestore("", "5a").status().ToString(),
              HasSubstr("--data-dir: got '', expected storage.data_dir"));
}

TEST_F(DataFolderTest, ACheckSaysWhatOpeningWouldAndMakesNothing) {
  const auto check = [this](const std::string& node) {
    const absl::Status status = DataFolder::Check(ConfigOf(node));
    return status.ok() ? "" : status.ToString();
  };
  EXPECT_EQ(check("a"), "");
  EXPECT_FALSE(std::filesystem::exists(root_ + "/data"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/raft"));
  ASSERT_EQ(Refusal("a"), "");
  EXPECT_EQ(check("a"), "");
  EXPECT_THAT(check("b"), HasSubstr("c.yaml:3:11: storage.data_dir: "));
  EXPECT_EQ(check("b"), Refusal("b"));
  std::filesystem::remove_all(root_ + "/raft");
  const std::string checked = check("a");
  EXPECT_FALSE(std::filesystem::exists(root_ + "/raft"));
  EXPECT_THAT(checked, HasSubstr("/raft: is empty, but"));
  EXPECT_EQ(checked, Refusal("a"));
}

TEST_F(DataFolderTest, AMissingParentIsNamed) {
  std::filesystem::remove_all(root_);
  EXPECT_THAT(Refusal(), HasSubstr("storage.data_dir: "));
  EXPECT_THAT(Refusal(), HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace graphdb::prod
