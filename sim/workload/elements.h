// ElementsWorkload: element calls over every kind of value, label set and
// relationship (several between two nodes, from a node to itself), each answer
// compared with a plain model.
//
// Each client has a part of the graph to itself, so that what it reads depends
// on its own calls alone. After one whose outcome stays unknown it leaves that
// part and begins another: nothing more is said of the old one.
//
// What it does not see: races between clients; effects of calls whose outcome
// is unknown (the ledgers of other workloads see those).
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/workload/elements_model.h"
#include "sim/workload/workload.h"

namespace graphdb::sim {

class ElementsWorkload final : public Workload {
 public:
  explicit ElementsWorkload(uint64_t first_id) : first_(first_id) {}

  const char* name() const override { return "elements"; }
  std::vector<v1::BatchRequest> Setup() override { return {}; }
  PlannedOp Plan(const PlanContext& context, Random& rng) override;
  void Done(const PlannedOp& op, const OpOutcome& outcome) override;
  std::optional<PlannedOp> NextFinal() override;
  void FinalDone(uint32_t client, const OpOutcome& outcome) override;
  Verdict Check() override { return {violation_, false}; }

 private:
  uint64_t DrawNode(const ElementsRegion& region, Random& rng) const;
  void AddOp(const PlanContext& context, ElementsRegion* region, Random& rng,
             v1::BatchRequest* batch);
  void AddNodeOp(uint64_t dice, ElementsRegion* region, Random& rng, v1::BatchRequest* batch) const;
  void Judge(const v1::BatchRequest& batch, const OpOutcome& outcome, ElementsRegion* region);

  const uint64_t first_;
  std::map<uint32_t, ElementsRegion> regions_;  // by client
  std::vector<uint32_t> finals_;
  v1::BatchRequest final_batch_;
  bool finals_listed_ = false;
  MaybeViolation violation_;
};

}  // namespace graphdb::sim
