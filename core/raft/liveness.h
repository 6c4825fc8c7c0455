// Liveness: the road that heartbeats and their answers take (docs/rules.md, L2).
//
// A group decides when a round of beats begins and what each beat claims; a
// Liveness decides how it travels. GroupBeats sends each as a message of the
// group. A node-pair beat keeps them, merges those of all groups led into one
// beat per node pair, and on the other side steps them into the groups as the
// kHeartbeat and kHeartbeatReply messages they stand for. Where a node beats
// but does not claim a group, it calls Group::ForgetLeader() there.
//
// What must hold on any road:
//   1. An answer carries the group term and the round of the beat it answers;
//      it counts for reads and check-quorum in that term and round only.
//   2. A beat older (by round) than the last append of that leader claims and
//      denies nothing. Group::Step checks both.
//   3. Beat() of an urgent round (a read waits) leaves at once.
//
// Deterministic thread only.
#pragma once

#include <utility>
#include <vector>

#include "core/raft/types.h"

namespace graphdb::raft {

class Liveness {
 public:
  virtual ~Liveness() = default;
  // Messages put into *out leave with the group's next Ready.
  virtual void Beat(Message beat, bool urgent, std::vector<Message>* out) = 0;
  virtual void Answer(Message answer, std::vector<Message>* out) = 0;
};

// One beat per group and peer. No state.
class GroupBeats final : public Liveness {
 public:
  void Beat(Message beat, bool urgent, std::vector<Message>* out) override {
    out->push_back(std::move(beat));
  }
  void Answer(Message answer, std::vector<Message>* out) override {
    out->push_back(std::move(answer));
  }
};

}  // namespace graphdb::raft
