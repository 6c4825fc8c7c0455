#include "prod/rpc/loopback_network.h"

#include <utility>

namespace graphdb::prod {

LoopbackNetwork::LoopbackNetwork(NodeId self, env::Scheduler* scheduler)
    : self_(self), scheduler_(scheduler), receiver_(std::make_shared<Receiver>()) {}

void LoopbackNetwork::SetReceiver(Receiver receiver) { *receiver_ = std::move(receiver); }

void LoopbackNetwork::Send(NodeId to, std::string message) {
  if (to != self_) return;
  scheduler_->Post("net.self",
                   [self = self_, receiver = receiver_, message = std::move(message)]() mutable {
                     if (*receiver) (*receiver)(self, std::move(message));
                   });
}

}  // namespace graphdb::prod
