// Element operations over a toy cluster of three shards: what a client asks and
// hears, transactions that see their own writes, and exactly once.
#include "core/txn/batch_executor.h"

#include <google/protobuf/text_format.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "core/shard/planted.h"
#include "core/txn/distributed_transaction.h"
#include "core/txn/toy_cluster.h"
#include "gtest/gtest.h"

namespace graphdb::txn {
namespace {

class BatchExecutorTest : public testing::Test {
 protected:
  BatchExecutorTest() : cluster_(Options()), gateway_(cluster_.AddGateway()) { PlantMutant(""); }

  static ToyOptions Options() {
    ToyOptions options;
    options.seed = 5;
    options.leader.read_entries_max = 4;  // lists of relationships come in pages
    return options;
  }
  v1::ClientResponse Run(const std::string& ops, uint64_t sequence = 0, bool retry = false) {
    v1::ClientRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(ops, request.mutable_batch()));
    if (sequence != 0) request.set_session(77);
    request.set_sequence(sequence);
    request.set_retry(retry);
    std::optional<v1::ClientResponse> response;
    Spawn(ExecuteBatch(gateway_.manager(), request),
          [&](v1::ClientResponse r) { response = std::move(r); });
    EXPECT_TRUE(cluster_.RunUntil([&] { return response.has_value(); }, Duration::Seconds(30)));
    return *response;
  }

