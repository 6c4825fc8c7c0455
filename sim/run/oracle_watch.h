// OracleWatch: the timestamps that leaders of the meta group issue, seen from
// outside the nodes.
//
//   - What was issued lies at or below a bound that the meta log has committed.
//   - A timestamp is issued once; a newer leader's all lie above an older one's.
//   - It goes out only after a round of reads begun when nobody newer had issued any.
//
// What it does not see: moments within one event.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/world/world.h"

namespace graphdb::sim {

class OracleWatch {
 public:
  explicit OracleWatch(uint32_t nodes) : nodes_(nodes) {}

  void OnStart(NodeId node) { nodes_[node.value()] = {}; }
  // The meta log has committed this entry.
  void OnCommitted(const DecisionView& entry);
  // After each event of the node; its commits came first.
  MaybeViolation Look(NodeId node, const ReplicaView& view);

 private:
  struct Node {
    Term term;  // of the leader it was last
    Timestamp issued;
    uint64_t last_round = 0;
    std::map<uint64_t, Term> rounds;  // round begun -> newest leader that had issued by then
  };
  struct Range {
    Timestamp above;  // all of this leader's lie above it
    Timestamp last;
  };

  MaybeViolation LookAtIssue(NodeId node, const ReplicaView& view, Node* seen);

  std::vector<Node> nodes_;
  std::map<Term, Range> leaders_;
  Term newest_issuer_;
  Timestamp bound_;    // committed
  Timestamp founded_;  // what a restore brought lies at or below it
};

}  // namespace graphdb::sim
