#include "core/cluster/meta_host.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::cluster {

MetaHost::MetaHost(const NodeOptions& options, env::Env& env, const Identity& identity,
                   GroupHost& group)
    : options_(options),
      env_(env),
      identity_(identity),
      group_(group),
      machine_(options.newest_version),
      leader_(env.kv, options.tuning.oracle_bound_window) {}

void MetaHost::Serve(v1::MetaRequest request, Reply reply) {
  const uint64_t id = ++last_request_;
  replies_.Insert(id, std::move(reply));
  Step(shard::meta_event::Request{id, std::move(request)});
}

void MetaHost::Propose(v1::MetaCommand command) {
  const uint64_t id = ++last_request_;
  replies_.Insert(id, Reply([](v1::MetaResponse) {}));
  Step(shard::meta_event::Command{id, std::move(command)});
}

void MetaHost::ProposeMember(NodeId node, StoreId store) {
  const PeerSpec& peer = options_.peers[node.value()];
  v1::MetaCommand command;
  v1::MetaMember* member = command.mutable_put_member()->mutable_member();
  member->set_node(node.value());
  member->set_store_id(store.value());
  member->set_name(peer.name);
  member->set_raft_address(peer.raft_address);
  member->set_client_address(peer.client_address);
  env_.log.Log(env::LogLevel::kInfo, "admission", absl::StrCat("taking in ", peer.name));
  Propose(std::move(command));
}

void MetaHost::ProposeVersion(uint32_t version) {
  v1::MetaCommand command;
  command.mutable_cluster_version()->set_version(version);
  env_.log.Log(env::LogLevel::kInfo, "upgrade",
               absl::StrCat("switching the cluster to version ", version));
  Propose(std::move(command));
}

// The founder is the only voter until others have joined a founded cluster, so
// no other node can be the first to lead an unfounded meta group.
void MetaHost::ProposeFounding() {
  FoundingState founding;
  if (options_.founding_state != nullptr) {
    absl::StatusOr<FoundingState> state = options_.founding_state(env_.kv);
    if (!state.ok()) {
      env_.process.Halt(state.status());
      return;
    }
    founding = *state;
  }
  const PeerSpec& self = options_.peers[options_.self.value()];
  v1::MetaCommand command;
  v1::Found* found = command.mutable_found();
  found->set_cluster_id(identity_.cluster_id);
  found->set_num_shards(options_.num_shards);
  found->set_peers(identity_.peers);
  found->set_oracle_bound(founding.oracle_bound);
  found->set_id_bound(founding.id_bound);
  v1::MetaMember* member = found->add_members();
  member->set_node(options_.self.value());
  member->set_store_id(identity_.store.value());
  member->set_name(self.name);
  member->set_raft_address(self.raft_address);
  member->set_client_address(self.client_address);
  Propose(std::move(command));
}

std::optional<StoreId> MetaHost::MemberStore(NodeId node) const {
  for (const v1::MetaMember& member : view_.members()) {
    if (member.node() == node.value()) return StoreId(member.store_id());
  }
  return std::nullopt;
}

void MetaHost::LoadView() {
  absl::StatusOr<v1::MetaStateView> view = shard::MetaStateMachine::Load(env_.kv);
  if (!view.ok()) {
    env_.process.Halt(view.status());
    return;
  }
  view_ = *std::move(view);
  if (view_.cluster_id().empty()) return;
  // Every change of ownership is a new epoch; most entries only move the oracle's bound.
  if (Epoch(view_.map().epoch()) == map_.epoch()) return;
  absl::StatusOr<shard::ShardMap> map = shard::ShardMap::FromProto(view_.map());
  if (!map.ok()) {
    env_.process.Halt(map.status());
    return;
  }
  map_ = *std::move(map);
}

absl::Status MetaHost::Restored() {
  LoadView();
  return shard::CheckClusterVersion("the cluster", view_.cluster_version(),
                                    options_.newest_version);
}

void MetaHost::Step(shard::MetaEvent event) {
  events_.push_back(std::move(event));
  if (stepping_) return;
  stepping_ = true;
  while (!events_.empty()) {
    const shard::MetaEvent next = std::move(events_.front());
    events_.pop_front();
    std::vector<shard::MetaEffect> effects;
    leader_.Step(next, &effects);
    for (shard::MetaEffect& effect : effects) {
      std::visit([this](auto& e) { Carry(std::move(e)); }, effect);
    }
  }
  stepping_ = false;
}

void MetaHost::Carry(shard::meta_effect::Reply effect) {
  Reply* found = replies_.Find(effect.id);
  GRAPHDB_CHECK(found != nullptr) << "a request is answered once, request " << effect.id;
  Reply reply = std::move(*found);
  replies_.Erase(effect.id);
  reply(std::move(effect.response));
}

void MetaHost::Carry(shard::meta_effect::Propose effect) {
  if (!group_.Propose(std::move(effect.bytes)).ok()) {
    Step(shard::meta_event::ProposalLost{effect.proposal});
  }
}

void MetaHost::Carry(shard::meta_effect::ReadIndex effect) {
  if (!group_.ReadIndex(raft::ReadId(effect.id)).ok()) {
    Step(shard::meta_event::ReadIndexDone{effect.id, false, LogIndex()});
  }
}

absl::Status MetaHost::Apply(const raft::Entry& entry, env::KvBatch* batch) {
  absl::StatusOr<shard::MetaApplyResult> result =
      machine_.Apply(entry.term, entry.index, entry.data, env_.kv, batch);
  if (!result.ok()) return result.status();
  result_ = *std::move(result);
  return absl::OkStatus();
}

void MetaHost::Advance(const raft::Entry& entry, env::KvBatch* batch) {
  machine_.Advance(entry.term, entry.index, batch);
  result_ = shard::MetaApplyResult();
}

void MetaHost::Applied(const raft::Entry& entry) {
  if (entry.kind == raft::EntryKind::kNormal) LoadView();
  Step(shard::meta_event::Applied{entry.index, std::move(result_)});
}

void MetaHost::BecameLeader(Term term) {
  Step(shard::meta_event::BecameLeader{term});
  if (view_.cluster_id().empty()) ProposeFounding();
}

void MetaHost::LostLeadership(Term term) { Step(shard::meta_event::LostLeadership{}); }

void MetaHost::ReadReady(raft::ReadId id, LogIndex index) {
  Step(shard::meta_event::ReadIndexDone{id.value(), true, index});
}

void MetaHost::ReadFailed(raft::ReadId id) {
  Step(shard::meta_event::ReadIndexDone{id.value(), false, LogIndex()});
}

std::vector<storage::KeyRange> MetaHost::OwnedRanges() const {
  return storage::OwnedRanges(kMetaGroup, storage::SlotSet());
}

}  // namespace graphdb::cluster
