// SnapshotVerify: `graphdb-cli snapshot verify FILE...`, without a cluster, and what
// `snapshot create` says of the file that it wrote.
//
// Not synchronised.
#pragma once

#include <string>
#include <vector>

#include "prod/cli/commands.h"

namespace graphdb::cli {

// One line per file; kRefused where any of them isn't there, can't be read or is
// damaged in any way (docs/exit-status.md).
ExitCode SnapshotVerify(const Console& console, const std::vector<std::string>& files);
// Reads back what was written: its id, timestamp, counts and digest.
ExitCode SnapshotWritten(const Console& console, const std::string& file);

}  // namespace graphdb::cli
