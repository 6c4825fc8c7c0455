#include "core/shard/meta_state_machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/shard/records.h"
#include "core/shard/shard_map.h"
#include "core/storage/slots.h"

namespace graphdb::shard {
namespace {

using Body = v1::MetaCommand;

void Refuse(MetaApplyResult* result, std::string why) {
  result->refused = true;
  result->message = std::move(why);
}

void ApplyFound(const v1::Found& found, v1::MetaStateView* state, MetaApplyResult* result) {
  if (!state->cluster_id().empty()) {
    Refuse(result, "the cluster is founded already");
    return;
  }
  if (found.cluster_id().empty() || found.num_shards() == 0 || found.num_shards() > kShardsMax) {
    Refuse(result, absl::StrCat("found: cluster id of ", found.cluster_id().size(), " bytes, ",
                                found.num_shards(), " shards"));
    return;
  }
  state->set_cluster_id(found.cluster_id());
  state->set_num_shards(found.num_shards());
  *state->mutable_members() = found.members();
  ShardMap::Equal(found.num_shards()).ToProto(state->mutable_map());
  state->set_oracle_bound(std::max(state->oracle_bound(), found.oracle_bound()));
  state->set_id_bound(std::max(state->id_bound(), found.id_bound()));
  state->set_peers(found.peers());
  state->set_cluster_key(found.cluster_key());
  state->set_cluster_version(1);
}

void ApplyMember(const v1::MetaMember& member, v1::MetaStateView* state) {
  for (v1::MetaMember& known : *state->mutable_members()) {
    if (known.node() == member.node()) {
      known = member;
      return;
    }
  }
  *state->add_members() = member;  // last: the founder stays first
}

void ApplyAllocate(const v1::AllocateIds& allocate, v1::MetaStateView* state,
                   MetaApplyResult* result) {
  const uint64_t first = state->id_bound() + 1;
  const bool sound = allocate.count() >= 1 && allocate.count() <= kNumberBlockMax;
  if (!sound || first + allocate.count() >= storage::kPlainIdLimit) {
    Refuse(result, absl::StrCat("allocate ", allocate.count(), " ids after ", first - 1));
    return;
  }
  result->first_id = first;
  result->count = allocate.count();
  state->set_id_bound(first + allocate.count() - 1);
}

absl::Status ApplyBody(const v1::MetaCommand& command, v1::MetaStateView* state,
                       MetaApplyResult* result) {
  const Body::BodyCase kind = command.body_case();
  if (kind != Body::kFound && kind != Body::BODY_NOT_SET && state->cluster_id().empty()) {
    // The oracle of a group that is not founded yet has nobody to serve.
    Refuse(result, "the cluster is not founded yet");
    return absl::OkStatus();
  }
  switch (kind) {
    case Body::kFound:
      ApplyFound(command.found(), state, result);
      return absl::OkStatus();
    case Body::kRaiseBounds:
      state->set_oracle_bound(
          std::max(state->oracle_bound(), command.raise_bounds().oracle_bound()));
      state->set_id_bound(std::max(state->id_bound(), command.raise_bounds().id_bound()));
      return absl::OkStatus();
    case Body::kAllocateIds:
      ApplyAllocate(command.allocate_ids(), state, result);
      return absl::OkStatus();
    case Body::kPutMember:
      ApplyMember(command.put_member().member(), state);
      return absl::OkStatus();
    case Body::kClusterVersion:
      state->set_cluster_version(
          std::max(state->cluster_version(), command.cluster_version().version()));
      return absl::OkStatus();
    case Body::BODY_NOT_SET:
      break;
  }
  return absl::UnimplementedError("meta command of a kind this version does not know");
}

std::string StateKeyOfMeta() { return StateKey(kMetaGroup); }

}  // namespace

absl::StatusOr<MetaApplyResult> MetaStateMachine::Apply(Term term, LogIndex index,
                                                        absl::string_view command,
                                                        const env::KvReader& engine,
                                                        env::KvBatch* batch) const {
  v1::MetaCommand parsed;
  if (!parsed.ParseFromArray(command.data(), static_cast<int>(command.size()))) {
    return absl::DataLossError(
        absl::StrCat("meta: malformed entry ", index.value(), " of term ", term.value()));
  }
  if (parsed.version() != kMetaCommandVersion) {
    return absl::UnimplementedError(
        absl::StrCat("meta: entry ", index.value(), " has version ", parsed.version()));
  }
  if (parsed.has_cluster_version()) {
    GRAPHDB_RETURN_IF_ERROR(
        CheckClusterVersion("the cluster", parsed.cluster_version().version(), newest_));
  }
  MetaApplyResult result;
  result.proposer_term = Term(parsed.proposer_term());
  result.proposal = parsed.proposal();
  result.kind = parsed.body_case();
  GRAPHDB_ASSIGN_OR_RETURN(v1::MetaStateView state, Load(engine));
  GRAPHDB_RETURN_IF_ERROR(ApplyBody(parsed, &state, &result));
  if (!result.refused) batch->Put(StateKeyOfMeta(), EncodeRecord(state));
  result.oracle_bound = Timestamp(state.oracle_bound());
  return result;
}

absl::StatusOr<v1::MetaStateView> MetaStateMachine::Load(const env::KvReader& engine) {
  GRAPHDB_ASSIGN_OR_RETURN(std::optional<v1::MetaStateView> state,
                           GetRecord<v1::MetaStateView>(engine, "meta state", StateKeyOfMeta()));
  return state.has_value() ? *std::move(state) : v1::MetaStateView();
}

}  // namespace graphdb::shard
