// NodeBeats: heartbeats per node pair, however many groups the two nodes share
// (rule L2). Once per interval all groups led here begin a round of the same
// number, and each peer hears of them in one beat, which it answers in one reply.
// A read that needs a round at once sends a beat that names its group alone.
//
//   interval -> BeginRound of each group led -> one kAll beat per peer
//   kAll, kSome -> Step(kHeartbeat) of each group named -> one reply
//   kAll -> OnUnclaimed of each group not named
//   reply -> Step(kHeartbeatReply) of each group named; a higher term is a veto
//
// Place: between the GroupHosts of a node and its PeerLink.
//
// Invariants:
//   1. Rounds rise over all groups and incarnations of a node: a round is the
//      count of the node's starts and, below it, of its rounds since. So an
//      append and a beat of one node can be told apart by age, whatever groups
//      they name, and an answer meant for another group, term or incarnation
//      meets no round of its number.
//   2. A peer gets one kAll beat per heartbeat interval, even when it is named
//      nothing: that is how it hears that nothing is claimed.
//   3. An answer that waits for a write isn't in the reply; it comes later as a
//      message of its own.
//
// Deterministic thread only.
#pragma once

#include <map>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/cluster/group_host.h"
#include "core/cluster/identity.h"
#include "core/cluster/peer_link.h"
#include "core/raft/liveness.h"

namespace graphdb::cluster {

// Implemented by the node.
class BeatHost {
 public:
  virtual ~BeatHost() = default;
  // Null: not ours, or `to` is not this node's replica. May begin the group.
  virtual GroupHost* GroupForMessage(ShardId group, ReplicaId to) = 0;
};

class NodeBeats final : public raft::Liveness {
 public:
  NodeBeats(env::Env& env, PeerLink& link, const Identity& identity, BeatHost& host);

  // REQUIRES: this start is counted in the identity.
  void Start();
  // `group` outlives this.
  void Add(GroupHost* group) { groups_[group->group()] = group; }
  // A round of all groups, and a beat to each peer. The host corks the link.
  void BeatAll();
  // REQUIRES: raft::IsBeat(bytes).
  void OnBeat(NodeId from, absl::string_view bytes);

  raft::Round Begin(raft::Round last) override;
  bool Beat(NodeId to, const raft::Message& beat, bool urgent) override;
  bool Answer(const raft::Message& answer) override;

 private:
  struct Peer {
    NodeId node;
    std::vector<raft::Beat::Group> claims;
  };

  void AddPeers(const raft::MemberSet& members);
  void Send(NodeId to, raft::Beat beat);
  void OnClaims(NodeId from, const raft::Beat& beat);
  void OnReply(NodeId from, const raft::Beat& reply);

  env::Env& env_;
  PeerLink& link_;
  const Identity& identity_;
  BeatHost& host_;
  ReplicaId self_;
  std::map<ShardId, GroupHost*> groups_;
  raft::Round round_;  // begun last, by whichever group
  // While all groups begin a round together.
  bool beating_ = false;
  std::map<ReplicaId, Peer> peers_;
  // While the claims of one beat are stepped.
  std::vector<raft::Beat::Group>* answers_ = nullptr;
};

}  // namespace graphdb::cluster
