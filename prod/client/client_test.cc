#include "prod/client/client.h"

#include <deque>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/rpc/errors.h"

namespace graphdb::client {
namespace {

void NoSleep(Duration) {}

// Answers from a script; when it is empty, success.
class ScriptedTransport : public Transport {
 public:
  struct Seen {
    std::string address;
    uint64_t sequence;
    bool retry;
    uint64_t session;
  };

  Attempt Call(const std::string& address, const v1::ClientRequest& request, Duration timeout,
               OnResponse on_response) override {
    seen.push_back({address, request.sequence(), request.retry(), request.session()});
    v1::ClientResponse response;
    response.set_last(true);
    if (script.empty()) {
      on_response(response);
      return {};
    }
    const Attempt attempt = script.front();
    if (script.size() > 1 || !forever) script.pop_front();
    return attempt;
  }

  void Refuse(v1::ErrorReason reason, const std::string& hint = "") {
    Attempt attempt;
    attempt.error = prod::MakeError(absl::StatusCode::kUnavailable, reason, "refused");
    attempt.error.set_leader_hint(hint);
    attempt.said_by_node = true;
    attempt.maybe_ran = true;
    script.push_back(attempt);
  }
  void Break(bool maybe_ran) {
    Attempt attempt;
    attempt.error = prod::MakeError(absl::StatusCode::kUnavailable, v1::REASON_NONE, "broken");
    attempt.maybe_ran = maybe_ran;
    script.push_back(attempt);
  }

  std::deque<Attempt> script;
  bool forever = false;  // the last line of the script is repeated
  std::vector<Seen> seen;
};

struct Fixture {
  ScriptedTransport transport;
  Client client{{.addresses = {"a", "b"}, .timeout = Duration::Seconds(5), .sleep = NoSleep},
                &transport};
};

TEST(ClientTest, WritesCountUpWithinTheSession) {
  Fixture f;
  EXPECT_TRUE(f.client.Batch({}).ok());
  EXPECT_TRUE(f.client.Batch({}).ok());
  ASSERT_EQ(f.transport.seen.size(), 2u);
  EXPECT_EQ(f.transport.seen[0].sequence, 1u);
  EXPECT_EQ(f.transport.seen[1].sequence, 2u);
  EXPECT_NE(f.transport.seen[0].session, 0u);
  EXPECT_FALSE(f.transport.seen[1].retry);
}

TEST(ClientTest, ABrokenWriteIsSettledWithTheSameSequence) {
  Fixture f;
  f.transport.Break(true);
  f.transport.Refuse(v1::UNAVAILABLE_SHARD);
  EXPECT_TRUE(f.client.Batch({}).ok());
  ASSERT_EQ(f.transport.seen.size(), 3u);
  EXPECT_FALSE(f.transport.seen[0].retry);
  EXPECT_TRUE(f.transport.seen[1].retry);
  EXPECT_TRUE(f.transport.seen[2].retry) << "one unknown attempt stays unknown until it is settled";
  EXPECT_EQ(f.transport.seen[2].sequence, 1u);
}

TEST(ClientTest, AWriteThatNeverLeftIsNoRetry) {
  Fixture f;
  f.transport.Break(false);
  EXPECT_TRUE(f.client.Batch({}).ok());
  ASSERT_EQ(f.transport.seen.size(), 2u);
  EXPECT_FALSE(f.transport.seen[1].retry);
  EXPECT_EQ(f.transport.seen[1].address, "b");
}

TEST(ClientTest, HintsAreFollowedAndConflictsStay) {
  Fixture f;
  f.transport.Refuse(v1::NOT_LEADER, "c");
  f.transport.Refuse(v1::CONFLICT);
  EXPECT_TRUE(f.client.Batch({}).ok());
  ASSERT_EQ(f.transport.seen.size(), 3u);
  EXPECT_EQ(f.transport.seen[1].address, "c");
  EXPECT_EQ(f.transport.seen[2].address, "c");
  EXPECT_EQ(f.client.stats().conflicts, 1u);
}

TEST(ClientTest, FinalRefusalsAreNotRetried) {
  Fixture f;
  f.transport.Refuse(v1::SYNTAX);
  const auto result = f.client.Query("x", {}, true);
  EXPECT_EQ(prod::ToErrorInfo(result.status()).reason(), v1::SYNTAX);
  EXPECT_EQ(f.transport.seen.size(), 1u);
  EXPECT_EQ(f.transport.seen[0].session, 0u) << "a read needs no session";
}

TEST(ClientTest, AfterTheDeadlineTheOutcomeIsSaidHonestly) {
  Fixture unknown;
  unknown.transport.Break(true);
  unknown.transport.Refuse(v1::FORMING);
  unknown.transport.forever = true;
  EXPECT_EQ(prod::ToErrorInfo(unknown.client.Batch({}).status()).reason(), v1::OUTCOME_UNKNOWN);

  Fixture none;
  none.transport.Refuse(v1::FORMING);
  none.transport.forever = true;
  EXPECT_EQ(prod::ToErrorInfo(none.client.Batch({}).status()).reason(), v1::FORMING);

  Fixture read;
  read.transport.Break(true);
  read.transport.forever = true;
  const absl::Status gave_up = read.client.Query("x", {}, true).status();
  EXPECT_EQ(gave_up.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(gave_up.message(), absl::StrCat(read.transport.seen.size(),
                                            " attempts in 5.0 s at a, b; the last one ended with: "
                                            "broken"));
  EXPECT_GT(read.transport.seen.size(), 3u);
}

TEST(RetryPolicyTest, WhatCantBeHelpedFails) {
  Attempt large;
  large.error = prod::MakeError(absl::StatusCode::kResourceExhausted, v1::REASON_NONE, "large");
  large.maybe_ran = true;
  EXPECT_EQ(WhatNext(large, true), Next::kFail);
}

}  // namespace
}  // namespace graphdb::client
