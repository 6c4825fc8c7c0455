#include "sim/run/version_watch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

Violation Wrong(std::string message) { return Violation{"version", std::move(message)}; }

}  // namespace

MaybeViolation VersionWatch::OnSwitchOfMeta(uint32_t version) const {
  for (const NodeId member : members_) {
    if (world_.KnownVersion(member) >= version) continue;
    return Wrong(absl::StrCat("meta switches to version ", version, ", which no program of ",
                              NodeName(member), " has known"));
  }
  return std::nullopt;
}

MaybeViolation VersionWatch::OnCommitted(ShardId group, LogIndex index,
                                         const DecisionView& decision) {
  if (decision.member) members_.insert(*decision.member);
  if (decision.version == 0) return std::nullopt;
  Group& seen = groups_[group];
  if (decision.version <= seen.version) return std::nullopt;  // proposed twice
  if (decision.version != seen.version + 1) {
    return Wrong(absl::StrCat(GroupName(group), " switches from version ", seen.version, " to ",
                              decision.version));
  }
  if (group != kMetaGroup && decision.version > groups_[kMetaGroup].version) {
    return Wrong(absl::StrCat(GroupName(group), " switches to version ", decision.version,
                              ", meta is at ", groups_[kMetaGroup].version));
  }
  seen = Group{decision.version, index};
  return group == kMetaGroup ? OnSwitchOfMeta(decision.version) : std::nullopt;
}

MaybeViolation VersionWatch::Look(NodeId node, const ReplicaView& view) {
  const uint32_t program = world_.ProgramVersion(node);
  const auto group = groups_.find(view.group);
  if (group == groups_.end() || group->second.version <= program) return std::nullopt;
  if (view.applied < group->second.since) return std::nullopt;
  return Wrong(absl::StrCat(NodeName(node), ", whose program knows version ", program,
                            ", goes on with ", GroupName(view.group), " at ",
                            group->second.version));
}

MaybeViolation VersionWatch::OnTooOld(const World::TooOld& stopped) const {
  const auto meta = groups_.find(kMetaGroup);
  const uint32_t version =
      meta == groups_.end() ? shard::kFirstClusterVersion : meta->second.version;
  if (version > stopped.version) return std::nullopt;
  return Wrong(absl::StrCat(NodeName(stopped.node), " stops because its program knows version ",
                            stopped.version, " alone, and meta is at ", version));
}

bool VersionWatch::Switched() const {
  if (!world_.upgrades()) return true;
  if (groups_.size() != world_.options().shards + 1) return false;
  return std::all_of(groups_.begin(), groups_.end(), [](const auto& group) {
    return group.second.version == shard::kTestClusterVersion;
  });
}

}  // namespace graphdb::sim
