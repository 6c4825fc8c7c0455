// One real server in Milestone 2 mode, and everything an operator can get wrong
// about it.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/client/grpc_transport.h"
#include "prod/rpc/errors.h"
#include "prod/testing/fresh_folder.h"
#include "prod/testing/test_cluster.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SingleNodeTest : public ::testing::Test {
 protected:
  std::string server() const { return RunfilePath("prod/server/graphdb"); }
  std::unique_ptr<TestCluster> StartOne(const std::string& name = "a") {
    TestClusterOptions options;
    options.program = server();
    options.folder = folder_ + "/" + name;
    options.nodes = 0;
    auto cluster = std::make_unique<TestCluster>(options);
    cluster->Start(0);
    const absl::Status healthy = cluster->WaitHealthy(Duration::Seconds(30));
    EXPECT_TRUE(healthy.ok()) << healthy << cluster->log(0);
    return cluster;
  }
  Finished Cli(const TestCluster& cluster, std::vector<std::string> arguments) {
    std::vector<std::string> argv = {RunfilePath("prod/cli/graphdb-cli"), "--address",
                                     cluster.client_address(0)};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return RunProgram(std::move(argv), folder_);
  }
  // Runs the server with a config that it must refuse.
  Finished RunRefused(const std::string& config) {
    WriteWholeFile(folder_ + "/bad.yaml", config);
    return RunProgram({server(), "--config", folder_ + "/bad.yaml"}, folder_);
  }

  const std::string folder_ = FreshFolder();
};

uint64_t CreateOne(client::Client* client) {
  v1::BatchRequest batch;
  batch.add_ops()->mutable_create_node()->add_labels("Thing");
  const absl::StatusOr<v1::ClientResponse> answer = client->Batch(batch);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? answer->batch().results(0).node().id() : 0;
}

bool HasNode(client::Client* client, uint64_t id) {
  v1::BatchRequest batch;
  batch.add_ops()->mutable_get_node()->set_id(id);
  const absl::StatusOr<v1::ClientResponse> answer = client->Batch(batch);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() && answer->batch().results(0).node().id() == id;
}

TEST_F(SingleNodeTest, ServesSurvivesKillAndDrains) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  client::Client client({.addresses = cluster->client_addresses()}, cluster->transport());
  const uint64_t id = CreateOne(&client);
  EXPECT_TRUE(HasNode(&client, id));
  cluster->Kill(0);
  cluster->Start(0);
  ASSERT_TRUE(cluster->WaitHealthy(Duration::Seconds(30)).ok()) << cluster->log(0);
  EXPECT_TRUE(HasNode(&client, id));
  v1::BatchRequest expand;
  expand.add_ops()->mutable_expand()->set_id(id);
  expand.mutable_ops(0)->mutable_expand()->set_direction(v1::OUTGOING);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(client.Batch(expand).ok());
  const Finished stats = Cli(*cluster, {"stats", "--digest"});
  EXPECT_EQ(stats.code, 0) << stats.err;
  EXPECT_THAT(stats.out, HasSubstr("Total         1         0"));
  EXPECT_THAT(stats.out, HasSubstr("Replicas: equal"));
  EXPECT_THAT(stats.out, HasSubstr("Memory: "));
  EXPECT_THAT(stats.out, HasSubstr("Cache: 50.0 % of 2 lookups of adjacency lists hit"));
  EXPECT_EQ(cluster->Terminate(0, Duration::Seconds(20)), 0) << cluster->log(0);
  EXPECT_THAT(cluster->log(0), HasSubstr("draining"));
}

