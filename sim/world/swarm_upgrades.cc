#include "sim/world/swarm_upgrades.h"

#include <utility>
#include <vector>

#include "sim/world/swarm_draw.h"

namespace graphdb::sim {
namespace {

// By an operator who is in a hurry, or one who drains first.
void Restart(const Draw& draw, FaultKind kind, NodeId node, Duration at) {
  FaultAction restart = ActionAt(at, kind);
  restart.target.node = node;
  const bool drained = draw.rng.Chance(1, 3);
  const Duration limit = Milliseconds(draw.rng, 100, 2'000);
  if (drained) restart.amount = limit;
  draw.plan->push_back(std::move(restart));
}

}  // namespace

void DrawUpgrades(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.upgrades", 0));
  if (!rng.Chance(kUpgradePercent, 100)) return;
  const Draw draw{*options, {}, rng, &options->plan};
  const std::vector<NodeId> order = DrawOrder(draw);
  const int64_t end_ms = options->duration.milliseconds();
  Duration at = Milliseconds(rng, 500, end_ms / 3);
  const bool hasty = rng.Chance(1, 3);
  const bool regretted = rng.Chance(1, 3);
  const uint64_t regrets = rng.Below(order.size());
  // One is forgotten until late, or to the end of the faults.
  const bool one_old = rng.Chance(2, 5);
  for (size_t i = 0; i < order.size(); ++i) {
    if (one_old && i + 1 == order.size()) {
      const Duration late = Milliseconds(rng, end_ms * 2 / 3, end_ms * 4 / 3);
      if (late < options->duration) Restart(draw, FaultKind::kUpgrade, order[i], late);
      break;
    }
    Restart(draw, FaultKind::kUpgrade, order[i], at);
    if (regretted && i == regrets) {
      const Duration back = at + Milliseconds(rng, 500, 4'000);
      Restart(draw, FaultKind::kDowngrade, order[i], back);
      Restart(draw, FaultKind::kUpgrade, order[i], back + Milliseconds(rng, 500, 6'000));
    }
    at = at + (hasty ? Milliseconds(rng, 0, 400) : Milliseconds(rng, 1'000, 4'000));
  }
  // It is refused where the cluster has switched by then.
  const bool too_late = rng.Chance(1, 3);
  const Duration late = at + Milliseconds(rng, 500, 8'000);
  const NodeId node = order[rng.Below(order.size())];
  if (too_late) Restart(draw, FaultKind::kDowngrade, node, late);
  SortPlan(&options->plan);
}

}  // namespace graphdb::sim
