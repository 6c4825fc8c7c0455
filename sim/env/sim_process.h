// SimProcess: Halt is a crash. The incarnation ends at once; the world destroys
// the node after the running event and may restart it.
//
// Deterministic thread only.
#pragma once

#include "absl/status/status.h"
#include "core/env/env.h"
#include "sim/env/event_loop.h"

namespace graphdb::sim {

class SimProcess final : public env::Process {
 public:
  SimProcess(EventLoop& loop, Life life) : loop_(loop), life_(life) {}

  void Halt(const absl::Status& reason) override {
    if (!loop_.Alive(life_)) return;
    reason_ = reason;
    loop_.End(life_.actor);
  }
  // OK where the node didn't halt by itself.
  const absl::Status& reason() const { return reason_; }

 private:
  EventLoop& loop_;
  const Life life_;
  absl::Status reason_;
};

}  // namespace graphdb::sim
