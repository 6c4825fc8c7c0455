// Program: what runs in a node's slot of the world. The adapter of
// cluster::Node is //sim/world:cluster_program; tests plug in toys.
//
// Invariants:
//   1. It is destroyed at a crash; all it may keep is in its disk and engine.
//
// Deterministic thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "core/base/ids.h"
#include "core/env/env.h"
#include "proto/client.pb.h"
#include "sim/check/raft_safety.h"
#include "sim/world/run_options.h"

namespace graphdb::v1 {
class TxnPart;
}

namespace graphdb::sim {

// Whose majority a group needs: of the voters and, while they change, of those before.
struct VotersView {
  std::vector<NodeId> voters;
  std::vector<NodeId> outgoing;
};

// What an entry decides: the commit timestamp that a shard's log gives out with it.
struct DecisionView {
  bool one_shard = false;  // proposed by the shard's own leader, which chose the timestamp
  Timestamp commit_ts;     // 0: the entry decides nothing
  // Of the meta group: timestamps through here may be issued; a founding's.
  Timestamp oracle_bound = {};
  Timestamp founded_bound = {};
  // Of a shard: the start of a transaction that ends here, at `commit_ts` or, where
  // that is 0, without effect.
  Timestamp resolves = {};
  // Of a shard: the start of the transaction that this is a commit, a prepare or the
  // decision of, the request that it is for, and what it reads and writes here.
  Timestamp txn = {};
  uint64_t session = 0;
  uint64_t sequence = 0;
  std::shared_ptr<const v1::TxnPart> part = {};
  uint32_t version = 0;                   // the cluster version that it switches to; 0: none
  std::optional<NodeId> member = {};      // of the meta group: takes this node in
  std::optional<VotersView> voters = {};  // of an entry that changes the config
};

// What an observer sees of one replica. Valid during the visit only.
struct ReplicaView {
  ShardId group;
  bool is_leader = false;
  Term term;
  LogIndex first;  // of the entries held; last < first where there are none
  LogIndex last;
  LogIndex commit;
  LogIndex applied;
  uint32_t voters = 0;  // of the config in effect here; 0 while it changes
  ReplicaId replica;
  bool campaigns = false;
  LogIndex durable;       // what it takes as durable
  LogIndex config_epoch;  // of the config in effect
  // Whether those that the argument says so of are a majority of it, in both halves
  // while it changes.
  absl::FunctionRef<bool(absl::FunctionRef<bool(NodeId)>)> quorum;
  // The meta group's leader: the timestamps it has issued, and the rounds of reads
  // that it asked for and got.
  bool issues = false;
  Timestamp issued = {};
  uint64_t last_round = 0;
  uint64_t confirmed_round = 0;
  // The entry at an index of [first, last].
  absl::FunctionRef<LogEntryView(LogIndex)> entry;
  absl::FunctionRef<DecisionView(LogIndex)> decision;
  bool knows_leader = true;  // who leads its term
  bool hands_over = false;   // it leads, and is about to hand leadership to another
  ReplicaId vote = {};       // in its term
  Term last_term = {};       // of its last entry, held or compacted
  // Reads asked of its group since it started, how many of them wait for a round of
  // the leader that it is, and the index that those done last were given.
  uint64_t reads_asked = 0;
  uint64_t reads_waiting = 0;
  LogIndex reads_index = {};
  Timestamp newest_read = {};  // of a shard's leader: the newest that it has answered
  // Likewise, the floor that it takes timestamps for commits by, once it has one.
  std::optional<Timestamp> commit_floor = {};
};

class Program {
 public:
  using Reply = absl::AnyInvocable<void(v1::ClientResponse)>;

  virtual ~Program() = default;
  virtual absl::Status Start() = 0;
  virtual void HandleClient(v1::ClientRequest request, Reply reply) = 0;
  virtual void VisitReplicas(absl::FunctionRef<void(const ReplicaView&)> visit) const = 0;
  // Hands leadership of the group to `to`, where it leads it.
  virtual void HandLeadership(ShardId group, NodeId to) {}
  // Gets ready to be shut down, for `limit` at most.
  virtual void Drain(Duration limit, absl::AnyInvocable<void()> done) { done(); }
  // The engine's key of a group's applied record (rule L5); empty: it has none.
  virtual std::string AppliedRecordKey(ShardId group) const { return ""; }
  // The store as which it belongs to a cluster; 0: to none.
  virtual StoreId MemberStore() const { return StoreId(); }
  // Whether it serves only in a cluster that a majority has formed (rule I1); toys don't.
  virtual bool FormsCluster() const { return true; }
};

struct ProgramOptions {
  NodeId self;
  uint32_t nodes = 3;
  uint32_t shards = 3;
  NodeId founder;
  Mistake mistake = Mistake::kNone;  // in this node's config
  NodeKnobs knobs;
  uint32_t version = shard::kNewestClusterVersion;  // the newest cluster version it knows
};

using ProgramFactory =
    std::function<std::unique_ptr<Program>(const ProgramOptions& options, env::Env& env)>;

}  // namespace graphdb::sim
