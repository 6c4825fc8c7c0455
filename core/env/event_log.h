// EventLog: lines for people. Structured logs on stderr in prod, the readable
// trace in the simulator. A line is written where a state changes, not per
// message.
//
// Called on the node's deterministic thread only.
#pragma once

#include "absl/strings/string_view.h"

namespace graphdb::env {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

class EventLog {
 public:
  virtual ~EventLog() = default;
  // `component` is the package ("raft", "txn"); `text` lower case, values included, no secret.
  virtual void Log(LogLevel level, absl::string_view component, absl::string_view text) = 0;
};

}  // namespace graphdb::env
