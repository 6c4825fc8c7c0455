#include "sim/world/fault_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace graphdb::sim {
namespace {

std::string TargetText(const FaultTarget& target) {
  switch (target.kind) {
    case FaultTarget::Kind::kNode:
      return NodeName(target.node);
    case FaultTarget::Kind::kLeader:
      return absl::StrCat("leader ", GroupName(target.group));
    case FaultTarget::Kind::kFollower:
      return absl::StrCat("follower ", GroupName(target.group));
    case FaultTarget::Kind::kGateway:
      return "gateway";
    case FaultTarget::Kind::kAll:
      return "all";
  }
  return "?";
}

std::string NetworkText(const NetworkRates& rates) {
  return absl::StrCat(
      "drop=", RateText(rates.drop_ppm), " duplicate=", RateText(rates.duplicate_ppm),
      " tail=", RateText(rates.tail_ppm), " delay=", DurationText(rates.delay_mean));
}

std::string GroupsText(const std::vector<std::vector<NodeId>>& groups) {
  return absl::StrJoin(groups, " | ", [](std::string* out, const std::vector<NodeId>& group) {
    absl::StrAppend(
        out, "{",
        absl::StrJoin(group, " ",
                      [](std::string* inner, NodeId node) { inner->append(NodeName(node)); }),
        "}");
  });
}

std::string Details(const FaultAction& action) {
  switch (action.kind) {
    case FaultKind::kCrash:
      return absl::StrCat(" ", TargetText(action.target), action.power ? "" : " process",
                          CrashMomentName(action.moment));
    case FaultKind::kPartition:
      return absl::StrCat(" ", GroupsText(action.groups));
    case FaultKind::kCut:
      return absl::StrCat(" ", NodeName(*action.from), " -> ", NodeName(*action.to));
    case FaultKind::kHeal:
      if (!action.from) return "";
      return absl::StrCat(" ", NodeName(*action.from), " -> ", NodeName(*action.to));
    case FaultKind::kSlowLink:
    case FaultKind::kClog:
      return absl::StrCat(
          " ",
          action.from ? absl::StrCat(NodeName(*action.from), " -> ", NodeName(*action.to))
                      : TargetText(action.target),
          " ", DurationText(action.amount),
          action.bytes_per_second != 0 ? absl::StrCat(" bandwidth=", action.bytes_per_second) : "");
    case FaultKind::kTransfer:
      return absl::StrCat(" ", GroupName(action.target.group), " -> ", NodeName(*action.to));
    case FaultKind::kFullDisk:
      if (!Damages(action)) break;
      return absl::StrCat(" ", TargetText(action.target));
    case FaultKind::kUpgrade:
    case FaultKind::kDowngrade:
      if (action.amount > Duration()) break;
      return absl::StrCat(" ", TargetText(action.target));
    case FaultKind::kDrain:
    case FaultKind::kSlowDisk:
    case FaultKind::kPause:
    case FaultKind::kStepWall:
      break;
    case FaultKind::kNetwork:
      return absl::StrCat(" ", NetworkText(action.network));
    case FaultKind::kRestart:
    case FaultKind::kFailSync:
    case FaultKind::kFailWrite:
    case FaultKind::kRot:
    case FaultKind::kMisdirect:
    case FaultKind::kMisread:
    case FaultKind::kBadSector:
    case FaultKind::kLieSync:
    case FaultKind::kLoseFile:
    case FaultKind::kWipe:
      return absl::StrCat(" ", TargetText(action.target));
  }
  return absl::StrCat(" ", TargetText(action.target), " ", DurationText(action.amount));
}

// "at 5s", "when shard=1 commits 40"
std::string MomentText(const FaultAction& action) {
  if (!action.when) return absl::StrCat("at ", DurationText(action.at));
  const Trigger& when = *action.when;
  const char* leader = when.kind == Trigger::Kind::kAppends ? "leader " : "";
  std::string text = absl::StrCat("when ", leader, GroupName(when.group), " ",
                                  TriggerKindName(when.kind), " ", when.count);
  if (action.at > Duration()) absl::StrAppend(&text, " after ", DurationText(action.at));
  return text;
}

// Of a link it has to be said which of its ends is left out.
std::string ForeverText(const FaultAction& action) {
  if (!action.forever) return "";
  const bool link = action.kind == FaultKind::kCut;
  return link ? absl::StrCat(" forever ", NodeName(*action.forever)) : " forever";
}

}  // namespace

const char* FaultKindName(FaultKind kind) {
  static constexpr const char* kNames[kFaultKindCount] = {
      "crash",     "restart",   "partition", "cut",        "heal",      "slow-disk", "pause",
      "step-wall", "network",   "fail-sync", "fail-write", "slow-link", "rot",       "transfer",
      "drain",     "misdirect", "wipe",      "full-disk",  "clog",      "misread",   "bad-sector",
      "lie-sync",  "lose-file", "upgrade",   "downgrade"};
  return kNames[static_cast<int>(kind)];
}

bool Parted(const std::vector<std::vector<NodeId>>& groups, NodeId a, NodeId b) {
  bool named = false;
  for (const std::vector<NodeId>& group : groups) {
    const bool holds_a = std::find(group.begin(), group.end(), a) != group.end();
    const bool holds_b = std::find(group.begin(), group.end(), b) != group.end();
    if (holds_a && holds_b) return false;
    named = named || holds_a || holds_b;
  }
  return named;
}

bool Damages(const FaultAction& action) {
  switch (action.kind) {
    case FaultKind::kRot:
    case FaultKind::kMisdirect:
    case FaultKind::kBadSector:
    case FaultKind::kLieSync:
    case FaultKind::kLoseFile:
    case FaultKind::kWipe:
      return true;
    case FaultKind::kFullDisk:
      return action.amount == Duration();
    default:
      return false;
  }
}

const char* TriggerKindName(Trigger::Kind kind) {
  static constexpr const char* kNames[kTriggerKindCount] = {"appends", "commits", "elects"};
  return kNames[static_cast<int>(kind)];
}

void SortPlan(FaultPlan* plan) {
  std::stable_sort(plan->begin(), plan->end(), [](const FaultAction& a, const FaultAction& b) {
    if (a.when || b.when) return !a.when && b.when;
    return a.at < b.at;
  });
}

const char* CrashMomentName(CrashMoment moment) {
  static constexpr const char* kNames[] = {"", " mid-write", " mid-names", " mid-flush"};
  return kNames[static_cast<int>(moment)];
}

std::string NodeName(NodeId node) { return absl::StrCat("node", node.value() + 1); }

std::string GroupName(ShardId group) {
  return group == kMetaGroup ? "meta" : absl::StrCat("shard=", group.value());
}

std::string RateText(uint32_t ppm) {
  return ppm % 10'000 == 0 ? absl::StrCat(ppm / 10'000, "%") : absl::StrCat(ppm, "ppm");
}

std::string DurationText(Duration duration) {
  const int64_t ns = duration.nanoseconds();
  if (ns % 1'000'000'000 == 0) return absl::StrCat(ns / 1'000'000'000, "s");
  if (ns % 1'000'000 == 0) return absl::StrCat(ns / 1'000'000, "ms");
  if (ns % 1'000 == 0) return absl::StrCat(ns / 1'000, "us");
  return absl::StrCat(ns, "ns");
}

std::string ToText(const FaultAction& action) {
  return absl::StrCat(MomentText(action), " ", FaultKindName(action.kind), Details(action),
                      ForeverText(action));
}

}  // namespace graphdb::sim
