// Commands: what graphdb-cli does, given a client. Each prints its result to
// `out` and what went wrong to `err`, and returns the exit code.
//
// Not synchronised.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "core/env/time.h"
#include "prod/cli/exit_code.h"
#include "prod/client/client.h"

namespace graphdb::cli {

enum class Format { kTable, kJson };

struct Console {
  std::ostream& out;
  std::ostream& err;
  Format format = Format::kTable;
};

ExitCode ClusterStatus(client::Client& client, const Console& console);
// Asks again until the cluster is healthy: exit 3 after `timeout`.
ExitCode WaitHealthy(client::Client& client, const Console& console, Duration timeout);
ExitCode Query(client::Client& client, const Console& console, const std::string& text,
               const std::vector<std::string>& parameters, bool read_only);
ExitCode Stats(client::Client& client, const Console& console, bool digest);
ExitCode RaftStats(client::Client& client, const Console& console);
ExitCode ShardMap(client::Client& client, const Console& console);
// Writes to FILE.partial and renames at the end: FILE is whole or absent.
ExitCode SnapshotCreate(client::Client& client, const Console& console, const std::string& file);

// Says what an error means for the caller; returns the exit code.
ExitCode Report(const absl::Status& status, const Console& console);

// "name=value" where the value is JSON, or else taken as text. kInvalidArgument.
absl::StatusOr<v1::MapValue> ParseParameters(const std::vector<std::string>& parameters);

}  // namespace graphdb::cli
