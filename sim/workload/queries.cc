#include "sim/workload/queries.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/cover.h"

namespace graphdb::sim {
namespace {

constexpr size_t kPossibleMax = 200;
constexpr size_t kUnsettledMax = 4;

// Refusals that a valid statement may meet.
bool MayRefuse(v1::ErrorReason reason) {
  switch (reason) {
    case v1::SYNTAX:
    case v1::SEMANTIC:
    case v1::CONSTRAINT:
    case v1::LIMIT:
    case v1::READ_ONLY:
    case v1::NO_SUCH_ELEMENT:
    case v1::WRONG_CLUSTER:
      return false;
    default:
      return true;
  }
}

// Reads all at once: every node with what it has and where it leads.
Statement FinalStatement() {
  Statement all;
  all.kind = Statement::Kind::kRows;
  all.pattern.hops = {{Hop::Direction::kBoth, ""}};
  all.labelled = {true, false};
  return all;
}

}  // namespace

QueriesWorkload::Region& QueriesWorkload::RegionOf(uint32_t client) {
  Region& region = regions_[client];
  if (region.label.empty()) region.label = absl::StrCat("Q", first_, "C", client);
  return region;
}

PlannedOp QueriesWorkload::Plan(const PlanContext& context, Random& rng) {
  Region& region = RegionOf(context.client);
  region.asked = DrawStatement(region.next_k, rng);
  region.next_k += region.asked.names();
  PlannedOp op;
  op.query = ToQuery(region.asked, region.label);
  op.write = region.asked.writes();
  op.query.set_read_only(!op.write);
  return op;
}

void QueriesWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  Region& region = RegionOf(op.client);
  Judge(&region, region.asked, outcome);
}

std::optional<PlannedOp> QueriesWorkload::NextFinal() {
  if (!finals_listed_) {
    for (const auto& [client, region] : regions_) finals_.push_back(client);
    std::reverse(finals_.begin(), finals_.end());
    finals_listed_ = true;
  }
  if (finals_.empty()) return std::nullopt;
  Region& region = regions_[finals_.back()];
  region.asked = FinalStatement();
  PlannedOp op;
  op.query = ToQuery(region.asked, region.label);
  return op;
}

void QueriesWorkload::FinalDone(uint32_t, const OpOutcome& outcome) {
  Region& region = regions_[finals_.back()];
  finals_.pop_back();
  Judge(&region, region.asked, outcome);
}

// Every subset of what is unsettled may have come by now, in any order.
void QueriesWorkload::AddWhatMayHaveCome(std::vector<Possible>* possible) {
  for (size_t i = 0; i < possible->size() && possible->size() <= kPossibleMax; ++i) {
    for (size_t u = 0; u < (*possible)[i].unsettled.size(); ++u) {
      Possible next = (*possible)[i];
      Run(next.unsettled[u], &next.graph);
      next.unsettled.erase(next.unsettled.begin() + static_cast<int64_t>(u));
      possible->push_back(std::move(next));
    }
  }
}

void QueriesWorkload::Refused(const Region& region, const Statement& statement,
                              const OpOutcome& outcome) {
  violation_ = Violation{"queries", absl::StrCat("a valid statement was refused (",
                                                 v1::ErrorReason_Name(outcome.reason),
                                                 "): ", ToQuery(statement, region.label).text())};
}

void QueriesWorkload::Lose(Region* region) {
  GRAPHDB_COVER("queries.region_lost");
  region->lost = true;
}

void QueriesWorkload::Judge(Region* region, const Statement& statement, const OpOutcome& outcome) {
  if (region->lost || violation_) return;
  if (outcome.outcome == Outcome::kFail) {
    if (!MayRefuse(outcome.reason)) Refused(*region, statement, outcome);
    return;
  }
  if (outcome.outcome == Outcome::kInfo) {
    if (!statement.writes()) return;
    for (Possible& possible : region->possible) possible.unsettled.push_back(statement);
    if (region->possible.front().unsettled.size() > kUnsettledMax) Lose(region);
    return;
  }
  AddWhatMayHaveCome(&region->possible);
  if (region->possible.size() > kPossibleMax) return Lose(region);
  const Answer answer = ReadAnswer(statement, outcome.rows);
  std::vector<Possible> left;
  std::string expected;
  for (Possible& possible : region->possible) {
    const Answer its = Run(statement, &possible.graph);
    if (its == answer) {
      left.push_back(std::move(possible));
    } else if (expected.empty()) {
      expected = ToText(its);
    }
  }
  if (left.empty()) {
    const v1::QueryRequest query = ToQuery(statement, region->label);
    violation_ = Violation{
        "queries", absl::StrCat(query.text(), " with ", query.parameters().ShortDebugString(),
                                " answered ", ToText(answer), ", a naive graph ", expected, " (",
                                region->possible.size(), " were possible)")};
  }
  region->possible = std::move(left);
}

}  // namespace graphdb::sim