  ToyCluster cluster_;
  ToyGateway& gateway_;
};

constexpr char kPair[] =
    "ops { create_node { labels: 'B' labels: 'A' id: 1 } } ops { create_node { id: 2 } } "
    "ops { create_edge { type: 'KNOWS' start { created_by_op: 0 } end { id: 2 } "
    "      properties { entries { key: 'w' value { int_value: 3 } } } } }";

TEST_F(BatchExecutorTest, CreatesReadsAndExpandsOverShards) {
  const v1::ClientResponse made = Run(kPair);
  ASSERT_EQ(made.error().code(), 0) << made.error().message();
  EXPECT_GT(made.commit_timestamp(), 0u);
  const uint64_t edge = made.batch().results(2).edge().id();
  EXPECT_NE(edge, 0u);
  const v1::ClientResponse read =
      Run("ops { get_node { id: 1 } } ops { expand { id: 2 direction: INCOMING } } "
          "ops { get_node { id: 9 } } ops { expand { id: 1 direction: BOTH type: 'HATES' } }");
  ASSERT_EQ(read.error().code(), 0) << read.error().message();
  EXPECT_EQ(read.batch().results(0).node().labels(0), "A");
  ASSERT_EQ(read.batch().results(1).edges().edges_size(), 1);
  const v1::RelationshipValue& seen = read.batch().results(1).edges().edges(0);
  EXPECT_EQ(seen.id(), edge);
  EXPECT_EQ(seen.properties().entries(0).value().int_value(), 3);
  EXPECT_EQ(read.batch().results(2).result_case(), v1::ElementResult::RESULT_NOT_SET);
  EXPECT_EQ(read.batch().results(3).edges().edges_size(), 0);
}

TEST_F(BatchExecutorTest, IdsThatTheClusterChoosesKeepClearOfNamedOnes) {
  // Where the toy's allocator begins, and more of them than a transaction has attempts.
  constexpr uint64_t kFirst = 1000, kLast = 1039;
  for (uint64_t id = kFirst; id <= kLast; ++id) {
    Run(absl::StrCat("ops { create_node { id: ", id, " } }"));
  }
  const v1::ClientResponse made = Run("ops { create_node {} } ops { create_node {} }");
  ASSERT_EQ(made.error().code(), 0) << made.error().message();
  EXPECT_GT(made.batch().results(0).node().id(), kLast);
  EXPECT_GT(made.batch().results(1).node().id(), kLast);
}

TEST_F(BatchExecutorTest, ABatchSeesItsOwnWrites) {
  const v1::ClientResponse response =
      Run("ops { create_node { id: 1 } } ops { add_integer { id: 1 property: 'n' delta: 5 } } "
          "ops { append_to_list { id: 1 property: 'l' item { int_value: 1 } } } "
          "ops { append_to_list { id: 1 property: 'l' item { int_value: 2 } } } "
          "ops { create_edge { type: 'SELF' start { id: 1 } end { id: 1 } } } "
          "ops { expand { id: 1 direction: BOTH } } ops { get_node { id: 1 } }");
  ASSERT_EQ(response.error().code(), 0) << response.error().message();
  EXPECT_EQ(response.batch().results(1).value().int_value(), 5);
  EXPECT_EQ(response.batch().results(3).value().list_value().items_size(), 1);
  EXPECT_EQ(response.batch().results(5).edges().edges_size(), 1) << "a loop is listed once";
  EXPECT_EQ(response.batch().results(6).node().properties().entries_size(), 2);
}

TEST_F(BatchExecutorTest, ABatchSeesItsOwnDeletes) {
  const v1::ClientResponse made = Run(kPair);
  const uint64_t edge = made.batch().results(2).edge().id();
  const v1::ClientResponse response =
      Run(absl::StrCat("ops { delete_edge { id: ", edge, " } } ops { get_edge { id: ", edge,
                       " } } ops { expand { id: 1 direction: OUTGOING } } "
                       "ops { expand { id: 2 direction: BOTH type: 'KNOWS' } } "
                       "ops { delete_node { id: 2 detach: true } } ops { get_node { id: 2 } }"));
  ASSERT_EQ(response.error().code(), 0) << response.error().message();
  EXPECT_EQ(response.batch().results(1).result_case(), v1::ElementResult::RESULT_NOT_SET);
  EXPECT_EQ(response.batch().results(2).edges().edges_size(), 0);
  EXPECT_EQ(response.batch().results(3).edges().edges_size(), 0);
  EXPECT_EQ(response.batch().results(5).result_case(), v1::ElementResult::RESULT_NOT_SET);
}

TEST_F(BatchExecutorTest, ConstraintsAreRefusedWithTheirReason) {
  ASSERT_EQ(Run(kPair).error().code(), 0);
  EXPECT_EQ(Run("ops { create_node { id: 1 } }").error().reason(), v1::CONSTRAINT);
  EXPECT_EQ(Run("ops { delete_node { id: 2 } }").error().reason(), v1::CONSTRAINT);
  EXPECT_EQ(Run("ops { create_edge { type: 'T' start { id: 1 } end { id: 9 } } }").error().reason(),
            v1::CONSTRAINT);
  EXPECT_EQ(Run("ops { add_integer { id: 1 property: 'n' delta: -1 } }").error().reason(),
            v1::CONSTRAINT);
  EXPECT_EQ(Run("ops { update_node { id: 9 } }").error().reason(), v1::NO_SUCH_ELEMENT);
  EXPECT_EQ(Run("ops { create_edge { type: 'T' start { created_by_op: 3 } end { id: 1 } } }")
                .error()
                .code(),
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  const v1::ClientResponse gone = Run("ops { delete_node { id: 2 detach: true } }");
  EXPECT_EQ(gone.error().code(), 0) << gone.error().message();
  const v1::ClientResponse left = Run("ops { expand { id: 1 direction: BOTH } }");
  EXPECT_EQ(left.batch().results(0).edges().edges_size(), 0);
}

TEST_F(BatchExecutorTest, ARelationshipThatIsTakenAwayAgainNeedsItsNodesToo) {
  ASSERT_EQ(Run(kPair).error().code(), 0);
  const v1::ClientResponse refused =
      Run("ops { create_edge { type: 'T' start { id: 1 } end { id: 9 } } } "
          "ops { delete_node { id: 1 detach: true } }");
  EXPECT_EQ(refused.error().reason(), v1::CONSTRAINT) << refused.ShortDebugString();
  const v1::ClientResponse good =
      Run("ops { create_node { id: 9 } } ops { create_edge { type: 'T' start { id: 1 } end { id: 9 "
          "} } } ops { delete_node { id: 9 detach: true } }");
  EXPECT_EQ(good.error().code(), 0) << good.error().message();
}

TEST_F(BatchExecutorTest, ABatchCreatesANodeOnce) {
  const v1::ClientResponse twice =
      Run("ops { create_node { id: 1 } } ops { create_node { id: 1 labels: 'Second' } }");
  EXPECT_EQ(twice.error().reason(), v1::CONSTRAINT) << twice.ShortDebugString();
  EXPECT_FALSE(Run("ops { get_node { id: 1 } }").batch().results(0).has_node());
}

TEST_F(BatchExecutorTest, UpdatesAndDeletesRelationships) {
  const uint64_t edge = Run(kPair).batch().results(2).edge().id();
  const std::string id = std::to_string(edge);
  EXPECT_EQ(Run("ops { update_edge { id: " + id +
                " set { entries { key: 'w' } entries { key: 'x' value { int_value: 1 } } } } }")
                .error()
                .code(),
            0);
  const v1::ClientResponse read = Run("ops { get_edge { id: " + id + " } }");
  ASSERT_EQ(read.batch().results(0).edge().properties().entries_size(), 1);
  EXPECT_EQ(read.batch().results(0).edge().properties().entries(0).key(), "x");
  EXPECT_EQ(Run("ops { delete_edge { id: " + id + " } }").error().code(), 0);
  EXPECT_EQ(Run("ops { get_edge { id: " + id + " } }").batch().results(0).result_case(),
            v1::ElementResult::RESULT_NOT_SET);
}

TEST_F(BatchExecutorTest, ARetryIsToldWhatTheFirstAttemptWas) {
  const v1::ClientResponse first = Run(kPair, 1);
  ASSERT_EQ(first.error().code(), 0);
  const v1::ClientResponse again = Run(kPair, 1, true);
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  // Without the flag, too, it commits once.
  const v1::ClientResponse plain = Run("ops { add_integer { id: 1 property: 'n' delta: 1 } }", 2);
  const v1::ClientResponse copy = Run("ops { add_integer { id: 1 property: 'n' delta: 1 } }", 2);
  EXPECT_EQ(copy.batch().results(0).value().int_value(), 1);
  EXPECT_EQ(copy.commit_timestamp(), plain.commit_timestamp());
}

TEST_F(BatchExecutorTest, LimitsAreNamed) {
  TransactionLimits limits;
  limits.write_keys_max = 2;
  TransactionManager manager(gateway_, Random(1), limits);
  v1::ClientRequest request;
  for (int i = 0; i < 3; ++i) request.mutable_batch()->add_ops()->mutable_create_node();
  std::optional<v1::ClientResponse> response;
  Spawn(ExecuteBatch(manager, request), [&](v1::ClientResponse r) { response = std::move(r); });
  ASSERT_TRUE(cluster_.RunUntil([&] { return response.has_value(); }, Duration::Seconds(30)));
  EXPECT_EQ(response->error().reason(), v1::LIMIT);
  EXPECT_NE(response->error().message().find("txn.write_keys_max"), std::string::npos);
  EXPECT_EQ(response->error().message().find("DELETE"), std::string::npos);
}

std::string Star(int leaves) {
  std::string ops = "ops { create_node { id: 1 } } ";
  for (int i = 0; i < leaves; ++i) {
    absl::StrAppend(
        &ops, "ops { create_node { id: ", 10 + i, " } } ops { create_edge { type: 'T' ",
        i % 2 == 0 ? "start { id: 1 } end { id: " : "end { id: 1 } start { id: ", 10 + i,
        " } properties { entries { key: 'i' value { int_value: ", i, " } } } } } ");
  }
  return ops;
}

TEST_F(BatchExecutorTest, ListsOfManyPagesAreWhole) {
  ASSERT_EQ(Run(Star(50)).error().code(), 0);
  // Two of them are this batch's own, and one is gone from the second page on.
  const v1::ClientResponse read =
      Run("ops { create_edge { type: 'T' start { id: 1 } end { id: 10 } } } "
          "ops { create_edge { type: 'T' start { id: 11 } end { id: 1 } } } "
          "ops { delete_node { id: 30 detach: true } } ops { expand { id: 1 direction: BOTH } }");
  ASSERT_EQ(read.error().code(), 0) << read.error().message();
  std::set<uint64_t> ids;
  std::set<int64_t> values;
  for (const v1::RelationshipValue& edge : read.batch().results(3).edges().edges()) {
    ids.insert(edge.id());
    if (edge.properties().entries_size() == 1) {
      values.insert(edge.properties().entries(0).value().int_value());
    }
  }
  EXPECT_EQ(read.batch().results(3).edges().edges_size(), 51);
  EXPECT_EQ(ids.size(), 51u) << "each once";
  EXPECT_EQ(values.size(), 49u) << "with its properties, from either side";
  EXPECT_EQ(values.count(20), 0u);
  EXPECT_EQ(Run("ops { delete_node { id: 1 detach: true } }").error().code(), 0);
}

TEST_F(BatchExecutorTest, ATooLargeDetachSaysHowToDeleteInParts) {
  ASSERT_EQ(Run(Star(50)).error().code(), 0);
  for (const size_t limit : {10, 60}) {  // below the relationships, and below their keys
    TransactionLimits limits;
    limits.write_keys_max = limit;
    TransactionManager manager(gateway_, Random(1), limits);
    v1::ClientRequest request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        "ops { delete_node { id: 1 detach: true } }", request.mutable_batch()));
    std::optional<v1::ClientResponse> response;
    Spawn(ExecuteBatch(manager, request), [&](v1::ClientResponse r) { response = std::move(r); });
    ASSERT_TRUE(cluster_.RunUntil([&] { return response.has_value(); }, Duration::Seconds(30)));
    EXPECT_EQ(response->error().reason(), v1::LIMIT);
    const std::string& message = response->error().message();
    EXPECT_NE(message.find("txn.write_keys_max"), std::string::npos) << message;
    EXPECT_NE(message.find("`MATCH (n)-[r]-() WHERE id(n) = 1 WITH r LIMIT 1000 DELETE r`"),
              std::string::npos)
        << message;
  }
}

