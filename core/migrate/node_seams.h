// NodeSeams: fills the two places where a node meets this package without
// knowing it: the writer of snapshot files, and what a restore left for the
// founder.
//
//   cluster::NodeOptions options; migrate::FillNodeSeams("graphdb 0.3.0", &options);
//
// Place: called by the programs before they make a Node.
//
// Deterministic thread only, as what it fills in is.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/cluster/node.h"
#include "core/cluster/snapshot_service.h"

namespace graphdb::migrate {

// `created_by` stands in the header of the files.
std::unique_ptr<cluster::SnapshotFileWriter> MakeSnapshotFileWriter(const std::string& created_by);

// Where the oracle and the id allocators begin: above everything restored (rule
// M1). Zeros where nothing was. kFailedPrecondition for an unfinished restore.
absl::StatusOr<cluster::FoundingState> ReadFoundingState(const env::KvReader& reader);

void FillNodeSeams(const std::string& created_by, cluster::NodeOptions* options);

}  // namespace graphdb::migrate
