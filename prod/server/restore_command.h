// RestoreCommand: `graphdb restore`: a snapshot file into the data folder of a
// node that belongs to no cluster and is not running. core/migrate does the
// work; here are the folder, the engine and the loop around it.
//
// The calling thread runs the loop until the restore ends.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace graphdb::prod {

struct RestoreOptions {
  std::string snapshot_file;
  std::string data_dir;
};

// What was restored, for people. Errors: the operator's (kInvalidArgument,
// kFailedPrecondition), kDataLoss for a damaged file; nothing is changed by
// either.
absl::StatusOr<std::string> RestoreSnapshot(const RestoreOptions& options);

}  // namespace graphdb::prod
