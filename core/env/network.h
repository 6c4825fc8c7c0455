// Network: messages between the nodes of one cluster.
//
// Contract:
//   1. A message arrives whole and unchanged, or not at all. It may arrive
//      twice, late (minutes), or out of order, and at a newer incarnation of
//      the node it was sent to. The sender is the node it claims to be.
//   2. Send never blocks and never fails visibly. Queues are bounded; what does
//      not fit is dropped.
//   3. A node may send to itself; the message takes the same road.
//
// Faults an implementation may show: everything rule 1 allows, one-way and
// partial partitions, any delay.
//
// Called on the node's deterministic thread only; so is the receiver.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "core/base/ids.h"

namespace graphdb::env {

// A longer message is a bug of the sender: whoever makes one bounds it.
inline constexpr size_t kNetworkMessageBytesMax = 16u << 20;

class Network {
 public:
  using Receiver = absl::AnyInvocable<void(NodeId from, std::string message)>;

  virtual ~Network() = default;
  virtual void Send(NodeId to, std::string message) = 0;
  virtual void SetReceiver(Receiver receiver) = 0;
};

}  // namespace graphdb::env
