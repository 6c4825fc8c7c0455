// The swarm's plan: which families of faults a run has, and each fault with its end.
#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/world/fault_atlas.h"
#include "sim/world/swarm_draw.h"

namespace graphdb::sim {

Duration Milliseconds(Random& rng, int64_t low, int64_t high) {
  return Duration::Milliseconds(rng.Between(low, high));
}

NodeId DrawNode(const Draw& draw) {
  return NodeId(static_cast<uint32_t>(draw.rng.Below(draw.options.nodes)));
}

NodeId DrawVictim(const Draw& draw) { return draw.victims[draw.rng.Below(draw.victims.size())]; }

FaultAction ActionAt(Duration at, FaultKind kind) {
  FaultAction action;
  action.at = at;
  action.kind = kind;
  return action;
}

void DrawLink(const Draw& draw, FaultAction* action) {
  action->from = DrawNode(draw);
  const uint64_t step = 1 + draw.rng.Below(draw.options.nodes - 1);
  action->to = NodeId(static_cast<uint32_t>((action->from->value() + step) % draw.options.nodes));
}

NetworkRates DrawRates(Random& rng) {
  NetworkRates rates;
  const uint32_t scale = static_cast<uint32_t>(rng.Below(3));  // 0: clean, 2: nasty
  if (scale == 0) return rates;
  rates.drop_ppm = static_cast<uint32_t>(rng.Below(scale == 1 ? 5'000 : 100'000));
  rates.duplicate_ppm = static_cast<uint32_t>(rng.Below(scale == 1 ? 5'000 : 50'000));
  rates.tail_ppm = static_cast<uint32_t>(rng.Below(scale == 1 ? 10'000 : 100'000));
  rates.delay_mean = Duration::Microseconds(rng.Between(200, scale == 1 ? 2'000 : 15'000));
  return rates;
}

ShardId DrawGroup(const Draw& draw) {
  const uint64_t group = draw.rng.Below(draw.options.shards + 1);
  return group == draw.options.shards ? kMetaGroup : ShardId(static_cast<uint16_t>(group));
}

FaultTarget DrawTarget(const Draw& draw) {
  FaultTarget target;
  const uint64_t kind = draw.rng.Below(10);
  const ShardId group = DrawGroup(draw);
  const NodeId node = DrawNode(draw);
  if (kind < 4) {
    target.kind = FaultTarget::Kind::kLeader;
    target.group = group;
  } else if (kind < 5) {
    target.kind = FaultTarget::Kind::kGateway;
  } else {
    target.node = node;
  }
  return target;
}

// What an operator does to a cluster that works.
void DrawOperator(const Draw& draw, FaultAction action) {
  if (action.kind == FaultKind::kTransfer) {
    action.target = {FaultTarget::Kind::kLeader, NodeId(), DrawGroup(draw)};
    action.to = DrawNode(draw);
  } else {
    action.target = DrawTarget(draw);
    action.amount = Milliseconds(draw.rng, 10, 3'000);
  }
  draw.plan->push_back(std::move(action));
}

namespace {

// Which families of faults a run has, with weights for the draw of each fault.
struct Families {
  std::vector<std::pair<FaultKind, uint64_t>> weights;
  uint64_t total = 0;

  void Add(FaultKind kind, uint64_t weight) {
    weights.emplace_back(kind, weight);
    total += weight;
  }
  FaultKind DrawKind(Random& rng) const {
    uint64_t at = rng.Below(total);
    for (const auto& [kind, weight] : weights) {
      if (at < weight) return kind;
      at -= weight;
    }
    return weights.back().first;
  }
};

FaultAction RestartOfAll(Duration at) {
  FaultAction restart = ActionAt(at, FaultKind::kRestart);
  restart.target = kEverybody;
  return restart;
}

void PowerCut(const Draw& draw, const FaultTarget& target, Duration at) {
  FaultAction crash = ActionAt(at, FaultKind::kCrash);
  crash.target = target;
  draw.plan->push_back(std::move(crash));
  draw.plan->push_back(RestartOfAll(at + Milliseconds(draw.rng, 200, 3'000)));
}

void DrawCrash(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  FaultAction crash = ActionAt(at, FaultKind::kCrash);
  crash.target = DrawTarget(draw);
  crash.power = rng.Chance(1, 2);
  // Half of them in the middle of something: there the bugs are.
  if (rng.Chance(1, 2)) {
    crash.moment = static_cast<CrashMoment>(rng.Between(static_cast<int>(CrashMoment::kMidWrite),
                                                        static_cast<int>(CrashMoment::kMidFlush)));
  } else if (rng.Chance(1, 6)) {
    crash.target = kEverybody;
  }
  const Duration up = at + Milliseconds(rng, 200, rng.Chance(1, 4) ? 10'000 : 3'000);
  // What a dead process left in caches alone goes with the power.
  if (!crash.power && rng.Chance(1, 2)) {
    const Duration later = up + Milliseconds(rng, 100, 3'000);
    PowerCut(draw, crash.target, later);
  }
  draw.plan->push_back(std::move(crash));
  draw.plan->push_back(RestartOfAll(up));
}

FaultAction PartitionOff(NodeId alone, uint32_t nodes, Duration at) {
  FaultAction action = ActionAt(at, FaultKind::kPartition);
  action.groups.resize(2);
  for (uint32_t n = 0; n < nodes; ++n) {
    action.groups[NodeId(n) == alone ? 0 : 1].push_back(NodeId(n));
  }
  return action;
}

// One node is cut off and misses what the others commit; another of them loses
// power, or something of its log; then those two are left with each other. Whatever
// the second one forgot, nobody reminds it.
void DrawAmnesia(const Draw& draw, FaultKind how, Duration at) {
  Random& rng = draw.rng;
  const uint32_t nodes = draw.options.nodes;
  const auto other = [&](NodeId node) {
    const uint64_t step = 1 + rng.Below(nodes - 1);
    return NodeId(static_cast<uint32_t>((node.value() + step) % nodes));
  };
  FaultAction loss = ActionAt(at + Milliseconds(rng, 300, 3'000), how);
  loss.target.node = Damages(loss) ? DrawVictim(draw) : DrawNode(draw);
  const NodeId behind = other(loss.target.node);
  const NodeId witness = other(loss.target.node);
  const FaultAction heal = ActionAt(loss.at + Milliseconds(rng, 10, 600), FaultKind::kHeal);
  draw.plan->push_back(PartitionOff(behind, nodes, at));
  draw.plan->push_back(std::move(loss));
  draw.plan->push_back(heal);
  draw.plan->push_back(PartitionOff(witness, nodes, heal.at));
  draw.plan->push_back(RestartOfAll(heal.at));
  draw.plan->push_back(ActionAt(heal.at + Milliseconds(rng, 1'500, 5'000), FaultKind::kHeal));
}

// A wall clock that jumps once, or goes to and fro between two times.
void DrawWallSteps(const Draw& draw, Duration at) {
  Random& rng = draw.rng;
  FaultAction step = ActionAt(at, FaultKind::kStepWall);
  if (rng.Chance(1, 2)) {
    step.target = DrawTarget(draw);
    step.amount = Milliseconds(rng, 10, rng.Chance(1, 4) ? 3'600'000 : 3'000);
    if (rng.Chance(1, 2)) step.amount = Duration() - step.amount;
    draw.plan->push_back(std::move(step));
    return;
  }
  step.target.node = DrawNode(draw);
  step.amount = Milliseconds(rng, 1, rng.Chance(1, 2) ? 10'000 : 50);
  const uint64_t pairs = 2 + rng.Below(10);
  const int64_t longest_ms = rng.Between(5, 400);
  for (uint64_t i = 0; i < 2 * pairs; ++i) {
    draw.plan->push_back(step);
    step.amount = Duration() - step.amount;
    step.at = step.at + Milliseconds(rng, 1, longest_ms);
  }
}

void DrawRot(const Draw& draw, Duration at) {
  if (draw.victims.empty()) return;
  const FaultKind how = draw.rng.Chance(1, 3) ? FaultKind::kLoseFile : FaultKind::kRot;
  if (draw.rng.Chance(2, 3)) return DrawAmnesia(draw, how, at);
  FaultAction rot = ActionAt(at, how);
  rot.target.node = DrawVictim(draw);
  draw.plan->push_back(std::move(rot));
}

// The faults that have an end of their own kind.
void DrawWithEnd(const Draw& draw, FaultAction action) {
  Random& rng = draw.rng;
  FaultAction end = ActionAt(action.at + Milliseconds(rng, 200, rng.Chance(1, 4) ? 10'000 : 3'000),
                             FaultKind::kHeal);
  switch (action.kind) {
    case FaultKind::kCut:
      DrawLink(draw, &action);
      end.from = action.from;
      end.to = action.to;
      break;
    case FaultKind::kSlowDisk:
      // Its end has to hit the same node, so not "the leader".
      action.target.node = DrawNode(draw);
      action.amount = Milliseconds(rng, 5, 300);
      end = action;
      end.at = action.at + Milliseconds(rng, 500, 6'000);
      end.amount = draw.options.disk.sync_latency_max;
      break;
    default:  // kNetwork
      action.network = DrawRates(rng);
      end = action;
      end.at = action.at + Milliseconds(rng, 500, 6'000);
      end.network = NetworkRates();
      break;
  }
  draw.plan->push_back(std::move(action));
  draw.plan->push_back(std::move(end));
}

// One fault of a family, with its end.
void DrawFault(const Draw& draw, FaultKind kind, Duration at) {
  Random& rng = draw.rng;
  FaultAction action = ActionAt(at, kind);
  switch (kind) {
    case FaultKind::kCrash:
      return DrawCrash(draw, at);
    case FaultKind::kPartition:
      if (rng.Chance(1, 3)) return DrawAmnesia(draw, FaultKind::kCrash, at);
      return DrawPartition(draw, at);
    case FaultKind::kCut:
      if (rng.Chance(1, 2)) return DrawOneWay(draw, at);
      return DrawWithEnd(draw, std::move(action));
    case FaultKind::kClog:
      return DrawClogs(draw, at);
    case FaultKind::kSlowDisk:
    case FaultKind::kNetwork:
      return DrawWithEnd(draw, std::move(action));
    case FaultKind::kTransfer:
    case FaultKind::kDrain:
      return DrawOperator(draw, std::move(action));
    case FaultKind::kStepWall:
      return DrawWallSteps(draw, at);
    case FaultKind::kSlowLink:
      return DrawSlowLink(draw, at);
    case FaultKind::kRot:
      return DrawRot(draw, at);
    case FaultKind::kPause:
      action.target = DrawTarget(draw);
      // Often whoever has a write under way, and longer than its client waits.
      if (rng.Chance(1, 3)) action.target = {FaultTarget::Kind::kGateway, NodeId(), ShardId()};
      action.amount = Milliseconds(rng, 10, rng.Chance(1, 4) ? 8'000 : 3'000);
      break;
    case FaultKind::kFailSync:
      action.target.node = DrawNode(draw);
      if (rng.Chance(1, 3)) PowerCut(draw, action.target, at + Milliseconds(rng, 200, 3'000));
      break;
    default:  // kFailWrite: the node halts; restarted by its supervisor
      action.target = DrawTarget(draw);
      break;
  }
  draw.plan->push_back(std::move(action));
}

Families DrawFamilies(Random& rng) {
  Families families;
  const std::pair<FaultKind, uint64_t> all[] = {
      {FaultKind::kCrash, 6},    {FaultKind::kPartition, 4}, {FaultKind::kCut, 3},
      {FaultKind::kSlowDisk, 2}, {FaultKind::kNetwork, 3},   {FaultKind::kPause, 3},
      {FaultKind::kStepWall, 1}, {FaultKind::kFailSync, 2},  {FaultKind::kFailWrite, 1},
      {FaultKind::kRot, 2},      {FaultKind::kSlowLink, 5},  {FaultKind::kTransfer, 3},
      {FaultKind::kDrain, 2},    {FaultKind::kClog, 3}};
  // A few of them often meet themselves; many meet each other.
  const uint64_t share = rng.Chance(1, 3) ? 1 : 3;
  for (const auto& [kind, weight] : all) {
    const bool on = rng.Chance(share, 5);
    const uint64_t extra = rng.Below(4);
    if (on) families.Add(kind, weight + extra);
  }
  if (families.total == 0) families.Add(FaultKind::kCrash, 1);
  return families;
}

// What disks do beside the families: a run bears one loss of each victim.
void DrawDiskFaults(const Draw& draw, int64_t last_ms) {
  constexpr FaultKind kLosses[] = {FaultKind::kMisdirect, FaultKind::kWipe,
                                   FaultKind::kFullDisk,  FaultKind::kBadSector,
                                   FaultKind::kLieSync,   FaultKind::kLoseFile};
  for (const NodeId victim : draw.victims) {
    const bool lost = draw.rng.Chance(1, 3);
    FaultAction loss = ActionAt(Milliseconds(draw.rng, 500, last_ms), FaultKind::kMisdirect);
    loss.kind = kLosses[draw.rng.Below(std::size(kLosses))];
    loss.target.node = victim;
    // A founder that reaches nobody would found another cluster.
    const bool founder = victim == NodeId(draw.options.founder - 1);
    if (loss.kind == FaultKind::kWipe && founder) loss.kind = FaultKind::kMisdirect;
    const Duration power_cut = loss.at + Milliseconds(draw.rng, 200, 8'000);
    if (lost && loss.kind == FaultKind::kLieSync) PowerCut(draw, loss.target, power_cut);
    if (lost) draw.plan->push_back(std::move(loss));
  }
  const uint64_t misreads = draw.rng.Chance(1, 4) ? 1 + draw.rng.Below(2) : 0;
  for (uint64_t i = 0; i < misreads; ++i) {
    FaultAction misread = ActionAt(Milliseconds(draw.rng, 500, last_ms), FaultKind::kMisread);
    misread.target = DrawTarget(draw);
    draw.plan->push_back(std::move(misread));
  }
  const uint64_t full_times = draw.rng.Chance(1, 4) ? 1 + draw.rng.Below(3) : 0;
  for (uint64_t i = 0; i < full_times; ++i) {
    FaultAction full = ActionAt(Milliseconds(draw.rng, 500, last_ms), FaultKind::kFullDisk);
    full.target = DrawTarget(draw);
    full.amount = Milliseconds(draw.rng, 200, 6'000);
    draw.plan->push_back(std::move(full));
  }
}

}  // namespace

void DrawPlan(uint64_t seed, Random& rng, RunOptions* options) {
  Random atlas(StreamSeed(seed, "swarm.atlas", 0));
  const std::vector<NodeId> victims = FaultAtlas::Draw(atlas, options->nodes);
  const Families families = DrawFamilies(rng);
  const uint64_t faults = 4 + rng.Below(6);
  const int64_t last_ms = options->duration.milliseconds() - 3'000;
  for (uint64_t i = 0; i < faults; ++i) {
    Random own(StreamSeed(seed, "swarm.fault", i));
    const Duration at = Milliseconds(own, 500, last_ms);
    const FaultKind kind = families.DrawKind(own);
    DrawFault({*options, victims, own, &options->plan}, kind, at);
  }
  const uint64_t slow_times = rng.Below(3);
  for (uint64_t i = 0; i < slow_times; ++i) {
    Random own(StreamSeed(seed, "swarm.slow", i));
    const Duration at = Milliseconds(own, 500, last_ms);
    DrawSlowLink({*options, victims, own, &options->plan}, at);
  }
  Random losses(StreamSeed(seed, "swarm.losses", 0));
  DrawDiskFaults({*options, victims, losses, &options->plan}, last_ms);
  DrawSequences(seed, victims, options);
  SortPlan(&options->plan);
}

}  // namespace graphdb::sim
