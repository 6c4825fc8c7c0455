// ShardHost: the state machine and the serving side of one shard's replica,
// hosted on its group: carries the effects of txn::ShardLeader out and brings
// the answers back in (contract H1-H4 of core/txn/shard_leader.h).
//
// Invariants:
//   1. The actor is stepped one event at a time; what a step causes at once is
//      queued behind it.
//   2. Client work is refused until a majority of the configured peers vote in
//      this group (rule I1).
//
// Deterministic thread only.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/base/lookup_map.h"
#include "core/cluster/group_host.h"
#include "core/cluster/router.h"
#include "core/cluster/state_machine.h"
#include "core/shard/shard_state_machine.h"
#include "core/storage/adjacency_cache.h"
#include "core/txn/shard_leader.h"

namespace graphdb::cluster {

// Voters that a group needs before it serves clients.
inline size_t MajorityOf(size_t peers) { return peers / 2 + 1; }

class ShardHost final : public StateMachine {
 public:
  using Reply = absl::AnyInvocable<void(v1::ShardResponse)>;

  // `cache` is of the node's engine, shared by its shards.
  ShardHost(const NodeOptions& options, env::Env& env, GroupHost& group, Router& router,
            storage::AdjacencyCache& cache);

  void Serve(v1::ShardRequest request, Reply reply);

  absl::Status Apply(const raft::Entry& entry, env::KvBatch* batch) override;
  void Advance(const raft::Entry& entry, env::KvBatch* batch) override;
  void Applied(const raft::Entry& entry) override;
  void BecameLeader(Term term) override;
  void LostLeadership(Term term) override;
  void ReadReady(raft::ReadId id, LogIndex index) override;
  void ReadFailed(raft::ReadId id) override;
  std::vector<storage::KeyRange> OwnedRanges() const override;
  absl::Status Restored() override;

  // Meta has this version: a leader's shard follows.
  void OnClusterVersion(uint32_t version) { Step(txn::shard_event::ClusterVersion{version}); }

  const txn::ShardLeader& leader() const { return leader_; }

 private:
  void Step(txn::ShardEvent event);
  void Carry(txn::shard_effect::Reply effect);
  void Carry(txn::shard_effect::Propose effect);
  void Carry(txn::shard_effect::ReadIndex effect);
  void Carry(txn::shard_effect::AskOracle effect);
  void Carry(txn::shard_effect::SendToSlot effect);
  void Carry(txn::shard_effect::SetTimer effect);

  const NodeOptions& options_;
  env::Env& env_;
  GroupHost& group_;
  Router& router_;
  storage::AdjacencyCache& cache_;
  shard::ShardStateMachine machine_;
  txn::ShardLeader leader_;
  shard::ApplyResult result_;  // of the entry that is being applied

  std::deque<txn::ShardEvent> events_;
  bool stepping_ = false;
  uint64_t last_request_ = 0;
  LookupMap<uint64_t, Reply> replies_;
};

}  // namespace graphdb::cluster
