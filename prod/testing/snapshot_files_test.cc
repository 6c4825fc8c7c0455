// Snapshot files and the real programs: what is damaged, broken off or killed.
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/migrate/snapshot_writer.h"
#include "core/storage/keys.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/testing/fresh_folder.h"
#include "prod/testing/test_cluster.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;

class SnapshotFilesTest : public ::testing::Test {
 protected:
  std::vector<std::string> RestoreArguments(const std::string& file,
                                            const std::string& target) const {
    return {server_, "restore", "--snapshot", file, "--data-dir", target};
  }
  TestClusterOptions OneNode() const {
    return {.program = server_, .folder = folder_ + "/cluster", .nodes = 0};
  }
  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  void Write(const std::string& name, const std::string& text) { WriteWholeFile(Path(name), text); }

  const std::string server_ = RunfilePath("prod/server/graphdb");
  const std::string cli_ = RunfilePath("prod/cli/graphdb-cli");
  const std::string folder_ = FreshFolder();
};

bool WaitForFile(const std::string& path) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!std::filesystem::exists(path)) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Nodes 1 to `nodes`, and these relationships, as (id, start, end).
std::string FileOf(uint64_t nodes, const std::vector<std::vector<uint64_t>>& relationships) {
  migrate::SnapshotHeader header;
  header.cluster = std::string(32, 'c');
  header.snapshot_id = std::string(32, 'a');
  header.to_seq = Timestamp(9);
  migrate::SnapshotWriter writer(header);
  std::map<std::string, uint64_t> ids;
  for (uint64_t i = 1; i <= nodes; ++i) ids[storage::NodeKey(ElementId(i))] = i;
  for (const auto& [key, i] : ids) {
    graph::Node node;
    node.id = ElementId(i);
    EXPECT_TRUE(writer.Add(node, Timestamp(1)).ok());
  }
  std::map<std::string, graph::Relationship> sorted;
  for (const std::vector<uint64_t>& given : relationships) {
    const graph::Relationship r{
        RelationshipId(given[0]), "T", ElementId(given[1]), ElementId(given[2]), {}};
    sorted[storage::OutKey(r)] = r;
  }
  for (const auto& [key, r] : sorted) EXPECT_TRUE(writer.Add(r, Timestamp(2)).ok());
  writer.Finish();
  return writer.TakeOutput();
}

// Every kind of damage: one status, 1, from both programs, with the file, the
// place and what was expected; and nothing is made.
TEST_F(SnapshotFilesTest, EveryDamageEndsWithTheSameStatus) {
  const std::string good = ReadWholeFile(RunfilePath("core/migrate/testdata/golden.gsnap.jsonl"));
  const auto with = [&good](const std::string& from, const std::string& to) {
    const std::string out = absl::StrReplaceAll(good, {{from, to}});
    EXPECT_NE(out, good) << from;
    return out;
  };
  const std::map<std::string, std::pair<std::string, std::string>> cases = {
      {"flipped", {with("\"float\":1.0", "\"float\":3.0"), "line 5: field 'crc32c'"}},
      {"flipped-json", {with("{\"r\":\"n\",\"id\":2", "[\"r\":\"n\",\"id\":2"), "line 4: "}},
      {"flipped-field", {with("\"id\":2,\"v\"", "\"id\":-2,\"v\""), "line 4: field 'id'"}},
      {"truncated", {good.substr(0, good.size() - 20), "line 11: the file ends inside"}},
      {"cut", {good.substr(0, good.find("{\"r\":\"ftr\"")), "line 11: the file ends here"}},
      {"empty", {"", "line 1: the file ends here"}},
      {"foreign", {"hello\n", "line 1: 'hello' is not a JSON object"}},
      {"header", {with("\"fmt\":\"gsnap\"", "\"fmt\":\"tar\""), "line 1: field 'fmt'"}},
      {"newer", {with("\"min_reader\":1", "\"min_reader\":2"), "line 1: field 'min_reader'"}},
      {"digest",
       {with("\"digest_content\":\"0", "\"digest_content\":\"1"),
        "line 11: field 'digest_content'"}},
      {"footer",
       {with("\"file_sha256\":\"c", "\"file_sha256\":\"d"), "line 11: field 'file_sha256'"}},
      {"more", {good + "{}\n", "line 12: what follows the footer"}},
      {"dangling", {FileOf(2, {{7, 1, 3}}), "relationship 7 is attached to node 3"}},
      {"twice", {FileOf(2, {{7, 1, 2}, {7, 2, 1}}), "relationship 7 is there twice"}}};
  for (const auto& [name, damaged] : cases) Write(name, damaged.first);
  std::filesystem::create_directories(Path("folder"));
  std::vector<std::pair<std::string, std::string>> all = {
      {"missing", "can't be opened: No such file or directory"}, {"folder", "is not a file"}};
  for (const auto& [name, damaged] : cases) all.emplace_back(name, damaged.second);
  for (const auto& [name, place] : all) {
    const std::string file = Path(name);
    const Finished verify = RunProgram({cli_, "snapshot", "verify", file}, folder_);
    const Finished restore = RunProgram(RestoreArguments(file, Path("data")), folder_);
    for (const Finished& done : {verify, restore}) {
      EXPECT_EQ(done.code, 1) << name << ": " << done.err;
      EXPECT_THAT(done.err, HasSubstr(file + ": "));
      EXPECT_THAT(done.err, HasSubstr(place));
      EXPECT_THAT(done.err, HasSubstr("expected ")) << name;
    }
    EXPECT_FALSE(std::filesystem::exists(Path("data"))) << name;
  }
}

