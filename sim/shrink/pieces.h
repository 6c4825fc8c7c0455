// Pieces: what a run has many of, and the run without some of them.
//
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/world/run_options.h"

namespace graphdb::sim {

// Whether the action begins something, rather than ending it.
bool IsFault(const FaultAction& action);

// The actions of a plan by number, each fault together with what ends it.
std::vector<std::vector<size_t>> FaultsWithTheirEnds(const FaultPlan& plan);

size_t FaultPairCount(const RunOptions& options);
RunOptions WithoutFaultPairs(const RunOptions& options, size_t begin, size_t end);
size_t ActionCount(const RunOptions& options);
RunOptions WithoutActions(const RunOptions& options, size_t begin, size_t end);
size_t FormingActionCount(const RunOptions& options);
RunOptions WithoutFormingActions(const RunOptions& options, size_t begin, size_t end);

size_t ExceptionCount(const RunOptions& options);
RunOptions WithoutExceptions(const RunOptions& options, size_t begin, size_t end);

size_t WorkloadCount(const RunOptions& options);
RunOptions WithoutWorkloads(const RunOptions& options, size_t begin, size_t end);
size_t ClientCount(const RunOptions& options);
// The last one of a workload stays.
RunOptions WithoutClients(const RunOptions& options, size_t begin, size_t end);
size_t OperationCount(const RunOptions& options);
RunOptions WithoutOperations(const RunOptions& options, size_t begin, size_t end);

// Options that are not as they always are, but nodes, shards and duration; slow links.
size_t UnusualCount(const RunOptions& options);
RunOptions WithoutUnusual(const RunOptions& options, size_t begin, size_t end);

// The plan without what could not happen in so short or so small a run.
RunOptions WithDuration(const RunOptions& options, Duration duration);
RunOptions WithNodes(const RunOptions& options, uint32_t nodes);
RunOptions WithShards(const RunOptions& options, uint32_t shards);

}  // namespace graphdb::sim
