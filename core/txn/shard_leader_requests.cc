// Requests of ShardLeader: commits, prepares, decisions, questions and fences.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/shard/records.h"
#include "core/txn/shard_leader_impl.h"

namespace graphdb::txn {
namespace {

const v1::TxnId& TxnOf(const v1::ShardRequest& request) {
  return request.has_commit() ? request.commit().txn() : request.prepare().txn();
}
const v1::TxnPart& PartOf(const v1::ShardRequest& request) {
  return request.has_commit() ? request.commit().part() : request.prepare().part();
}

bool Decided(v1::TxnState state) {
  return state == v1::TXN_COMMITTED || state == v1::TXN_ABORTED || state == v1::TXN_RESOLVED;
}

// The transaction a request names; null where it names none.
const v1::TxnId* NamedTxn(const v1::ShardRequest& request) {
  switch (request.body_case()) {
    case v1::ShardRequest::kCommit:
      return &request.commit().txn();
    case v1::ShardRequest::kPrepare:
      return &request.prepare().txn();
    case v1::ShardRequest::kDecide:
      return &request.decide().txn();
    case v1::ShardRequest::kQuestion:
      return &request.question().txn();
    case v1::ShardRequest::kFinish:
      return &request.finish().txn();
    default:
      return nullptr;
  }
}

bool SoundBody(const v1::ShardRequest& request) {
  const v1::TxnId* txn = NamedTxn(request);
  if (txn != nullptr) {
    const bool named = txn->start_ts() != 0 && txn->session() != 0 && txn->sequence() != 0;
    if (!named || txn->home_slot() >= kSlotCount) return false;
  }
  if (request.has_decide()) return request.decide().commit_ts() > txn->start_ts();
  if (request.has_fence()) {
    return request.fence().session() != 0 && request.fence().fence_ts() != 0;
  }
  if (request.has_resolve()) {
    const v1::Resolve& resolve = request.resolve();
    if (resolve.state() == v1::TXN_COMMITTED) return resolve.commit_ts() > resolve.start_ts();
    return resolve.state() == v1::TXN_ABORTED || resolve.state() == v1::TXN_RESOLVED;
  }
  return request.body_case() != v1::ShardRequest::BODY_NOT_SET;
}

}  // namespace

void ShardLeader::Impl::Reply(uint64_t id, v1::ShardStatus status, std::string message) {
  v1::ShardResponse response;
  response.set_status(status);
  response.set_message(std::move(message));
  Emit(shard_effect::Reply{id, std::move(response)});
}

void ShardLeader::Impl::ReplyState(uint64_t id, v1::TxnState state, Timestamp commit_ts) {
  v1::ShardResponse response;
  response.mutable_state()->set_state(state);
  response.mutable_state()->set_commit_ts(commit_ts.value());
  Emit(shard_effect::Reply{id, std::move(response)});
}

std::optional<v1::ShardResponse> ShardLeader::Impl::Precheck(
    const v1::ShardRequest& request) const {
  v1::ShardResponse response;
  if (!leading_) {
    response.set_status(v1::SHARD_NOT_LEADER);
  } else if (reads_.size() + writes_.size() + proposals_.size() >= options_.queue_max) {
    GRAPHDB_COVER("txn.queue_full");
    response.set_status(v1::SHARD_BUSY);
    response.set_message("shard.queue_max");
  } else if (state_.epoch.value() == 0) {
    response.set_status(v1::SHARD_BUSY);
    response.set_message("the shard is not founded yet");
  } else if (request.epoch() != state_.epoch.value()) {
    response.set_status(v1::SHARD_STALE_EPOCH);
  } else if (!SoundBody(request)) {
    response.set_status(v1::SHARD_INVALID);
    response.set_message("malformed request");
  } else {
    return std::nullopt;
  }
  return response;
}

void ShardLeader::Impl::On(const shard_event::Request& event) {
  if (std::optional<v1::ShardResponse> refusal = Precheck(event.request); refusal.has_value()) {
    Emit(shard_effect::Reply{event.id, *std::move(refusal)});
    return;
  }
  v1::ShardCommand command;
  Proposal proposal;
  proposal.request = event.id;
  switch (event.request.body_case()) {
    case v1::ShardRequest::kRead:
      return StartRead(event.id, event.request.read());
    case v1::ShardRequest::kCommit:
    case v1::ShardRequest::kPrepare:
      return StartWrite(event.id, event.request);
    case v1::ShardRequest::kQuestion:
      return StartQuestion(event.id, event.request.question());
    case v1::ShardRequest::kDecide:
      RaiseFloorResolved(Timestamp(event.request.decide().commit_ts()));
      *command.mutable_decide() = event.request.decide();
      break;
    case v1::ShardRequest::kResolve:
      if (event.request.resolve().state() == v1::TXN_COMMITTED) {
        RaiseFloorResolved(Timestamp(event.request.resolve().commit_ts()));
      }
      *command.mutable_resolve() = event.request.resolve();
      break;
    case v1::ShardRequest::kFence:
      *command.mutable_fence() = event.request.fence();
      proposal.fence = event.request.fence();
      break;
    case v1::ShardRequest::kFinish:
      *command.mutable_finish() = event.request.finish();
      break;
    case v1::ShardRequest::BODY_NOT_SET:
      return Reply(event.id, v1::SHARD_INVALID, "empty request");
  }
  Propose(std::move(command), std::move(proposal));
}

uint64_t ShardLeader::Impl::Propose(v1::ShardCommand command, Proposal proposal) {
  const uint64_t number = NextId();
  command.set_version(shard::kShardCommandVersion);
  command.set_epoch(state_.epoch.value());
  command.set_proposer_term(term_.value());
  command.set_proposal(number);
  proposals_[number] = std::move(proposal);
  Emit(shard_effect::Propose{number, command.SerializeAsString()});
  return number;
}

// ---- commit and prepare ----

void ShardLeader::Impl::StartWrite(uint64_t id, const v1::ShardRequest& request) {
  const absl::StatusOr<shard::Touched> touched = shard::Touch(PartOf(request));
  if (!touched.ok()) {
    return Reply(id, v1::SHARD_INVALID, std::string(touched.status().message()));
  }
  if (!shard::Owns(state_.slots, *touched)) return Reply(id, v1::SHARD_STALE_EPOCH);
  const absl::StatusOr<std::set<Timestamp>> blockers = shard::ConflictingIntents(
      engine_, state_.slots, Timestamp(TxnOf(request).start_ts()), *touched);
  if (!blockers.ok()) {
    return Reply(id, v1::SHARD_INVALID, std::string(blockers.status().message()));
  }
  writes_[id].body = request;
  if (blockers->empty() || GRAPHDB_MUTANT("rule-T4.clears-decided")) return Proceed(id);
  BlockWrite(id, *blockers);
}

void ShardLeader::Impl::Proceed(uint64_t id) {
  const auto write = writes_.find(id);
  GRAPHDB_CHECK(write != writes_.end()) << "write " << id;
  if (write->second.body.has_commit()) {
    wants_timestamp_.push_back(id);
    AskTimestamps();
    return;
  }
  v1::ShardCommand command;
  *command.mutable_prepare() = std::move(*write->second.body.mutable_prepare());
  writes_.erase(write);
  Proposal proposal;
  proposal.request = id;
  Propose(std::move(command), std::move(proposal));
}

// One ask for all that wait; those that come meanwhile go with the next.
void ShardLeader::Impl::AskTimestamps() {
  if (!floor_ready_ && GRAPHDB_MUTANT("rule-T3.floor-after-election")) floor_ready_ = true;
  if (!floor_ready_ || timestamp_ask_ != 0 || wants_timestamp_.empty()) return;
  asked_timestamp_ = std::exchange(wants_timestamp_, {});
  timestamp_ask_ = NextId();
  Emit(shard_effect::AskOracle{timestamp_ask_, static_cast<uint32_t>(asked_timestamp_.size())});
}

void ShardLeader::Impl::TakeTimestamps(const shard_event::OracleReply& event) {
  timestamp_ask_ = 0;
  const std::vector<uint64_t> asked = std::exchange(asked_timestamp_, {});
  uint64_t next = event.first.value();
  for (const uint64_t id : asked) {
    Write& write = writes_[id];
    if (!event.ok) {
      writes_.erase(id);
      Reply(id, v1::SHARD_BUSY, "no timestamp");
      continue;
    }
    const Timestamp commit_ts(next++);
    seen_ = std::max(seen_, commit_ts);
    if (commit_ts > floor_ || GRAPHDB_MUTANT("rule-T3.above-floor")) {
      ProposeCommit(id, commit_ts);
    } else if (++write.timestamps_taken >= options_.commit_ts_attempts_max) {
      writes_.erase(id);
      Reply(id, v1::SHARD_BUSY, "commit_ts_attempts_max");
    } else {
      GRAPHDB_COVER("txn.commit_ts_below_floor");
      wants_timestamp_.push_back(id);
    }
  }
  AskTimestamps();
}

void ShardLeader::Impl::ProposeCommit(uint64_t id, Timestamp commit_ts) {
  v1::ShardCommand command;
  *command.mutable_commit() = std::move(*writes_[id].body.mutable_commit());
  command.mutable_commit()->set_commit_ts(commit_ts.value());
  writes_.erase(id);
  Proposal proposal;
  proposal.request = id;
  const uint64_t number = Propose(std::move(command), std::move(proposal));
  pipeline_[number] = commit_ts;
  // What comes later in the log commits later.
  RaiseFloorResolved(commit_ts);
}

// ---- questions ----

void ShardLeader::Impl::StartQuestion(uint64_t id, const v1::TxnStatusQuestion& question) {
  const Slot home(static_cast<uint16_t>(question.txn().home_slot()));
  const Timestamp start_ts(question.txn().start_ts());
  if (!state_.slots.Contains(home)) return Reply(id, v1::SHARD_STALE_EPOCH);
  const auto record = shard::GetRecord<v1::TxnRecord>(engine_, "transaction record",
                                                      shard::TxnRecordKey(home, start_ts));
  if (!record.ok()) return Reply(id, v1::SHARD_INVALID, std::string(record.status().message()));
  // A decision is final: even a state that lags behind answers it rightly.
  const bool decided = record->has_value() && Decided((*record)->state());
  const bool pending = record->has_value() && !decided;
  if (decided) return ReplyState(id, (*record)->state(), Timestamp((*record)->commit_ts()));
  if (pending && question.mode() != v1::ABORT) return ReplyState(id, v1::TXN_PENDING, Timestamp());
  if (question.mode() == v1::PEEK) return ReplyState(id, v1::TXN_NONE, Timestamp());
  v1::ShardCommand command;
  *command.mutable_question() = question;
  Proposal proposal;
  proposal.request = id;
  Propose(std::move(command), std::move(proposal));
}

// ---- what the log has answered ----

void ShardLeader::Impl::ReplyApplied(const Proposal& proposal, const shard::ApplyResult& result) {
  if (result.fence == v1::FENCE_PENDING) return SettleFence(proposal, result);
  if (proposal.request == 0) return;
  v1::ShardResponse response;
  if (result.stale_epoch) {
    response.set_status(v1::SHARD_STALE_EPOCH);
  } else if (result.verdict != v1::VERDICT_UNSET) {
    v1::VerdictResponse* verdict = response.mutable_verdict();
    verdict->set_verdict(result.verdict);
    verdict->set_commit_ts(result.commit_ts.value());
    verdict->set_result(result.result);
    verdict->set_message(result.message);
  } else if (result.fence != v1::FENCE_UNSET) {
    response.mutable_fence()->set_state(result.fence);
    response.mutable_fence()->set_commit_ts(result.commit_ts.value());
    response.mutable_fence()->set_result(result.result);
  } else {
    response.mutable_state()->set_state(result.state);
    response.mutable_state()->set_commit_ts(result.commit_ts.value());
  }
  Emit(shard_effect::Reply{proposal.request, std::move(response)});
}

// Rule T7: Abort is proposed, and the fence again behind it in the log, where it
// meets the decision.
void ShardLeader::Impl::SettleFence(const Proposal& proposal, const shard::ApplyResult& result) {
  GRAPHDB_COVER("txn.fence_meets_pending");
  for (const v1::TxnId& txn : result.pending) {
    v1::ShardCommand command;
    *command.mutable_question()->mutable_txn() = txn;
    command.mutable_question()->set_mode(v1::ABORT);
    Propose(std::move(command), {});
  }
  v1::ShardCommand command;
  *command.mutable_fence() = proposal.fence;
  Propose(std::move(command), proposal);
}

// ---- the read floor (rule T3) ----

void ShardLeader::Impl::AskFloor() {
  floor_ready_ = false;
  floor_ask_ = NextId();
  Emit(shard_effect::AskOracle{floor_ask_, 1});
}

void ShardLeader::Impl::ArmFloorTimer() {
  floor_timer_ = NextId();
  Emit(shard_effect::SetTimer{floor_timer_, options_.ask_after});
}

void ShardLeader::Impl::RaiseFloor(Timestamp ts) {
  floor_ = std::max(floor_, ts);
  seen_ = std::max(seen_, ts);
}

void ShardLeader::Impl::RaiseFloorResolved(Timestamp ts) {
  if (GRAPHDB_MUTANT("rule-T3.floor-resolved")) return;
  RaiseFloor(ts);
}

}  // namespace graphdb::txn
