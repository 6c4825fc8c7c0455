// What has to fit together before a node starts: its config, the identity on its
// disk, its log and its engine. A mistake of the operator is FailedPrecondition
// and names the key; what no crash can leave is DataLoss.
//
// Pure functions; deterministic thread only.
#pragma once

#include "absl/status/status.h"
#include "core/cluster/identity.h"
#include "core/cluster/node.h"
#include "core/env/disk.h"
#include "core/env/kv_engine.h"
#include "core/raft/log/node_log.h"

namespace graphdb::cluster {

// The folder was made for this node of these peers.
absl::Status CheckIdentity(const NodeOptions& options, const Identity& identity);

// What a restore left is whole, and this node founds the cluster that gets it.
absl::Status CheckRestored(const NodeOptions& options, const env::KvReader& engine);

// This program knows the cluster version of what the engine holds: of one shard, and of all
// and meta. The error is one of shard::IsTooOld.
absl::Status CheckShardVersion(const NodeOptions& options, ShardId shard,
                               const env::KvReader& engine);
absl::Status CheckVersions(const NodeOptions& options, const env::KvReader& engine);

// Of a disk without an identity, which is durable before the log is begun.
absl::Status CheckNoLog(env::Disk& disk);

// The log of a member knows every group that the engine holds something of: a
// group is in the log, durably, before.
absl::Status CheckLogAgainstEngine(const NodeOptions& options, const raft::RecoveredLog& log,
                                   const env::KvReader& engine);

}  // namespace graphdb::cluster
