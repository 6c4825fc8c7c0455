// Exit codes of graphdb-cli (design.md, "What bad input gets").
//
// Thread-safe (no state).
#pragma once

#include "absl/status/status.h"

namespace graphdb::cli {

enum ExitCode : int {
  kOk = 0,
  kRefused = 1,      // refused or failed
  kUsage = 2,        // the caller's mistake: flags, config, files
  kUnavailable = 3,  // unavailable or timed out; a retry is safe
  kUnknown = 4,      // a write may or may not have happened
};

// Of an error that a node or the road to it gave.
ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace graphdb::cli
