// LeavesWorkload: nodes whose ids the cluster chooses, each hung on a hub by a
// relationship. Every attempt of such a request writes other keys, often on
// other shards with another home: nothing but the fence of a retry (rule T7)
// keeps it from happening twice.
//
// Judged by: a look at a hub shows each leaf at most once, every leaf that was
// acknowledged before the look began, and none that was refused.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/workload/workload.h"

namespace graphdb::sim {

class LeavesWorkload final : public Workload {
 public:
  explicit LeavesWorkload(uint64_t first_id) : first_(first_id) {}

  const char* name() const override { return "leaves"; }
  std::vector<v1::BatchRequest> Setup() override;
  PlannedOp Plan(const PlanContext& context, Random& rng) override;
  void Done(const PlannedOp& op, const OpOutcome& outcome) override;
  std::optional<PlannedOp> NextFinal() override;
  void FinalDone(uint32_t client, const OpOutcome& outcome) override;
  Verdict Check() override;

 private:
  static constexpr uint64_t kHubs = 3;

  struct Leaf {
    uint64_t hub = 0;
    Outcome created = Outcome::kInfo;
    Duration completed;
  };

  // What a look at `hub` that began at `invoked` has shown.
  void Look(uint64_t hub, Duration invoked, const v1::EdgeList& edges);

  const uint64_t first_;
  std::map<uint64_t, Leaf> leaves_;  // by tag
  std::vector<uint64_t> present_;    // tags, at the end
  bool final_asked_ = false;
  bool final_read_ = false;
  MaybeViolation look_violation_;
};

}  // namespace graphdb::sim
