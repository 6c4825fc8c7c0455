#include "sim/migrate/migration_plan.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/status_macros.h"

namespace graphdb::sim {
namespace {

using Kind = PlannedFault::Kind;
using Damage = MigrationPlan::Damage;

constexpr absl::string_view kDamageNames[] = {"none",     "flip",       "truncate",
                                              "dropline", "repeatline", "swaplines"};
constexpr const char* kFaultNames[kPlannedFaultKinds] = {
    "power", "kill", "partition", "deaf", "slow-disk", "pause", "fail-sync", "fail-write", "lossy"};
constexpr size_t kItemsMax = 1000;
constexpr uint32_t kTimeMsMax = 600'000;

// The numbers of a plan by their names. One table for both directions.
std::map<std::string, uint32_t*> Numbers(MigrationPlan* plan) {
  return {{"clients", &plan->clients},
          {"ids", &plan->ids},
          {"load_ms", &plan->load_ms},
          {"think_ms", &plan->think_ms},
          {"page", &plan->page},
          {"damage_at", &plan->damage_at},
          {"batch", &plan->batch},
          {"read_error_percent", &plan->read_error_percent},
          {"flush_error_percent", &plan->flush_error_percent},
          {"write_error_percent", &plan->write_error_percent},
          {"shards", &plan->shards},
          {"target_clients", &plan->target_clients},
          {"node2_ms", &plan->node2_ms},
          {"node3_ms", &plan->node3_ms}};
}

std::string FaultsText(const std::vector<PlannedFault>& faults) {
  return absl::StrJoin(faults, ",", [](std::string* out, const PlannedFault& fault) {
    absl::StrAppend(out, PlannedFaultName(fault.kind), ":", fault.node + 1, "@", fault.at_ms, "+",
                    fault.for_ms);
  });
}

bool ParseFault(absl::string_view text, PlannedFault* fault) {
  const std::pair<std::string, std::string> kind = absl::StrSplit(text, absl::MaxSplits(':', 1));
  const std::pair<std::string, std::string> node =
      absl::StrSplit(kind.second, absl::MaxSplits('@', 1));
  const std::pair<std::string, std::string> time =
      absl::StrSplit(node.second, absl::MaxSplits('+', 1));
  const auto name = std::find(std::begin(kFaultNames), std::end(kFaultNames), kind.first);
  if (name == std::end(kFaultNames)) return false;
  fault->kind = static_cast<Kind>(name - std::begin(kFaultNames));
  const bool numbers = absl::SimpleAtoi(node.first, &fault->node) &&
                       absl::SimpleAtoi(time.first, &fault->at_ms) &&
                       absl::SimpleAtoi(time.second, &fault->for_ms);
  if (!numbers || fault->node == 0) return false;
  --fault->node;
  return fault->at_ms <= kTimeMsMax && fault->for_ms <= kTimeMsMax;
}

bool ParseFaults(absl::string_view text, std::vector<PlannedFault>* out) {
  for (const absl::string_view item : absl::StrSplit(text, ',')) {
    PlannedFault fault;
    if (!ParseFault(item, &fault) || out->size() == kItemsMax) return false;
    out->push_back(fault);
  }
  return true;
}

bool ParseList(absl::string_view text, std::vector<uint32_t>* out) {
  for (const absl::string_view item : absl::StrSplit(text, ',')) {
    uint32_t number = 0;
    if (!absl::SimpleAtoi(item, &number) || out->size() == kItemsMax) return false;
    out->push_back(number);
  }
  return true;
}

bool ParseDamage(absl::string_view text, Damage* out) {
  const auto name = std::find(std::begin(kDamageNames), std::end(kDamageNames), text);
  if (name == std::end(kDamageNames)) return false;
  *out = static_cast<Damage>(name - std::begin(kDamageNames));
  return true;
}

bool ParseField(const std::string& name, const std::string& value, MigrationPlan* plan) {
  if (name == "seed") return absl::SimpleAtoi(value, &plan->seed);
  if (name == "source") return ParseFaults(value, &plan->source);
  if (name == "forming") return ParseFaults(value, &plan->forming);
  if (name == "snapshot_crashes") return ParseList(value, &plan->snapshot_crashes);
  if (name == "restore_crashes") return ParseList(value, &plan->restore_crashes);
  if (name == "damage") return ParseDamage(value, &plan->damage);
  if (name == "start_unfinished") return absl::SimpleAtob(value, &plan->start_unfinished);
  const auto numbers = Numbers(plan);
  const auto it = numbers.find(name);
  return it != numbers.end() && absl::SimpleAtoi(value, it->second);
}

absl::Status CheckLimits(const MigrationPlan& plan) {
  const auto within = [](uint32_t value, uint32_t least, uint32_t most) {
    return value >= least && value <= most;
  };
  if (!within(plan.clients, 1, 16)) return absl::InvalidArgumentError("plan: clients: 1 to 16");
  if (plan.target_clients > 16) return absl::InvalidArgumentError("plan: target_clients: 0 to 16");
  if (!within(plan.ids, 1, 100'000)) return absl::InvalidArgumentError("plan: ids: 1 to 100000");
  if (!within(plan.shards, 1, 64)) return absl::InvalidArgumentError("plan: shards: 1 to 64");
  if (plan.page == 0) return absl::InvalidArgumentError("plan: page: at least 1");
  if (plan.batch == 0) return absl::InvalidArgumentError("plan: batch: at least 1");
  for (const uint32_t percent :
       {plan.read_error_percent, plan.flush_error_percent, plan.write_error_percent}) {
    if (percent > 100) return absl::InvalidArgumentError("plan: a percentage above 100");
  }
  for (const uint32_t ms : {plan.load_ms, plan.think_ms, plan.node2_ms, plan.node3_ms}) {
    if (ms > kTimeMsMax) return absl::InvalidArgumentError("plan: a time above 600000 ms");
  }
  return absl::OkStatus();
}

FaultAction ActionAt(uint32_t ms, FaultKind kind, NodeId node) {
  FaultAction action;
  action.at = Duration::Milliseconds(ms);
  action.kind = kind;
  action.target.node = node;
  return action;
}

// The others cut off from `node`, or only unheard by it.
void AddCut(const PlannedFault& fault, NodeId node, uint32_t nodes, FaultPlan* out) {
  for (uint32_t n = 0; n < nodes; ++n) {
    const NodeId other(n);
    if (other == node) continue;
    FaultAction cut = ActionAt(fault.at_ms, FaultKind::kCut, node);
    cut.from = other;
    cut.to = node;
    FaultAction heal = cut;
    heal.at = Duration::Milliseconds(fault.at_ms + fault.for_ms);
    heal.kind = FaultKind::kHeal;
    out->push_back(cut);
    out->push_back(heal);
    if (fault.kind == Kind::kDeaf) continue;
    std::swap(cut.from, cut.to);
    std::swap(heal.from, heal.to);
    out->push_back(cut);
    out->push_back(heal);
  }
}

void AddFault(const PlannedFault& fault, uint32_t nodes, FaultPlan* out) {
  const NodeId node(fault.node % nodes);
  const uint32_t end_ms = fault.at_ms + fault.for_ms;
  FaultAction begin = ActionAt(fault.at_ms, FaultKind::kCrash, node);
  begin.amount = Duration::Milliseconds(fault.for_ms);
  switch (fault.kind) {
    case Kind::kPowerCut:
    case Kind::kKill:
      begin.power = fault.kind == Kind::kPowerCut;
      out->push_back(begin);
      out->push_back(ActionAt(end_ms, FaultKind::kRestart, node));
      return;
    case Kind::kPartition:
    case Kind::kDeaf:
      return AddCut(fault, node, nodes, out);
    case Kind::kSlowDisk:
      begin.kind = FaultKind::kSlowDisk;
      break;
    case Kind::kPause:
      begin.kind = FaultKind::kPause;
      break;
    case Kind::kFailSync:
      begin.kind = FaultKind::kFailSync;
      break;
    case Kind::kFailWrite:
      begin.kind = FaultKind::kFailWrite;
      break;
    case Kind::kLossy: {
      begin.kind = FaultKind::kNetwork;
      FaultAction quiet = ActionAt(end_ms, FaultKind::kNetwork, node);
      begin.network.drop_ppm = 100'000;
      begin.network.duplicate_ppm = 100'000;
      begin.network.tail_ppm = 100'000;
      out->push_back(quiet);
      break;
    }
  }
  out->push_back(begin);
}

}  // namespace

const char* PlannedFaultName(Kind kind) { return kFaultNames[static_cast<int>(kind)]; }

std::string PlanText(const MigrationPlan& plan) {
  MigrationPlan copy = plan;
  MigrationPlan defaults;
  std::string text = absl::StrCat("seed=", plan.seed);
  const auto standard = Numbers(&defaults);
  for (const auto& [name, value] : Numbers(&copy)) {
    if (*value != *standard.at(name)) absl::StrAppend(&text, " ", name, "=", *value);
  }
  if (!plan.source.empty()) absl::StrAppend(&text, " source=", FaultsText(plan.source));
  if (!plan.snapshot_crashes.empty()) {
    absl::StrAppend(&text, " snapshot_crashes=", absl::StrJoin(plan.snapshot_crashes, ","));
  }
  if (plan.damage != Damage::kNone) {
    absl::StrAppend(&text, " damage=", kDamageNames[static_cast<size_t>(plan.damage)]);
  }
  if (!plan.restore_crashes.empty()) {
    absl::StrAppend(&text, " restore_crashes=", absl::StrJoin(plan.restore_crashes, ","));
  }
  if (plan.start_unfinished) absl::StrAppend(&text, " start_unfinished=1");
  if (!plan.forming.empty()) absl::StrAppend(&text, " forming=", FaultsText(plan.forming));
  return text;
}

absl::StatusOr<MigrationPlan> ParsePlan(absl::string_view text) {
  MigrationPlan plan;
  for (const absl::string_view part : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> field = absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (!ParseField(field.first, field.second, &plan)) {
      return absl::InvalidArgumentError(absl::StrCat("plan: '", part, "'"));
    }
  }
  GRAPHDB_RETURN_IF_ERROR(CheckLimits(plan));
  return plan;
}

FaultPlan ToFaultPlan(const std::vector<PlannedFault>& faults, uint32_t nodes) {
  FaultPlan plan;
  for (const PlannedFault& fault : faults) AddFault(fault, nodes, &plan);
  std::stable_sort(plan.begin(), plan.end(),
                   [](const FaultAction& a, const FaultAction& b) { return a.at < b.at; });
  return plan;
}

}  // namespace graphdb::sim
