#include "prod/config/config.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/config/nearest.h"

namespace graphdb::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Word for word what the migration guide prints for node 1.
constexpr char kGuide[] = R"(node_id: node1
bind_addr: 10.0.1.10

raft:
  raft_addr: 10.0.1.10:7000
  data_dir: /var/lib/graphdb/raft
  bootstrap: true  # Only true on first node
  peers:
    - node1: 10.0.1.10:7000
    - node2: 10.0.1.11:7000
    - node3: 10.0.1.12:7000

grpc:
  listen_addr: 0.0.0.0:9000
  tls:
    enabled: true
    cert_file: /etc/graphdb/server.crt
    key_file: /etc/graphdb/server.key

storage:
  data_dir: /var/lib/graphdb/data
  disk_backed_edges: true
  cache_size: 100000

sharding:
  num_shards: 9
  cluster_nodes:
    - 10.0.1.10:9000
    - 10.0.1.11:9000
    - 10.0.1.12:9000
)";

constexpr char kSingle[] = "node_id: old\nstorage:\n  data_dir: /tmp/d\n";

std::string Guide(absl::string_view from, absl::string_view to) {
  EXPECT_TRUE(absl::StrContains(kGuide, from)) << std::string(from);
  return absl::StrReplaceAll(kGuide, {{from, to}});
}

