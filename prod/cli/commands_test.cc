#include "prod/cli/commands.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "prod/cli/format_admin.h"
#include "prod/cli/format_value.h"
#include "prod/cli/parameters.h"
#include "prod/rpc/errors.h"

namespace graphdb::cli {
namespace {

using ::testing::HasSubstr;

// Gives the same responses to every request, or the error.
class FixedTransport : public client::Transport {
 public:
  client::Attempt Call(const std::string& address, const v1::ClientRequest& request,
                       Duration timeout, OnResponse on_response) override {
    last_request = request;
    if (meanwhile) meanwhile();
    for (const v1::ClientResponse& response : responses) {
      if (!on_response(response)) return {};
    }
    client::Attempt attempt;
    attempt.error = error;
    attempt.said_by_node = true;
    return attempt;
  }
  std::vector<v1::ClientResponse> responses;
  v1::ErrorInfo error;
  v1::ClientRequest last_request;
  std::function<void()> meanwhile;  // what happens while the node answers
};

struct Fixture {
  FixedTransport transport;
  client::Client client{{.addresses = {"a:1"}, .timeout = Duration::Milliseconds(50)}, &transport};
  std::ostringstream out;
  std::ostringstream err;
  Console console{out, err, Format::kTable};
};

TEST(CommandsTest, QueryPassesParametersAndRefusesWritesByName) {
  Fixture f;
  f.transport.error =
      prod::MakeError(absl::StatusCode::kFailedPrecondition, v1::READ_ONLY, "CREATE writes");
  EXPECT_EQ(Query(f.client, f.console, "CREATE (n)", {"age=42", "name=Alice"}, true), kRefused);
  EXPECT_TRUE(f.transport.last_request.query().read_only());
  const v1::MapValue& parameters = f.transport.last_request.query().parameters();
  ASSERT_EQ(parameters.entries_size(), 2);
  EXPECT_EQ(parameters.entries(0).value().int_value(), 42);
  EXPECT_EQ(parameters.entries(1).value().string_value(), "Alice");
  EXPECT_THAT(f.err.str(), HasSubstr("graphdb-cli: CREATE writes\n"));
  EXPECT_THAT(f.err.str(), HasSubstr("graphdb-cli exec"));
  EXPECT_EQ(f.out.str(), "");
}

TEST(ParametersTest, NumbersThatNoValueHoldsAreRefused) {
  const auto error = [](const char* parameter) {
    return std::string(ParseParameters({parameter}).status().message());
  };
  EXPECT_EQ(error("a=99999999999999999999"),
            "--param a: got 99999999999999999999, expected an integer of 64 bits: "
            "-9223372036854775808 to 9223372036854775807");
  EXPECT_THAT(error("a=18446744073709551615"), HasSubstr("expected an integer of 64 bits"));
  EXPECT_THAT(error("a=[1, -9223372036854775809]"), HasSubstr("got -9223372036854775809"));
  EXPECT_THAT(error("a={\"b\": 1e400}"), HasSubstr("got 1e400, expected a float of 64 bits"));
  EXPECT_EQ(ParseParameters({"a=99999999999999999999 b"})->entries(0).value().string_value(),
            "99999999999999999999 b");
  EXPECT_EQ(ParseParameters({"a=1e20"})->entries(0).value().float_value(), 1e20);
  EXPECT_EQ(ParseParameters({"a=-9223372036854775808"})->entries(0).value().int_value(), INT64_MIN);
  EXPECT_EQ(ParseParameters({"a=\"1e400\""})->entries(0).value().string_value(), "1e400");
}

TEST(ParametersTest, TextHasToBeUtf8) {
  EXPECT_EQ(ParseParameters({"a=x\xff"}).status().message(),
            "--param a: byte 4 is not UTF-8; expected UTF-8");
}

TEST(CommandsTest, AStatementHasToBeUtf8) {
  Fixture f;
  EXPECT_EQ(Query(f.client, f.console, "RETURN '\xff'", {}, true), kRefused);
  EXPECT_THAT(f.err.str(), HasSubstr("the statement's byte 9 is not UTF-8; expected UTF-8"));
}

TEST(CommandsTest, BadParametersAreUsage) {
  Fixture f;
  EXPECT_EQ(Query(f.client, f.console, "x", {"novalue"}, true), kUsage);
  EXPECT_EQ(Query(f.client, f.console, "x", {"a=1", "a=2"}, true), kUsage);
  const auto nested = ParseParameters({R"(m={"b":[1,2.5,null],"a":true})"});
  ASSERT_TRUE(nested.ok());
  EXPECT_EQ(ValueText(nested->entries(0).value()), "{a: true, b: [1, 2.5, null]}");
}

TEST(CommandsTest, UnhealthyInTimeIsUnavailable) {
  Fixture f;
  v1::ClientResponse response;
  response.mutable_admin()->mutable_cluster_status()->set_configured(3);
  f.transport.responses = {response};
  EXPECT_EQ(WaitHealthy(f.client, f.console, Duration::Milliseconds(1)), kUnavailable);
  EXPECT_THAT(f.err.str(), HasSubstr("not healthy"));
  EXPECT_THAT(f.err.str(), HasSubstr("forming: 0 of 3"));
}

TEST(CommandsTest, DifferingReplicasFail) {
  Fixture f;
  v1::ClientResponse response;
  response.mutable_admin()->mutable_stats();
  f.transport.responses = {response};
  EXPECT_EQ(Stats(f.client, f.console, true), kRefused);
  EXPECT_EQ(Stats(f.client, f.console, false), kOk);
}

TEST(CommandsTest, ReplicasThatWereNotComparedAreUnavailable) {
  Fixture f;
  v1::ClientResponse response;
  v1::Stats* stats = response.mutable_admin()->mutable_stats();
  for (const char* const node : {"node1", "node2"}) {
    v1::ShardStats* scanned = stats->add_shards();
    scanned->set_node(node);
    scanned->set_digest("abc");
  }
  v1::SkippedReplica* skipped = stats->add_skipped();
  skipped->set_node("node3");
  skipped->set_reason("the node does not answer");
  f.transport.responses = {response};
  EXPECT_EQ(Stats(f.client, f.console, true), kUnavailable);
  EXPECT_THAT(f.out.str(), HasSubstr("Replicas: equal as far as compared\n"
                                     "Not compared: shard 0 on node3: the node does not answer\n"));
  EXPECT_THAT(f.err.str(), HasSubstr("1 replicas were not compared"));
  EXPECT_EQ(StatsJson(*stats, true)["not_compared"][0]["node"], "node3");
  EXPECT_EQ(StatsJson(*stats, true)["replicas_equal"], false);

  stats->mutable_shards(1)->set_digest("other");
  f.transport.responses = {response};
  EXPECT_EQ(Stats(f.client, f.console, true), kRefused) << "what differs, differs";
  EXPECT_THAT(f.out.str(), HasSubstr("Replicas: NOT EQUAL\n"));
}

TEST(CommandsTest, AReadsOutcomeIsNeverUnknown) {
  Fixture f;
  for (const v1::ErrorReason reason : {v1::TIMED_OUT, v1::OUTCOME_UNKNOWN}) {
    f.transport.error = prod::MakeError(absl::StatusCode::kDeadlineExceeded, reason, "late");
    EXPECT_EQ(Query(f.client, f.console, "RETURN 1", {}, true), kUnavailable);
  }
  EXPECT_EQ(Query(f.client, f.console, "CREATE ()", {}, false), kUnknown);
  EXPECT_LT(f.transport.last_request.timeout_ms(), 50u) << "the node's word comes first";
}

TEST(CommandsTest, ASnapshotFileIsWholeOrAbsent) {
  Fixture f;
  const std::string file = ::testing::TempDir() + "/whole.json";
  std::filesystem::remove(file);
  v1::ClientResponse chunk;
  chunk.mutable_admin()->mutable_snapshot()->set_data("abc");
  f.transport.responses = {chunk, chunk};
  f.transport.error = prod::MakeError(absl::StatusCode::kUnavailable, v1::UNAVAILABLE_SHARD, "x");
  EXPECT_EQ(SnapshotCreate(f.client, f.console, file), kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_FALSE(std::filesystem::exists(file + ".partial"));
  f.transport.error.Clear();
  EXPECT_EQ(SnapshotCreate(f.client, f.console, file), kOk);
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "abcabc");
}

TEST(CommandsTest, ANameThatCantBecomeASnapshotIsRefusedAtOnce) {
  const std::string folder = ::testing::TempDir() + "/names";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/there.json") << "x";
  std::filesystem::create_symlink("nowhere", folder + "/link.json");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "file: got '', expected the name of a new file"},
      {folder, "names is a folder; expected the name of a new file"},
      {folder + "/", "names/ is a folder; expected the name of a new file"},
      {folder + "/there.json", "there.json exists already; a snapshot overwrites nothing"},
      {folder + "/link.json", "link.json exists already; a snapshot overwrites nothing"},
      {folder + "/none/x.json", "/none/: No such file or directory; expected a folder that exists"},
      {folder + "/there.json/x", "/there.json/: Not a directory; expected a folder that exists"},
      {folder + "/" + std::string(250, 'x'), "File name too long"}};
  for (const auto& given : cases) {
    Fixture f;
    f.transport.meanwhile = [&] { ADD_FAILURE() << "asked a node for '" << given.first << "'"; };
    EXPECT_EQ(SnapshotCreate(f.client, f.console, given.first), kUsage) << given.first;
    EXPECT_THAT(f.err.str(), HasSubstr(given.second));
  }
  const std::filesystem::directory_iterator left(folder);
  EXPECT_EQ(std::distance(begin(left), end(left)), 2) << "nothing was made";
}

