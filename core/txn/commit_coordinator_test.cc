// The coordinator's sentences of the rules, over hand-made answers.
#include "core/txn/commit_coordinator.h"

#include "core/shard/planted.h"
#include "gtest/gtest.h"

namespace graphdb::txn {
namespace {

class Driver {
 public:
  explicit Driver(size_t parts) : coordinator_(Id(), Parts(parts), 0, "result", Options()) {
    Step(commit_event::Start{});
  }

  static v1::TxnId Id() {
    v1::TxnId id;
    id.set_start_ts(10);
    id.set_session(5);
    id.set_sequence(3);
    id.set_attempt_ts(10);
    return id;
  }
  static CommitOptions Options() {
    CommitOptions options;
    options.attempts_max = 2;
    return options;
  }
  static std::vector<CommitPart> Parts(size_t count) {
    std::vector<CommitPart> parts;
    for (size_t i = 0; i < count; ++i) {
      parts.push_back({ShardId(static_cast<uint16_t>(i)), Slot(static_cast<uint16_t>(i)), {}});
    }
    return parts;
  }

  void Step(CommitEvent event) {
    std::vector<CommitEffect> effects;
    coordinator_.Step(event, &effects);
    for (const CommitEffect& effect : effects) {
      if (const auto* send = std::get_if<commit_effect::Send>(&effect)) sent.push_back(*send);
      if (std::get_if<commit_effect::AskOracle>(&effect) != nullptr) ++asks;
      if (const auto* timer = std::get_if<commit_effect::SetTimer>(&effect)) {
        timers.push_back(timer->id);
      }
      if (const auto* done = std::get_if<commit_effect::Finished>(&effect)) {
        EXPECT_FALSE(decision.has_value()) << "finished twice";
        decision = done->decision;
      }
    }
  }
  // Takes the oldest request of a kind that is not answered; null: there is none.
  std::optional<commit_effect::Send> Take(v1::ShardRequest::BodyCase kind) {
    for (auto it = sent.begin(); it != sent.end(); ++it) {
      if (it->request.body_case() != kind) continue;
      const commit_effect::Send found = *it;
      sent.erase(it);
      return found;
    }
    return std::nullopt;
  }
  void Verdict(v1::ShardRequest::BodyCase kind, v1::Verdict verdict) {
    const auto send = Take(kind);
    ASSERT_TRUE(send.has_value());
    commit_event::Reply reply{send->id, true, {}};
    reply.response.mutable_verdict()->set_verdict(verdict);
    reply.response.mutable_verdict()->set_commit_ts(20);
    reply.response.mutable_verdict()->set_result("earlier");
    Step(reply);
  }
  bool State(v1::ShardRequest::BodyCase kind, v1::TxnState state) {
    const auto send = Take(kind);
    if (!send.has_value()) return false;
    commit_event::Reply reply{send->id, true, {}};
    reply.response.mutable_state()->set_state(state);
    reply.response.mutable_state()->set_commit_ts(state == v1::TXN_COMMITTED ? 20 : 0);
    Step(reply);
    return true;
  }
  bool Silence(v1::ShardRequest::BodyCase kind) {
    const auto send = Take(kind);
    if (!send.has_value()) return false;
    Step(commit_event::Reply{send->id, false, {}});
    for (const uint64_t timer : std::exchange(timers, {})) Step(commit_event::Timer{timer});
    return true;
  }
  bool done() const { return coordinator_.done(); }

  std::vector<commit_effect::Send> sent;
  std::vector<uint64_t> timers;
  int asks = 0;
  std::optional<CommitDecision> decision;

 private:
  CommitCoordinator coordinator_;
};

using Body = v1::ShardRequest;

TEST(CommitCoordinatorTest, T2TimestampIsAskedForAfterEveryPrepare) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T2.commit-ts-after-prepares", [] {
    Driver d(2);
    if (d.asks != 0) return false;
    d.Verdict(Body::kPrepare, v1::VERDICT_DONE);
    if (d.asks != 0) return false;
    d.Verdict(Body::kPrepare, v1::VERDICT_DONE);
    return d.asks == 1;
  }));
}

