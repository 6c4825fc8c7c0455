// AppliedBatches: what each replica writes to its engine for each index of its
// log. Replicas that apply the same entry to the same state write the same batch,
// and so does one that applies it again after a restart: two digests of one index
// that differ are two states that differ, at the first index where they do.
//
// What it does not see: batches of a snapshot's install (they hold what others
// applied one by one; the states are compared at the end of a run); two different
// states to which an entry happens to do the same.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/env/kv_engine.h"

namespace graphdb::sim {

struct AppliedBatch {
  NodeId node;
  ShardId group;
  LogIndex index;
  uint64_t digest = 0;
};

// The engine's state of a group has begun to give way to a snapshot's.
struct InstallBegun {
  NodeId node;
  ShardId group;
  LogIndex index;  // of the snapshot
};

class AppliedBatches {
 public:
  // `record_key` is the key of the group's applied record: a batch that puts it
  // ends the application of `index`; one that deletes it begins an install, which
  // ends with the next that puts it.
  void OnWrite(NodeId node, ShardId group, LogIndex index, const env::KvBatch& batch,
               const std::string& record_key);
  // A crash cut it off; a begun install is begun again.
  void OnStart(NodeId node);

  // Since the last call.
  std::vector<AppliedBatch> Take() { return std::exchange(batches_, {}); }
  std::vector<InstallBegun> TakeInstallsBegun() { return std::exchange(begun_, {}); }

 private:
  std::set<std::pair<NodeId, ShardId>> installing_;
  std::vector<AppliedBatch> batches_;
  std::vector<InstallBegun> begun_;
};

}  // namespace graphdb::sim
