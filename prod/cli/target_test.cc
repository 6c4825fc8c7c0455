#include "prod/cli/target.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace graphdb::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

config::Config Local(const char* tls) {
  const absl::StatusOr<config::Config> parsed = config::ParseConfig(
      std::string("node_id: a\nbind_addr: 10.0.0.7\nstorage: {data_dir: /d}\n") +
          "grpc: {listen_addr: 0.0.0.0:9100" + tls + "}\n",
      "c.yaml");
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return *parsed;
}

constexpr char kTls[] = ", tls: {enabled: true, cert_file: /c.crt, key_file: /c.key}";

TEST(TargetTest, TheFirstSourceOfAnAddressCounts) {
  TargetInputs in;
  EXPECT_THAT(ChooseTarget(in)->addresses, ElementsAre("127.0.0.1:9000"));
  in.local = Local("");
  EXPECT_THAT(ChooseTarget(in)->addresses, ElementsAre("10.0.0.7:9100"));
  EXPECT_FALSE(ChooseTarget(in)->tls);
  in.address_env = "e:1";
  EXPECT_THAT(ChooseTarget(in)->addresses, ElementsAre("e:1"));
  in.address_flag = "f:1, g:2";
  EXPECT_THAT(ChooseTarget(in)->addresses, ElementsAre("f:1", "g:2"));
  in.address_flag = "nonsense";
  EXPECT_THAT(std::string(ChooseTarget(in).status().message()),
              HasSubstr("--address: got 'nonsense'"));
}

TEST(TargetTest, TrustIsACaOrExactlyOneCertificate) {
  TargetInputs in;
  in.local = Local(kTls);
  EXPECT_TRUE(ChooseTarget(in)->tls);
  EXPECT_EQ(ChooseTarget(in)->pinned_file, "/c.crt");
  in.ca_env = "/env.crt";
  EXPECT_EQ(ChooseTarget(in)->ca_file, "/env.crt");
  EXPECT_EQ(ChooseTarget(in)->pinned_file, "");
  in.ca_flag = "/flag.crt";
  EXPECT_EQ(ChooseTarget(in)->ca_file, "/flag.crt");
  in.no_tls = true;
  EXPECT_FALSE(ChooseTarget(in).ok());
  in.ca_flag = "";
  EXPECT_FALSE(ChooseTarget(in)->tls);
}

}  // namespace
}  // namespace graphdb::cli
