#include "core/cluster/first_state.h"

#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "core/cluster/applied_record.h"

namespace graphdb::cluster {

absl::Status MakeFirstState(const NodeOptions& options, StoreId store, env::KvEngine& engine,
                            raft::RecoveredLog* recovered, raft::LogBatch* batch) {
  const ReplicaId self(store.value());
  raft::Config config;
  config.voters[self] = options.self;
  const AppliedRecord applied{LogIndex(1), Term(1), config};
  std::vector<ShardId> groups = {kMetaGroup};
  for (uint16_t i = 0; i < options.num_shards; ++i) groups.push_back(ShardId(i));
  for (const ShardId group : groups) {
    env::KvBatch first;
    PutApplied(&first, group, applied);
    GRAPHDB_RETURN_IF_ERROR(engine.Write(group, applied.index, std::move(first)));
    if (recovered->groups.count(group) > 0) continue;
    raft::GroupWrite write;
    write.shard = group;
    write.created = raft::GroupCreated{self, config};
    write.hard_state = raft::HardState{Term(1), kNoReplica, LogIndex(1)};
    write.installed = raft::InstallDone{raft::SnapshotMeta{LogIndex(1), Term(1), config}};
    batch->writes.push_back(std::move(write));
    raft::RecoveredGroup& fresh = recovered->groups[group];
    fresh.created = raft::GroupCreated{self, config};
    fresh.hard_state = raft::HardState{Term(1), kNoReplica, LogIndex(1)};
    fresh.start_index = LogIndex(1);
    fresh.start_term = Term(1);
  }
  return absl::OkStatus();
}

}  // namespace graphdb::cluster
