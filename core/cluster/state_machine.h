// StateMachine: what a group host applies entries to: a shard's machine or the
// meta group's. Implemented in core/cluster around the actors of core/shard and
// core/txn.
//
// Deterministic thread only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/env/kv_engine.h"
#include "core/raft/types.h"
#include "core/storage/keys.h"

namespace graphdb::cluster {

class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // Adds to `batch` what the entry changes. The host adds the applied record and
  // writes the batch, so both are kept or lost together (rule L5). Called for
  // kNormal entries, in order, on every replica. An error stops the node: the
  // entry is of an unknown kind or the engine is damaged.
  virtual absl::Status Apply(const raft::Entry& entry, env::KvBatch* batch) = 0;
  // The same for an entry of Raft's own (kNoop, kConfig).
  virtual void Advance(const raft::Entry& entry, env::KvBatch* batch) = 0;
  // The batch of this entry (of any kind) is written: answer who waits for it.
  virtual void Applied(const raft::Entry& entry) = 0;

  virtual void BecameLeader(Term term) = 0;
  virtual void LostLeadership(Term term) = 0;
  virtual void ReadReady(raft::ReadId id, LogIndex index) = 0;
  virtual void ReadFailed(raft::ReadId id) = 0;

  // Every key this group owns, its own records included, sorted and disjoint:
  // what a snapshot of the group holds and an install replaces.
  virtual std::vector<storage::KeyRange> OwnedRanges() const = 0;
  // The engine's content was replaced by an installed snapshot. An error stops the node:
  // this program doesn't know the cluster version of that state.
  virtual absl::Status Restored() = 0;
};

}  // namespace graphdb::cluster