TEST_F(SingleNodeTest, WhatIsDamagedIsNamedWithItsFolderAndEndsWithOne) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  ASSERT_EQ(Cli(*cluster, {"exec", "CREATE (:Thing)"}).code, 0);
  ASSERT_EQ(cluster->Terminate(0, Duration::Seconds(20)), 0);
  const std::string identity = cluster->folder(0) + "/data/raft/log/identity";
  const std::string marker = cluster->folder(0) + "/data/engine/GRAPHDB-ENGINE";
  const auto refused = [&](const std::string& file, const std::string& text) {
    const std::string kept = ReadWholeFile(file);
    EXPECT_NE(kept, "") << file;
    std::filesystem::remove(file);
    if (!text.empty()) WriteWholeFile(file, text);
    const Finished run = RunProgram({server(), "--config", cluster->config_file(0)}, folder_);
    EXPECT_EQ(run.code, 1) << run.err;
    EXPECT_THAT(run.err, HasSubstr(std::filesystem::path(file).parent_path().string()));
    WriteWholeFile(file, kept);
    return run.err;
  };
  EXPECT_THAT(refused(identity, ""), HasSubstr("the file identity is missing"));
  EXPECT_THAT(refused(identity, "short"), HasSubstr("file identity: not a whole identity record"));
  EXPECT_THAT(refused(marker, "short"), HasSubstr("GRAPHDB-ENGINE: expected 16 bytes"));
  EXPECT_THAT(refused(cluster->folder(0) + "/data/engine/CURRENT", "x"), HasSubstr("engine: "));
  cluster->Start(0);
  EXPECT_TRUE(cluster->WaitHealthy(Duration::Seconds(30)).ok()) << cluster->log(0);
}

TEST_F(SingleNodeTest, AdministrationAnswersInBothFormats) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  const Finished status = Cli(*cluster, {"cluster", "status", "--wait-healthy", "--timeout", "10"});
  EXPECT_EQ(status.code, 0) << status.err;
  EXPECT_EQ(status.out,
            "Node          Role      Status    Shards\n"
            "node1         Leader    Healthy   0\n");
  EXPECT_THAT(Cli(*cluster, {"raft", "stats"}).out, HasSubstr("meta"));
  EXPECT_THAT(Cli(*cluster, {"shard", "map"}).out, HasSubstr("0-16383"));
  EXPECT_THAT(Cli(*cluster, {"--format", "json", "shard", "map"}).out, StartsWith("{"));
}

TEST_F(SingleNodeTest, StatementsReadWriteAndFailWithTheirPosition) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  const Finished write = Cli(*cluster, {"exec", "CREATE (n:Person {name: 'Alice', age: 42})"});
  EXPECT_EQ(write.code, 0) << write.err;
  EXPECT_THAT(write.out, HasSubstr("nodes created: 1"));
  const Finished read = Cli(*cluster, {"query", "MATCH (n:Person) WHERE n.age > $age RETURN n.name",
                                       "--param", "age=41"});
  EXPECT_EQ(read.out, "n.name\n'Alice'\n(1 row)\n") << read.err;
  const Finished refused = Cli(*cluster, {"query", "CREATE (n)"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("graphdb-cli exec"));
  const Finished syntax = Cli(*cluster, {"query", "MATCH (n RETURN n"});
  EXPECT_EQ(syntax.code, 1);
  EXPECT_THAT(syntax.err, HasSubstr("^")) << "the place is pointed at";
  EXPECT_THAT(syntax.err, Not(HasSubstr("terminate")));
}

TEST_F(SingleNodeTest, ATooLargeDetachDeleteNamesAStatementThatWorks) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  ASSERT_EQ(Cli(*cluster, {"exec", "CREATE (:Other)-[:T]->(:Other), (:Hub)"}).code, 0);
  // Three keys for each relationship, and 20,000 for a transaction.
  for (int i = 0; i < 4; ++i) {
    const Finished made = Cli(
        *cluster, {"exec", "MATCH (h:Hub) UNWIND range(1, 2000) AS i CREATE (h)-[:T]->(:Leaf)"});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  const std::string detach = "MATCH (h:Hub) DETACH DELETE h";
  const Finished refused = Cli(*cluster, {"exec", detach});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("txn.write_keys_max (20000)"));
  const size_t begin = refused.err.find('`') + 1;
  const size_t end = refused.err.find('`', begin);
  ASSERT_NE(end, std::string::npos) << refused.err;

  const std::string part = refused.err.substr(begin, end - begin);
  int parts = 0;
  for (; parts < 20; ++parts) {
    const Finished done = Cli(*cluster, {"exec", part});
    ASSERT_EQ(done.code, 0) << part << "\n" << done.err;
    if (done.out.find("relationships deleted: ") == std::string::npos) break;
  }
  EXPECT_EQ(parts, 8) << "a thousand of eight thousand at a time";
  EXPECT_EQ(Cli(*cluster, {"exec", detach}).code, 0);
  EXPECT_EQ(Cli(*cluster, {"query", "MATCH ()-[r]->() RETURN count(r) AS n"}).out,
            "n\n1\n(1 row)\n")
      << "those of others are untouched";
  EXPECT_EQ(Cli(*cluster, {"query", "MATCH (h:Hub) RETURN count(h) AS n"}).out, "n\n0\n(1 row)\n");
}

