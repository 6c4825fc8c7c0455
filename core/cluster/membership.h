// Membership: what a group's leader does for the group as a whole: takes the
// members that the meta group names into the config, as learners and then as
// voters (rule I1), and hands leadership to the preferred node (rule I2).
//
// Invariants:
//   1. One step at a time: nothing is proposed while a change is under way.
//   2. A learner becomes a voter only when it replicates and has everything
//      committed so far.
//   3. Leadership is handed over only to a voter that has the whole log and was
//      heard from lately.
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
  bool HeardLately(NodeId node) const;
  // Takes at most one step for the group. REQUIRES: it is led here.
  void Advance(GroupHost& group, const v1::MetaStateView& meta);

 private:
  bool TakeInMembers(GroupHost& group, const raft::Status& status, const v1::MetaStateView& meta);
  void HandToPreferred(GroupHost& group, const raft::Status& status, const v1::MetaStateView& meta);

  const NodeOptions& options_;
  env::Env& env_;
  std::map<NodeId, Instant> heard_;
  std::map<ShardId, Instant> transfer_tried_;
};

}  // namespace graphdb::cluster
