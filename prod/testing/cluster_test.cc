// Three real servers with the guide's config on loopback.
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/client/grpc_transport.h"
#include "prod/rpc/credentials.h"
#include "prod/testing/fresh_folder.h"
#include "prod/testing/test_cluster.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finished Cli(const std::string& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), RunfilePath("prod/cli/graphdb-cli"));
  return RunProgram(std::move(arguments), folder);
}

TEST(ClusterTest, FormsAsTheGuideSaysAndSurvivesALeader) {
  const std::string folder = FreshFolder();
  TestCluster cluster({.program = RunfilePath("prod/server/graphdb"), .folder = folder});
  cluster.StartAll();
  const absl::Status healthy = cluster.WaitHealthy(Duration::Seconds(60));
  ASSERT_TRUE(healthy.ok()) << healthy << cluster.log(0);
  const Finished status =
      Cli(folder, {"--address", cluster.client_address(1), "cluster", "status"});
  EXPECT_EQ(status.out,
            "Node          Role      Status    Shards\n"
            "node1         Leader    Healthy   0,3,6\n"
            "node2         Follower  Healthy   1,4,7\n"
            "node3         Follower  Healthy   2,5,8\n")
      << status.err;

  client::Client client({.addresses = cluster.client_addresses()}, cluster.transport());
  v1::BatchRequest batch;
  batch.add_ops()->mutable_create_node()->add_labels("Thing");
  const absl::StatusOr<v1::ClientResponse> created = client.Batch(batch);
  ASSERT_TRUE(created.ok()) << created.status();
  cluster.Kill(0);
  for (int i = 0; i < 30; ++i) {
    const absl::Status written = client.Batch(batch).status();
    ASSERT_TRUE(written.ok()) << written;
  }
  cluster.Start(0);
  ASSERT_TRUE(cluster.WaitHealthy(Duration::Seconds(60)).ok()) << cluster.log(0);
  const Finished stats = Cli(folder, {"--address", cluster.client_address(0), "stats", "--digest"});
  EXPECT_EQ(stats.code, 0) << stats.err << stats.out;
  EXPECT_THAT(stats.out, HasSubstr("Total         31        0"));
  for (int i = 0; i < cluster.size(); ++i) {
    EXPECT_EQ(cluster.Terminate(i, Duration::Seconds(30)), 0) << cluster.log(i);
  }
}

// The id in the line of a node's log that begins with `text`.
std::string ClusterIdAfter(const std::string& log, const std::string& text) {
  const size_t at = log.find(text);
  return at == std::string::npos ? "" : log.substr(at + text.size(), 32);
}

