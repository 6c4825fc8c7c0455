#include "sim/world/swarm_forever.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/world/fault_atlas.h"
#include "sim/world/swarm_draw.h"

namespace graphdb::sim {
namespace {

// In which directions a node stays cut off from the others.
enum class Cuts : uint8_t { kBoth, kDeaf, kMute, kSome };

void CutForever(const Draw& draw, NodeId node, NodeId from, NodeId to, Duration at) {
  FaultAction cut = ActionAt(at, FaultKind::kCut);
  cut.from = from;
  cut.to = to;
  cut.forever = node;
  draw.plan->push_back(std::move(cut));
}

void DrawCuts(const Draw& draw, NodeId node, Cuts cuts, Duration at) {
  // Of some at least one, and not all.
  const uint64_t links = 2 * (draw.options.nodes - 1);
  uint64_t left = links;
  uint64_t wanted = links;
  if (cuts == Cuts::kSome) wanted = 1 + draw.rng.Below(links - 1);
  for (uint32_t n = 0; n < draw.options.nodes; ++n) {
    const NodeId other(n);
    if (other == node) continue;
    for (const bool hears : {true, false}) {
      const bool chosen = cuts == Cuts::kSome   ? draw.rng.Below(left) < wanted
                          : cuts == Cuts::kDeaf ? hears
                          : cuts == Cuts::kMute ? !hears
                                                : true;
      --left;
      if (!chosen) continue;
      --wanted;
      CutForever(draw, node, hears ? other : node, hears ? node : other, at);
    }
  }
}

// Its disk ends it, in one way or another.
void DrawLoss(const Draw& draw, NodeId node, Duration at) {
  constexpr FaultKind kLosses[] = {FaultKind::kFullDisk, FaultKind::kRot, FaultKind::kBadSector};
  FaultAction loss = ActionAt(at, kLosses[draw.rng.Below(std::size(kLosses))]);
  loss.target.node = node;
  draw.plan->push_back(std::move(loss));
}

void DrawSlowDisk(const Draw& draw, NodeId node, Duration at) {
  FaultAction slow = ActionAt(at, FaultKind::kSlowDisk);
  slow.target.node = node;
  slow.forever = node;
  // Up to where a leader with it answers nobody in time.
  const bool useless = draw.rng.Chance(1, 2);
  slow.amount = Milliseconds(draw.rng, useless ? 2'000 : 200, useless ? 8'000 : 1'500);
  draw.plan->push_back(std::move(slow));
}

void DrawGone(const Draw& draw, NodeId node, Duration at) {
  FaultAction crash = ActionAt(at, FaultKind::kCrash);
  crash.target.node = node;
  crash.forever = node;
  crash.power = draw.rng.Chance(1, 2);
  draw.plan->push_back(std::move(crash));
}

// While the cluster forms, or so soon that it hasn't yet. Not its founder: without it
// there is none.
bool DrawNeverThere(const Draw& draw, NodeId node, FaultPlan* forming_plan) {
  const bool wanted = draw.rng.Chance(1, 8);
  const Duration at = Milliseconds(draw.rng, 5, 6'000);
  if (!wanted || node == NodeId(draw.options.founder - 1)) return false;
  DrawGone({draw.options, draw.victims, draw.rng, forming_plan}, node, at);
  return true;
}

// Once all nodes have had the time to join, mostly, and often when the others come
// back to life too.
Duration DrawOnset(const Draw& draw) {
  const int64_t end_ms = draw.options.duration.milliseconds() - 1;
  const int64_t joined_ms = draw.options.join_delay.milliseconds() * draw.options.nodes + 500;
  const int64_t late_ms = end_ms - 1'500;
  const int64_t first_ms = draw.rng.Chance(1, 4) ? late_ms : std::min(joined_ms, late_ms);
  return Milliseconds(draw.rng, first_ms, end_ms);
}

}  // namespace

void DrawForever(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.forever", 0));
  if (!rng.Chance(kForeverPercent, 100)) return;
  // As DrawPlan has it: what is damaged and what lasts for ever are one minority.
  Random atlas(StreamSeed(seed, "swarm.atlas", 0));
  std::vector<NodeId> victims = FaultAtlas::Draw(atlas, options->nodes);
  if (victims.empty()) return;
  victims.resize(1 + rng.Below(victims.size()));
  const Draw draw{*options, victims, rng, &options->plan};
  // Of two that reach some of the others each may lead a shard that half of them can't
  // follow: then no gateway reaches all.
  bool some_links = false;
  for (const NodeId node : victims) {
    if (DrawNeverThere(draw, node, &options->forming_plan)) continue;
    const Duration at = DrawOnset(draw);
    const uint64_t kind = rng.Below(14);
    if (kind < 3) {
      DrawGone(draw, node, at);
    } else if (kind < 5) {
      DrawCuts(draw, node, Cuts::kBoth, at);
    } else if (kind < 7) {
      DrawCuts(draw, node, Cuts::kDeaf, at);
    } else if (kind < 9) {
      DrawCuts(draw, node, Cuts::kMute, at);
    } else if (kind < 11) {
      DrawCuts(draw, node, some_links ? Cuts::kBoth : Cuts::kSome, at);
      some_links = true;
    } else if (kind < 13) {
      DrawSlowDisk(draw, node, at);
    } else {
      DrawLoss(draw, node, at);
    }
  }
  SortPlan(&options->plan);
}

}  // namespace graphdb::sim
