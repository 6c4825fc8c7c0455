// Admission: the meta leader's side of rule I1. Greets every configured peer
// from time to time, admits those that belong to no cluster, and records them
// as members; says by name why a node is refused.
//
// Invariants:
//   1. A node is recorded as a member only after it said that it belongs to
//      this cluster, with the store id it said it with.
//   2. A known member that comes back with another store (a wiped disk) is not
//      taken in again by itself: it is told to stop until `node replace`.
//   3. A member of another cluster is told to stop by one that has a majority of
//      the configured peers. A cluster that has not reached a majority of the configured peers ends
//      itself when it meets another cluster among them: it never took a write.
//   4. A node whose program is too old for the cluster's version is told to stop, member
//      or not.
//   5. A second node with `bootstrap: true` is told to stop. On a node that
//      belongs to this cluster the key means nothing.
//
// Deterministic thread only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/cluster/identity.h"
#include "core/cluster/node.h"
#include "core/cluster/peer_link.h"
#include "core/env/env.h"

namespace graphdb::cluster {

class AdmissionHost {
 public:
  virtual ~AdmissionHost() = default;
  virtual bool LeadsMeta() const = 0;
  virtual bool HasMajorityOfPeers() const = 0;
  virtual std::optional<StoreId> MemberStore(NodeId node) const = 0;
  virtual void ProposeMember(NodeId node, StoreId store) = 0;
  virtual uint32_t ClusterVersion() const = 0;
};

class Admission {
 public:
  static constexpr Duration kGreetEvery = Duration::Milliseconds(500);
  // Once all are members: a wiped disk is noticed by it, nothing is waited for.
  static constexpr Duration kGreetMembersEvery = Duration::Seconds(2);

  Admission(const NodeOptions& options, env::Env& env, PeerLink& link, const Identity& identity,
            AdmissionHost& host);

  void Start();
  // `newest`: the cluster version that its program knows.
  void OnHelloReply(NodeId from, const v1::Identity& theirs, uint32_t newest);

 private:
  void Greet();
  // Empty: nothing speaks against taking it in.
  std::string Objection(NodeId from, const v1::Identity& theirs) const;
  bool HasOtherStore(NodeId from, const v1::Identity& theirs) const;
  // `version`: the cluster's, where that is why.
  void Refuse(NodeId from, const v1::Identity& theirs, absl::string_view why, uint32_t version = 0);

  const NodeOptions& options_;
  env::Env& env_;
  PeerLink& link_;
  const Identity& identity_;
  AdmissionHost& host_;
  std::string OthersWithBootstrap() const;

  std::set<NodeId> with_bootstrap_;        // members that say they have it
  std::map<NodeId, std::string> refused_;  // last reason said, to say it once
};

}  // namespace graphdb::cluster
