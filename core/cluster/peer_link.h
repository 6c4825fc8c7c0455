// PeerLink: this node's side of every conversation with the other nodes: it
// frames and unframes PeerMessages, gathers Raft messages until the end of an
// event, and matches the answers of calls to their callers.
//
// Place: between the actors of core/cluster and env::Network.
//
// Invariants:
//   1. A message of another cluster goes nowhere but to the Hello handler.
//   2. A call ends exactly once: with its answer, or with kUnavailable when its
//      time is over. The peer may still act on it after that.
//   3. Call ids are drawn so that no later incarnation of this node repeats
//      them: an answer to a dead incarnation meets no call.
//
// Deterministic thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/base/ids.h"
#include "core/base/lookup_map.h"
#include "core/cluster/identity.h"
#include "core/env/env.h"
#include "core/env/task.h"
#include "proto/peer.pb.h"

namespace graphdb::cluster {

// What PeerLink hands messages to; implemented by the node.
class PeerHandler {
 public:
  virtual ~PeerHandler() = default;
  // Whether this node is not to lead: said in every message.
  virtual bool declines_leadership() const = 0;
  // `from` says so; it comes before what else its message holds.
  virtual void OnDeclines(NodeId from) = 0;
  // The newest cluster version that this program knows: said in every message where it is
  // not the first.
  virtual uint32_t newest_version() const = 0;
  // What `from` knows, with every message of this cluster, likewise before the rest.
  virtual void OnNewest(NodeId from, uint32_t newest) = 0;
  virtual void OnRaftMessage(NodeId from, absl::string_view bytes) = 0;
  virtual void OnHello(NodeId from, const v1::PeerMessage& message) = 0;
  virtual void OnSnapshotPiece(NodeId from, v1::SnapshotPiece piece) = 0;
  virtual void OnSnapshotAck(NodeId from, const v1::SnapshotAck& ack) = 0;
  // The answer goes to PeerLink::Respond with the request's id.
  virtual void OnRequest(NodeId from, v1::RpcRequest request) = 0;
};

class PeerLink {
 public:
  PeerLink(env::Env& env, const Identity& identity, PeerHandler& handler);

  void OnMessage(NodeId from, absl::string_view bytes);

  // Leaves at the next FlushRaft, together with what else goes to `to`. While
  // corked FlushRaft does nothing: a tick of many groups makes one message per node.
  void QueueRaft(NodeId to, std::string bytes);
  void FlushRaft();
  void Cork() { corked_ = true; }
  void Uncork();
  void Send(NodeId to, v1::PeerMessage message);

  // `pass_on`: `to` is to hand it to the group's leader.
  Task<absl::StatusOr<v1::RpcResponse>> Call(NodeId to, ShardId group, std::string body,
                                             Duration timeout, bool pass_on = false);
  void Respond(NodeId to, v1::RpcResponse response);

 private:
  using CallResult = absl::StatusOr<v1::RpcResponse>;
  struct PendingCall {
    Completion<CallResult> completion;
    env::TimerId timer;
  };

  void Handle(NodeId from, absl::string_view bytes, v1::PeerMessage* parsed);
  void HandleRaft(NodeId from, absl::string_view cluster_id,
                  absl::Span<const absl::string_view> messages);
  size_t SendRaft(NodeId to, absl::Span<const std::string> messages, size_t first);
  void Frame(NodeId to, v1::PeerMessage* message);
  void FinishCall(uint64_t id, CallResult result);

  env::Env& env_;
  const Identity& identity_;
  PeerHandler& handler_;
  std::map<NodeId, std::vector<std::string>> raft_out_;
  bool raft_queued_ = false;
  // Their memory is used again: most messages are small and alike.
  v1::PeerMessage incoming_;
  bool handling_ = false;  // `incoming_` is in use
  bool corked_ = false;
  LookupMap<uint64_t, PendingCall> calls_;
  uint64_t next_call_;
};

}  // namespace graphdb::cluster
