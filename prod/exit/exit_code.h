// ExitCode: how graphdb and graphdb-cli end, and the one mapping from a kind of
// error to it (docs/exit-status.md).
//
// Thread-safe (no state).
#pragma once

#include "absl/status/status.h"

namespace graphdb::prod {

enum ExitCode : int {
  kOk = 0,
  kRefused = 1,      // refused or failed: damaged data, a failure of the machine, a node's refusal
  kUsage = 2,        // the caller's mistake: flags, config, folders
  kUnavailable = 3,  // unavailable or timed out; a retry is safe
  kUnknown = 4,      // a write may or may not have happened
};

// Of what this program found by itself: in its arguments, its config, files and
// folders. Never kUnavailable or kUnknown: nobody else was asked.
ExitCode ExitCodeOf(const absl::Status& status);

// Of an error that a node, or the road to it, gave.
ExitCode ExitCodeOfAnswer(const absl::Status& status);

}  // namespace graphdb::prod
