// Env: the world of one node, as the set of its ports. If core needs a new
// effect it is added to a port here first, and to sim and prod in the same
// change.
//
// The ports outlive the node. Deterministic thread only.
#pragma once

#include "absl/status/status.h"
#include "core/env/clock.h"
#include "core/env/disk.h"
#include "core/env/event_log.h"
#include "core/env/kv_engine.h"
#include "core/env/network.h"
#include "core/env/random.h"
#include "core/env/scheduler.h"

namespace graphdb::env {

// Ends this incarnation of the node.
class Process {
 public:
  virtual ~Process() = default;
  // The node can't go on safely (failed fsync, damaged log): nothing it has not
  // sent yet leaves, no callback runs any more. Prod: logs, exits 1. The caller
  // returns at once and does nothing else.
  virtual void Halt(const absl::Status& reason) = 0;
};

struct Env {
  Clock& clock;
  Scheduler& scheduler;
  Network& network;
  Disk& disk;
  KvEngine& kv;
  RandomSource& random;
  EventLog& log;
  Process& process;
};

}  // namespace graphdb::env
