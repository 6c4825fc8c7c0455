// Membership: what a group's leader does for the group as a whole: takes the
// members that the meta group names into the config, as learners and then as
// voters (rule I1), and hands leadership to the preferred node (rule I2) or, when
// this node drains or isn't fit to lead, away.
//
// Invariants:
//   1. One step at a time: nothing is proposed while a change is under way.
//   2. A learner becomes a voter only when it replicates and has everything
//      committed so far.
//   3. Leadership is handed over only to a voter that has the whole log, was
//      heard from lately and didn't say that it declines.
//
// Deterministic thread only.
#pragma once

#include <map>

#include "core/cluster/group_host.h"
#include "core/cluster/node.h"
#include "proto/shard.pb.h"

namespace graphdb::cluster {

// Rule I2: shard i prefers node i mod n, meta the founder.
NodeId PreferredLeader(ShardId group, const v1::MetaStateView& meta, size_t nodes);

class Membership {
 public:
  static constexpr Duration kPeriod = Duration::Milliseconds(250);
  static constexpr Duration kHeardWithin = Duration::Milliseconds(500);
  static constexpr Duration kTransferPause = Duration::Milliseconds(1500);

  Membership(const NodeOptions& options, env::Env& env) : options_(options), env_(env) {}

  void NoteHeard(NodeId node) { heard_[node] = env_.clock.Monotonic(); }
  bool Hears(NodeId node) const { return Lately(heard_, node); }
  // It says so in every message: what is late doesn't hide what was said just before,
  // and a node that comes back has said nothing for long enough.
  void NoteDeclines(NodeId node) { declined_[node] = env_.clock.Monotonic(); }
  bool Declines(NodeId node) const { return Lately(declined_, node); }
  // Takes at most one step for the group. `fit`: this node may go on leading it.
  // REQUIRES: it is led here.
  void Advance(GroupHost& group, const v1::MetaStateView& meta, bool fit);
  // As an operator asks for it: nothing happens where the node is no voter, or declines.
  // REQUIRES: the group is led here.
  void HandTo(GroupHost& group, NodeId node);
  // Hands the group to a voter, as soon as one may lead it: to the preferred one
  // before others. False: there is none to wait for. REQUIRES: it is led here.
  bool HandAway(GroupHost& group, const v1::MetaStateView& meta);

 private:
  bool Lately(const std::map<NodeId, Instant>& said, NodeId node) const;
  // Invariant 3, of a voter.
  bool MayLead(const raft::Status& status, ReplicaId replica, NodeId node) const;
  bool TakeInMembers(GroupHost& group, const raft::Status& status, const v1::MetaStateView& meta);
  // The preferred node where it is one of them; kNoReplica: none may lead.
  ReplicaId Successor(const raft::Status& status, NodeId preferred) const;

  const NodeOptions& options_;
  env::Env& env_;
  std::map<NodeId, Instant> heard_;
  std::map<NodeId, Instant> declined_;
  std::map<ShardId, Instant> transfer_tried_;
};

}  // namespace graphdb::cluster