TEST(CommitCoordinatorTest, TheClientHearsAfterTheHomeHasDecided) {
  Driver d(3);
  for (int i = 0; i < 3; ++i) d.Verdict(Body::kPrepare, v1::VERDICT_DONE);
  d.Step(commit_event::OracleReply{true, Timestamp(20)});
  EXPECT_FALSE(d.decision.has_value());
  EXPECT_TRUE(d.State(Body::kDecide, v1::TXN_COMMITTED));
  ASSERT_TRUE(d.decision.has_value());
  EXPECT_EQ(d.decision->state, CommitState::kCommitted);
  EXPECT_EQ(d.decision->commit_ts, Timestamp(20));
  // Then the participants, then the home's record may go.
  EXPECT_TRUE(d.State(Body::kResolve, v1::TXN_COMMITTED));
  EXPECT_FALSE(d.Take(Body::kFinish).has_value());
  EXPECT_TRUE(d.State(Body::kResolve, v1::TXN_COMMITTED));
  EXPECT_TRUE(d.State(Body::kFinish, v1::TXN_COMMITTED));
  EXPECT_TRUE(d.done());
}

TEST(CommitCoordinatorTest, ARefusedPrepareAbortsAtTheHome) {
  Driver d(2);
  d.Verdict(Body::kPrepare, v1::VERDICT_DONE);
  d.Verdict(Body::kPrepare, v1::VERDICT_CONFLICT);
  EXPECT_EQ(d.asks, 0);
  EXPECT_FALSE(d.decision.has_value());
  EXPECT_TRUE(d.State(Body::kQuestion, v1::TXN_ABORTED));
  EXPECT_EQ(d.decision->state, CommitState::kConflict);
  const auto resolve = d.Take(Body::kResolve);
  ASSERT_TRUE(resolve.has_value());
  EXPECT_EQ(resolve->request.resolve().state(), v1::TXN_ABORTED);
}

TEST(CommitCoordinatorTest, AnAbortThatComesFirstWins) {
  Driver d(2);
  d.Verdict(Body::kPrepare, v1::VERDICT_DONE);
  d.Verdict(Body::kPrepare, v1::VERDICT_DONE);
  d.Step(commit_event::OracleReply{true, Timestamp(20)});
  EXPECT_TRUE(d.State(Body::kDecide, v1::TXN_ABORTED));
  EXPECT_EQ(d.decision->state, CommitState::kConflict);
}

TEST(CommitCoordinatorTest, T7UnknownOutcomesAreSettledAtTheHome) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T7.gateway-settles", [] {
    Driver d(1);
    d.Silence(Body::kCommit);
    d.Silence(Body::kCommit);
    if (d.decision.has_value()) return false;
    return d.State(Body::kQuestion, v1::TXN_COMMITTED) &&
           d.decision->state == CommitState::kCommitted && d.decision->commit_ts == Timestamp(20);
  }));
}

TEST(CommitCoordinatorTest, WhatCannotBeSettledIsUnknown) {
  Driver d(2);
  d.Verdict(Body::kPrepare, v1::VERDICT_DONE);
  d.Verdict(Body::kPrepare, v1::VERDICT_DONE);
  d.Step(commit_event::OracleReply{true, Timestamp(20)});
  EXPECT_TRUE(d.Silence(Body::kDecide));
  EXPECT_TRUE(d.Silence(Body::kDecide));
  EXPECT_TRUE(d.Silence(Body::kQuestion));
  EXPECT_FALSE(d.decision.has_value());
  EXPECT_TRUE(d.Silence(Body::kQuestion));
  EXPECT_EQ(d.decision->state, CommitState::kUnknown);
}

TEST(CommitCoordinatorTest, ASilentHomeCannotCommitWhatWasNeverDecided) {
  Driver d(2);
  d.Verdict(Body::kPrepare, v1::VERDICT_CONSTRAINT);
  EXPECT_TRUE(d.Silence(Body::kQuestion));
  EXPECT_TRUE(d.Silence(Body::kQuestion));
  EXPECT_EQ(d.decision->state, CommitState::kConstraint);
}

TEST(CommitCoordinatorTest, AnEarlierAttemptThatCommittedIsTheAnswer) {
  Driver d(1);
  d.Verdict(Body::kCommit, v1::VERDICT_DUPLICATE);
  EXPECT_EQ(d.decision->state, CommitState::kCommitted);
  EXPECT_TRUE(d.decision->duplicate);
  EXPECT_EQ(d.decision->result, "earlier");
}

}  // namespace
}  // namespace graphdb::txn
