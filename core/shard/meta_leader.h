// MetaLeader: answers MetaRequests on the leader of the meta group: timestamps
// (by its TimestampOracle), id blocks, and the state as of now; and proposes
// what the host wants in the log (founding, members).
//
// Host contract, as for ShardLeader (core/txn/shard_leader.h): BecameLeader
// after the term's first own entry is applied; Applied for every entry, in
// order, after its batch was written; one answer per effect unless leadership
// is lost before. On a replica that does not lead, requests are answered
// SHARD_NOT_LEADER.
//
// Invariants:
//   1. Each Request and Command is answered exactly once.
//   2. SHARD_NOT_LEADER to a Command says nothing about its effect.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/env/kv_engine.h"
#include "core/shard/meta_state_machine.h"
#include "core/shard/timestamp_oracle.h"
#include "proto/shard.pb.h"

namespace graphdb::shard {

namespace meta_event {
struct Request {
  uint64_t id = 0;
  v1::MetaRequest request;
};
// The host's own wish; answered as a request, with the state after it.
struct Command {
  uint64_t id = 0;
  v1::MetaCommand command;  // version and proposer are filled in here
};
struct Applied {
  LogIndex index;
  MetaApplyResult result;
};
struct ProposalLost {
  uint64_t proposal = 0;
};
struct ReadIndexDone {
  uint64_t id = 0;
  bool ok = false;
  LogIndex index;
};
struct BecameLeader {
  Term term;
};
struct LostLeadership {};
}  // namespace meta_event

using MetaEvent = std::variant<meta_event::Request, meta_event::Command, meta_event::Applied,
                               meta_event::ProposalLost, meta_event::ReadIndexDone,
                               meta_event::BecameLeader, meta_event::LostLeadership>;

namespace meta_effect {
struct Reply {
  uint64_t id = 0;
  v1::MetaResponse response;
};
struct Propose {
  uint64_t proposal = 0;
  std::string bytes;
};
struct ReadIndex {
  uint64_t id = 0;
};
}  // namespace meta_effect

using MetaEffect = std::variant<meta_effect::Reply, meta_effect::Propose, meta_effect::ReadIndex>;

class MetaLeader {
 public:
  // `engine` outlives this object and is the one the entries are applied to.
  explicit MetaLeader(const env::KvReader& engine,
                      uint64_t bound_window = TimestampOracle::kBoundWindow)
      : engine_(engine), oracle_(bound_window) {}

  void Step(const MetaEvent& event, std::vector<MetaEffect>* effects);
  bool leading() const { return leading_; }
  const TimestampOracle& oracle() const { return oracle_; }

 private:
  using Effects = std::vector<MetaEffect>;
  void On(const meta_event::Request& event, Effects* effects);
  void On(const meta_event::Command& event, Effects* effects);
  void On(const meta_event::Applied& event, Effects* effects);
  void On(const meta_event::ProposalLost& event, Effects* effects);
  void On(const meta_event::ReadIndexDone& event, Effects* effects);
  void On(const meta_event::BecameLeader& event, Effects* effects);
  void On(const meta_event::LostLeadership& event, Effects* effects);

  void Propose(v1::MetaCommand command, uint64_t request, Effects* effects);
  void StepOracle(const OracleEvent& event, Effects* effects);
  void ReplyState(uint64_t id, Effects* effects);
  void ServeReads(Effects* effects);

  const env::KvReader& engine_;
  TimestampOracle oracle_;
  bool leading_ = false;
  Term term_;
  LogIndex applied_;
  uint64_t last_id_ = 0;                           // of proposals and rounds
  std::map<uint64_t, uint64_t> proposals_;         // proposal -> request, 0: the oracle's bound
  std::map<uint64_t, uint64_t> oracle_rounds_;     // our round -> the oracle's
  std::map<uint64_t, uint64_t> state_rounds_;      // our round -> request
  std::multimap<LogIndex, uint64_t> state_reads_;  // wait for the index to be applied
};

}  // namespace graphdb::shard
