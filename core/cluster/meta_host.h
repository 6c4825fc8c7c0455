// MetaHost: the state machine and the serving side of the meta group's replica:
// carries the effects of shard::MetaLeader out, founds the cluster's state when
// it is the founder, and keeps a parsed view of members and shard map.
//
// Invariants:
//   1. The view is that of the last applied entry on this node; on a follower
//      it may be older than the leader's.
//
// Deterministic thread only.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/lookup_map.h"
#include "core/cluster/group_host.h"
#include "core/cluster/identity.h"
#include "core/cluster/state_machine.h"
#include "core/shard/meta_leader.h"
#include "core/shard/meta_state_machine.h"
#include "core/shard/shard_map.h"

namespace graphdb::cluster {

class MetaHost final : public StateMachine {
 public:
  using Reply = absl::AnyInvocable<void(v1::MetaResponse)>;

  MetaHost(const NodeOptions& options, env::Env& env, const Identity& identity, GroupHost& group);

  void Serve(v1::MetaRequest request, Reply reply);
  // Fire and forget: the caller sees the outcome in the view.
  void Propose(v1::MetaCommand command);
  void ProposeMember(NodeId node, StoreId store);
  void ProposeVersion(uint32_t version);

  // Empty cluster_id before founding.
  const v1::MetaStateView& view() const { return view_; }
  const shard::ShardMap& map() const { return map_; }
  std::optional<StoreId> MemberStore(NodeId node) const;
  bool serving() const { return leader_.leading(); }
  const shard::TimestampOracle& oracle() const { return leader_.oracle(); }

  absl::Status Apply(const raft::Entry& entry, env::KvBatch* batch) override;
  void Advance(const raft::Entry& entry, env::KvBatch* batch) override;
  void Applied(const raft::Entry& entry) override;
  void BecameLeader(Term term) override;
  void LostLeadership(Term term) override;
  void ReadReady(raft::ReadId id, LogIndex index) override;
  void ReadFailed(raft::ReadId id) override;
  std::vector<storage::KeyRange> OwnedRanges() const override;
  absl::Status Restored() override;
  void LoadView();

 private:
  void Step(shard::MetaEvent event);
  void Carry(shard::meta_effect::Reply effect);
  void Carry(shard::meta_effect::Propose effect);
  void Carry(shard::meta_effect::ReadIndex effect);
  void ProposeFounding();

  const NodeOptions& options_;
  env::Env& env_;
  const Identity& identity_;
  GroupHost& group_;
  shard::MetaStateMachine machine_;
  shard::MetaLeader leader_;
  shard::MetaApplyResult result_;
  v1::MetaStateView view_;
  shard::ShardMap map_;

  std::deque<shard::MetaEvent> events_;
  bool stepping_ = false;
  uint64_t last_request_ = 0;
  LookupMap<uint64_t, Reply> replies_;
};

}  // namespace graphdb::cluster
