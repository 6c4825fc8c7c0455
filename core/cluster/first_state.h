// What the groups of a founder begin with: this node as the only voter, at index 1 of
// term 1, in the engine and in the log.
//
// A function of its arguments but for what it writes; deterministic thread only.
#pragma once

#include "absl/status/status.h"
#include "core/cluster/node.h"
#include "core/env/kv_engine.h"
#include "core/raft/log/node_log.h"

namespace graphdb::cluster {

// Writes the engine's part, and adds the log's to `batch` and `recovered` for the groups
// that are not there yet: nothing is lost where it runs again.
absl::Status MakeFirstState(const NodeOptions& options, StoreId store, env::KvEngine& engine,
                            raft::RecoveredLog* recovered, raft::LogBatch* batch);

}  // namespace graphdb::cluster
