// Admin: what operators ask of a node: who is where, counts and digests, Raft's
// numbers, the shard map. Gathers the other nodes' answers where one node does
// not know enough.
//
// Deterministic thread only.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "core/cluster/group_host.h"
#include "core/cluster/identity.h"
#include "core/cluster/node.h"
#include "core/cluster/router.h"
#include "core/storage/adjacency_cache.h"
#include "proto/peer.pb.h"

namespace graphdb::cluster {

// RpcRequest.group of requests to the node itself.
inline constexpr ShardId kNodeGroup{0xfffe};

// What Admin reads of the node it runs on.
class AdminHost {
 public:
  virtual ~AdminHost() = default;
  virtual const v1::MetaStateView& Meta() const = 0;
  virtual const GroupHost* Group(ShardId group) const = 0;
  virtual void VisitHosts(absl::FunctionRef<void(const GroupHost&)> visit) const = 0;
  virtual const storage::AdjacencyCache& Adjacency() const = 0;
  virtual bool draining() const = 0;
  virtual bool declines_leadership() const = 0;
  virtual uint64_t LogBytes() const = 0;
  virtual uint64_t LogSegments() const = 0;
};

class Admin {
 public:
  static constexpr Duration kAskNodeFor = Duration::Milliseconds(800);
  static constexpr Duration kScanFor = Duration::Milliseconds(30'000);
  // A node that says nothing for so long is not waited for.
  static constexpr Duration kSilentFor = Duration::Milliseconds(2'000);
  static constexpr int kLeaderAsksMax = 20;

  Admin(const NodeOptions& options, env::Env& env, const Identity& identity, Router& router,
        AdminHost& host);

  void Run(v1::AdminRequest request, Node::Reply reply);
  // A request of another node's Admin to this node.
  void Serve(v1::NodeRequest request, absl::AnyInvocable<void(v1::NodeResponse)> reply);

 private:
  using Answer = absl::StatusOr<v1::NodeResponse>;

  Task<v1::ClientResponse> Dispatch(v1::AdminRequest request, std::shared_ptr<Node::Reply> reply);
  Task<v1::ClientResponse> ClusterStatus();
  Task<v1::ClientResponse> Stats(bool digest);
  // Of the shard's leader, whoever that becomes meanwhile.
  Task<absl::StatusOr<v1::ShardStats>> ScanLeader(ShardId shard, Timestamp ts);
  // Compares the other replicas of the shard with its leader's. `silent`: nodes that
  // don't answer, and are asked no more; both outlive the task.
  Task<bool> ScanFollowers(v1::ShardStats leader, std::set<NodeId>* silent, v1::Stats* stats);
  v1::ClientResponse RaftStats() const;
  Task<absl::StatusOr<v1::MetaStateView>> MetaState();
  Task<v1::ClientResponse> ShardMap();
  // Streams the file; the returned response is the last one.
  Task<v1::ClientResponse> Snapshot(std::shared_ptr<Node::Reply> reply);
  v1::NodeStatus OwnStatus() const;
  Task<Answer> AskNode(NodeId node, v1::NodeRequest request, Duration timeout);
  // The same of a scan, which takes its time: kDeadlineExceeded as soon as the node is
  // silent, which Watch() sees by asking it for something else meanwhile.
  Task<Answer> AskForScan(NodeId node, v1::ReplicaScanRequest scan);
  Task<bool> Watch(NodeId node, Completion<Answer> answered);
  Task<Answer> Scan(v1::ReplicaScanRequest request);
  std::string NodeName(NodeId node) const;
  // In the order of raft.peers.
  std::vector<std::string> NodeNames(const raft::MemberSet& members) const;

  const NodeOptions& options_;
  env::Env& env_;
  const Identity& identity_;
  Router& router_;
  AdminHost& host_;
};

}  // namespace graphdb::cluster
