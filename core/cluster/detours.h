// Detours: a link may be cut between two nodes that a third one reaches. Who gets no answer
// from a leader, or knows none, asks another node to hand its requests on, until the leader
// answers again.
//
//   const NodeId helper = detours.By(leader, others);  // leader: kNoNode where none is known
//   ... a call of the helper that passes it on, or where there is none of the leader itself ...
//   detours.Note(leader, helper, answered);
//
// Deterministic thread only.
#pragma once

#include <map>
#include <vector>

#include "core/base/ids.h"
#include "core/env/env.h"

namespace graphdb::cluster {

class Detours {
 public:
  // So long nobody goes straight; then one call tries.
  static constexpr Duration kTriedAgainAfter = Duration::Seconds(3);

  explicit Detours(env::Env& env) : env_(env) {}

  // Who to ask in place of `to`, one of `helpers`; kNoNode: nobody, go straight.
  NodeId By(NodeId to, const std::vector<NodeId>& helpers);
  // Whether `to` answered a call, by way of `helper` (kNoNode: straight). After one that
  // brought no answer of `to` another helper's turn comes.
  void Note(NodeId to, NodeId helper, bool answered);

 private:
  struct Silence {
    Instant tried;      // straight, last
    size_t failed = 0;  // helpers that brought none either
  };

  env::Env& env_;
  std::map<NodeId, Silence> silent_;
};

}  // namespace graphdb::cluster
