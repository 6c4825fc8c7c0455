#include "core/cluster/peer_link.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::cluster {

PeerLink::PeerLink(env::Env& env, const Identity& identity, PeerHandler& handler)
    : env_(env), identity_(identity), handler_(handler) {
  next_call_ = env.random.Stream("cluster.call", 0).Next();
}

void PeerLink::OnMessage(NodeId from, absl::string_view bytes) {
  if (handling_) {  // a handler came back in here
    v1::PeerMessage message;
    return Handle(from, bytes, &message);
  }
  handling_ = true;
  Handle(from, bytes, &incoming_);
  handling_ = false;
}

void PeerLink::Handle(NodeId from, absl::string_view bytes, v1::PeerMessage* parsed) {
  v1::PeerMessage& message = *parsed;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    env_.log.Log(env::LogLevel::kWarning, "cluster",
                 absl::StrCat("dropped a malformed message of ", bytes.size(), " bytes from node ",
                              from.value()));
    return;
  }
  if (message.has_hello() || message.has_hello_reply() || message.has_admit() ||
      message.has_refuse()) {
    handler_.OnHello(from, message);
    return;
  }
  if (identity_.cluster_id.empty() || message.cluster_id() != identity_.cluster_id) return;
  if (message.raft_size() > 0) {
    Cork();
    for (const std::string& raft : message.raft()) handler_.OnRaftMessage(from, raft);
    Uncork();
  }
  switch (message.body_case()) {
    case v1::PeerMessage::kRequest:
      handler_.OnRequest(from, std::move(*message.mutable_request()));
      break;
    case v1::PeerMessage::kResponse: {
      const uint64_t id = message.response().id();
      FinishCall(id, std::move(*message.mutable_response()));
      break;
    }
    case v1::PeerMessage::kSnapshotPiece:
      handler_.OnSnapshotPiece(from, std::move(*message.mutable_snapshot_piece()));
      break;
    case v1::PeerMessage::kSnapshotAck:
      handler_.OnSnapshotAck(from, message.snapshot_ack());
      break;
    default:
      break;
  }
}

void PeerLink::QueueRaft(NodeId to, std::string bytes) {
  raft_out_[to].push_back(std::move(bytes));
  raft_queued_ = true;
}

void PeerLink::Uncork() {
  corked_ = false;
  FlushRaft();
}

void PeerLink::FlushRaft() {
  if (corked_ || !raft_queued_) return;
  raft_queued_ = false;
  for (auto& [to, messages] : raft_out_) {
    if (messages.empty()) continue;
    outgoing_.Clear();
    size_t bytes = 0;
    for (std::string& raft : messages) {
      if (bytes + raft.size() > env::kNetworkMessageBytesMax / 2 && bytes > 0) {
        Frame(to, &outgoing_);
        outgoing_.Clear();
        bytes = 0;
      }
      bytes += raft.size();
      outgoing_.add_raft(std::move(raft));
    }
    Frame(to, &outgoing_);
    messages.clear();
  }
}

void PeerLink::Send(NodeId to, v1::PeerMessage message) { Frame(to, &message); }

void PeerLink::Frame(NodeId to, v1::PeerMessage* message) {
  message->set_cluster_id(identity_.cluster_id);
  message->set_store_id(identity_.store.value());
  env_.network.Send(to, message->SerializeAsString());
}

Task<absl::StatusOr<v1::RpcResponse>> PeerLink::Call(NodeId to, ShardId group, std::string body,
                                                     Duration timeout) {
  const uint64_t id = next_call_++;
  PendingCall call;
  call.timer = env_.scheduler.After(timeout, "rpc.timeout", [this, id] {
    FinishCall(id, absl::UnavailableError("no answer in time"));
  });
  const Completion<CallResult> completion = call.completion;
  calls_.Insert(id, std::move(call));

  v1::PeerMessage message;
  v1::RpcRequest* request = message.mutable_request();
  request->set_id(id);
  request->set_group(group.value());
  request->set_body(std::move(body));
  Send(to, std::move(message));
  Completion<CallResult> wait = completion;
  co_return co_await wait;
}

void PeerLink::FinishCall(uint64_t id, CallResult result) {
  PendingCall* call = calls_.Find(id);
  if (call == nullptr) return;  // too late, a duplicate, or a dead incarnation's
  env_.scheduler.Cancel(call->timer);
  Completion<CallResult> completion = call->completion;
  calls_.Erase(id);
  completion.Resolve(std::move(result));
}

void PeerLink::Respond(NodeId to, v1::RpcResponse response) {
  v1::PeerMessage message;
  *message.mutable_response() = std::move(response);
  Send(to, std::move(message));
}

}  // namespace graphdb::cluster
