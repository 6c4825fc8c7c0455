#include "core/txn/commit_coordinator.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"

namespace graphdb::txn {
namespace {

// The decision that a final verdict other than DONE stands for.
CommitState StateOf(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_CONFLICT:
      return CommitState::kConflict;
    case v1::VERDICT_CONSTRAINT:
      return CommitState::kConstraint;
    case v1::VERDICT_REFUSED:
      return CommitState::kRefused;
    case v1::VERDICT_FENCED:
      return CommitState::kFenced;
    default:
      return CommitState::kUnknown;
  }
}

}  // namespace

CommitCoordinator::CommitCoordinator(v1::TxnId txn, std::vector<CommitPart> parts, size_t home,
                                     std::string result, CommitOptions options)
    : txn_(std::move(txn)),
      parts_(std::move(parts)),
      home_(home),
      result_(std::move(result)),
      options_(options) {
  GRAPHDB_CHECK_LT(home_, parts_.size());
  GRAPHDB_CHECK(txn_.session() != 0) << "a gateway lends its own session";
}

void CommitCoordinator::Step(const CommitEvent& event, std::vector<CommitEffect>* effects) {
  std::visit([&](const auto& e) { On(e, effects); }, event);
}

void CommitCoordinator::On(const commit_event::Start&, Effects* effects) {
  GRAPHDB_CHECK(phase_ == Phase::kIdle) << "started twice";
  if (parts_.size() == 1) {
    phase_ = Phase::kOneShard;
    Send({Kind::kCommit, home_, 0}, effects);
    return;
  }
  phase_ = Phase::kPrepare;
  // Planted: a timestamp taken before the prepares are applied.
  if (GRAPHDB_MUTANT("rule-T2.commit-ts-after-prepares")) {
    effects->push_back(commit_effect::AskOracle{});
  }
  for (size_t i = 0; i < parts_.size(); ++i) Send({Kind::kPrepare, i, 0}, effects);
}

void CommitCoordinator::Send(Sent what, Effects* effects) {
  const uint64_t id = ++last_id_;
  sent_[id] = what;
  effects->push_back(commit_effect::Send{id, parts_[what.part].shard, Build(what)});
}

v1::ShardRequest CommitCoordinator::Build(const Sent& what) const {
  v1::ShardRequest request;
  switch (what.kind) {
    case Kind::kCommit: {
      v1::OneShardCommit* commit = request.mutable_commit();
      *commit->mutable_txn() = txn_;
      *commit->mutable_part() = parts_[what.part].part;
      commit->set_result(result_);
      break;
    }
    case Kind::kPrepare: {
      v1::Prepare* prepare = request.mutable_prepare();
      *prepare->mutable_txn() = txn_;
      *prepare->mutable_part() = parts_[what.part].part;
      prepare->set_home(what.part == home_);
      if (what.part != home_) break;
      for (const CommitPart& part : parts_) prepare->add_participant_slots(part.slot.value());
      break;
    }
    case Kind::kDecide:
      *request.mutable_decide()->mutable_txn() = txn_;
      request.mutable_decide()->set_commit_ts(commit_ts_.value());
      request.mutable_decide()->set_result(result_);
      break;
    case Kind::kQuestion:
      *request.mutable_question()->mutable_txn() = txn_;
      request.mutable_question()->set_mode(v1::ABORT);
      break;
    case Kind::kResolve:
      request.mutable_resolve()->set_start_ts(txn_.start_ts());
      request.mutable_resolve()->set_state(outcome_);
      request.mutable_resolve()->set_commit_ts(outcome_ == v1::TXN_COMMITTED ? commit_ts_.value()
                                                                             : 0);
      break;
    case Kind::kFinish:
      *request.mutable_finish()->mutable_txn() = txn_;
      break;
  }
  return request;
}

bool CommitCoordinator::Retry(Sent what, Effects* effects) {
  if (what.attempt + 1 >= options_.attempts_max) return false;
  ++what.attempt;
  const uint64_t id = ++last_id_;
  timers_[id] = what;
  effects->push_back(commit_effect::SetTimer{id, options_.retry_after * what.attempt});
  return true;
}

void CommitCoordinator::On(const commit_event::Timer& event, Effects* effects) {
  const auto found = timers_.find(event.id);
  if (found == timers_.end()) return;
  const Sent what = found->second;
  timers_.erase(found);
  if (phase_ == Phase::kTimestamp && what.kind == Kind::kDecide) {
    effects->push_back(commit_effect::AskOracle{});
    return;
  }
  // What was to be prepared while the transaction is being aborted stays away.
  if (what.kind == Kind::kPrepare && phase_ != Phase::kPrepare) return;
  Send(what, effects);
}