// A bootstrap node that lost its disk founds a new cluster while the others are away.
TEST(ClusterTest, AFounderThatMeetsAnotherClustersDataNamesBothAndStops) {
  const std::string folder = FreshFolder();
  TestCluster cluster(
      {.program = RunfilePath("prod/server/graphdb"), .folder = folder, .nodes = 2, .shards = 1});
  cluster.StartAll();
  const absl::Status healthy = cluster.WaitHealthy(Duration::Seconds(60));
  ASSERT_TRUE(healthy.ok()) << healthy << cluster.log(0);
  for (int i = 0; i < 2; ++i) ASSERT_EQ(cluster.Terminate(i, Duration::Seconds(30)), 0);
  const std::string theirs = ClusterIdAfter(cluster.log(0), "founding cluster ");

  for (const char* part : {"/data", "/raft"}) {
    std::filesystem::remove_all(cluster.folder(0) + part);
  }
  const size_t old_log = cluster.log(0).size();
  const auto new_log = [&] { return cluster.log(0).substr(old_log); };
  cluster.Start(0);
  for (int i = 0; i < 200 && new_log().find("meta: leads") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  cluster.Start(1);
  EXPECT_EQ(cluster.process(0)->Wait(Duration::Seconds(30)), 2) << new_log() << cluster.log(1);
  const std::string ours = ClusterIdAfter(new_log(), "founding cluster ");
  EXPECT_EQ(ours.size(), 32u);
  EXPECT_NE(ours, theirs);
  EXPECT_THAT(new_log(), HasSubstr(absl::StrCat("node2 belongs to cluster ", theirs,
                                                ", node1 to cluster ", ours)));
}

// Waits until node 1 leads meta, so that what comes later comes to a cluster.
void FoundByNode1(TestCluster& cluster) {
  cluster.Start(0);
  for (int i = 0; i < 300 && cluster.log(0).find("meta: leads") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

// Rule I1: the node with the mistake ends by itself and says which; the other goes on.
void ExpectRefused(TestCluster& cluster, int node, const std::string& why) {
  EXPECT_EQ(cluster.process(node)->Wait(Duration::Seconds(30)), 2) << cluster.log(node);
  EXPECT_THAT(cluster.log(node), HasSubstr(why));
  EXPECT_EQ(cluster.process(0)->Wait(Duration()), std::nullopt) << cluster.log(0);
}

TEST(ClusterTest, ASecondNodeThatFoundsIsRefused) {
  TestCluster cluster({.program = RunfilePath("prod/server/graphdb"),
                       .folder = FreshFolder(),
                       .nodes = 2,
                       .shards = 1});
  cluster.EditConfig(1, "bootstrap: false", "bootstrap: true");
  FoundByNode1(cluster);
  cluster.Start(1);
  ExpectRefused(cluster, 1,
                "raft.bootstrap is true on node2 and on node1, and node1 is in a cluster already; "
                "set raft.bootstrap to false on node2");
}

TEST(ClusterTest, AnotherListOfPeersOrNumberOfShardsIsRefused) {
  TestCluster cluster(
      {.program = RunfilePath("prod/server/graphdb"), .folder = FreshFolder(), .shards = 3});
  FoundByNode1(cluster);
  const std::string there = absl::StrCat("node2: ", cluster.raft_address(1));
  cluster.EditConfig(2, there, "node2: 127.0.0.1:1");
  cluster.Start(2);
  ExpectRefused(cluster, 2, "raft.peers differs: node3 has node1=");
  EXPECT_THAT(cluster.log(2), HasSubstr("node2=127.0.0.1:1,"));

  cluster.EditConfig(1, "num_shards: 3", "num_shards: 4");
  cluster.Start(1);
  ExpectRefused(cluster, 1, "sharding.num_shards differs: node2 has 4, node1 has 3");
}

TEST(ClusterTest, AMemberThatLostItsDiskIsRefused) {
  TestCluster cluster(
      {.program = RunfilePath("prod/server/graphdb"), .folder = FreshFolder(), .shards = 1});
  cluster.StartAll();
  const absl::Status healthy = cluster.WaitHealthy(Duration::Seconds(60));
  ASSERT_TRUE(healthy.ok()) << healthy << cluster.log(0);
  cluster.Kill(2);
  for (const char* part : {"/data", "/raft"}) {
    std::filesystem::remove_all(cluster.folder(2) + part);
  }
  cluster.Start(2);
  ExpectRefused(cluster, 2, "refused by the cluster: node3 has store ");
  EXPECT_THAT(cluster.log(2), HasSubstr("start it with that disk"));
}

TEST(ClusterTest, OperatorsAreToldWhatIsMissing) {
  const std::string folder = FreshFolder();
  TestCluster cluster(
      {.program = RunfilePath("prod/server/graphdb"), .folder = folder, .shards = 3});
  FoundByNode1(cluster);
  const auto ask = [&](std::vector<std::string> command, const char* timeout_s) {
    command.insert(command.begin(),
                   {"--address", cluster.client_address(0), "--timeout", timeout_s});
    return Cli(folder, std::move(command));
  };
  const std::vector<std::string> digest = {"stats", "--digest"};
  for (const std::vector<std::string>& command :
       {digest, {"stats"}, {"snapshot", "create", folder + "/snapshot.json"}}) {
    const Finished forming = ask(command, "1");
    EXPECT_EQ(forming.code, 3) << forming.out;
    EXPECT_THAT(forming.err, HasSubstr("the cluster is forming (1 of 3 configured peers vote)"));
  }
  for (int i = 1; i < 3; ++i) cluster.Start(i);
  const absl::Status healthy = cluster.WaitHealthy(Duration::Seconds(60));
  ASSERT_TRUE(healthy.ok()) << healthy << cluster.log(0);
  EXPECT_EQ(ask(digest, "10").code, 0);

  cluster.Kill(2);
  const Finished rest = ask(digest, "10");
  EXPECT_EQ(rest.code, 3) << rest.out << rest.err;
  EXPECT_THAT(rest.out, HasSubstr("Replicas: equal as far as compared\n"
                                  "Not compared: shard 0 on node3: the node does not answer\n"
                                  "Not compared: shard 1 on node3"));
}

// A request that runs keeps the node for a while, in which leadership would come back.
TEST(ClusterTest, ANodeThatDrainsLeadsNothingAnyMore) {
  TestCluster cluster({.program = RunfilePath("prod/server/graphdb"), .folder = FreshFolder()});
  cluster.StartAll();
  const absl::Status healthy = cluster.WaitHealthy(Duration::Seconds(60));
  ASSERT_TRUE(healthy.ok()) << healthy << cluster.log(0);
  std::promise<void> connected;
  std::thread reader([&] {
    client::Client client(
        {.addresses = {cluster.client_address(2)}, .timeout = Duration::Seconds(12)},
        cluster.transport());
    EXPECT_TRUE(client.Query("RETURN 1", {}, true).ok());
    connected.set_value();
    (void)client.Query("UNWIND range(1, 3000) AS x UNWIND range(1, 1000) AS y RETURN count(x + y)",
                       {}, true);
  });
  connected.get_future().wait();
  EXPECT_EQ(cluster.Terminate(2, Duration::Seconds(30)), 0);
  reader.join();
  const std::string log = cluster.log(2);
  const size_t begun = log.find("draining");
  ASSERT_NE(begun, std::string::npos) << log;
  EXPECT_THAT(log.substr(begun), Not(HasSubstr(": leads term")));
}

// A certificate for 127.0.0.1, by a CA of its own.
void MakeCertificates(const std::string& folder) {
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "/usr/bin/openssl");
    const Finished finished = RunProgram(std::move(arguments), folder);
    ASSERT_EQ(finished.code, 0) << finished.err;
  };
  const std::string f = folder + "/";
  WriteWholeFile(f + "ext", "subjectAltName=IP:127.0.0.1\n");
  run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
       "2", "-subj", "/CN=test ca", "-keyout", f + "ca.key", "-out", f + "ca.crt"});
  run({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=node",
       "-keyout", f + "node.key", "-out", f + "node.csr"});
  run({"x509", "-req", "-in", f + "node.csr", "-CA", f + "ca.crt", "-CAkey", f + "ca.key",
       "-CAcreateserial", "-days", "2", "-extfile", f + "ext", "-out", f + "node.crt"});
  // Another pair, that names somebody else and nobody vouches for.
  run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
       "2", "-subj", "/CN=elsewhere", "-keyout", f + "other.key", "-out", f + "other.crt"});
}

