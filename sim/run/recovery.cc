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
  static constexpr const char* kNames[] = {"no-majority", "meta-no-majority", "fence-no-majority"};
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
  }
  return std::nullopt;
}

bool Recovery::MayLeadForever(ShardId group, NodeId node) const {
  return world_.Up(node) &&
         IsMajority(group, [&](NodeId voter) { return world_.Up(voter) && Linked(node, voter); });
}

std::optional<Excuse> Recovery::OfWrite(ShardId shard) const {
  for (const ShardId group : {shard, kMetaGroup}) {
    if (auto excuse = OfGroup(group)) return excuse;
  }
  for (const ShardId group : Groups()) {
    auto excuse = OfGroup(group);
    if (!excuse) continue;
    excuse->why = WhyNot::kFenceNoMajority;
    return excuse;
  }
  return std::nullopt;
}

bool Recovery::OutOfReach(NodeId node) const {
  const std::vector<ShardId> groups = Groups();
  return std::any_of(groups.begin(), groups.end(), [&](ShardId group) {
    const std::optional<NodeId> leader = world_.LeaderOf(group);
    return leader && !Linked(*leader, node) && MayLeadForever(group, *leader);
  });
}

}  // namespace graphdb::sim
