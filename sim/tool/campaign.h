// Campaign: many seeds on all cores. Each worker is a forked process that gets
// one seed at a time and sends back its result; a worker that dies of a seed (a
// failed check) is that seed's failure, and another takes its place. Results
// come out in the order of the seeds, whatever the order in which they end.
//
// Invariants:
//   1. Each seed is reported exactly once.
//   2. A worker is used for a bounded number of seeds: what a run leaks is bounded.
//
// One thread; forks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sim/run/run.h"

namespace graphdb::sim {

struct CampaignOptions {
  std::vector<uint64_t> seeds;  // in the order in which they are run and reported
  uint32_t jobs = 1;
  uint32_t seed_timeout_s = 600;
  uint32_t seeds_per_worker = 250;
};

// `run` is called in the workers. `report` is called here, in order; it returns
// false to stop.
void RunCampaign(const CampaignOptions& options, const std::function<RunResult(uint64_t)>& run,
                 const std::function<bool(const RunResult&)>& report);

// In a worker that is about to die: `result` counts as that of its seed, with
// what it wrote to standard error as the message.
void SendLastResult(RunResult result);

// Processors that this process may use.
uint32_t Cores();
// Monotonic wall time, and the processor time of this process and its workers
// that have ended.
double WallSeconds();
double CpuSeconds();
// Of this process and its workers that have ended: the most memory one has held.
int64_t PeakMemoryKb();

}  // namespace graphdb::sim
