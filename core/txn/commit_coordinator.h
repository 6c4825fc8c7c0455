// CommitCoordinator: brings one transaction's buffered writes to a decision, at
// the gateway. One shard touched: one request. Several: prepare everywhere,
// then a timestamp, then the decision at the home, then the answer, then
// resolution. An outcome it does not know it asks the home for before it
// answers (rule T7).
//
//   CommitCoordinator coordinator(std::move(parts), options);
//   coordinator.Step(commit_event::Start{}, &effects);
//
// Invariants:
//   1. Finished is emitted exactly once, after the decision is applied at the
//      home; kCommitted and kRefused are true for good.
//   2. The commit timestamp is asked for only after every prepare was answered
//      (so: applied) with VERDICT_DONE (rule T2), and only once.
//   3. A coordinator that vanishes at any point leaves a transaction that any
//      shard leader can settle by itself.
//
// Every Send is answered by one Reply, an AskOracle by one OracleReply, a
// SetTimer by one Timer. Effects go on after Finished (resolution); done() says
// when the last answer is in.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/env/time.h"
#include "proto/shard.pb.h"

namespace graphdb::txn {

struct CommitOptions {
  uint32_t attempts_max = 6;  // of one request, and of settling, each
  Duration retry_after = Duration::Milliseconds(50);
};

enum class CommitState : uint8_t {
  kCommitted,
  kConflict,     // no effect; run the transaction again
  kConstraint,   // no effect; rule T8
  kRefused,      // no effect; aborted by another, or too old
  kFenced,       // no effect; a newer attempt of the request has taken over
  kUnavailable,  // no effect: the home has recorded ABORTED
  kUnknown,      // could not be settled in time
};

struct CommitDecision {
  CommitState state = CommitState::kUnknown;
  Timestamp commit_ts;
  std::string result;  // kCommitted by an earlier attempt: what that one stored
  bool duplicate = false;
  std::string message;
};

namespace commit_event {
struct Start {};
struct Reply {
  uint64_t id = 0;
  bool ok = false;  // false: no answer; the request may have had its effect
  v1::ShardResponse response;
};
struct OracleReply {
  bool ok = false;
  Timestamp timestamp;
};
struct Timer {
  uint64_t id = 0;
};
}  // namespace commit_event

using CommitEvent = std::variant<commit_event::Start, commit_event::Reply,
                                 commit_event::OracleReply, commit_event::Timer>;

namespace commit_effect {
struct Send {
  uint64_t id = 0;
  ShardId shard;
  v1::ShardRequest request;
};
struct AskOracle {};
struct SetTimer {
  uint64_t id = 0;
  Duration after;
};
struct Finished {
  CommitDecision decision;
};
}  // namespace commit_effect

using CommitEffect = std::variant<commit_effect::Send, commit_effect::AskOracle,
                                  commit_effect::SetTimer, commit_effect::Finished>;

// What one shard has to prepare.
struct CommitPart {
  ShardId shard;
  Slot slot;  // one of the touched ones; stands for the shard in the home's record
  v1::TxnPart part;
};

class CommitCoordinator {
 public:
  // `parts` is not empty; the home is parts[home] and holds txn.home_slot.
  CommitCoordinator(v1::TxnId txn, std::vector<CommitPart> parts, size_t home, std::string result,
                    CommitOptions options);

  void Step(const CommitEvent& event, std::vector<CommitEffect>* effects);
  bool done() const { return finished_ && sent_.empty() && timers_.empty(); }

 private:
  enum class Phase : uint8_t { kIdle, kOneShard, kPrepare, kTimestamp, kDecide, kAbort, kOver };
  enum class Kind : uint8_t { kCommit, kPrepare, kDecide, kQuestion, kResolve, kFinish };
  struct Sent {
    Kind kind = Kind::kCommit;
    size_t part = 0;
    uint32_t attempt = 0;
  };
  using Effects = std::vector<CommitEffect>;

  void On(const commit_event::Start& event, Effects* effects);
  void On(const commit_event::Reply& event, Effects* effects);
  void On(const commit_event::OracleReply& event, Effects* effects);
  void On(const commit_event::Timer& event, Effects* effects);

  void Send(Sent what, Effects* effects);
  v1::ShardRequest Build(const Sent& what) const;
  // Sends again after a while; false where the attempts are used up.
  bool Retry(Sent what, Effects* effects);
  void OnCommitReply(const Sent& sent, const commit_event::Reply& event, Effects* effects);
  void OnPrepareReply(const Sent& sent, const commit_event::Reply& event, Effects* effects);
  void OnDecideReply(const Sent& sent, const commit_event::Reply& event, Effects* effects);
  void OnQuestionReply(const Sent& sent, const commit_event::Reply& event, Effects* effects);
  void OnResolveReply(const Sent& sent, const commit_event::Reply& event, Effects* effects);
  void Abort(CommitState why, std::string message, Effects* effects);
  void Settle(Effects* effects);
  void Finish(CommitDecision decision, Effects* effects);
  void ResolveAll(Effects* effects);

  const v1::TxnId txn_;
  const std::vector<CommitPart> parts_;
  const size_t home_;
  const std::string result_;
  const CommitOptions options_;

  Phase phase_ = Phase::kIdle;
  bool finished_ = false;
  bool decide_sent_ = false;
  Timestamp commit_ts_;
  size_t prepared_ = 0;
  size_t resolved_ = 0;
  uint32_t oracle_asks_ = 0;
  v1::TxnState outcome_ = v1::TXN_UNSET;
  CommitDecision refusal_;  // what kAbort will report
  uint64_t last_id_ = 0;
  std::map<uint64_t, Sent> sent_;
  std::map<uint64_t, Sent> timers_;
};

}  // namespace graphdb::txn
