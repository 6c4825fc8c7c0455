#include "sim/workload/leaves.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/check/ledger.h"
#include "sim/workload/batches.h"
#include "sim/workload/generators.h"

namespace graphdb::sim {

std::vector<v1::BatchRequest> LeavesWorkload::Setup() {
  v1::BatchRequest batch;
  for (uint64_t i = 0; i < kHubs; ++i) AddCreateNode(&batch, first_ + i, "Hub");
  return {batch};
}

PlannedOp LeavesWorkload::Plan(const PlanContext& context, Random& rng) {
  PlannedOp op;
  const uint64_t hub = first_ + rng.Below(kHubs);
  op.write = rng.Chance(4, 5);
  if (!op.write) {
    AddExpand(&op.batch, hub, v1::OUTGOING);
    return op;
  }
  const int64_t tag = UniqueValue(context.client, context.number, 0);
  op.detail = static_cast<uint64_t>(tag);
  AddCreateNode(&op.batch, /*id=*/0, "Leaf");
  AddCreateEdge(&op.batch, hub, /*end=*/0, "BEARS", tag);
  op.batch.mutable_ops(1)->mutable_create_edge()->mutable_end()->set_created_by_op(0);
  leaves_[op.detail].hub = hub;
  return op;
}

void LeavesWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  if (op.write) {
    leaves_[op.detail].created = outcome.outcome;
    leaves_[op.detail].completed = outcome.completed;
    return;
  }
  if (outcome.outcome != Outcome::kOk) return;
  Look(op.batch.ops(0).expand().id(), outcome.invoked, ResultAt(outcome.result, 0).edges());
}

void LeavesWorkload::Look(uint64_t hub, Duration invoked, const v1::EdgeList& edges) {
  std::set<uint64_t> seen;
  const auto bad = [&](uint64_t tag, absl::string_view what) {
    if (look_violation_) return;
    look_violation_ =
        Violation{"leaves", absl::StrCat("leaf ", tag, " of hub ", hub, " ", what,
                                         ", looked at from ", invoked.nanoseconds(), "ns on")};
  };
  for (const v1::RelationshipValue& edge : edges.edges()) {
    const auto tag = static_cast<uint64_t>(IntProperty(edge.properties(), "tag").value_or(0));
    if (!seen.insert(tag).second) bad(tag, "is there twice");
    const auto leaf = leaves_.find(tag);
    if (leaf == leaves_.end()) {
      bad(tag, "was never asked for");
    } else if (leaf->second.created == Outcome::kFail && leaf->second.completed < invoked) {
      bad(tag, "was refused and is seen");
    }
  }
  for (const auto& [tag, leaf] : leaves_) {
    const bool due = leaf.hub == hub && leaf.created == Outcome::kOk && leaf.completed < invoked;
    if (due && seen.count(tag) == 0) bad(tag, "was acknowledged and is not seen");
  }
}

std::optional<PlannedOp> LeavesWorkload::NextFinal() {
  if (std::exchange(final_asked_, true)) return std::nullopt;
  PlannedOp op;
  for (uint64_t i = 0; i < kHubs; ++i) AddExpand(&op.batch, first_ + i, v1::OUTGOING);
  return op;
}

void LeavesWorkload::FinalDone(uint32_t, const OpOutcome& outcome) {
  if (outcome.outcome != Outcome::kOk) return;
  final_read_ = true;
  for (uint64_t i = 0; i < kHubs; ++i) {
    for (const v1::RelationshipValue& edge :
         ResultAt(outcome.result, static_cast<int>(i)).edges().edges()) {
      const auto tag = IntProperty(edge.properties(), "tag");
      present_.push_back(static_cast<uint64_t>(tag.value_or(0)));
    }
  }
}

Workload::Verdict LeavesWorkload::Check() {
  if (look_violation_) return {look_violation_, false};
  if (!final_read_) return {std::nullopt, true};
  Ledger ledger("leaves");
  for (const auto& [tag, leaf] : leaves_) {
    if (leaf.created == Outcome::kOk) {
      ledger.Acknowledged(tag);
    } else if (leaf.created == Outcome::kFail) {
      ledger.Refused(tag);
    } else {
      ledger.Unknown(tag);
    }
  }
  return {ledger.CheckFinal(present_), false};
}

}  // namespace graphdb::sim
