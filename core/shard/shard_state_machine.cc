#include "core/shard/shard_state_machine.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/shard/applier.h"

namespace graphdb::shard {

absl::StatusOr<ApplyResult> ShardStateMachine::Apply(Term term, LogIndex index,
                                                     absl::string_view command,
                                                     const env::KvReader& engine,
                                                     env::KvBatch* batch) const {
  v1::ShardCommand parsed;
  if (!parsed.ParseFromArray(command.data(), static_cast<int>(command.size()))) {
    return absl::DataLossError(absl::StrCat("shard ", shard_.value(), ": malformed entry ",
                                            index.value(), " of term ", term.value()));
  }
  if (parsed.version() != kShardCommandVersion) {
    return absl::UnimplementedError(absl::StrCat("shard ", shard_.value(), ": entry ",
                                                 index.value(), " has version ", parsed.version()));
  }
  if (parsed.has_cluster_version()) {
    GRAPHDB_RETURN_IF_ERROR(CheckClusterVersion(absl::StrCat("shard ", shard_.value()),
                                                parsed.cluster_version().version(), newest_));
  }
  ApplyResult result;
  result.proposer_term = Term(parsed.proposer_term());
  result.proposal = parsed.proposal();
  result.kind = parsed.body_case();
  Applier applier(shard_, pages_, newest_, engine, batch, &result);
  GRAPHDB_RETURN_IF_ERROR(applier.Run(parsed));
  return result;
}

absl::StatusOr<ShardStateView> LoadShardState(ShardId shard, const env::KvReader& engine) {
  GRAPHDB_ASSIGN_OR_RETURN(const auto record,
                           GetRecord<v1::ShardStateRecord>(engine, "shard state", StateKey(shard)));
  ShardStateView view;
  if (!record.has_value()) return view;
  view.epoch = Epoch(record->epoch());
  view.slots = SlotsOf(*record);
  view.start_ts_floor = Timestamp(record->start_ts_floor());
  view.dedupe_floor = Timestamp(record->dedupe_floor());
  view.read_floor = Timestamp(record->read_floor());
  view.cluster_version = VersionOf(record->cluster_version());
  return view;
}

}  // namespace graphdb::shard
