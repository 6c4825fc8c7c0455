#include "prod/rpc/grpc_network.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "prod/rpc/loopback_network.h"
#include "prod/rpc/peer_link.h"
#include "prod/rpc/peer_service.h"
#include "prod/rpc/source_address.h"

namespace graphdb::prod {
namespace {

// A batch holds one message of the largest size, or several small ones, and its framing.
constexpr int kFrameBytesMax = static_cast<int>(env::kNetworkMessageBytesMax + (2u << 20));
// A peer that answers no ping for that long is gone, whatever TCP believes.
constexpr int kKeepaliveMs = 2000;

absl::StatusOr<grpc::ChannelArguments> ChannelArgumentsOf(const GrpcNetworkOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kFrameBytesMax);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Each link its own connection: one peer's large snapshot delays no other.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!options.source_host.empty()) {
    GRAPHDB_RETURN_IF_ERROR(SetSourceAddress(options.source_host, &arguments));
  }
  return arguments;
}

}  // namespace

struct GrpcNetwork::Impl {
  explicit Impl(GrpcNetworkOptions given)
      : options(std::move(given)), self_road(options.self, options.loop) {}

  GrpcNetworkOptions options;
  TransportCounters counters;
  std::shared_ptr<Receiver> receiver = std::make_shared<Receiver>();
  LoopbackNetwork self_road;
  std::unique_ptr<PeerServiceImpl> service;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::shared_ptr<PeerLink>> links;  // by NodeId; null for this node
  bool stopped = false;
};

GrpcNetwork::GrpcNetwork(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcNetwork::~GrpcNetwork() { Stop(); }

absl::StatusOr<std::unique_ptr<GrpcNetwork>> GrpcNetwork::Start(GrpcNetworkOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  const GrpcNetworkOptions& in = impl->options;
  GRAPHDB_ASSIGN_OR_RETURN(const grpc::ChannelArguments arguments, ChannelArgumentsOf(in));
  const std::string& self_name = in.peers[in.self.value()].name;

  PeerServiceOptions service{self_name, {}, in.loop, in.log, &impl->counters, impl->receiver};
  for (const GrpcNetworkOptions::Peer& peer : in.peers) service.peer_names.push_back(peer.name);
  impl->service = std::make_unique<PeerServiceImpl>(std::move(service));
  grpc::ServerBuilder builder;
  // Without this a second server could share the port and take half the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  builder.SetMaxReceiveMessageSize(kFrameBytesMax);
  builder.AddListeningPort(in.listen_address, ServerCredentials(in.server_tls));
  builder.RegisterService(impl->service.get());
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("raft.raft_addr: can't listen on ", in.listen_address));
  }
  for (size_t i = 0; i < in.peers.size(); ++i) {
    if (i == in.self.value()) {
      impl->links.push_back(nullptr);
      continue;
    }
    PeerLinkOptions link{self_name, in.peers[i].name, in.peers[i].address,
                         in.loop,   in.log,           &impl->counters};
    impl->links.push_back(std::make_shared<PeerLink>(
        std::move(link), grpc::CreateCustomChannel(in.peers[i].address,
                                                   ChannelCredentials(in.channel_tls), arguments)));
    impl->links.back()->Connect();
  }
  return std::unique_ptr<GrpcNetwork>(new GrpcNetwork(std::move(impl)));
}

void GrpcNetwork::SetReceiver(Receiver receiver) {
  // Both roads use the one receiver.
  *impl_->receiver = std::move(receiver);
  impl_->self_road.SetReceiver([shared = impl_->receiver](NodeId from, std::string message) {
    if (*shared) (*shared)(from, std::move(message));
  });
}

void GrpcNetwork::Send(NodeId to, std::string message) {
  GRAPHDB_CHECK_LE(message.size(), env::kNetworkMessageBytesMax) << "to node " << to;
  GRAPHDB_CHECK(to.value() < impl_->options.peers.size()) << "no node " << to;
  if (to == impl_->options.self) {
    impl_->self_road.Send(to, std::move(message));
    return;
  }
  impl_->links[to.value()]->Send(std::move(message));
}

void GrpcNetwork::Stop() {
  if (impl_->stopped) return;
  impl_->stopped = true;
  for (const std::shared_ptr<PeerLink>& link : impl_->links) {
    if (link != nullptr) link->Stop();
  }
  // Batches that wait in the loop hold their streams open; a stopped loop has to let go first.
  impl_->server->Shutdown(std::chrono::system_clock::now());
}

GrpcNetwork::Counters GrpcNetwork::counters() const {
  const TransportCounters& c = impl_->counters;
  return {c.sent.load(), c.received.load(), c.dropped.load(), c.connected.load()};
}

}  // namespace graphdb::prod