TEST_F(SingleNodeTest, WhatTheCliCantDoIsSaid) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  const Finished unknown = Cli(*cluster, {"fly"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("not expected: fly"));
  const Finished later = Cli(*cluster, {"readonly", "enable"});
  EXPECT_EQ(later.code, 2);
  EXPECT_THAT(later.err, HasSubstr("`readonly` is in the migration guide, but not in this"));
  const Finished half = Cli(*cluster, {"cluster"});
  EXPECT_EQ(half.code, 2);
  EXPECT_THAT(half.err, HasSubstr("status"));
  EXPECT_EQ(RunProgram({RunfilePath("prod/cli/graphdb-cli"), "--help"}, folder_).code, 0);

  WriteWholeFile(folder_ + "/ca.pem", "not a certificate\n");
  const Finished bad_ca = Cli(*cluster, {"--ca-file", folder_ + "/ca.pem", "cluster", "status"});
  EXPECT_EQ(bad_ca.code, 2);
  EXPECT_THAT(bad_ca.err, HasSubstr("ca.pem"));
  EXPECT_EQ(cluster->Terminate(0, Duration::Seconds(20)), 0);
  const Finished nobody = Cli(*cluster, {"--timeout", "1", "cluster", "status"});
  EXPECT_EQ(nobody.code, 3);
  EXPECT_THAT(nobody.err, HasSubstr("can't connect to " + cluster->client_address(0)));
  EXPECT_THAT(nobody.err, HasSubstr("If it speaks TLS"));
}

TEST_F(SingleNodeTest, SnapshotsAreWholeOrSaidToBeDamaged) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  client::Client client({.addresses = cluster->client_addresses()}, cluster->transport());
  const uint64_t id = CreateOne(&client);
  const std::string file = folder_ + "/graph.json";
  const Finished created = Cli(*cluster, {"snapshot", "create", file});
  ASSERT_EQ(created.code, 0) << created.err;
  const Finished good = Cli(*cluster, {"snapshot", "verify", file});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("ok, snapshot "));
  EXPECT_THAT(good.out, HasSubstr(", 1 nodes, 0 edges at timestamp "));
  EXPECT_EQ(created.out, absl::StrReplaceAll(good.out, {{file + ": ok, ", "wrote " + file + ": "}}))
      << "what was written was read back";

  const std::string bytes = ReadWholeFile(file);
  EXPECT_THAT(bytes, HasSubstr("\"id_bound\":"));
  EXPECT_THAT(bytes, Not(HasSubstr("\"id_bound\":0,"))) << "the node has an id";
  WriteWholeFile(folder_ + "/cut.json", bytes.substr(0, bytes.size() - 20));
  std::string flipped = bytes;
  flipped[flipped.find("Thing")] ^= 1;
  WriteWholeFile(folder_ + "/flipped.json", flipped);
  for (const char* bad : {"/cut.json", "/flipped.json"}) {
    const Finished verify = Cli(*cluster, {"snapshot", "verify", file, folder_ + bad});
    EXPECT_EQ(verify.code, 1) << bad;
    EXPECT_THAT(verify.err, HasSubstr(bad));
    const std::string target = folder_ + "/restored";
    const Finished restore = RunProgram(
        {server(), "restore", "--snapshot", folder_ + bad, "--data-dir", target}, folder_);
    EXPECT_EQ(restore.code, 1) << restore.err;
    EXPECT_FALSE(std::filesystem::exists(target)) << "a refused restore leaves nothing";
  }

  // And back again, into another node.
  TestClusterOptions options{.program = server(), .folder = folder_ + "/b", .nodes = 0};
  TestCluster restored(options);
  const Finished restore = RunProgram(
      {server(), "restore", "--snapshot", file, "--data-dir", restored.folder(0) + "/data"},
      folder_);
  ASSERT_EQ(restore.code, 0) << restore.err;
  EXPECT_THAT(restore.out, HasSubstr("restored 1 nodes and 0 edges"));
  restored.Start(0);
  ASSERT_TRUE(restored.WaitHealthy(Duration::Seconds(30)).ok()) << restored.log(0);
  client::Client other({.addresses = restored.client_addresses()}, restored.transport());
  EXPECT_TRUE(HasNode(&other, id)) << restored.log(0);
  const Finished stats = Cli(restored, {"stats", "--digest"});
  EXPECT_THAT(stats.out, HasSubstr("Total         1         0")) << stats.err;
  const std::string digest = good.out.substr(good.out.find("digest ") + 7, 32);
  EXPECT_THAT(stats.out, HasSubstr(digest));
}

