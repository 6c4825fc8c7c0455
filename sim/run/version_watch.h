// VersionWatch: an oracle over cluster versions. Meta goes up one step at a time, and only
// to what a program of every member has known; a shard goes no further than meta; a program
// never goes on with a group that has switched to what it doesn't know, and stops for its
// age only if meta has really moved on.
//
// It sees the log and which program runs, not what a leader had heard: a member that was new
// once and has gone back since may be left behind by the switch, as nobody can prevent.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "sim/check/raft_safety.h"
#include "sim/world/program.h"
#include "sim/world/world.h"

namespace graphdb::sim {

class VersionWatch {
 public:
  explicit VersionWatch(const World& world) : world_(world) {}

  // An entry of the group, in order, each once.
  MaybeViolation OnCommitted(ShardId group, LogIndex index, const DecisionView& decision);
  // At a replica of a node, after an event of it.
  MaybeViolation Look(NodeId node, const ReplicaView& view);
  MaybeViolation OnTooOld(const World::TooOld& stopped) const;

  // Whether meta and every shard of a run that upgrades are where the programs are.
  bool Switched() const;

 private:
  struct Group {
    uint32_t version = shard::kFirstClusterVersion;
    LogIndex since;
  };

  MaybeViolation OnSwitchOfMeta(uint32_t version) const;

  const World& world_;
  std::map<ShardId, Group> groups_;  // that have switched
  std::set<NodeId> members_;
};

}  // namespace graphdb::sim