void CommitCoordinator::On(const commit_event::Reply& event, Effects* effects) {
  const auto found = sent_.find(event.id);
  if (found == sent_.end()) return;
  const Sent sent = found->second;
  sent_.erase(found);
  switch (sent.kind) {
    case Kind::kCommit:
      return OnCommitReply(sent, event, effects);
    case Kind::kPrepare:
      return OnPrepareReply(sent, event, effects);
    case Kind::kDecide:
      return OnDecideReply(sent, event, effects);
    case Kind::kQuestion:
      return OnQuestionReply(sent, event, effects);
    case Kind::kResolve:
    case Kind::kFinish:
      return OnResolveReply(sent, event, effects);
  }
}

void CommitCoordinator::OnCommitReply(const Sent& sent, const commit_event::Reply& event,
                                      Effects* effects) {
  if (finished_ || phase_ != Phase::kOneShard) return;
  if (!event.ok || event.response.status() != v1::SHARD_OK) {
    if (event.ok && event.response.status() == v1::SHARD_INVALID) {
      refusal_.state = CommitState::kRefused;
      refusal_.message = event.response.message();
    } else if (Retry(sent, effects)) {
      return;
    }
    return Settle(effects);
  }
  const v1::VerdictResponse& verdict = event.response.verdict();
  CommitDecision decision;
  decision.message = verdict.message();
  if (verdict.verdict() == v1::VERDICT_DONE || verdict.verdict() == v1::VERDICT_DUPLICATE) {
    decision.state = CommitState::kCommitted;
    decision.commit_ts = Timestamp(verdict.commit_ts());
    decision.duplicate = verdict.verdict() == v1::VERDICT_DUPLICATE;
    decision.result = verdict.result();
  } else if (verdict.verdict() == v1::VERDICT_REFUSED && sent.attempt > 0) {
    // It may be that the answer to an earlier copy was lost.
    return Settle(effects);
  } else {
    decision.state = StateOf(verdict.verdict());
  }
  Finish(std::move(decision), effects);
}

void CommitCoordinator::OnPrepareReply(const Sent& sent, const commit_event::Reply& event,
                                       Effects* effects) {
  if (phase_ != Phase::kPrepare) return;
  if (!event.ok || event.response.status() != v1::SHARD_OK) {
    const bool again = !event.ok || event.response.status() == v1::SHARD_NOT_LEADER ||
                       event.response.status() == v1::SHARD_BUSY;
    if (again && Retry(sent, effects)) return;
    const bool stale = event.ok && event.response.status() == v1::SHARD_STALE_EPOCH;
    return Abort(stale ? CommitState::kConflict : CommitState::kUnavailable,
                 event.ok ? event.response.message() : "no answer to a prepare", effects);
  }
  const v1::VerdictResponse& verdict = event.response.verdict();
  if (verdict.verdict() == v1::VERDICT_DUPLICATE) {
    refusal_.commit_ts = Timestamp(verdict.commit_ts());
    refusal_.result = verdict.result();
    refusal_.duplicate = true;
    return Abort(CommitState::kCommitted, verdict.message(), effects);
  }
  if (verdict.verdict() != v1::VERDICT_DONE) {
    return Abort(StateOf(verdict.verdict()), verdict.message(), effects);
  }
  if (++prepared_ < parts_.size()) return;
  if (GRAPHDB_MUTANT("rule-T2.commit-ts-after-prepares") && commit_ts_.value() != 0) {
    phase_ = Phase::kDecide;
    return Send({Kind::kDecide, home_, 0}, effects);
  }
  phase_ = Phase::kTimestamp;
  effects->push_back(commit_effect::AskOracle{});
}

void CommitCoordinator::On(const commit_event::OracleReply& event, Effects* effects) {
  if (GRAPHDB_MUTANT("rule-T2.commit-ts-after-prepares") && phase_ == Phase::kPrepare) {
    if (event.ok) commit_ts_ = event.timestamp;
    return;
  }
  if (phase_ != Phase::kTimestamp) return;
  if (!event.ok) {
    if (Retry({Kind::kDecide, home_, oracle_asks_++}, effects)) return;
    return Abort(CommitState::kUnavailable, "no timestamp", effects);
  }
  commit_ts_ = event.timestamp;
  phase_ = Phase::kDecide;
  decide_sent_ = true;
  Send({Kind::kDecide, home_, 0}, effects);
}