TEST_F(SingleNodeTest, AnOversizedRequestIsRefusedByName) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  client::Client client(
      {.addresses = cluster->client_addresses(), .timeout = Duration::Seconds(20)},
      cluster->transport());
  for (const size_t bytes : {size_t{9} << 20, size_t{80} << 20}) {
    v1::BatchRequest batch;
    v1::MapEntry* const entry =
        batch.add_ops()->mutable_create_node()->mutable_properties()->add_entries();
    entry->set_key("blob");
    entry->mutable_value()->set_string_value(std::string(bytes, 'x'));
    const absl::Status status = client.Batch(batch).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    const std::string limit = bytes < size_t{64} << 20 ? "8388608" : "67108864";
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat(bytes).substr(0, 4)));
    EXPECT_THAT(std::string(status.message()), HasSubstr(limit));
    if (bytes < size_t{64} << 20) {
      EXPECT_EQ(ToErrorInfo(status).reason(), v1::LIMIT);
      EXPECT_THAT(std::string(status.message()), HasSubstr("request_bytes_max"));
    }
  }
  CreateOne(&client);  // it still serves
}

TEST_F(SingleNodeTest, OneFolderHasOneServer) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  const std::string text = absl::StrReplaceAll(
      cluster->ConfigText(0),
      {{cluster->client_address(0), "127.0.0.1:1"}, {cluster->metrics_address(0), "off"}});
  const Finished second = RunRefused(text);
  EXPECT_NE(second.code, 0);
  const Finished taken = RunRefused(cluster->ConfigText(0));
  EXPECT_EQ(taken.code, 2);
  EXPECT_THAT(taken.err,
              HasSubstr(absl::StrCat("grpc.listen_addr: can't listen on ",
                                     cluster->client_address(0), ": Address already in use")));
}

TEST_F(SingleNodeTest, MistakesInTheConfigEndWithTwo) {
  const Finished malformed = RunRefused("node_id: [x\n");
  EXPECT_EQ(malformed.code, 2);
  EXPECT_THAT(malformed.err, HasSubstr("bad.yaml:"));
  const Finished wrong_type = RunRefused("node_id: a\nstorage: {data_dir: /d, cache_size: many}\n");
  EXPECT_EQ(wrong_type.code, 2);
  EXPECT_THAT(wrong_type.err, HasSubstr("storage.cache_size: got 'many', expected a whole number"));
  const Finished unknown = RunRefused("node_id: a\nstorge: {data_dir: /d}\n");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'storage'?"));
  const Finished absent = RunProgram({server(), "--config", folder_ + "/none.yaml"}, folder_);
  EXPECT_EQ(absent.code, 2);
  EXPECT_THAT(absent.err, HasSubstr("No such file"));
  const Finished option = RunProgram({server(), "--colour"}, folder_);
  EXPECT_EQ(option.code, 2);
  EXPECT_THAT(option.err, HasSubstr("graphdb: The following argument was not expected: --colour"));
}

TEST_F(SingleNodeTest, VersionAndCheckConfigReadTheConfig) {
  WriteWholeFile(folder_ + "/c.yaml",
                 absl::StrCat("node_id: a\nstorage: {data_dir: ", folder_, "/d}\n"));
  const Finished version =
      RunProgram({server(), "--version", "--config", folder_ + "/c.yaml"}, folder_);
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, ::testing::MatchesRegex("graphdb v0\\.2\\.[0-9]+ \\(milestone 2\\)\n"));
  EXPECT_EQ(RunProgram({server(), "--version", "--config", folder_ + "/none"}, folder_).out,
            "graphdb v0.3.0 (milestone 3)\n");
  const Finished check =
      RunProgram({server(), "--check-config", "--config", folder_ + "/c.yaml"}, folder_);
  EXPECT_EQ(check.code, 0);
  EXPECT_THAT(check.out, HasSubstr("Milestone 2"));
}

