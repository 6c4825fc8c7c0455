#include "core/cluster/start_checks.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/group_text.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/cluster/applied_record.h"
#include "core/cluster/bootstrap.h"
#include "core/raft/log/block.h"
#include "core/shard/meta_state_machine.h"
#include "core/shard/shard_state_machine.h"

namespace graphdb::cluster {

absl::Status CheckIdentity(const NodeOptions& options, const Identity& identity) {
  const std::string& name = options.peers[options.self.value()].name;
  if (identity.node != name) {
    return absl::FailedPreconditionError(
        absl::StrCat("node_id is ", name, ", the data folder belongs to ", identity.node));
  }
  // Nobody has admitted it yet, so there is nothing that a config could contradict.
  if (identity.state == Identity::State::kAlone) return absl::OkStatus();
  if (identity.num_shards != options.num_shards) {
    return absl::FailedPreconditionError(absl::StrCat("sharding.num_shards is ", options.num_shards,
                                                      ", the data folder was made with ",
                                                      identity.num_shards));
  }
  const std::string peers = PeersText(options);
  if (identity.peers != peers) {
    return absl::FailedPreconditionError(
        absl::StrCat("raft.peers is ", peers, ", the data folder was made with ", identity.peers));
  }
  return absl::OkStatus();
}

absl::Status CheckRestored(const NodeOptions& options, const env::KvReader& engine) {
  if (options.founding_state == nullptr) return absl::OkStatus();
  GRAPHDB_ASSIGN_OR_RETURN(const FoundingState state, options.founding_state(engine));
  if (!state.restored || options.bootstrap) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("raft.bootstrap is false on ", options.peers[options.self.value()].name,
                   ", whose data folder holds a restored snapshot: a cluster that it joins would "
                   "replace that data; restore on the node with raft.bootstrap: true"));
}

absl::Status CheckShardVersion(const NodeOptions& options, ShardId shard,
                               const env::KvReader& engine) {
  GRAPHDB_ASSIGN_OR_RETURN(const shard::ShardStateView state, shard::LoadShardState(shard, engine));
  return shard::CheckClusterVersion(absl::StrCat("shard ", shard.value(), " in raft.data_dir"),
                                    state.cluster_version, options.newest_version);
}

absl::Status CheckVersions(const NodeOptions& options, const env::KvReader& engine) {
  if (GRAPHDB_MUTANT("upgrade.start-unchecked")) return absl::OkStatus();
  GRAPHDB_ASSIGN_OR_RETURN(const v1::MetaStateView meta, shard::MetaStateMachine::Load(engine));
  GRAPHDB_RETURN_IF_ERROR(shard::CheckClusterVersion(
      "the cluster of raft.data_dir", meta.cluster_version(), options.newest_version));
  for (uint16_t i = 0; i < options.num_shards; ++i) {
    GRAPHDB_RETURN_IF_ERROR(CheckShardVersion(options, ShardId(i), engine));
  }
  return absl::OkStatus();
}

absl::Status CheckNoLog(env::Disk& disk) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk.List());
  for (const std::string& name : names) {
    if (raft::SegmentOfName(name) == 0) continue;
    return absl::DataLossError(absl::StrCat("raft.data_dir: the file identity is missing, and ",
                                            name, " is there: put it back, or replace the node"));
  }
  return absl::OkStatus();
}

absl::Status CheckLogAgainstEngine(const NodeOptions& options, const raft::RecoveredLog& log,
                                   const env::KvReader& engine) {
  for (uint32_t i = 0; i <= options.num_shards; ++i) {
    const ShardId group = i == options.num_shards ? kMetaGroup : ShardId(static_cast<uint16_t>(i));
    if (log.groups.count(group) > 0) continue;
    GRAPHDB_ASSIGN_OR_RETURN(const std::optional<AppliedRecord> applied,
                             ReadApplied(engine, group));
    if (!applied.has_value()) continue;
    return absl::DataLossError(absl::StrCat(
        "raft.data_dir: the log holds nothing of ", GroupText(group),
        ", and the engine holds it through index ", applied->index.value(),
        ": files of the log are missing or empty; put them back, or replace the node"));
  }
  return absl::OkStatus();
}

}  // namespace graphdb::cluster
