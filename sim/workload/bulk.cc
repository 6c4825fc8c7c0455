#include "sim/workload/bulk.h"

#include <algorithm>

#include "sim/check/ledger.h"
#include "sim/workload/batches.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kNodesMax = 120;
constexpr uint64_t kIdsPerClient = 1'000'000;
constexpr uint64_t kIdsPerBulk = 200;
constexpr size_t kBulksPerRead = 20;

}  // namespace

PlannedOp BulkWorkload::Plan(const PlanContext& context, Random& rng) {
  PlannedOp op;
  op.write = true;
  const uint64_t most = rng.Chance(1, 2) ? kNodesMax : 8;
  const uint64_t count = 1 + rng.Below(most);
  const uint64_t first = first_ + context.place * kIdsPerClient + context.number * kIdsPerBulk;
  for (uint64_t i = 0; i < count; ++i) AddCreateNode(&op.batch, first + i, "Bulk");
  op.detail = bulks_.size();
  bulks_.push_back({first, first + count - 1, Outcome::kInfo});
  return op;
}

void BulkWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  bulks_[op.detail].created = outcome.outcome;
}

std::optional<PlannedOp> BulkWorkload::NextFinal() {
  if (finals_asked_ == bulks_.size()) return std::nullopt;
  PlannedOp op;
  const size_t end = std::min(bulks_.size(), finals_asked_ + kBulksPerRead);
  for (; finals_asked_ < end; ++finals_asked_) {
    AddGetNode(&op.batch, bulks_[finals_asked_].first);
    AddGetNode(&op.batch, bulks_[finals_asked_].last);
  }
  return op;
}

void BulkWorkload::FinalDone(uint32_t, const OpOutcome& outcome) {
  if (outcome.outcome != Outcome::kOk) return;
  int place = 0;
  for (; finals_read_ < finals_asked_; ++finals_read_) {
    const Bulk& bulk = bulks_[finals_read_];
    const bool first = ResultAt(outcome.result, place++).has_node();
    const bool last = ResultAt(outcome.result, place++).has_node();
    if (first) present_.push_back(bulk.first);
    if (last && bulk.last != bulk.first) present_.push_back(bulk.last);
  }
}

Workload::Verdict BulkWorkload::Check() {
  if (finals_read_ < bulks_.size()) return {std::nullopt, true};
  Ledger ledger("ledger.nodes");
  for (const Bulk& bulk : bulks_) {
    for (const uint64_t id : {bulk.first, bulk.last}) {
      if (bulk.created == Outcome::kOk) {
        ledger.Acknowledged(id);
      } else if (bulk.created == Outcome::kFail) {
        ledger.Refused(id);
      } else {
        ledger.Unknown(id);
      }
    }
  }
  return {ledger.CheckFinal(present_), false};
}

}  // namespace graphdb::sim
