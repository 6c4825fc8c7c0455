#include "sim/run/recovery.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace graphdb::sim {
namespace {

std::string SetText(const std::vector<NodeId>& nodes) {
  return absl::StrCat(
      "{",
      absl::StrJoin(nodes, " ", [](std::string* out, NodeId node) { out->append(NodeName(node)); }),
      "}");
}

bool IsMajorityOf(const std::vector<NodeId>& nodes, absl::FunctionRef<bool(NodeId)> with) {
  const auto count = std::count_if(nodes.begin(), nodes.end(), with);
  return nodes.empty() || static_cast<size_t>(count) > nodes.size() / 2;
}

}  // namespace

const char* WhyNotName(WhyNot why) {
  static constexpr const char* kNames[] = {"no-majority", "meta-no-majority", "fence-no-majority",
                                           "leader-out-of-reach", "leader-lacks-meta"};
  return kNames[static_cast<int>(why)];
}

std::vector<ShardId> Recovery::Groups() const {
  std::vector<ShardId> groups = {kMetaGroup};
  for (uint32_t shard = 0; shard < world_.options().shards; ++shard) {
    groups.push_back(ShardId(static_cast<uint16_t>(shard)));
  }
  return groups;
}

// A founding is no entry: its founder votes alone.
VotersView Recovery::VotersOf(ShardId group) const {
  const auto found = voters_.find(group);
  if (found != voters_.end()) return found->second;
  return {{NodeId(world_.options().founder - 1)}, {}};
}

bool Recovery::IsMajority(ShardId group, absl::FunctionRef<bool(NodeId)> with) const {
  const VotersView view = VotersOf(group);
  return IsMajorityOf(view.voters, with) && IsMajorityOf(view.outgoing, with);
}

bool Recovery::Linked(NodeId a, NodeId b) const {
  return !world_.CutForever(a, b) && !world_.CutForever(b, a);
}

// Tries every set of nodes: there are nine at most.
bool Recovery::HasCore(ShardId group) const {
  const uint32_t nodes = world_.options().nodes;
  const uint32_t sets = uint32_t{1} << nodes;
  for (uint32_t set = 1; set < sets; ++set) {
    const auto in_set = [set](NodeId node) { return ((set >> node.value()) & 1) != 0; };
    if (!IsMajority(group, in_set)) continue;
    bool whole = true;
    for (uint32_t a = 0; a < nodes && whole; ++a) {
      if (!in_set(NodeId(a))) continue;
      whole = world_.Sound(NodeId(a));
      for (uint32_t b = 0; b < a && whole; ++b) {
        whole = !in_set(NodeId(b)) || Linked(NodeId(a), NodeId(b));
      }
    }
    if (whole) return true;
  }
  return false;
}

std::optional<Excuse> Recovery::OfGroup(ShardId group) const {
  if (HasCore(group)) return std::nullopt;
  const VotersView view = VotersOf(group);
  std::string text = absl::StrCat(GroupName(group), " needs a majority of ", SetText(view.voters));
  if (!view.outgoing.empty()) absl::StrAppend(&text, " and one of ", SetText(view.outgoing));
  for (uint32_t n = 0; n < world_.options().nodes; ++n) {
    const std::string why = world_.WhyFaulty(NodeId(n));
    if (!why.empty()) absl::StrAppend(&text, "; ", why);
  }
  return Excuse{group == kMetaGroup ? WhyNot::kMetaNoMajority : WhyNot::kNoMajority, text};
}

std::optional<Excuse> Recovery::OfGroups() const {
  for (const ShardId group : Groups()) {
    if (auto excuse = OfGroup(group)) return excuse;
    if (auto excuse = OfTimestamps(group)) return excuse;
  }
  return std::nullopt;
}

bool Recovery::MayLeadForever(ShardId group, NodeId node) const {
  return world_.Up(node) &&
         IsMajority(group, [&](NodeId voter) { return world_.Up(voter) && Linked(node, voter); });
}

std::optional<Excuse> Recovery::OfLeader(ShardId group, NodeId gateway) const {
  const std::optional<NodeId> leader = world_.LeaderOf(group);
  if (!leader || Linked(*leader, gateway) || !MayLeadForever(group, *leader)) return std::nullopt;
  return Excuse{WhyNot::kLeaderOutOfReach,
                absl::StrCat(NodeName(*leader), " leads ", GroupName(group),
                             ", reaches a majority of it and not ", NodeName(gateway), "; ",
                             world_.WhyFaulty(*leader))};
}

std::optional<Excuse> Recovery::OfTimestamps(ShardId group) const {
  const std::optional<NodeId> leader = world_.LeaderOf(group);
  const std::optional<NodeId> oracle = world_.LeaderOf(kMetaGroup);
  if (!leader || !oracle || Linked(*leader, *oracle)) return std::nullopt;
  if (!MayLeadForever(group, *leader) || !MayLeadForever(kMetaGroup, *oracle)) return std::nullopt;
  std::string text =
      absl::StrCat(NodeName(*leader), " leads ", GroupName(group), " and ", NodeName(*oracle),
                   " meta, each reaches a majority of its own ", "and not the other one");
  for (const NodeId node : {*leader, *oracle}) {
    if (world_.Faulty(node)) absl::StrAppend(&text, "; ", world_.WhyFaulty(node));
  }
  return Excuse{WhyNot::kLeaderLacksMeta, text};
}

std::optional<Excuse> Recovery::OfWrite(ShardId shard, NodeId gateway) const {
  for (const ShardId group : {shard, kMetaGroup}) {
    if (auto excuse = OfGroup(group)) return excuse;
    if (auto excuse = OfLeader(group, gateway)) return excuse;
    if (auto excuse = OfTimestamps(group)) return excuse;
  }
  for (const ShardId group : Groups()) {
    if (auto excuse = OfGroup(group)) {
      excuse->why = WhyNot::kFenceNoMajority;
      return excuse;
    }
    if (auto excuse = OfLeader(group, gateway)) return excuse;
    if (auto excuse = OfTimestamps(group)) return excuse;
  }
  return std::nullopt;
}

bool Recovery::OutOfReach(NodeId node) const {
  bool hears_all = true;
  for (uint32_t n = 0; n < world_.options().nodes; ++n) {
    hears_all = hears_all && Linked(NodeId(n), node);
  }
  if (hears_all) return false;
  const std::vector<ShardId> groups = Groups();
  return std::any_of(groups.begin(), groups.end(),
                     [&](ShardId group) { return OfLeader(group, node).has_value(); });
}

}  // namespace graphdb::sim