// What is wrong on this machine is said by --check-config as by the start.
TEST_F(SingleNodeTest, CheckConfigSaysWhatTheStartWould) {
  const auto refusal = [this](const std::string& text) {
    WriteWholeFile(folder_ + "/c.yaml", text);
    const Finished check =
        RunProgram({server(), "--check-config", "--config", folder_ + "/c.yaml"}, folder_);
    const Finished start = RunProgram({server(), "--config", folder_ + "/c.yaml"}, folder_);
    EXPECT_EQ(check.code, 2);
    EXPECT_EQ(start.code, 2);
    EXPECT_EQ(check.err, start.err);
    EXPECT_EQ(check.out, "");
    return check.err;
  };
  const std::string storage = absl::StrCat("storage: {data_dir: ", folder_, "/d}\n");
  EXPECT_THAT(refusal(absl::StrCat("node_id: a\nbind_addr: 203.0.113.7\n", storage)),
              HasSubstr("c.yaml:2:1: bind_addr: got 203.0.113.7, expected an address of this"));
  EXPECT_THAT(refusal(absl::StrCat("node_id: a\nstorage: {data_dir: ", folder_, "/none/d}\n")),
              HasSubstr("c.yaml:2:11: storage.data_dir: "));
  WriteWholeFile(folder_ + "/key", "hello");
  EXPECT_THAT(refusal(absl::StrCat("node_id: a\n", storage,
                                   "grpc: {tls: {enabled: true, cert_file: ", folder_,
                                   "/key, key_file: ", folder_, "/key}}\n")),
              HasSubstr("c.yaml:3:29: grpc.tls.cert_file: "));
  std::filesystem::create_directory(folder_ + "/d");
  WriteWholeFile(folder_ + "/d/GRAPHDB-FOLDER",
                 "graphdb folder\nformat 1\nkind data\nnode b\npair 1\n");
  EXPECT_THAT(refusal(absl::StrCat("node_id: a\n", storage)),
              HasSubstr("c.yaml:2:11: storage.data_dir: "));
}

// The first file of the log, by name.
std::string FirstSegment(const std::string& folder) {
  std::string first;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name == "identity") continue;
    if (first.empty() || name < first) first = name;
  }
  return folder + "/" + first;
}

std::string NewestSegment(const std::string& folder) {
  std::string newest;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    newest = std::max(newest, entry.path().string());  // "identity" comes before "raft-"
  }
  return newest;
}

TEST_F(SingleNodeTest, ADamagedLogIsNamedAndATornTailIsCut) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  client::Client client({.addresses = cluster->client_addresses()}, cluster->transport());
  uint64_t id = 0;
  for (int i = 0; i < 50; ++i) id = CreateOne(&client);
  cluster->Kill(0);
  const std::string segment = FirstSegment(cluster->folder(0) + "/data/raft/log");
  const std::string bytes = ReadWholeFile(segment);
  const size_t end = bytes.find_last_not_of('\0') + 1;
  ASSERT_GT(end, 1000u);

  // A tail that a crash tore: garbage after the last block.
  std::string torn = bytes;
  torn.replace(end, 100, std::string(100, '\xa5'));
  WriteWholeFile(segment, torn);
  cluster->Start(0);
  ASSERT_TRUE(cluster->WaitHealthy(Duration::Seconds(30)).ok()) << cluster->log(0);
  EXPECT_TRUE(HasNode(&client, id));
  cluster->Kill(0);

  // One flipped byte in the middle of what was durable long ago.
  // (docs/formats/raft-log.md: blocks begin at multiples of 4096.)
  std::string flipped = ReadWholeFile(segment);
  const size_t block = end / 2 / 4096 * 4096;
  ASSERT_EQ(flipped.substr(block, 4), "GRLB");
  flipped[block + 100] = static_cast<char>(flipped[block + 100] ^ 0x40);
  WriteWholeFile(segment, flipped);
  cluster->Start(0);
  const std::optional<int> code = cluster->process(0)->Wait(Duration::Seconds(20));
  EXPECT_EQ(code, 1) << cluster->log(0);
  EXPECT_THAT(cluster->log(0), HasSubstr(std::filesystem::path(segment).filename().string()));
  EXPECT_THAT(cluster->log(0), Not(HasSubstr("terminate called")));
}

