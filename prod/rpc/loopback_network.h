// LoopbackNetwork: env::Network of a node without peers (Milestone 2 mode): what
// it sends to itself takes a turn through the event loop; the rest is dropped.
//
// Deterministic thread only.
#pragma once

#include <memory>
#include <string>

#include "core/env/network.h"
#include "core/env/scheduler.h"

namespace graphdb::prod {

class LoopbackNetwork : public env::Network {
 public:
  LoopbackNetwork(NodeId self, env::Scheduler* scheduler);
  void Send(NodeId to, std::string message) override;
  void SetReceiver(Receiver receiver) override;

 private:
  const NodeId self_;
  env::Scheduler* const scheduler_;
  std::shared_ptr<Receiver> receiver_;
};

}  // namespace graphdb::prod
