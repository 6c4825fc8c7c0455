// Router: how this node reaches shards, timestamps and ids, wherever their
// leaders are: txn::ShardClient over the groups' own knowledge of their leaders.
//
// Place: between the gateway side of the node (transactions, queries) and the
// serving sides (ShardHost, MetaHost) here and on the other nodes.
//
// Invariants:
//   1. A request is sent again only after NOT_LEADER, BUSY or silence; every
//      request may safely be sent twice (core/txn/shard_client.h).
//   2. Timestamps are asked for in batches of those already waiting; none is
//      kept in stock (design.md, Oracle).
//
// Deterministic thread only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/cluster/detours.h"
#include "core/cluster/node.h"
#include "core/cluster/peer_link.h"
#include "core/env/env.h"
#include "core/env/task.h"
#include "core/shard/shard_map.h"
#include "core/txn/shard_client.h"
#include "proto/shard.pb.h"

namespace graphdb::cluster {

// What the router needs of the node it runs on.
class RouterHost {
 public:
  virtual ~RouterHost() = default;
  // kNoNode where this node does not know.
  virtual NodeId LeaderOf(ShardId group) const = 0;
  // A request to a group's serving side on this very node.
  virtual void ServeLocally(ShardId group, std::string body,
                            absl::AnyInvocable<void(v1::RpcResponse)> reply) = 0;
  virtual const shard::ShardMap& Map() const = 0;
  // Whether something came from that node just now.
  virtual bool Hears(NodeId node) const = 0;
};

class Router final : public txn::ShardClient {
 public:
  static constexpr Duration kSendFor = Duration::Milliseconds(2000);
  static constexpr Duration kCallFor = Duration::Milliseconds(600);
  // Between two attempts: doubled each time, up to the longest.
  static constexpr Duration kPause = Duration::Milliseconds(20);
  static constexpr Duration kPauseMax = Duration::Milliseconds(100);

  Router(const NodeOptions& options, env::Env& env, PeerLink& link, RouterHost& host);

  Task<absl::StatusOr<v1::ShardResponse>> Send(ShardId shard, v1::ShardRequest request) override;
  Task<absl::StatusOr<Timestamp>> GetTimestamp() override;
  Task<absl::StatusOr<txn::IdBlock>> AllocateIds(uint32_t count) override;
  Task<bool> Sleep(Duration duration) override;
  const shard::ShardMap& map() const override { return host_.Map(); }

  // The first of `count` timestamps in a row, all issued after the call.
  Task<absl::StatusOr<Timestamp>> GetTimestamps(uint32_t count);
  Task<absl::StatusOr<v1::MetaResponse>> AskMeta(v1::MetaRequest request);
  // One call to one node; an error where it did not answer.
  Task<absl::StatusOr<v1::RpcResponse>> CallNode(NodeId node, ShardId group, std::string body,
                                                 Duration timeout);
  // For a node that has no way to the leader of the request's group.
  void PassOn(v1::RpcRequest request, absl::AnyInvocable<void(v1::RpcResponse)> reply);

 private:
  // Those that may know the leader, and a way to it.
  std::vector<NodeId> Helpers(NodeId leader) const;
  // One call of the leader, by the helper where there is one.
  Task<absl::StatusOr<v1::RpcResponse>> CallOnce(NodeId leader, NodeId helper, ShardId group,
                                                 std::string body);

  // Calls the leader of `group` until `again(body)` says that the answer is final.
  Task<absl::StatusOr<std::string>> CallLeader(ShardId group, std::string body,
                                               std::function<bool(const std::string&)> again);
  Task<bool> FetchTimestamps();

  struct Waiter {
    uint32_t count = 1;
    Completion<absl::StatusOr<Timestamp>> completion;
  };

  const NodeOptions& options_;
  env::Env& env_;
  PeerLink& link_;
  RouterHost& host_;
  Detours detours_;
  std::vector<Waiter> waiting_;
  bool fetching_ = false;
};

}  // namespace graphdb::cluster
