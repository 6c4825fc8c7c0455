// PeerServiceImpl: the receiving half of the transport. Private to prod/rpc.
//
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/env/event_log.h"
#include "core/env/network.h"
#include "prod/env/event_loop.h"
#include "prod/rpc/peer_link.h"
#include "proto/service.grpc.pb.h"

namespace graphdb::prod {

struct PeerServiceOptions {
  std::string self_name;
  std::vector<std::string> peer_names;  // in the order of raft.peers
  EventLoop* loop = nullptr;
  env::EventLog* log = nullptr;
  TransportCounters* counters = nullptr;
  std::shared_ptr<env::Network::Receiver> receiver;  // used on the loop only
};

class PeerServiceImpl : public v1::PeerService::CallbackService {
 public:
  explicit PeerServiceImpl(PeerServiceOptions options) : options_(std::move(options)) {}
  grpc::ServerBidiReactor<v1::PeerFrame, v1::PeerFrame>* Stream(
      grpc::CallbackServerContext* context) override;

 private:
  class Incoming;
  // The sender, or why it is refused.
  absl::StatusOr<NodeId> CheckHello(const v1::PeerHello& hello) const;

  const PeerServiceOptions options_;
};

}  // namespace graphdb::prod
