// AdmissionWatch: an oracle over rule I1: a node belongs to a cluster only with the store
// that it founded it with, or that a member has admitted it with. So a disk that takes an
// admission of the one before it for its own is seen at once, though nobody serves it.
//
// It sees the messages that were sent and what each node takes itself for.
//
// Deterministic thread only.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/check/raft_safety.h"
#include "sim/world/world.h"

namespace graphdb::sim {

class AdmissionWatch {
 public:
  // Listens to all that is sent in `world`, which outlives it.
  explicit AdmissionWatch(World& world);
  AdmissionWatch(const AdmissionWatch&) = delete;
  AdmissionWatch& operator=(const AdmissionWatch&) = delete;

  // After each event of the node.
  MaybeViolation Look(NodeId node) {
    const Program* program = world_.program(node);
    if (program == nullptr) return std::nullopt;
    const StoreId store = program->MemberStore();
    if (store == members_[node.value()]) return std::nullopt;
    members_[node.value()] = store;
    return store == StoreId() ? std::nullopt : OnMember(node, store);
  }

 private:
  void OnSent(NodeId to, absl::string_view message);
  MaybeViolation OnMember(NodeId node, StoreId store) const;

  World& world_;
  std::vector<StoreId> members_;  // by node: as which it was seen last
  std::set<std::pair<NodeId, StoreId>> admitted_;
};

}  // namespace graphdb::sim
