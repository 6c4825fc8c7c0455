#include "prod/server/preflight.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/testing/fresh_folder.h"
#include "prod/testing/loopback.h"

namespace graphdb::prod {
namespace {

using ::testing::HasSubstr;

config::Config ConfigOf(const std::string& more) {
  const absl::StatusOr<config::Config> config = config::ParseConfig(
      absl::StrCat("node_id: a\nstorage: {data_dir: /d}\nmetrics: {listen_addr: off}\n", more),
      "c.yaml");
  EXPECT_TRUE(config.ok()) << config.status();
  return *config;
}

TEST(PreflightTest, APortInUseIsNamedWithItsKey) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), bytes), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes), 0);
  const std::string taken = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  const absl::Status status = CheckPorts(ConfigOf("grpc: {listen_addr: \"" + taken + "\"}\n"));
  EXPECT_THAT(status.ToString(),
              HasSubstr("c.yaml:4:8: grpc.listen_addr: can't listen on " + taken +
                        ": Address already in use, expected an "
                        "address of this machine and a free port"));
  close(fd);
}

TEST(PreflightTest, BindAddrIsOfThisMachine) {
  const ReservedPorts ports(1);
  const std::string grpc = "grpc: {listen_addr: \"" + ports.address(0) + "\"}\n";
  EXPECT_TRUE(CheckBindAddress(ConfigOf("bind_addr: 127.0.0.1\n" + grpc)).ok());
  EXPECT_THAT(
      CheckBindAddress(ConfigOf("bind_addr: 203.0.113.7\n" + grpc)).ToString(),
      HasSubstr("c.yaml:4:1: bind_addr: got 203.0.113.7, expected an address of this machine"));
}

TEST(PreflightTest, FoldersAreThereOrCanBeMade) {
  const std::string root = FreshFolder();
  const auto check = [&](const std::string& folder) {
    config::Config config = ConfigOf("");
    config.storage.data_dir = folder;
    return CheckFolders(config);
  };
  EXPECT_TRUE(check(root).ok());
  EXPECT_TRUE(check(root + "/not_yet").ok());
  EXPECT_TRUE(check(root + "/not_yet/").ok());
  EXPECT_FALSE(std::filesystem::exists(root + "/not_yet"));
  EXPECT_THAT(check(root + "/none/data").ToString(),
              HasSubstr(absl::StrCat("c.yaml:2:11: storage.data_dir: ", root,
                                     "/none/data: can't make the folder in ")));
  EXPECT_THAT(check(root + "/none/data").ToString(), HasSubstr("/none: No such file"));
  std::ofstream(root + "/file") << "x";
  EXPECT_THAT(check(root + "/file").ToString(), HasSubstr("/file: not a folder"));
}

TEST(PreflightTest, TheLogMayLieBelowADataFolderThatIsMadeFirst) {
  const std::string root = FreshFolder();
  config::Config config = ConfigOf("");
  config.storage.data_dir = root + "/data";
  config.raft.emplace().data_dir = root + "/data/raft";
  EXPECT_EQ(CheckFolders(config).ToString(), "OK");
  config.raft->data_dir = root + "/other/raft";
  EXPECT_THAT(CheckFolders(config).ToString(), HasSubstr("raft.data_dir: "));
}

TEST(PreflightTest, CertificatesAreReadAndNamed) {
  const auto tls = [](const std::string& cert, const std::string& key) {
    return LoadTls(ConfigOf("grpc: {tls: {enabled: true, cert_file: " + cert +
                            ", key_file: " + key + "}}\n"))
        .status()
        .ToString();
  };
  EXPECT_THAT(tls("/nonexistent.crt", "/k"),
              HasSubstr("grpc.tls.cert_file: can't read /nonexistent.crt"));
  const std::string text = ::testing::TempDir() + "/text.crt";
  std::ofstream(text) << "hello";
  EXPECT_THAT(tls(text, "/k"), HasSubstr("is not a PEM file"));
  const std::string hollow = ::testing::TempDir() + "/hollow.crt";
  std::ofstream(hollow) << "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n";
  EXPECT_THAT(tls(hollow, hollow), HasSubstr("holds no certificate"));
  const std::string key = ::testing::TempDir() + "/a.key";
  std::ofstream(key) << "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n";
  const std::string ca = "grpc: {tls: {ca_file: " + key + "}}\n";
  EXPECT_THAT(LoadTls(ConfigOf(ca)).status().ToString(),
              HasSubstr("grpc.tls.ca_file: " + key +
                        " holds no certificate: found a block 'PRIVATE KEY', expected a "
                        "readable 'CERTIFICATE'"));
}

}  // namespace
}  // namespace graphdb::prod
