#include "core/cluster/membership.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/group_text.h"
#include "core/base/mutant.h"
#include "core/cluster/shard_host.h"

namespace graphdb::cluster {

NodeId PreferredLeader(ShardId group, const v1::MetaStateView& meta, size_t nodes) {
  if (group != kMetaGroup) return NodeId(static_cast<uint32_t>(group.value() % nodes));
  return meta.members_size() > 0 ? NodeId(meta.members(0).node()) : kNoNode;
}

bool Membership::Lately(const std::map<NodeId, Instant>& said, NodeId node) const {
  const auto it = said.find(node);
  return it != said.end() && env_.clock.Monotonic() - it->second <= kHeardWithin;
}

bool Membership::MayLead(const raft::Status& status, ReplicaId replica, NodeId node) const {
  if (!Hears(node)) return false;
  if (Declines(node) && !GRAPHDB_MUTANT("rule-I2.none-to-draining")) return false;
  const auto peer = status.peers.find(replica);
  return peer != status.peers.end() && peer->second.state == raft::ProgressState::kReplicate &&
         peer->second.match >= status.commit;
}

void Membership::Advance(GroupHost& group, const v1::MetaStateView& meta, bool fit) {
  const raft::Status status = group.raft()->GetStatus();
  if (status.role != raft::Role::kLeader || !status.own_term_committed) return;
  if (status.config.joint() || status.transfer_target != kNoReplica) return;
  if (TakeInMembers(group, status, meta)) return;
  // Not while the group is still growing: the first leader has work to do.
  if (status.config.voters.size() < MajorityOf(options_.peers.size())) return;
  Instant& tried = transfer_tried_[group.group()];
  const Instant now = env_.clock.Monotonic();
  if (tried != Instant() && now - tried < kTransferPause) return;
  const NodeId preferred = PreferredLeader(group.group(), meta, options_.peers.size());
  const ReplicaId to = Successor(status, preferred);
  if (to == kNoReplica) return;
  const bool better = status.config.voters.at(to) == preferred && preferred != options_.self &&
                      !GRAPHDB_MUTANT("rule-I2.hand-to-preferred");
  if (fit && !better) return;
  tried = now;
  (void)group.TransferLeader(to);
}

bool Membership::TakeInMembers(GroupHost& group, const raft::Status& status,
                               const v1::MetaStateView& meta) {
  for (const v1::MetaMember& member : meta.members()) {
    const ReplicaId replica(member.store_id());
    raft::Config target = status.config;
    if (!target.Contains(replica)) {
      target.learners[replica] = NodeId(member.node());
    } else if (target.IsLearner(replica)) {
      const auto peer = status.peers.find(replica);
      const bool caught_up = peer != status.peers.end() &&
                             peer->second.state == raft::ProgressState::kReplicate &&
                             peer->second.match >= status.commit;
      if (!caught_up || !Hears(NodeId(member.node()))) {
        if (GRAPHDB_MUTANT("cluster.waits-for-learner")) return true;
        continue;
      }
      target.learners.erase(replica);
      target.voters[replica] = NodeId(member.node());
    } else {
      continue;
    }
    target.auto_leave = true;
    const absl::Status proposed = group.ProposeConfig(target);
    if (!proposed.ok()) {
      env_.log.Log(
          env::LogLevel::kDebug, "membership",
          absl::StrCat(GroupText(group.group()), ": ", absl::string_view(proposed.message())));
    }
    return true;
  }
  return false;
}

ReplicaId Membership::Successor(const raft::Status& status, NodeId preferred) const {
  ReplicaId to = kNoReplica;
  for (const auto& [replica, node] : status.config.voters) {
    if (node == options_.self || !MayLead(status, replica, node)) continue;
    if (to == kNoReplica || node == preferred) to = replica;
  }
  return to;
}

void Membership::HandTo(GroupHost& group, NodeId node) {
  if (Declines(node)) return;
  for (const auto& [replica, voter] : group.raft()->config().voters) {
    if (voter != node) continue;
    (void)group.TransferLeader(replica);
    return;
  }
}

bool Membership::HandAway(GroupHost& group, const v1::MetaStateView& meta) {
  const raft::Status status = group.raft()->GetStatus();
  if (status.transfer_target != kNoReplica) return true;
  const NodeId preferred = PreferredLeader(group.group(), meta, options_.peers.size());
  const ReplicaId to = Successor(status, preferred);
  if (to != kNoReplica) (void)group.TransferLeader(to);
  return std::any_of(status.config.voters.begin(), status.config.voters.end(),
                     [this](const auto& voter) {
                       return voter.second != options_.self && !Declines(voter.second);
                     });
}

}  // namespace graphdb::cluster
