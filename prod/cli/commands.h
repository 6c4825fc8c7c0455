// Commands: what graphdb-cli does, given a client. Each prints its result to
// `out` and what went wrong to `err`, and returns the exit code.
//
// Not synchronised.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "core/env/time.h"
#include "prod/client/client.h"
#include "prod/exit/exit_code.h"

namespace graphdb::cli {

using prod::ExitCode;
using prod::kOk;
using prod::kRefused;
using prod::kUnavailable;
using prod::kUnknown;
using prod::kUsage;

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
// FILE is new, and whole or absent (partial_file.h). A name that can't become
// one is refused before any node is asked. Says nothing of what it wrote.
ExitCode SnapshotCreate(client::Client& client, const Console& console, const std::string& file);

// Says what an error means for the caller; returns the exit code.
ExitCode Report(const absl::Status& status, const Console& console);

}  // namespace graphdb::cli
