// TimestampOracle: issues the timestamps of the one axis, on the leader of the
// meta group. A pure 64-bit counter; no clock in it.
//
//   oracle.Step(OracleEvent(oracle_event::Request{id, 3}), &effects);
//
// Invariants:
//   1. A timestamp is issued once, ever: what is issued lies below a bound that
//      the log holds, and a new leader starts above the bound it finds there.
//   2. A batch is released only after a ReadIndex round that was begun after
//      its requests arrived: a deposed leader issues nothing older than what
//      its successor has issued already.
//   3. After LostLeadership nothing of the old stock is ever handed out.
//
// The host steps BecameLeader once the term's first own entry is applied, with
// the bound in the applied state, and answers every effect: a ReadIndex with
// one ReadIndexDone, a ProposeBound with one BoundApplied or BoundLost, unless
// leadership is lost before.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/base/ids.h"

namespace graphdb::shard {

namespace oracle_event {
struct BecameLeader {
  Timestamp bound;  // of the applied state
};
struct LostLeadership {};
struct Request {
  uint64_t id = 0;     // the host's; unique among those not answered
  uint32_t count = 1;  // 1..kNumberBlockMax
};
struct ReadIndexDone {
  uint64_t id = 0;
  bool ok = false;
};
struct BoundApplied {
  Timestamp bound;  // of the applied state
};
struct BoundLost {};  // a proposal that never entered the log
// The cluster was founded under this leader: what a restore brought lies at or
// below the bound (rule M1).
struct Founded {
  Timestamp bound;
};
}  // namespace oracle_event

using OracleEvent =
    std::variant<oracle_event::BecameLeader, oracle_event::LostLeadership, oracle_event::Request,
                 oracle_event::ReadIndexDone, oracle_event::BoundApplied, oracle_event::BoundLost,
                 oracle_event::Founded>;

namespace oracle_effect {
struct Release {  // [first, first + count)
  uint64_t id = 0;
  Timestamp first;
  uint32_t count = 0;
};
struct Refuse {  // not leader, or the queue is full
  uint64_t id = 0;
  bool not_leader = true;
};
struct ReadIndex {
  uint64_t id = 0;
};
struct ProposeBound {
  Timestamp bound;
};
}  // namespace oracle_effect

using OracleEffect = std::variant<oracle_effect::Release, oracle_effect::Refuse,
                                  oracle_effect::ReadIndex, oracle_effect::ProposeBound>;

class TimestampOracle {
 public:
  static constexpr uint64_t kBoundWindow = 1'000'000;
  static constexpr size_t kQueueMax = 10'000;

  // How far ahead of what is issued the bound is persisted; at least 1.
  explicit TimestampOracle(uint64_t bound_window = kBoundWindow) : bound_window_(bound_window) {}

  void Step(const OracleEvent& event, std::vector<OracleEffect>* effects);
  bool leading() const { return leading_; }
  // The newest timestamp that may have gone out since this leader began, the
  // bound it began with at first; 0: it does not lead.
  Timestamp issued() const { return Timestamp(leading_ ? next_ - 1 : 0); }
  // The last round that was answered well under this leader; 0: none yet.
  uint64_t confirmed_round() const { return confirmed_round_; }
  // The last round begun.
  uint64_t last_round() const { return last_round_; }

 private:
  using Effects = std::vector<OracleEffect>;
  void On(const oracle_event::BecameLeader& event, Effects* effects);
  void On(const oracle_event::LostLeadership& event, Effects* effects);
  void On(const oracle_event::Request& event, Effects* effects);
  void On(const oracle_event::ReadIndexDone& event, Effects* effects);
  void On(const oracle_event::BoundApplied& event, Effects* effects);
  void On(const oracle_event::BoundLost& event, Effects* effects);
  void On(const oracle_event::Founded& event, Effects* effects);
  void BeginRound(Effects* effects);
  void ReleaseConfirmed(Effects* effects);

  const uint64_t bound_window_;
  bool leading_ = false;
  uint64_t next_ = 0;   // the next timestamp to issue
  uint64_t bound_ = 0;  // issued timestamps are <= bound_, which the log holds
  bool proposing_ = false;
  uint64_t round_ = 0;  // id of the round in flight, 0: none; never reused
  uint64_t last_round_ = 0;
  uint64_t confirmed_round_ = 0;
  std::vector<oracle_event::Request> waiting_;    // for a round that is yet to begin
  std::vector<oracle_event::Request> in_round_;   // for the round in flight
  std::vector<oracle_event::Request> confirmed_;  // for the bound
};

}  // namespace graphdb::shard
