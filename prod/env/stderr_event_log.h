// StderrEventLog: env::EventLog as structured lines on stderr.
//
//   2026-01-02T03:04:05.678Z info node1 raft: shard 3: became leader in term 7
//
// One line per call: control characters in the text are escaped. Written at
// once, so that a line is not lost with the process.
//
// Thread-safe: the transports log from their own threads.
#pragma once

#include <string>

#include "core/env/event_log.h"

namespace graphdb::prod {

class StderrEventLog : public env::EventLog {
 public:
  StderrEventLog(std::string node, env::LogLevel least);
  void Log(env::LogLevel level, absl::string_view component, absl::string_view text) override;

 private:
  const std::string node_;
  const env::LogLevel least_;
};

// The line without its time stamp and level.
std::string LogLine(absl::string_view node, absl::string_view component, absl::string_view text);

}  // namespace graphdb::prod