TEST_F(SnapshotFilesTest, ASignalTakesTheUnfinishedFileAway) {
  TestCluster cluster(OneNode());
  cluster.Start(0);
  ASSERT_TRUE(cluster.WaitHealthy(Duration::Seconds(30)).ok()) << cluster.log(0);
  cluster.process(0)->Signal(SIGSTOP);  // it won't answer
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    const std::string file = Path(absl::StrCat("signal", signal, ".json"));
    ChildProcess cli({.argv = {cli_, "--address", cluster.client_address(0), "--timeout", "60",
                               "snapshot", "create", file},
                      .out = "",
                      .err = Path("cli.err")});
    ASSERT_TRUE(WaitForFile(file + ".partial")) << ReadWholeFile(Path("cli.err"));
    EXPECT_FALSE(cli.Wait(Duration::Milliseconds(20)).has_value());
    cli.Signal(signal);
    EXPECT_EQ(cli.Wait(Duration::Seconds(20)), 128 + signal);
    EXPECT_FALSE(std::filesystem::exists(file + ".partial"));
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  cluster.process(0)->Signal(SIGCONT);
}

TEST_F(SnapshotFilesTest, NoNodeStartsOnARestoreThatWasKilled) {
  constexpr uint64_t kNodes = 100'000;  // some hundred milliseconds of work
  Write("big.json", FileOf(kNodes, {}));
  TestCluster cluster(OneNode());
  const std::string data = cluster.folder(0) + "/data";
  ChildProcess restore({RestoreArguments(Path("big.json"), data), "", Path("err")});
  ASSERT_TRUE(WaitForFile(data + "/GRAPHDB-FOLDER")) << ReadWholeFile(Path("err"));
  restore.Signal(SIGKILL);
  ASSERT_EQ(restore.Wait(Duration::Seconds(20)), 128 + SIGKILL);

  // Nobody waits for the end of one that was a mistake.
  ChildProcess other({RestoreArguments(Path("big.json"), Path("other")), "", Path("err")});
  ASSERT_TRUE(WaitForFile(Path("other/GRAPHDB-FOLDER"))) << ReadWholeFile(Path("err"));
  other.Signal(SIGINT);
  EXPECT_EQ(other.Wait(Duration::Seconds(20)), 128 + SIGINT);

  cluster.Start(0);
  EXPECT_EQ(cluster.process(0)->Wait(Duration::Seconds(20)), 2) << cluster.log(0);
  EXPECT_THAT(
      cluster.log(0),
      HasSubstr(absl::StrCat("the restore of snapshot ", std::string(32, 'a'),
                             " was not finished: run graphdb restore again, or remove ", data)));
  const Finished again = RunProgram(RestoreArguments(Path("big.json"), data), folder_);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("restored 100000 nodes and 0 edges"));
  cluster.Start(0);
  const absl::Status healthy = cluster.WaitHealthy(Duration::Seconds(30));
  EXPECT_TRUE(healthy.ok()) << healthy << cluster.log(0);
}

}  // namespace
}  // namespace graphdb::prod
