#include "sim/workload/queries.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/cover.h"

namespace graphdb::sim {
namespace {

constexpr size_t kPossibleMax = 60;
constexpr size_t kUnsettledMax = 3;

// A refusal because of what the statement says or of what it does to the graph.
bool IsOfContent(v1::ErrorReason reason) {
  switch (reason) {
    case v1::SYNTAX:
    case v1::SEMANTIC:
    case v1::CONSTRAINT:
    case v1::LIMIT:
    case v1::READ_ONLY:
    case v1::NO_SUCH_ELEMENT:
    case v1::WRONG_CLUSTER:
      return true;
    default:
      return false;
  }
}

v1::ErrorReason ReasonOf(NaiveAnswer::Fate fate) {
  if (fate == NaiveAnswer::Fate::kAnswered) return v1::REASON_NONE;
  return fate == NaiveAnswer::Fate::kConstraint ? v1::CONSTRAINT : v1::SEMANTIC;
}

}  // namespace

QueriesWorkload::Region& QueriesWorkload::RegionOf(uint32_t client) {
  Region& region = regions_[client];
  if (region.place.label.empty()) region.place.label = absl::StrCat("Q", first_, "C", client);
  return region;
}

PlannedOp QueriesWorkload::Plan(const PlanContext& context, Random& rng) {
  Region& region = RegionOf(context.client);
  region.place.settled = Settled(region);
  region.asked = DrawStatement(region.place, rng);
  region.place.next_k += region.asked.nodes;
  region.place.next_e += region.asked.edges;
  PlannedOp op;
  op.query = ToQuery(region.asked);
  op.write = region.asked.writes;
  return op;
}

void QueriesWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  Judge(&RegionOf(op.client), outcome);
}

std::optional<PlannedOp> QueriesWorkload::NextFinal() {
  if (!finals_listed_) {
    for (const auto& [client, region] : regions_) finals_.push_back(client);
    std::reverse(finals_.begin(), finals_.end());
    finals_listed_ = true;
  }
  if (finals_.empty()) return std::nullopt;
  Region& region = regions_[finals_.back()];
  region.asked = ReadAllStatement(region.place.label);
  PlannedOp op;
  op.query = ToQuery(region.asked);
  return op;
}

void QueriesWorkload::FinalDone(uint32_t, const OpOutcome& outcome) {
  Region& region = regions_[finals_.back()];
  finals_.pop_back();
  Judge(&region, outcome);
}

// Every subset of what is unsettled may have come by now, in any order.
void QueriesWorkload::AddWhatMayHaveCome(std::vector<Possible>* possible) {
  for (size_t i = 0; i < possible->size() && possible->size() <= kPossibleMax; ++i) {
    for (size_t u = 0; u < (*possible)[i].unsettled.size(); ++u) {
      Possible next = (*possible)[i];
      const NaiveAnswer answer = Run(next.unsettled[u].query, &next.graph);
      // One that is refused has no effect.
      if (answer.fate != NaiveAnswer::Fate::kAnswered) continue;
      next.unsettled.erase(next.unsettled.begin() + static_cast<int64_t>(u));
      possible->push_back(std::move(next));
    }
  }
}

void QueriesWorkload::Violate(const Region& region, const std::string& answered,
                              const std::string& expected) {
  const v1::QueryRequest query = ToQuery(region.asked);
  violation_ = Violation{"queries",
                         absl::StrCat(query.text(), " with ", query.parameters().ShortDebugString(),
                                      " answered ", answered, ", a naive graph ", expected, " (",
                                      region.possible.size(), " were possible)")};
}

bool QueriesWorkload::Settled(const Region& region) {
  return region.possible.size() == 1 && region.possible[0].unsettled.empty();
}

void QueriesWorkload::Lose(Region* region) {
  GRAPHDB_COVER("queries.region_lost");
  region->lost = true;
}

void QueriesWorkload::Judge(Region* region, const OpOutcome& outcome) {
  const Statement& statement = region->asked;
  if (region->lost || violation_) return;
  if (outcome.outcome == Outcome::kInfo) {
    if (!statement.writes || !statement.refused.empty()) return;
    region->place.ids.clear();
    for (Possible& possible : region->possible) possible.unsettled.push_back(statement);
    if (region->possible.front().unsettled.size() > kUnsettledMax) Lose(region);
    return;
  }
  if (outcome.outcome == Outcome::kFail && !IsOfContent(outcome.reason)) return;
  if (!statement.refused.empty()) {
    if (outcome.outcome == Outcome::kFail && outcome.reason == statement.reason) return;
    return Violate(*region, v1::ErrorReason_Name(outcome.reason),
                   v1::ErrorReason_Name(statement.reason));
  }
  AddWhatMayHaveCome(&region->possible);
  if (region->possible.size() > kPossibleMax) return Lose(region);
  if (outcome.outcome == Outcome::kFail) return JudgeRefusal(region, outcome);
  JudgeAnswer(region, outcome);
}

void QueriesWorkload::JudgeRefusal(Region* region, const OpOutcome& outcome) {
  std::vector<Possible> left;
  for (const Possible& possible : region->possible) {
    NaiveGraph scratch = possible.graph;
    const NaiveAnswer its = Run(region->asked.query, &scratch);
    if (ReasonOf(its.fate) == outcome.reason) left.push_back(possible);
  }
  if (left.empty()) {
    return Violate(*region, v1::ErrorReason_Name(outcome.reason), "that it is valid");
  }
  GRAPHDB_COVER("queries.refused");
  region->possible = std::move(left);
}

void QueriesWorkload::JudgeAnswer(Region* region, const OpOutcome& outcome) {
  const Statement& statement = region->asked;
  const Answer answer = ReadAnswer(statement, outcome.rows);
  std::vector<Possible> left;
  std::string expected;
  for (Possible& possible : region->possible) {
    NaiveAnswer ran = Run(statement.query, &possible.graph);
    // What failed here may not have been evaluated there.
    if (ran.fate == NaiveAnswer::Fate::kMaybe) return Lose(region);
    const bool answered = ran.fate == NaiveAnswer::Fate::kAnswered;
    const Answer its = Comparable(statement, std::move(ran));
    if (answered && SameAnswer(statement, its, answer)) {
      left.push_back(std::move(possible));
    } else if (expected.empty()) {
      expected = answered ? ToText(its) : "that it is refused";
    }
  }
  if (left.empty()) Violate(*region, ToText(answer), expected);
  region->possible = std::move(left);
  // A name may come back, with another id.
  if (answer.counters.nodes_deleted > 0) region->place.ids.clear();
  const bool stays = Settled(*region) && answer.counters.nodes_deleted == 0;
  if (stays) LearnIds(outcome.rows, &region->place.ids);
}

}  // namespace graphdb::sim
