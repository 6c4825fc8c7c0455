// RingWorkload: nodes linked in one ring by relationships; every write is a
// statement that rotates three links, and every read has to find one ring: by
// the links as they leave, as they arrive, and by a walk all around.
//
// What it does not see: a rotation that was lost (the ring is whole without it).
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/workload/workload.h"

namespace graphdb::sim {

class RingWorkload final : public Workload {
 public:
  explicit RingWorkload(uint64_t first_id) : first_(first_id) {}

  const char* name() const override { return "ring"; }
  std::vector<v1::BatchRequest> Setup() override;
  PlannedOp Plan(const PlanContext& context, Random& rng) override;
  void Done(const PlannedOp& op, const OpOutcome& outcome) override;
  std::optional<PlannedOp> NextFinal() override;
  void FinalDone(uint32_t client, const OpOutcome& outcome) override;
  Verdict Check() override { return {violation_, false}; }

 private:
  static constexpr uint64_t kNodes = 6;
  enum Detail : uint64_t { kRotate, kLeaving, kArriving, kWalk };

  PlannedOp Ask(uint64_t detail, uint64_t node) const;
  void CheckRotation(const PlannedOp& op, const OpOutcome& outcome);
  void CheckWalk(const PlannedOp& op, const OpOutcome& outcome);

  const uint64_t first_;
  uint64_t final_ = kLeaving;
  MaybeViolation violation_;
};

}  // namespace graphdb::sim
