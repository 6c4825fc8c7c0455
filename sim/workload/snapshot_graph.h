// ReadSnapshot: a snapshot file, verified, as the graph that a ledger compares with.
//
// Pure function; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/migrate/snapshot_reader.h"
#include "sim/workload/graph_ledger.h"

namespace graphdb::sim {

struct SnapshotGraph {
  LedgerGraph graph;
  migrate::SnapshotSummary summary;
};

// Errors as SnapshotReader's.
absl::StatusOr<SnapshotGraph> ReadSnapshot(absl::string_view file);

}  // namespace graphdb::sim
