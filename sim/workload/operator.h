// OperatorWorkload: the requests of an operator at any time: snapshots, counts and
// digests of every replica, the shard map, Raft's figures. Between them a client
// changes a small part of the graph that is its own, so that it knows what each
// snapshot has to hold.
//
// Judged: a snapshot is a whole file; its own part is what was acknowledged up to
// the snapshot's timestamp, which is above every earlier acknowledgement; no
// relationship in it lacks an end, and the balances of the bank workloads add up
// (P7: one timestamp). Replicas of a shard that were scanned at one timestamp are
// equal. The map has each slot once. No log is applied beyond its commit.
//
// What it does not see: writes whose outcome is unknown: the client leaves that
// part and begins another.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/workload/graph_ledger.h"
#include "sim/workload/workload.h"

namespace graphdb::sim {

class OperatorWorkload final : public Workload {
 public:
  explicit OperatorWorkload(uint64_t first_id) : first_(first_id) {}

  const char* name() const override { return "operator"; }
  std::vector<v1::BatchRequest> Setup() override { return {}; }
  PlannedOp Plan(const PlanContext& context, Random& rng) override;
  void Done(const PlannedOp& op, const OpOutcome& outcome) override;
  std::optional<PlannedOp> NextFinal() override;
  void FinalDone(uint32_t client, const OpOutcome& outcome) override;
  Verdict Check() override { return {violation_, false}; }

 private:
  // What one client changes. A new generation has new ids.
  struct Part {
    uint32_t place = 0;
    uint64_t generation = 0;
    GraphLedger ledger;
    Timestamp last;  // acknowledged
    std::vector<uint64_t> edges;
  };

  uint64_t FirstIdOf(const Part& part) const;
  void PlanWrite(const Part& part, Random& rng, v1::BatchRequest* batch) const;
  void Wrote(const PlannedOp& op, const OpOutcome& outcome, Part* part);
  void Judge(uint32_t client, const OpOutcome& outcome);
  void JudgeSnapshot(uint32_t client, const OpOutcome& outcome, const std::string& file);
  void JudgeOwnPart(uint32_t client, Timestamp at, const LedgerGraph& found);
  void JudgeWhole(uint32_t client, Timestamp at, const LedgerGraph& found);
  void JudgeStats(uint32_t client, const v1::Stats& stats);
  void JudgeMap(uint32_t client, const v1::ShardMap& map);
  void JudgeRaft(uint32_t client, const v1::RaftStats& stats);
  // Keeps the first.
  void Wrong(uint32_t client, absl::string_view what);

  const uint64_t first_;
  std::map<uint32_t, Part> parts_;  // by client
  bool final_asked_ = false;
  MaybeViolation violation_;
};

}  // namespace graphdb::sim