void WriteTo(const std::string& file, const std::string& text) { std::ofstream(file) << text; }
std::string Contents(const std::string& file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST(CommandsTest, ASnapshotKeepsItsHandsOffTheFilesOfOthers) {
  Fixture f;
  const std::string file = ::testing::TempDir() + "/taken.json";
  const std::string partial = file + ".partial";
  std::filesystem::remove(file);
  v1::ClientResponse chunk;
  chunk.mutable_admin()->mutable_snapshot()->set_data("abc");
  f.transport.responses = {chunk};

  WriteTo(partial, "of another");
  EXPECT_EQ(SnapshotCreate(f.client, f.console, file), kUsage);
  EXPECT_THAT(f.err.str(), HasSubstr("taken.json.partial exists already"));
  EXPECT_EQ(Contents(partial), "of another");
  EXPECT_FALSE(std::filesystem::exists(file));

  std::filesystem::remove(partial);
  f.transport.meanwhile = [&] { WriteTo(file, "came first"); };
  EXPECT_EQ(SnapshotCreate(f.client, f.console, file), kRefused);
  EXPECT_THAT(f.err.str(), HasSubstr("taken.json exists already"));
  EXPECT_EQ(Contents(file), "came first");
  EXPECT_FALSE(std::filesystem::exists(partial));
}

}  // namespace
}  // namespace graphdb::cli