TEST(ClusterTest, TlsIsOnBothRoadsAndTrustIsExact) {
  const std::string folder = FreshFolder();
  ASSERT_NO_FATAL_FAILURE(MakeCertificates(folder));
  const std::string files =
      absl::StrCat("cert_file: ", folder, "/node.crt, key_file: ", folder, "/node.key");
  TestClusterOptions options{.program = RunfilePath("prod/server/graphdb"), .folder = folder};
  options.grpc_more = absl::StrCat("  tls: {enabled: true, ", files, "}\n");
  options.raft_more =
      absl::StrCat("  tls: {enabled: true, ", files, ", ca_file: ", folder, "/ca.crt}\n");
  TestCluster cluster(options);
  cluster.StartAll();

  // On the node: no option but the config, exactly that certificate is trusted.
  const Finished local = Cli(folder, {"--config", cluster.config_file(0), "cluster", "status",
                                      "--wait-healthy", "--timeout", "60"});
  EXPECT_EQ(local.code, 0) << local.err << cluster.log(0);
  EXPECT_THAT(local.out, HasSubstr("node1         Leader    Healthy   0,3,6\n"));
  const auto status_with = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"--address", cluster.client_address(0), "--timeout", "3"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"cluster", "status"});
    return Cli(folder, arguments).code;
  };
  EXPECT_EQ(status_with({"--ca-file", folder + "/ca.crt"}), 0);
  EXPECT_EQ(status_with({"--ca-file", folder + "/other.crt"}), 3);
  EXPECT_EQ(status_with({}), 3) << "plain text against TLS";
  EXPECT_EQ(status_with({"--ca-file", folder + "/none.crt"}), 2);
  EXPECT_EQ(status_with({"--ca-file", folder + "/node.key"}), 2) << "no certificate";
  const std::string ca = ReadWholeFile(folder + "/ca.crt");
  WriteWholeFile(folder + "/two.crt", absl::StrCat(ca, ReadWholeFile(folder + "/other.crt")));
  EXPECT_EQ(status_with({"--ca-file", folder + "/two.crt"}), 0);
  WriteWholeFile(folder + "/damaged.crt",
                 absl::StrCat(ca, "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"));
  EXPECT_EQ(status_with({"--ca-file", folder + "/damaged.crt"}), 2) << "the second one";

  // The pinned certificate is another one: not trusted, though it is in a config.
  WriteWholeFile(folder + "/pin.yaml",
                 absl::StrCat("node_id: x\nstorage: {data_dir: /d}\ngrpc: {listen_addr: \"",
                              cluster.client_address(0), "\", tls: {enabled: true, cert_file: ",
                              folder, "/other.crt, key_file: ", folder, "/other.key}}\n"));
  EXPECT_EQ(
      Cli(folder, {"--config", folder + "/pin.yaml", "--timeout", "3", "cluster", "status"}).code,
      3);
  const Finished plain =
      Cli(folder, {"--address", cluster.client_address(0), "--timeout", "3", "cluster", "status"});
  EXPECT_THAT(plain.err, testing::StartsWith("graphdb-cli: ")) << "and nothing of a library";
  // What gRPC says of the handshakes that failed is lines like all others.
  EXPECT_THAT(cluster.log(0), HasSubstr(" grpc: "));
  for (const absl::string_view line : absl::StrSplit(cluster.log(0), '\n', absl::SkipEmpty())) {
    EXPECT_THAT(std::string(line),
                testing::ContainsRegex("^20[0-9-]+T[0-9:.]+Z [a-z]+ node1 [a-z]+: "));
  }
}

}  // namespace
}  // namespace graphdb::prod
