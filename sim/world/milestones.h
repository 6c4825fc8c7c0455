// Milestones: how far each group has come since the load began: entries appended by
// its leaders, entries committed, leaders elected. What a plan's triggers wait for.
//
// Invariants:
//   1. No count ever falls, whoever leads.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/world/fault_plan.h"
#include "sim/world/program.h"

namespace graphdb::sim {

class Milestones {
 public:
  // What a replica shows at `now`.
  void See(const ReplicaView& view, Duration now);
  // Counts from here on.
  void Begin();

  bool Reached(const Trigger& trigger) const;
  // The newest milestones of the group, or of all; at most one of a kind and group,
  // newest first.
  struct Passed {
    Trigger trigger;
    Duration when;
  };
  std::vector<Passed> Newest(std::optional<ShardId> group, size_t most) const;

 private:
  struct Count {
    uint64_t base = 0;
    uint64_t value = 0;
    Duration when;

    void Raise(uint64_t to, Duration now) {
      if (to <= value) return;
      value = to;
      when = now;
    }
  };
  struct Group {
    Term newest;  // of the leaders seen
    Count counts[kTriggerKindCount];
  };

  std::map<ShardId, Group> groups_;
};

}  // namespace graphdb::sim
