// Durability: what Raft's replicas rely on, held against what their disks surely
// hold (DurableLog). Exact, so a violation is seen when it happens and not only
// when a crash makes it hurt:
//
//   - A new leader's votes are durable at a majority (so no vote was sent early).
//   - An entry that a leader commits is durable, with its term, at a majority (so
//     no acknowledgement was sent early, and no stale completion counted).
//   - What a replica takes as durable, or has applied, its own disk holds.
//   - Durable terms and votes are never gone back on, over crashes too.
//   - After a restart a log reaches at least as far as what was durable before.
//   - A snapshot's install begins only once its record is durable (rule L6).
//   - A replica campaigns only once it has applied its durable commit (rule L1).
//   - A commit index lies within the log.
//
// What it does not see: programs that have no such log; what happens within one event.
//
// Deterministic thread only.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/run/durable_log.h"
#include "sim/world/world.h"

namespace graphdb::sim {

class Durability {
 public:
  // `world` outlives it and its use of the listener.
  explicit Durability(World& world);

  // `node` has begun another incarnation.
  void OnStart(NodeId node);
  // After each event of the node.
  MaybeViolation Look(NodeId node, const ReplicaView& view);
  // The node's engine begins to take a snapshot at `index` in.
  MaybeViolation OnInstall(NodeId node, ShardId group, LogIndex index);

 private:
  struct Seen {
    LogIndex applied;
    LogIndex durable;
    LogIndex commit;
    LogIndex config_epoch;
    Term led;
    bool looked = false;
  };
  struct Node {
    DurableLog log;
    DurableLog wiped;     // what it held until its disk was replaced: said, if forgotten
    DurableLog at_start;  // of this incarnation
    std::map<ShardId, LogIndex> commit_at_start;  // durable then
    std::map<ShardId, Seen> groups;
    std::string problem;
  };

  MaybeViolation LookAtClaims(NodeId node, const ReplicaView& view, const DurableGroup& held,
                              Seen* seen);
  MaybeViolation LookAtLeader(NodeId node, const ReplicaView& view, Seen* seen);
  MaybeViolation LookAtRecovered(NodeId node, const ReplicaView& view) const;
  bool Voted(NodeId voter, const ReplicaView& leader) const;
  bool Holds(NodeId node, ShardId group, LogIndex index, Term term) const;

  std::vector<Node> nodes_;
};

}  // namespace graphdb::sim
