// ReadWatch: the reads that leaders answer, seen from outside the nodes.
//
//   - A leader confirms a read at an index that covers all that had been committed,
//     by whomever, when the read was asked for (ReadIndex).
//   - What a shard commits alone comes with a higher timestamp than any read that it
//     was not applied for (rule T3).
//   - The floor that a new leader begins with is above the reads of those before it, even
//     where a fresh commit timestamp would have hidden that it isn't (rule T3).
//
// So a stale leader is seen when it answers, whether or not a client can tell.
//
// What it does not see: moments within one event; which keys were read.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "sim/world/world.h"

namespace graphdb::sim {

class ReadWatch {
 public:
  // What is known of one replica since its node started.
  struct Replica {
    Term term;  // in which it leads
    uint64_t asked = 0;
    std::deque<LogIndex> due;  // by each read that waits, in order
    Timestamp newest_read;
    bool has_floor = false;
  };

  // After each event of the replica's node; the entries that it committed are not
  // noted yet.
  MaybeViolation Look(NodeId node, const ReplicaView& view, Replica* seen) {
    if (!view.is_leader) {
      seen->due.clear();
      seen->term = Term();
      return std::nullopt;
    }
    const bool same = view.term == seen->term && view.reads_asked == seen->asked &&
                      view.reads_waiting == seen->due.size();
    return same ? std::nullopt : LookAtConfirmed(node, view, seen);
  }
  // The group has committed this entry.
  MaybeViolation OnCommitted(ShardId group, LogIndex index, const DecisionView& decision);
  // As Look, once they are noted.
  MaybeViolation LookAtAnswered(NodeId node, const ReplicaView& view, Replica* seen) {
    const bool same_floor = view.commit_floor.has_value() == seen->has_floor;
    if (same_floor && view.newest_read == seen->newest_read) return std::nullopt;
    if (!same_floor) {
      if (MaybeViolation found = LookAtFloor(node, view, seen)) return found;
    }
    return LookAtNewestRead(node, view, seen);
  }

 private:
  struct Group {
    LogIndex committed;
    Timestamp newest_read;                             // answered by any leader
    std::map<Term, Timestamp> newest_reads;            // by the term in which it led
    std::deque<std::pair<LogIndex, Timestamp>> alone;  // the last one-shard commits
  };

  MaybeViolation LookAtConfirmed(NodeId node, const ReplicaView& view, Replica* seen);
  MaybeViolation LookAtFloor(NodeId node, const ReplicaView& view, Replica* seen);
  MaybeViolation LookAtNewestRead(NodeId node, const ReplicaView& view, Replica* seen);

  std::map<ShardId, Group> groups_;
};

}  // namespace graphdb::sim
