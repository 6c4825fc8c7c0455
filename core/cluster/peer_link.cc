#include "core/cluster/peer_link.h"

#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "core/base/coding.h"
#include "core/shard/cluster_version.h"

namespace graphdb::cluster {
namespace {

// Most messages hold nothing but Raft's. Those are framed and unframed here, in
// the bytes that the generated code of PeerMessage writes and reads: tags of the
// fields, and the lengths around their content. What a node says that drains, or knows
// more than the first cluster version, is read by the generated code.
constexpr uint64_t kClusterIdTag = 1 << 3 | 2;
constexpr uint64_t kStoreIdTag = 2 << 3;
constexpr uint64_t kRaftTag = 3 << 3 | 2;
constexpr uint64_t kDeclinesTag = 12 << 3;
constexpr uint64_t kNewestTag = 13 << 3;
static_assert(v1::PeerMessage::kClusterIdFieldNumber == 1);
static_assert(v1::PeerMessage::kStoreIdFieldNumber == 2);
static_assert(v1::PeerMessage::kRaftFieldNumber == 3);
static_assert(v1::PeerMessage::kDeclinesLeadershipFieldNumber == 12);
static_assert(v1::PeerMessage::kNewestVersionFieldNumber == 13);
constexpr size_t kFieldHeadBytesMax = 1 + 10;

struct RaftFrame {
  absl::string_view cluster_id;
  absl::InlinedVector<absl::string_view, 8> raft;
};

// False: it holds something else, or is damaged; the generated code tells which.
bool ReadRaftFrame(absl::string_view bytes, RaftFrame* frame) {
  ByteReader in(bytes);
  while (!in.empty()) {
    uint64_t tag = 0;
    uint64_t number = 0;
    absl::string_view field;
    if (!in.Varint64(&tag)) return false;
    if (tag == kStoreIdTag) {
      if (!in.Varint64(&number)) return false;
    } else if (!in.Bytes(&field)) {
      return false;
    } else if (tag == kClusterIdTag) {
      frame->cluster_id = field;
    } else if (tag == kRaftTag) {
      frame->raft.push_back(field);
    } else {
      return false;
    }
  }
  return !frame->raft.empty();
}

}  // namespace

PeerLink::PeerLink(env::Env& env, const Identity& identity, PeerHandler& handler)
    : env_(env), identity_(identity), handler_(handler) {
  next_call_ = env.random.Stream("cluster.call", 0).Next();
}

void PeerLink::OnMessage(NodeId from, absl::string_view bytes) {
  RaftFrame frame;
  if (ReadRaftFrame(bytes, &frame)) {
    if (!identity_.cluster_id.empty() && frame.cluster_id == identity_.cluster_id) {
      handler_.OnNewest(from, shard::kFirstClusterVersion);
    }
    return HandleRaft(from, frame.cluster_id, frame.raft);
  }
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
  if (message.declines_leadership()) handler_.OnDeclines(from);
  handler_.OnNewest(from, shard::VersionOf(message.newest_version()));
  if (message.raft_size() > 0) {
    const std::vector<absl::string_view> raft(message.raft().begin(), message.raft().end());
    HandleRaft(from, message.cluster_id(), raft);
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

void PeerLink::HandleRaft(NodeId from, absl::string_view cluster_id,
                          absl::Span<const absl::string_view> messages) {
  if (identity_.cluster_id.empty() || cluster_id != identity_.cluster_id) return;
  Cork();
  for (const absl::string_view raft : messages) handler_.OnRaftMessage(from, raft);
  Uncork();
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
    size_t next = 0;
    while (next < messages.size()) next = SendRaft(to, messages, next);
    messages.clear();
  }
}

// As many of the messages, from `first` on, as fit; where the next begin.
size_t PeerLink::SendRaft(NodeId to, absl::Span<const std::string> messages, size_t first) {
  size_t bytes = 0;
  size_t end = first;
  for (; end < messages.size(); ++end) {
    const size_t more = messages[end].size();
    if (end > first && bytes + more > env::kNetworkMessageBytesMax / 2) break;
    bytes += more;
  }
  std::string wire;
  wire.reserve(bytes + (end - first + 3) * kFieldHeadBytesMax + identity_.cluster_id.size());
  if (!identity_.cluster_id.empty()) {
    PutVarint64(&wire, kClusterIdTag);
    PutBytes(&wire, identity_.cluster_id);
  }
  PutVarint64(&wire, kStoreIdTag);
  PutVarint64(&wire, identity_.store.value());
  if (handler_.declines_leadership()) {
    PutVarint64(&wire, kDeclinesTag);
    PutVarint64(&wire, 1);
  }
  if (handler_.newest_version() > shard::kFirstClusterVersion) {
    PutVarint64(&wire, kNewestTag);
    PutVarint64(&wire, handler_.newest_version());
  }
  for (size_t i = first; i < end; ++i) {
    PutVarint64(&wire, kRaftTag);
    PutBytes(&wire, messages[i]);
  }
  env_.network.Send(to, std::move(wire));
  return end;
}

void PeerLink::Send(NodeId to, v1::PeerMessage message) { Frame(to, &message); }

void PeerLink::Frame(NodeId to, v1::PeerMessage* message) {
  message->set_cluster_id(identity_.cluster_id);
  message->set_store_id(identity_.store.value());
  message->set_declines_leadership(handler_.declines_leadership());
  if (handler_.newest_version() > shard::kFirstClusterVersion) {
    message->set_newest_version(handler_.newest_version());
  }
  env_.network.Send(to, message->SerializeAsString());
}

Task<absl::StatusOr<v1::RpcResponse>> PeerLink::Call(NodeId to, ShardId group, std::string body,
                                                     Duration timeout, bool pass_on) {
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
  request->set_pass_on(pass_on);
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
