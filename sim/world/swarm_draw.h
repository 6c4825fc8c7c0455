// What the files of the swarm (swarm.h) share: how a fault is drawn into a plan.
//
// swarm.cc draws what a run is made of, swarm_faults.cc what goes wrong in it and when,
// swarm_shapes.cc what becomes of its links, swarm_sequences.cc what only does harm in one
// order.
//
// Pure functions of their arguments.
#pragma once

#include <cstdint>
#include <vector>

#include "core/env/random.h"
#include "sim/world/fault_plan.h"
#include "sim/world/run_options.h"

namespace graphdb::sim {

inline constexpr FaultTarget kEverybody{FaultTarget::Kind::kAll, NodeId(), ShardId()};

// What the draw of one fault goes by, and where it goes.
struct Draw {
  const RunOptions& options;
  const std::vector<NodeId>& victims;  // of faults that damage a disk for good
  Random& rng;
  FaultPlan* plan;
};

FaultAction ActionAt(Duration at, FaultKind kind);
Duration Milliseconds(Random& rng, int64_t low, int64_t high);
NodeId DrawNode(const Draw& draw);
NodeId DrawVictim(const Draw& draw);
ShardId DrawGroup(const Draw& draw);
// A node, the leader of a group, or a gateway.
FaultTarget DrawTarget(const Draw& draw);
// Two nodes: a link.
void DrawLink(const Draw& draw, FaultAction* action);
NetworkRates DrawRates(Random& rng);

// All nodes, in any order: who plays which part.
std::vector<NodeId> DrawOrder(const Draw& draw);
void CutForAWhile(const Draw& draw, NodeId from, NodeId to, Duration begin, Duration end);

// Faults of one family, with their ends.
void DrawPartition(const Draw& draw, Duration at);
void DrawClogs(const Draw& draw, Duration at);
void DrawOneWay(const Draw& draw, Duration at);
void DrawSlowLink(const Draw& draw, Duration at);
// What an operator does to a cluster that works.
void DrawOperator(const Draw& draw, FaultAction action);

// Whole stories beside the families: behind the plan and behind the forming plan. Some need
// a knob as well.
void DrawSequences(uint64_t seed, const std::vector<NodeId>& victims, RunOptions* options);

// The plan of a run, by time.
void DrawPlan(uint64_t seed, Random& rng, RunOptions* options);

}  // namespace graphdb::sim