TEST_F(SingleNodeTest, ALogThatLostItsEndOrItsFilesIsDamaged) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  client::Client client({.addresses = cluster->client_addresses()}, cluster->transport());
  for (int i = 0; i < 50; ++i) CreateOne(&client);
  cluster->Kill(0);
  const std::string folder = cluster->folder(0) + "/data/raft/log";
  std::filesystem::resize_file(FirstSegment(folder), 20480);
  cluster->Start(0);
  EXPECT_EQ(cluster->process(0)->Wait(Duration::Seconds(20)), 1) << cluster->log(0);
  EXPECT_THAT(cluster->log(0), HasSubstr("the file ends here"));

  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename() != "identity") std::filesystem::remove(entry.path());
  }
  cluster->Start(0);
  EXPECT_EQ(cluster->process(0)->Wait(Duration::Seconds(20)), 1) << cluster->log(0);
  EXPECT_THAT(cluster->log(0), HasSubstr("the log holds nothing of "));
}

// What was acknowledged since the last start lies in the newest file alone.
TEST_F(SingleNodeTest, ALogThatLostItsNewestFileIsDamaged) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  client::Client client({.addresses = cluster->client_addresses()}, cluster->transport());
  for (int i = 0; i < 50; ++i) CreateOne(&client);
  cluster->Kill(0);
  cluster->Start(0);
  ASSERT_TRUE(cluster->WaitHealthy(Duration::Seconds(30)).ok()) << cluster->log(0);
  CreateOne(&client);
  cluster->Kill(0);
  const std::string newest = NewestSegment(cluster->folder(0) + "/data/raft/log");
  std::filesystem::resize_file(newest, 0);
  cluster->Start(0);
  EXPECT_EQ(cluster->process(0)->Wait(Duration::Seconds(20)), 1) << cluster->log(0);
  EXPECT_THAT(cluster->log(0), HasSubstr("the file has lost its first block"));
  std::filesystem::remove(newest);
  cluster->Start(0);
  EXPECT_EQ(cluster->process(0)->Wait(Duration::Seconds(20)), 1) << cluster->log(0);
  EXPECT_THAT(cluster->log(0), HasSubstr("the file is missing"));
}

TEST_F(SingleNodeTest, AnIdentityThatIsMissingIsDamage) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  cluster->Kill(0);
  const std::string folder = cluster->folder(0) + "/data/raft/log";
  std::filesystem::remove(folder + "/identity");
  for (int start = 0; start < 2; ++start) {
    cluster->Start(0);
    EXPECT_EQ(cluster->process(0)->Wait(Duration::Seconds(20)), 1) << cluster->log(0);
    EXPECT_THAT(cluster->log(0), HasSubstr("raft.data_dir: the file identity is missing"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder + "/identity")) << "none is made in its place";
}

TEST_F(SingleNodeTest, FoldersOfOthersAreRefused) {
  std::unique_ptr<TestCluster> a = StartOne("a");
  std::unique_ptr<TestCluster> b = StartOne("b");
  EXPECT_EQ(a->Terminate(0, Duration::Seconds(20)), 0);
  EXPECT_EQ(b->Terminate(0, Duration::Seconds(20)), 0);
  // The engine of one under the log of the other.
  std::filesystem::rename(b->folder(0) + "/data/raft", b->folder(0) + "/raft_of_b");
  std::filesystem::rename(a->folder(0) + "/data/raft", b->folder(0) + "/data/raft");
  b->Start(0);
  EXPECT_EQ(b->process(0)->Wait(Duration::Seconds(20)), 2);
  EXPECT_THAT(b->log(0), HasSubstr("they come from different nodes or clusters"));
}

TEST_F(SingleNodeTest, AFolderOfANewerFormatIsRefused) {
  const std::unique_ptr<TestCluster> cluster = StartOne();
  EXPECT_EQ(cluster->Terminate(0, Duration::Seconds(20)), 0);
  const std::string marker = cluster->folder(0) + "/data/GRAPHDB-FOLDER";
  const std::string text = ReadWholeFile(marker);
  WriteWholeFile(marker, absl::StrReplaceAll(text, {{"format 1\n", "format 99\n"}}));
  cluster->Start(0);
  EXPECT_EQ(cluster->process(0)->Wait(Duration::Seconds(20)), 2);
  EXPECT_THAT(cluster->log(0), HasSubstr(marker + ": format 99 is newer than this program"));
  WriteWholeFile(marker, text);
  cluster->Start(0);
  const absl::Status healthy = cluster->WaitHealthy(Duration::Seconds(30));
  EXPECT_TRUE(healthy.ok()) << "nothing was changed by the refusal: " << healthy;
}

}  // namespace
}  // namespace graphdb::prod
