// GrpcNetwork: env::Network over one long-lived gRPC stream per direction and
// pair of nodes, on raft.raft_addr.
//
//   auto network = GrpcNetwork::Start(options);   // listens, begins to connect
//   network->SetReceiver(...); network->Send(NodeId(1), bytes);
//
// A sender opens a stream and says who it is and whom it means; the receiver
// checks both names against its config, so an address that leads to the wrong
// node is refused by name. A broken stream is opened again, first after
// kReconnectMin, then ever slower up to kReconnectMax. What was queued for a
// stream that broke is dropped: Raft sends again, and better things.
//
// Invariants:
//   1. Send and receiver only on the deterministic thread; gRPC's threads touch
//      nothing of the node.
//   2. At most kQueueBytesMax and kQueueMessagesMax wait per peer; what does not
//      fit is dropped and counted.
//   3. At most one received batch per stream waits for the event loop: a slow
//      loop slows its senders through gRPC's flow control, not its memory.
//
// Stop before destruction; after it nothing is sent or received.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/env/event_log.h"
#include "core/env/network.h"
#include "prod/env/event_loop.h"
#include "prod/rpc/credentials.h"

namespace graphdb::prod {

struct GrpcNetworkOptions {
  struct Peer {
    std::string name;
    std::string address;
  };
  NodeId self;
  std::vector<Peer> peers;     // in the order of raft.peers, this node included
  std::string listen_address;  // raft.raft_addr
  std::string source_host;     // bind_addr; empty: the system chooses
  std::optional<ServerTls> server_tls;
  std::optional<ChannelTls> channel_tls;
  EventLoop* loop = nullptr;
  env::EventLog* log = nullptr;  // thread-safe
};

class GrpcNetwork : public env::Network {
 public:
  static constexpr Duration kReconnectMin = Duration::Milliseconds(50);
  static constexpr Duration kReconnectMax = Duration::Milliseconds(500);
  static constexpr size_t kQueueBytesMax = 64u << 20;
  static constexpr size_t kQueueMessagesMax = 65536;
  static constexpr size_t kBatchBytes = 1u << 20;  // a batch is closed beyond it
  static constexpr uint32_t kProtocolVersion = 1;

  struct Counters {
    uint64_t sent = 0;
    uint64_t received = 0;
    uint64_t dropped = 0;
    uint64_t connected_peers = 0;
  };

  // kUnavailable where the address can't be listened on; the text says why.
  static absl::StatusOr<std::unique_ptr<GrpcNetwork>> Start(GrpcNetworkOptions options);
  ~GrpcNetwork() override;

  void Send(NodeId to, std::string message) override;
  void SetReceiver(Receiver receiver) override;

  // Ends all streams and waits for gRPC's threads to let go. Call it after the
  // loop stopped, or on the loop.
  void Stop();
  Counters counters() const;  // any thread

 private:
  struct Impl;
  explicit GrpcNetwork(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace graphdb::prod
