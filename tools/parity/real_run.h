// RealRun: a scenario played by real processes on loopback: kill -9, SIGSTOP and
// a proxy between the nodes in place of simulated faults, the same workloads and
// oracles.
//
//   absl::Status playable = CheckPlayable(scenario.options);
//   RealVerdict verdict = RunReal(scenario.options, {.program = graphdb, .folder = dir});
//
// What it can't do is refused by name: faults of disks and of single messages,
// crashes at a moment inside the node, triggers, another clock. A power failure
// is a kill -9: what was written and not synced stays.
//
// Oracles: those of the workloads, liveness, state equality of the replicas at
// the end. Not those that look into a node while it runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sim/world/run_options.h"

namespace graphdb::parity {

struct RealRunOptions {
  std::string program;  // path of a graphdb
  std::string folder;   // made
  std::vector<std::string> env = {};
};

struct RealVerdict {
  std::string oracle;  // that failed; empty: ok
  std::string message;
  uint64_t requests = 0;
  uint64_t acknowledged = 0;
  uint64_t faults = 0;
};

// InvalidArgument with what real processes can't play.
absl::Status CheckPlayable(const sim::RunOptions& options);

// REQUIRES: CheckPlayable(options) is ok.
RealVerdict RunReal(const sim::RunOptions& options, const RealRunOptions& real);

}  // namespace graphdb::parity
