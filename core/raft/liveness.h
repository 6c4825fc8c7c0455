// Liveness: the road that heartbeats and their answers take (docs/rules.md, L2).
//
// A group decides what each beat claims; a Liveness numbers the rounds and
// decides how beats travel. GroupBeats sends each as a message of the group: the
// scripts and the random test of this package run on it. A node has
// cluster::NodeBeats, which merges the beats of all groups led into one per node
// pair and steps them, on the other side, into the groups as the kHeartbeat and
// kHeartbeatReply messages they stand for.
//
// What must hold on any road:
//   1. An answer carries the group term and the round of the beat it answers;
//      it counts for reads and check-quorum in that term and round only.
//   2. A beat older (by round) than the last append of that leader claims and
//      denies nothing. Group::Step and Group::OnUnclaimed check it.
//   3. An urgent beat (a read waits) leaves at once.
//
// Deterministic thread only.
#pragma once

#include "core/raft/types.h"

namespace graphdb::raft {

class Liveness {
 public:
  virtual ~Liveness() = default;
  // The number of the round that a group begins now, above `last`, its newest.
  virtual Round Begin(Round last) = 0;
  // True: taken. False: it leaves with the group's next Ready.
  virtual bool Beat(NodeId to, const Message& beat, bool urgent) = 0;
  // An answer that waits for a write is not offered: it leaves with a Ready.
  virtual bool Answer(const Message& answer) = 0;
};

// One beat per group and peer. No state.
class GroupBeats final : public Liveness {
 public:
  Round Begin(Round last) override { return last.Next(); }
  bool Beat(NodeId to, const Message& beat, bool urgent) override { return false; }
  bool Answer(const Message& answer) override { return false; }
};

}  // namespace graphdb::raft