TEST_F(BatchExecutorTest, ASinkThatRefusesEndsTheReading) {
  ASSERT_EQ(Run(Star(50)).error().code(), 0);
  int given = 0;
  absl::Status ended;
  const TransactionManager::Body body =
      [&](GraphTransaction& txn) -> Task<absl::StatusOr<std::string>> {
    ExpandSpec spec;
    spec.from.push_back(ElementId(1));
    const RelationshipSink sink = [&given](size_t, const graph::Relationship&) {
      return ++given < 6 ? absl::OkStatus() : absl::ResourceExhaustedError("enough");
    };
    ended = (co_await txn.Expand(std::move(spec), sink)).status();
    co_return std::string();
  };
  bool done = false;
  Spawn(gateway_.manager().Run({.read_only = true}, body),
        [&](absl::StatusOr<RunOutcome>) { done = true; });
  ASSERT_TRUE(cluster_.RunUntil([&] { return done; }, Duration::Seconds(30)));
  EXPECT_EQ(ended, absl::ResourceExhaustedError("enough"));
  EXPECT_EQ(given, 6);
}

TEST_F(BatchExecutorTest, WhatABatchAnswersIsBounded) {
  ASSERT_EQ(Run(Star(50)).error().code(), 0);
  TransactionLimits limits;
  limits.batch_result_bytes_max = 300;
  TransactionManager manager(gateway_, Random(1), limits);
  for (const char* ops :
       {"ops { expand { id: 1 direction: BOTH } }",
        "ops { expand { id: 1 direction: OUTGOING } } "
        "ops { get_node { id: 1 } } ops { expand { id: 1 direction: OUTGOING } }"}) {
    v1::ClientRequest request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(ops, request.mutable_batch()));
    std::optional<v1::ClientResponse> response;
    Spawn(ExecuteBatch(manager, request), [&](v1::ClientResponse r) { response = std::move(r); });
    ASSERT_TRUE(cluster_.RunUntil([&] { return response.has_value(); }, Duration::Seconds(30)));
    EXPECT_EQ(response->error().reason(), v1::LIMIT);
    EXPECT_NE(response->error().message().find("batch.result_bytes_max"), std::string::npos);
  }
}

