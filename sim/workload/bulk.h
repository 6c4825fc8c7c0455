// BulkWorkload: transactions of one to many new nodes, of which a run's write limit
// (knob write_keys_max) refuses the largest. Looks at the first and the last node of
// each: both are there, or neither.
//
// What it does not see: which limit refused; that no more was written than the limit
// allows (sim/run/txn_watch.h); the nodes between.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/workload/workload.h"

namespace graphdb::sim {

class BulkWorkload final : public Workload {
 public:
  explicit BulkWorkload(uint64_t first_id) : first_(first_id) {}

  const char* name() const override { return "bulk"; }
  std::vector<v1::BatchRequest> Setup() override { return {}; }
  PlannedOp Plan(const PlanContext& context, Random& rng) override;
  void Done(const PlannedOp& op, const OpOutcome& outcome) override;
  std::optional<PlannedOp> NextFinal() override;
  void FinalDone(uint32_t client, const OpOutcome& outcome) override;
  Verdict Check() override;

 private:
  struct Bulk {
    uint64_t first = 0;  // ids
    uint64_t last = 0;
    Outcome created = Outcome::kInfo;
  };

  const uint64_t first_;
  std::vector<Bulk> bulks_;
  std::vector<uint64_t> present_;
  size_t finals_asked_ = 0;  // of bulks_
  size_t finals_read_ = 0;
};

}  // namespace graphdb::sim