// The message of the refusal; empty where the text is accepted.
std::string Refusal(const std::string& text) {
  const absl::StatusOr<Config> config = ParseConfig(text, "c.yaml");
  if (config.ok()) return "";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

TEST(ConfigTest, GuideFileMeansWhatItSays) {
  const absl::StatusOr<Config> config = ParseConfig(kGuide, "c.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->node_id, "node1");
  EXPECT_EQ(config->bind_addr, "10.0.1.10");
  ASSERT_TRUE(config->raft.has_value());
  EXPECT_EQ(config->raft->raft_addr.ToString(), "10.0.1.10:7000");
  EXPECT_EQ(config->raft->data_dir, "/var/lib/graphdb/raft");
  EXPECT_TRUE(config->raft->bootstrap);
  ASSERT_EQ(config->raft->peers.size(), 3u);
  EXPECT_EQ(config->raft->peers[2].name, "node3");
  EXPECT_EQ(config->raft->peers[2].address.ToString(), "10.0.1.12:7000");
  EXPECT_EQ(config->grpc.listen_addr.ToString(), "0.0.0.0:9000");
  EXPECT_TRUE(config->grpc.tls.enabled);
  EXPECT_EQ(config->grpc.tls.cert_file, "/etc/graphdb/server.crt");
  EXPECT_EQ(config->grpc.tls.key_file, "/etc/graphdb/server.key");
  EXPECT_EQ(config->storage.data_dir, "/var/lib/graphdb/data");
  EXPECT_TRUE(config->storage.disk_backed_edges);
  EXPECT_EQ(config->storage.cache_size, 100'000u);
  EXPECT_EQ(config->num_shards, 9u);
  EXPECT_EQ(config->node_index, 0u);
  EXPECT_THAT(config->client_addresses,
              ElementsAre("10.0.1.10:9000", "10.0.1.11:9000", "10.0.1.12:9000"));
  ASSERT_TRUE(config->metrics.listen_addr.has_value());
  EXPECT_EQ(config->metrics.listen_addr->host, "127.0.0.1");
  EXPECT_FALSE(config->raft->tls.enabled);
}

TEST(ConfigTest, AddressesThatMeetOnAPortAreRefused) {
  EXPECT_THAT(Refusal(Guide("listen_addr: 0.0.0.0:9000", "listen_addr: 0.0.0.0:7000")),
              HasSubstr("grpc.listen_addr: is 0.0.0.0:7000, expected a port of its own; "
                        "raft.raft_addr is 10.0.1.10:7000"));
  const std::string metrics = absl::StrCat(kGuide, "metrics:\n  listen_addr: ");
  EXPECT_THAT(Refusal(absl::StrCat(metrics, "127.0.0.1:9000\n")),
              HasSubstr("metrics.listen_addr: is 127.0.0.1:9000, expected a port of its own; "
                        "grpc.listen_addr is 0.0.0.0:9000"));
  EXPECT_EQ(Refusal(absl::StrCat(metrics, "127.0.0.1:7000\n")), "") << "raft is on 10.0.1.10";
}

TEST(ConfigTest, LogAndDataLieInTwoFolders) {
  EXPECT_THAT(Refusal(Guide("data_dir: /var/lib/graphdb/raft", "data_dir: /var/lib/graphdb/data/")),
              HasSubstr("raft.data_dir: got '/var/lib/graphdb/data/', expected another folder"));
}

TEST(ConfigTest, OptionalKeysAreRead) {
  const std::string text = absl::StrCat(
      Guide("  bootstrap: true  # Only true on first node",
            "  bootstrap: false\n  max_append_entries: 100\n  tls: {enabled: true, cert_file: a, "
            "key_file: b, ca_file: c}"),
      "metrics:\n  listen_addr: 0.0.0.0:9999\n");
  const absl::StatusOr<Config> config = ParseConfig(text, "c.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->raft->max_append_entries, 100u);
  EXPECT_TRUE(config->raft->tls.enabled);
  EXPECT_EQ(config->raft->tls.ca_file, "c");
  EXPECT_EQ(config->metrics.listen_addr->ToString(), "0.0.0.0:9999");
  const absl::StatusOr<Config> off =
      ParseConfig(absl::StrCat(kGuide, "metrics: {listen_addr: off}\n"), "c.yaml");
  ASSERT_TRUE(off.ok()) << off.status();
  EXPECT_FALSE(off->metrics.listen_addr.has_value());
}

TEST(ConfigTest, WithoutRaftItIsMilestone2) {
  const absl::StatusOr<Config> config = ParseConfig(kSingle, "c.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->milestone2());
  EXPECT_EQ(config->num_shards, 1u);
  EXPECT_EQ(config->AdvertisedClientAddress(), "127.0.0.1:9000");
  EXPECT_EQ(config->LogFolder(), "/tmp/d/raft");
  EXPECT_THAT(
      Refusal(absl::StrCat(kSingle, "sharding: {num_shards: 9}\n")),
      HasSubstr("c.yaml:4:24: sharding.num_shards: got '9', expected 1, or a raft section"));
}

TEST(ConfigTest, UnknownKeyNamesTheNearest) {
  EXPECT_EQ(Refusal(Guide("  raft_addr: 10.0.1.10:7000", "  raft_adr: 10.0.1.10:7000")),
            "c.yaml:5:3: raft.raft_adr: unknown key; did you mean 'raft.raft_addr'?\n"
            "c.yaml:5:3: raft.raft_addr: missing; for example 'raft_addr: 10.0.1.10:7000'");
  EXPECT_THAT(Refusal(absl::StrCat(kGuide, "colour: red\n")),
              HasSubstr("colour: unknown key; known keys: node_id, bind_addr, raft"));
}

TEST(ConfigTest, WrongTypesAreRefusedWithWhatWasExpected) {
  EXPECT_EQ(Refusal(Guide("bootstrap: true ", "bootstrap: maybe ")),
            "c.yaml:7:14: raft.bootstrap: got 'maybe', expected true or false");
  EXPECT_EQ(
      Refusal(Guide("num_shards: 9", "num_shards: nine")),
      "c.yaml:26:15: sharding.num_shards: got 'nine', expected a whole number from 1 to 1024");
  EXPECT_THAT(Refusal(Guide("num_shards: 9", "num_shards: 1025")), HasSubstr("got '1025'"));
  EXPECT_THAT(Refusal(Guide("num_shards: 9", "num_shards: 0")), HasSubstr("got '0'"));
  EXPECT_THAT(Refusal(Guide("num_shards: 9", "num_shards: -1")), HasSubstr("got '-1'"));
  EXPECT_THAT(Refusal(Guide("num_shards: 9", "num_shards: [9]")), HasSubstr("got a list"));
  EXPECT_THAT(Refusal(Guide("cache_size: 100000", "cache_size: 1e5")), HasSubstr("got '1e5'"));
  EXPECT_THAT(Refusal(Guide("node_id: node1", "node_id: [1]")), HasSubstr("got a list"));
  EXPECT_THAT(
      Refusal(Guide("listen_addr: 0.0.0.0:9000", "listen_addr: 9000")),
      HasSubstr(
          "grpc.listen_addr: got '9000', expected host:port such as 10.0.1.10:9000 (no port)"));
  EXPECT_THAT(Refusal("[]"), HasSubstr("expected a map"));
  EXPECT_THAT(Refusal("node_id: x\nstorage: 3\n"),
              HasSubstr("storage: got '3', expected a map with the keys data_dir"));
}

TEST(ConfigTest, MalformedTextNamesLineAndColumn) {
  EXPECT_THAT(Refusal("node_id: x\n\tstorage: 1\n"), HasSubstr("c.yaml:2:"));
  EXPECT_THAT(Refusal("node_id: [x\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(Refusal(""), HasSubstr("empty"));
  EXPECT_THAT(Refusal(absl::StrCat(kSingle, "---\na: 1\n")), HasSubstr("second YAML document"));
  EXPECT_THAT(Refusal(std::string(kConfigBytesMax + 1, '#')), HasSubstr("at most"));
  EXPECT_THAT(Refusal(std::string(100'000, '[')), HasSubstr("not valid YAML"));
}

TEST(ConfigTest, WhatIsNotThereStandsWhereItsKeyDoes) {
  EXPECT_THAT(Refusal("node_id:\nstorage:\n  data_dir: /d\n"),
              HasSubstr("c.yaml:1:1: node_id: got nothing, expected a text that is not empty"));
  EXPECT_THAT(Refusal("node_id: x\nstorage:\ngrpc: {}\n"),
              HasSubstr("c.yaml:2:1: storage: got nothing, expected a map with the keys data_dir"));
  EXPECT_THAT(Refusal(Guide("- node3: 10.0.1.12:7000", "- node3:")),
              HasSubstr("c.yaml:11:7: raft.peers.node3: got nothing, expected host:port such as"));
  EXPECT_THAT(Refusal(Guide("    - node3: 10.0.1.12:7000\n", "    -\n")),
              HasSubstr("c.yaml:8:3: raft.peers: entry 3: got nothing, expected a list of lines"));
  EXPECT_THAT(Refusal(Guide("cluster_nodes:\n    - 10.0.1.10:9000\n    - 10.0.1.11:9000\n"
                            "    - 10.0.1.12:9000\n",
                            "cluster_nodes:\n")),
              HasSubstr("c.yaml:27:3: sharding.cluster_nodes: got nothing, expected a list"));
  EXPECT_THAT(Refusal(Guide("    - 10.0.1.11:9000\n", "    -\n")),
              HasSubstr("c.yaml:27:3: sharding.cluster_nodes: entry 2: got nothing, expected"));
  EXPECT_THAT(Refusal(Guide("disk_backed_edges: true", "disk_backed_edges:")),
              HasSubstr("c.yaml:22:3: storage.disk_backed_edges: got nothing, expected true"));
}

TEST(ConfigTest, TheKindOfAValueIsSaid) {
  EXPECT_THAT(Refusal(Guide("num_shards: 9", "num_shards: \"9\"")),
              HasSubstr("sharding.num_shards: got '9' in quotes, expected a whole number"));
  EXPECT_THAT(Refusal("node_id: a\nraft: {peers: []}\nstorage: {data_dir: /d}\n"),
              HasSubstr("raft.peers: got an empty list, expected a list of lines such as"));
  EXPECT_THAT(Refusal("raft:\n  peers:\n"),
              HasSubstr("c.yaml:2:3: raft.peers: got nothing, expected a list of lines"));
  EXPECT_EQ(Refusal(std::string("\xff\xfen\0o\0", 6)),
            "c.yaml: byte 3 is 0, as in UTF-16; expected UTF-8 text");
  EXPECT_THAT(Refusal(""), HasSubstr("expected node_id, storage"));
}

TEST(ConfigTest, EachKeyKnowsItsPlace) {
  const absl::StatusOr<Config> config = ParseConfig(kGuide, "c.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->At("bind_addr"), "c.yaml:2:1: bind_addr");
  EXPECT_EQ(config->At("grpc.tls.key_file"), "c.yaml:18:5: grpc.tls.key_file");
  EXPECT_EQ(config->At("metrics.listen_addr"), "c.yaml: metrics.listen_addr");
}

// The whole files of docs/config.md, which people copy.
TEST(ConfigTest, TheFilesOfTheDocumentationAreGood) {
  std::ifstream in("docs/config.md");
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::vector<Config> files;
  for (absl::string_view part : absl::StrSplit(page, "```yaml\n")) {
    if (part.data() == page.data()) continue;  // before the first of them
    const absl::string_view text = part.substr(0, part.find("```"));
    if (files.empty()) {
      EXPECT_EQ(std::string(text), kGuide) << "word for word what the migration guide prints";
    }
    const absl::StatusOr<Config> config = ParseConfig(text, "c.yaml");
    ASSERT_TRUE(config.ok()) << config.status();
    files.push_back(*config);
  }
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].raft->peers.size(), 3u);
  EXPECT_TRUE(files[1].milestone2());
}

TEST(ConfigTest, AllMistakesAreNamedAtOnce) {
  const std::string text = Refusal("node_id: x\nnode_id: y\nstorage:\n  data_dirs: /d\n");
  EXPECT_THAT(text, HasSubstr("c.yaml:2:1: node_id: given twice; first in line 1"));
  EXPECT_THAT(text, HasSubstr("c.yaml:4:3: storage.data_dirs: unknown key"));
  EXPECT_THAT(text, HasSubstr("storage.data_dir: missing"));
}

TEST(ConfigTest, NodeIdMustBeAPeer) {
  EXPECT_EQ(Refusal(Guide("node_id: node1", "node_id: nod3")),
            "c.yaml:1:10: node_id: got 'nod3', expected one of raft.peers (node1, node2, node3); "
            "did you mean 'node3'?");
  EXPECT_THAT(Refusal(Guide("node_id: node1", "node_id: node2")),
              HasSubstr("raft.raft_addr: got '10.0.1.10:7000', expected this node's entry in "
                        "raft.peers, 10.0.1.11:7000"));
  EXPECT_THAT(Refusal(Guide("node_id: node1", "node_id: \"a b\"")), HasSubstr("letters, digits"));
}

TEST(ConfigTest, PeersAreDistinct) {
  EXPECT_THAT(Refusal(Guide("- node2: 10.0.1.11:7000", "- node1: 10.0.1.11:7000")),
              HasSubstr("each name once"));
  EXPECT_THAT(Refusal(Guide("- node2: 10.0.1.11:7000", "- node2: 10.0.1.10:7000")),
              HasSubstr("raft.peers.node2: got '10.0.1.10:7000', expected an address of its own; "
                        "node1 has the same"));
  EXPECT_THAT(Refusal(Guide("- node2: 10.0.1.11:7000", "- 10.0.1.11:7000")),
              HasSubstr("raft.peers"));
}

TEST(ConfigTest, ClusterNodesAreMatchedByHost) {
  const std::string swapped = Guide("    - 10.0.1.10:9000\n    - 10.0.1.11:9000\n",
                                    "    - 10.0.1.11:9000\n    - 10.0.1.10:9000\n");
  const absl::StatusOr<Config> config = ParseConfig(swapped, "c.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->client_addresses[0], "10.0.1.10:9000");
  EXPECT_THAT(Refusal(Guide("    - 10.0.1.12:9000\n", "")), HasSubstr("no address for node3"));
  EXPECT_THAT(Refusal(Guide("    - 10.0.1.12:9000\n", "    - 10.0.1.13:9000\n")),
              HasSubstr("no address for node3, whose host in raft.peers is 10.0.1.12"));
  EXPECT_THAT(Refusal(absl::StrCat(kGuide, "    - 10.0.1.13:9000\n")),
              HasSubstr("10.0.1.13:9000 matches no entry"));
  EXPECT_THAT(
      Refusal(Guide("listen_addr: 0.0.0.0:9000", "listen_addr: 0.0.0.0:9001")),
      HasSubstr("the entry of node1 is 10.0.1.10:9000, but grpc.listen_addr has port 9001"));
}

TEST(ConfigTest, OneHostWithSeveralNodesIsMatchedByOrder) {
  const std::string text = R"(
node_id: b
raft:
  raft_addr: 127.0.0.1:7002
  data_dir: /tmp/r
  peers: [{a: 127.0.0.1:7001}, {b: 127.0.0.1:7002}]
grpc: {listen_addr: 127.0.0.1:9002}
storage: {data_dir: /tmp/d}
sharding: {num_shards: 2, cluster_nodes: [127.0.0.1:9001, 127.0.0.1:9002]}
)";
  const absl::StatusOr<Config> config = ParseConfig(text, "c.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->node_index, 1u);
  EXPECT_EQ(config->AdvertisedClientAddress(), "127.0.0.1:9002");
}

TEST(ConfigTest, ANodeMayListenElsewhereThanItsPeersKnow) {
  EXPECT_EQ(ParseConfig(kGuide, "c.yaml")->raft->listen_addr.ToString(), "10.0.1.10:7000");
  const absl::StatusOr<Config> config =
      ParseConfig(Guide("raft_addr: 10.0.1.10:7000",
                        "raft_addr: 10.0.1.10:7000\n  listen_addr: 127.0.0.1:7100"),
                  "c.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->raft->listen_addr.ToString(), "127.0.0.1:7100");
  EXPECT_EQ(config->raft->raft_addr.ToString(), "10.0.1.10:7000");
}

TEST(ConfigTest, AnyAddressIsAdvertisedAsBindAddr) {
  EXPECT_EQ(Refusal(Guide("raft_addr: 10.0.1.10:7000", "raft_addr: 0.0.0.0:7000")), "");
  EXPECT_THAT(
      Refusal(absl::StrReplaceAll(kGuide, {{"raft_addr: 10.0.1.10:7000", "raft_addr: 0.0.0.0:7000"},
                                           {"bind_addr: 10.0.1.10\n", ""}})),
      HasSubstr("bind_addr: missing; raft.raft_addr is 0.0.0.0:7000"));
}

TEST(ConfigTest, BindAddrIsAnAddress) {
  for (const char* bad : {"node1", "10.0.1.10:7000", "0.0.0.0", "10.0.1"}) {
    EXPECT_THAT(Refusal(Guide("bind_addr: 10.0.1.10", absl::StrCat("bind_addr: ", bad))),
                HasSubstr("bind_addr: got '"))
        << bad;
  }
}

TEST(ConfigTest, UnsupportedAndIncompleteAreSaid) {
  EXPECT_THAT(Refusal(Guide("disk_backed_edges: true", "disk_backed_edges: false")),
              HasSubstr("not supported yet"));
  EXPECT_THAT(Refusal(Guide("    key_file: /etc/graphdb/server.key\n", "")),
              HasSubstr("grpc.tls.key_file: missing"));
  EXPECT_THAT(Refusal("node_id: x\n"), HasSubstr("storage: missing"));
}

TEST(ConfigTest, AMissingFileIsNotFound) {
  EXPECT_EQ(LoadConfig("/nonexistent/c.yaml").status().code(), absl::StatusCode::kNotFound);
}

TEST(ConfigTest, AddressesAreParsedStrictly) {
  for (const char* good : {"a:1", "10.0.0.1:65535", "[::1]:80", "host-1.example.com:9000"}) {
    const absl::StatusOr<HostPort> parsed = ParseHostPort(good);
    ASSERT_TRUE(parsed.ok()) << good;
    EXPECT_EQ(parsed->ToString(), good);
  }
  for (const char* bad : {"", ":", "a", "a:", ":1", "a:0", "a:65536", "a:1x", "a:+1", "::1:80",
                          "a b:1", "http://a:1", "[x]:1", "a:000001"}) {
    EXPECT_FALSE(ParseHostPort(bad).ok()) << bad;
  }
}

TEST(NearestTest, DistanceCountsSlips) {
  EXPECT_EQ(EditDistance("raft", "raft"), 0);
  EXPECT_EQ(EditDistance("rfat", "raft"), 1);
  EXPECT_EQ(EditDistance("", "ab"), 2);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
  EXPECT_EQ(Nearest("shardng", {"storage", "sharding"}), "sharding");
  EXPECT_EQ(Nearest("x", {"storage"}), std::nullopt);
}

}  // namespace
}  // namespace graphdb::config