// What is only read travels with the commit, too: long ranges made a message
// that no log takes, and the network stopped the node for it.
TEST_F(BatchExecutorTest, WhatACommitCarriesIsBounded) {
  TransactionLimits limits;
  limits.commit_bytes_max = 1000;
  TransactionManager manager(gateway_, Random(1), limits);
  const auto error_of = [&](const std::string& ops) {
    v1::ClientRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(ops, request.mutable_batch()));
    std::optional<v1::ClientResponse> response;
    Spawn(ExecuteBatch(manager, request), [&](v1::ClientResponse r) { response = std::move(r); });
    EXPECT_TRUE(cluster_.RunUntil([&] { return response.has_value(); }, Duration::Seconds(30)));
    return response->error();
  };
  const std::string expand = absl::StrCat("ops { expand { id: 1 direction: OUTGOING type: '",
                                          std::string(800, 'T'), "' } } ");
  ASSERT_EQ(Run("ops { create_node { id: 1 } }").error().code(), 0);
  EXPECT_EQ(error_of("ops { create_node { id: 2 } }").code(), 0);
  EXPECT_EQ(error_of(expand).code(), 0) << "a reader commits nothing";
  const v1::ErrorInfo refused = error_of(expand + "ops { create_node { id: 3 } }");
  EXPECT_EQ(refused.reason(), v1::LIMIT);
  EXPECT_NE(refused.message().find("txn.commit_bytes_max"), std::string::npos);
  EXPECT_EQ(Run("ops { get_node { id: 3 } }").batch().results(0).result_case(),
            v1::ElementResult::RESULT_NOT_SET);
}

}  // namespace
}  // namespace graphdb::txn
