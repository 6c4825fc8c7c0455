// Observer: looks at the replicas of the node that ran the last event and feeds
// Raft's oracles: who leads in which term, with which log, what is committed,
// what was applied. Durability, OracleWatch and ReadWatch look along, and Recovery is
// told whom each group needs. AdmissionWatch looks at the node itself.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sim/check/raft_safety.h"
#include "sim/run/admission_watch.h"
#include "sim/run/durability.h"
#include "sim/run/leadership.h"
#include "sim/run/oracle_watch.h"
#include "sim/run/read_watch.h"
#include "sim/run/recovery.h"
#include "sim/run/txn_watch.h"
#include "sim/run/version_watch.h"
#include "sim/world/world.h"

namespace graphdb::sim {

class Observer {
 public:
  // `world` outlives it.
  explicit Observer(World& world)
      : world_(world),
        nodes_(world.options().nodes),
        admissions_(world),
        leadership_(world),
        durability_(world),
        oracle_(world.options().nodes),
        transactions_(world.options().knobs.write_keys_max),
        recovery_(world),
        versions_(world) {}

  // After each event.
  MaybeViolation Look();
  // At the transactions that are prepared, on whichever nodes hold all that is
  // committed; costs more than an event.
  MaybeViolation LookAtPrepared();
  // Of the nodes that are asked for, which are up.
  using NodeFilter = absl::FunctionRef<bool(NodeId)>;
  // Whether a transaction is prepared on one of them.
  bool AnyPrepared(NodeFilter of) const;
  // Every pair of logs of each group; costly.
  MaybeViolation CompareLogs() const;

  // Leaders of new terms since the run began.
  uint64_t leaders_seen() const { return leaders_seen_; }
  const RaftSafety& safety() const { return safety_; }
  const TxnWatch& transactions() const { return transactions_; }
  Leadership& leadership() { return leadership_; }
  const VersionWatch& versions() const { return versions_; }
  const Recovery& recovery() const { return recovery_; }
  // Each pattern that a group's replicas were in when one of them began or ceased to
  // lead: who is up and leads, whose term, log and commit is ahead of whose. Hashes.
  const std::set<uint32_t>& constellations() const { return constellations_; }

  // Each of them is up with a replica of each group, and all of a group are in one term
  // with one leader and have applied all that any of them knows as committed. No group
  // changes its config, and where all nodes are asked for all of them vote.
  bool Settled(NodeFilter of) const;
  // For the report of a run that hangs, each from "; " on: "node3 is never restarted",
  // "shard=1 committed entry 9 last, at 31.2s, led last by node3 from 20.1s on, term 7",
  // "node2 shard=1 term 7 leads, first 3, last 9, commit 9, applied 9".
  std::string Describe() const;

 private:
  struct Seen {
    Term led_term;  // the newest term it led
    bool leads = false;
    bool campaigns = false;
    bool looked = false;
    LogIndex commit;
    LogIndex applied;
    LogIndex durable;
    Timestamp issued;
    uint64_t last_round = 0;
    Term term;
    ReplicaId vote;
    ReadWatch::Replica reads;
  };
  using Groups = std::vector<std::pair<ShardId, Seen>>;
  struct Node {
    uint64_t incarnation = 0;
    Groups groups;
  };

  // The newest decision of a shard's log so far.
  struct Decided {
    LogIndex through;  // entries seen
    Timestamp highest;
    Duration at;  // when the newest entry was committed
  };
  // The leader of the newest term that had one.
  struct Led {
    NodeId node;
    Term term;
    Duration since;
  };

  // Rule T3: a leader proposes a one-shard commit only above its floor, which
  // counts every transaction resolved here. So it goes into the log with a
  // higher timestamp than all decisions before it.
  MaybeViolation CheckCommitOrder(const ReplicaView& view, LogIndex index);
  // Rule T6: whoever resolves a transaction does as all others do.
  MaybeViolation CheckResolution(ShardId group, LogIndex index, const DecisionView& decision);
  // A vote goes to a candidate whose log is not behind the voter's.
  MaybeViolation CheckVote(NodeId voter, const ReplicaView& view) const;
  MaybeViolation LookAtReplica(NodeId node, const ReplicaView& view, Seen* seen);
  bool HasAllCommitted(NodeId node, const ReplicaView& view) const;
  static size_t PlaceOf(ShardId group, size_t if_new, Groups* groups);
  static bool HasNews(const ReplicaView& view, const Seen& seen) {
    return view.commit > seen.commit || view.is_leader != seen.leads ||
           (view.is_leader && view.term > seen.led_term) || !seen.looked ||
           view.durable != seen.durable || view.applied != seen.applied ||
           view.campaigns != seen.campaigns || view.issued != seen.issued ||
           view.last_round != seen.last_round;
  }
  MaybeViolation LookAt(NodeId node, const ReplicaView& view, Seen* seen);
  std::string DescribeNodes() const;
  std::string DescribeGroups() const;
  MaybeViolation LookAtCommits(NodeId node, const ReplicaView& view, Seen* seen);
  void SayLeader(NodeId node, const ReplicaView& view);
  void RecordRole(NodeId node, const ReplicaView& view);
  void NoteConstellation(ShardId group);

  World& world_;
  std::vector<Node> nodes_;
  RaftSafety safety_;
  AdmissionWatch admissions_;
  Leadership leadership_;
  Durability durability_;
  OracleWatch oracle_;
  ReadWatch reads_;
  TxnWatch transactions_;
  Recovery recovery_;
  VersionWatch versions_;
  std::map<ShardId, Decided> decided_;
  std::map<ShardId, Led> led_;
  std::map<Timestamp, Timestamp> resolved_;  // start -> commit; 0: without effect
  uint64_t leaders_seen_ = 0;
  std::set<uint32_t> constellations_;
};

}  // namespace graphdb::sim
