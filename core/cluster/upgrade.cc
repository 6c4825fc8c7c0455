#include "core/cluster/upgrade.h"

#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/shard/cluster_version.h"

namespace graphdb::cluster {

void Upgrade::NoteNewest(NodeId from, uint32_t newest) {
  // A program that knows nothing newer takes no step, and has no use for it.
  if (options_.newest_version <= shard::kFirstClusterVersion) return;
  const Instant now = env_.clock.Monotonic();
  Said& said = said_[from];
  if (said.newest != newest || now - said.last > kHeardWithin) said.since = now;
  said.newest = newest;
  said.last = now;
}

bool Upgrade::Knows(NodeId node, uint32_t version) const {
  if (node == options_.self) return options_.newest_version >= version;
  const auto it = said_.find(node);
  if (it == said_.end() || it->second.newest < version) return false;
  const Instant now = env_.clock.Monotonic();
  return now - it->second.last <= kHeardWithin && now - it->second.since >= kSaidFor;
}

std::optional<uint32_t> Upgrade::Next(const v1::MetaStateView& meta) {
  if (meta.cluster_id().empty()) return std::nullopt;
  const uint32_t next = shard::VersionOf(meta.cluster_version()) + 1;
  if (options_.newest_version < next) return std::nullopt;
  int knowing = 0;
  for (const v1::MetaMember& member : meta.members()) {
    knowing += Knows(NodeId(member.node()), next) ? 1 : 0;
  }
  const int needed =
      GRAPHDB_MUTANT("upgrade.without-all") ? meta.members_size() / 2 + 1 : meta.members_size();
  if (knowing < needed) {
    GRAPHDB_COVER("cluster.upgrade_waits");
    return std::nullopt;
  }
  const Instant now = env_.clock.Monotonic();
  if (tried_ && now - *tried_ < kTryEvery) return std::nullopt;
  tried_ = now;
  return next;
}

uint32_t Upgrade::OfShards(const v1::MetaStateView& meta) const {
  if (GRAPHDB_MUTANT("upgrade.shard-before-meta")) return options_.newest_version;
  return shard::VersionOf(meta.cluster_version());
}

}  // namespace graphdb::cluster