void CommitCoordinator::OnDecideReply(const Sent& sent, const commit_event::Reply& event,
                                      Effects* effects) {
  if (phase_ != Phase::kDecide) return;
  if (!event.ok || event.response.status() != v1::SHARD_OK) {
    if (Retry(sent, effects)) return;
    return Settle(effects);
  }
  CommitDecision decision;
  switch (event.response.state().state()) {
    case v1::TXN_COMMITTED:
      decision.state = CommitState::kCommitted;
      commit_ts_ = Timestamp(event.response.state().commit_ts());
      decision.commit_ts = commit_ts_;
      decision.result = result_;
      outcome_ = v1::TXN_COMMITTED;
      break;
    case v1::TXN_ABORTED:
      GRAPHDB_COVER("txn.decision_lost_to_abort");
      decision.state = CommitState::kConflict;
      decision.message = "aborted by another";
      outcome_ = v1::TXN_ABORTED;
      break;
    default:
      decision.state = CommitState::kUnknown;
      break;
  }
  Finish(std::move(decision), effects);
  ResolveAll(effects);
}

// Nothing of it will commit: the home is told, and everybody may clean up.
void CommitCoordinator::Abort(CommitState why, std::string message, Effects* effects) {
  phase_ = Phase::kAbort;
  refusal_.state = why;
  refusal_.message = std::move(message);
  outcome_ = v1::TXN_ABORTED;
  Send({Kind::kQuestion, home_, 0}, effects);
  ResolveAll(effects);
}

// Rule T7: an outcome that is not known is decided at the home before anybody
// is told.
void CommitCoordinator::Settle(Effects* effects) {
  GRAPHDB_COVER("txn.coordinator_settles");
  phase_ = Phase::kAbort;
  if (refusal_.state == CommitState::kUnknown) refusal_.state = CommitState::kUnavailable;
  if (GRAPHDB_MUTANT("rule-T7.gateway-settles")) return Finish(refusal_, effects);
  Send({Kind::kQuestion, home_, 0}, effects);
}

void CommitCoordinator::OnQuestionReply(const Sent& sent, const commit_event::Reply& event,
                                        Effects* effects) {
  if (finished_) return;
  if (!event.ok || event.response.status() != v1::SHARD_OK) {
    if (Retry(sent, effects)) return;
    CommitDecision decision;
    // Only a Decide of ours, or the one request of the fast path, commits.
    const bool harmless = !decide_sent_ && parts_.size() > 1;
    if (harmless) decision = refusal_;
    if (!harmless) decision.message = "the home does not answer";
    return Finish(std::move(decision), effects);
  }
  CommitDecision decision = refusal_;
  const v1::TxnState state = event.response.state().state();
  const bool aborted_before = outcome_ == v1::TXN_ABORTED;
  if (state == v1::TXN_COMMITTED) {
    GRAPHDB_CHECK(!aborted_before)
        << "transaction " << txn_.start_ts() << " was never decided and is committed";
    decision = CommitDecision();
    decision.state = CommitState::kCommitted;
    commit_ts_ = Timestamp(event.response.state().commit_ts());
    decision.commit_ts = commit_ts_;
    decision.result = result_;
  } else if (state != v1::TXN_ABORTED && !aborted_before) {
    decision = CommitDecision();
    decision.message = "the home has forgotten the transaction";
  }
  Finish(std::move(decision), effects);
  if (aborted_before || parts_.size() == 1) return;
  outcome_ = state;
  if (state == v1::TXN_COMMITTED || state == v1::TXN_ABORTED) ResolveAll(effects);
}

void CommitCoordinator::Finish(CommitDecision decision, Effects* effects) {
  if (finished_) return;
  finished_ = true;
  phase_ = Phase::kOver;
  effects->push_back(commit_effect::Finished{std::move(decision)});
}

void CommitCoordinator::ResolveAll(Effects* effects) {
  if (outcome_ != v1::TXN_COMMITTED && outcome_ != v1::TXN_ABORTED) return;
  resolved_ = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (i != home_) Send({Kind::kResolve, i, 0}, effects);
  }
}

void CommitCoordinator::OnResolveReply(const Sent& sent, const commit_event::Reply& event,
                                       Effects* effects) {
  if (!event.ok || event.response.status() != v1::SHARD_OK) {
    Retry(sent, effects);  // else the shards' janitors do it
    return;
  }
  if (sent.kind != Kind::kResolve) return;
  if (++resolved_ + 1 == parts_.size()) Send({Kind::kFinish, home_, 0}, effects);
}

}  // namespace graphdb::txn
