// Model: a small world of one Raft group in which every next step is a choice:
// what //sim/exhaustive searches.
//
// The replicas are core/raft's own Group, hosted by its harness, whose checks
// (one leader per term, state machine safety, durable quorum, fresh reads, log
// matching) end the process. Time stands still: an election may begin at any
// moment, without a pre-vote and whoever was heard, and no leader steps down for
// want of a quorum. That allows all that timers allow, and more. Links keep
// their order but for overtakings; writes are durable at once but where the disk
// stalls.
//
// What can't make a difference is left out: an answer to a term that is over does
// nothing, so it is gone at once; and where everything has happened that may, and
// all are in the term of one leader, what is still under way comes to the same
// end in any order, so one order stands for all.
//
// A copy is a world of its own. Not thread-safe.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/raft/harness/cluster.h"
#include "sim/exhaustive/action.h"

namespace graphdb::sim {

// How often each thing may happen in one run.
struct Scope {
  uint32_t nodes = 3;
  uint32_t elections = 2;  // each makes a term, or contests one
  uint32_t entries = 3;    // asked of a leader
  uint32_t reads = 0;
  uint32_t crashes = 1;
  uint32_t drops = 1;
  uint32_t overtakings = 0;
  uint32_t stalls = 0;
  uint32_t beats = 0;  // rounds begun for no read, when nothing is on its way

  friend bool operator==(const Scope&, const Scope&) = default;
};

class Model {
 public:
  explicit Model(const Scope& scope);

  // Everything that can happen next, always in the same order.
  std::vector<Action> Enabled() const;
  // False: it can't happen here, and nothing did.
  bool Take(const Action& action);
  // Equal bytes: equal futures.
  std::string StateBytes() const;
  // What the replicas did since the last call, for a reader; needs StartTrace().
  void StartTrace() { cluster_.tracing = true; }
  std::vector<std::string> TakeTrace() { return cluster_.TakeTrace(); }

 private:
  bool Possible(const Action& action) const;
  bool PossibleAt(const raft::Machine& machine, const Action& action) const;
  void AddCrashes(const raft::Machine& machine, std::vector<Action>* out) const;
  void Happen(const Action& action);
  // Nothing of the scope is left.
  bool Spent() const;
  // All are up and in the term of one leader.
  bool Settled() const;
  void DropDeadAnswers();
  // Place in the network of a link's message number `skip`; -1: there is none.
  int MessageOf(const Action& link, int skip) const;
  // The host's work at all replicas, until nothing moves.
  void Settle();

  Scope left_;
  bool begun_ = false;
  uint64_t asked_ = 0;  // entries and reads
  std::set<ReplicaId> stalled_;
  raft::Cluster cluster_;
};

}  // namespace graphdb::sim
