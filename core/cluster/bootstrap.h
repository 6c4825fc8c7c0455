// Bootstrap: how a node comes to belong to a cluster (rule I1). A node with
// `bootstrap: true` asks the peers it can reach and founds a cluster if none of
// them belongs to one; every other node waits to be admitted by a meta leader.
//
// Place: runs from the node's start until its identity says kMember, and goes
// on answering Hello after that. The meta leader's side is admission.h.
//
// Invariants:
//   1. A node founds only while it belongs to no cluster, and only after it has
//      asked every configured peer and waited for kAskPeersFor.
//   2. The identity is durable before anything is done in its name.
//   3. It belongs to nothing new before Start, however early it is admitted.
//   4. A disagreement (peers, num_shards, two founders, two clusters) ends in a
//      typed refusal that names the nodes, the key and both values; a node that
//      belongs nowhere stops over it, a member goes on unless its cluster knows
//      another store under its name.
//   5. It belongs to a cluster as the store that was admitted: what was meant for a
//      disk that is lost admits no other one.
//
// Deterministic thread only.
#pragma once

#include <set>
#include <string>

#include "core/cluster/identity.h"
#include "core/cluster/node.h"
#include "core/cluster/peer_link.h"
#include "core/env/env.h"

namespace graphdb::cluster {

class BootstrapHost {
 public:
  virtual ~BootstrapHost() = default;
  // The identity says kFounding and is durable: write the first state, then
  // call Bootstrap::Founded.
  virtual void WriteFirstState() = 0;
  // The identity says kMember and is durable.
  virtual void BecameMember() = 0;
};

// "node1=10.0.1.10:7000,node2=..." in the order of the config.
std::string PeersText(const NodeOptions& options);

// OK, or how `theirs` disagrees with `ours` about what a cluster must agree on.
absl::Status CheckAgreement(const Identity& ours, const v1::Identity& theirs);

v1::Identity ToProto(const Identity& identity, bool bootstrap);

class Bootstrap {
 public:
  static constexpr Duration kAskPeersFor = Duration::Milliseconds(1000);
  static constexpr Duration kAskEvery = Duration::Milliseconds(200);

  // `identity` is the node's; this object is the only one that changes it.
  Bootstrap(const NodeOptions& options, env::Env& env, PeerLink& link, Identity& identity,
            BootstrapHost& host);

  void Start();
  void OnHello(NodeId from, const v1::PeerMessage& message);
  void Founded();  // the first state is durable

 private:
  void AskPeers();
  void OnReply(NodeId from, const v1::Identity& theirs);
  void OnAdmit(NodeId from, const v1::Admit& admit);
  void OnRefuse(const v1::Refuse& refuse);
  void DecideToFound();
  void Save(absl::AnyInvocable<void()> then);
  void Stop(const absl::Status& reason);

  const NodeOptions& options_;
  env::Env& env_;
  PeerLink& link_;
  Identity& identity_;
  BootstrapHost& host_;
  std::set<NodeId> answered_;
  int rounds_ = 0;
  bool cluster_exists_ = false;  // some peer belongs to one: wait to be admitted
  bool saving_ = false;
  bool started_ = false;
};

}  // namespace graphdb::cluster
