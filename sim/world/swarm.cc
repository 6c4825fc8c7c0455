#include "sim/world/swarm.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/env/random.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kFaultFreePercent = 12;

constexpr FaultTarget kEverybody{FaultTarget::Kind::kAll, NodeId(), ShardId()};

// Which families of faults a run has, with weights for the draw of each fault.
struct Families {
  std::vector<std::pair<FaultKind, uint64_t>> weights;
  uint64_t total = 0;

  void Add(FaultKind kind, uint64_t weight) {
    weights.emplace_back(kind, weight);
    total += weight;
  }
  FaultKind Draw(Random& rng) const {
    uint64_t at = rng.Below(total);
    for (const auto& [kind, weight] : weights) {
      if (at < weight) return kind;
      at -= weight;
    }
    return weights.back().first;
  }
};

Duration Milliseconds(Random& rng, int64_t low, int64_t high) {
  return Duration::Milliseconds(rng.Between(low, high));
}

ShardId DrawGroup(Random& rng, const RunOptions& options) {
  const uint64_t group = rng.Below(options.shards + 1);
  return group == options.shards ? kMetaGroup : ShardId(static_cast<uint16_t>(group));
}

FaultTarget DrawTarget(Random& rng, const RunOptions& options) {
  FaultTarget target;
  const uint64_t kind = rng.Below(10);
  const ShardId group = DrawGroup(rng, options);
  const uint64_t node = rng.Below(options.nodes);
  if (kind < 4) {
    target.kind = FaultTarget::Kind::kLeader;
    target.group = group;
  } else if (kind < 5) {
    target.kind = FaultTarget::Kind::kGateway;
  } else {
    target.node = NodeId(static_cast<uint32_t>(node));
  }
  return target;
}

std::vector<std::vector<NodeId>> DrawGroups(Random& rng, uint32_t nodes) {
  std::vector<std::vector<NodeId>> groups(2);
  for (uint32_t n = 0; n < nodes; ++n) groups[rng.Below(2)].push_back(NodeId(n));
  if (groups[0].empty() || groups[1].empty()) {
    std::vector<NodeId>& full = groups[0].empty() ? groups[1] : groups[0];
    std::vector<NodeId>& empty = groups[0].empty() ? groups[0] : groups[1];
    const uint64_t alone = rng.Below(full.size());
    empty.push_back(full[alone]);
    full.erase(full.begin() + static_cast<int64_t>(alone));
  }
  return groups;
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

void PowerCut(const FaultTarget& target, Duration at, Random& rng, FaultPlan* plan) {
  FaultAction crash;
  crash.at = at;
  crash.target = target;
  FaultAction restart;
  restart.at = at + Milliseconds(rng, 200, 3'000);
  restart.kind = FaultKind::kRestart;
  restart.target = kEverybody;
  plan->push_back(std::move(crash));
  plan->push_back(std::move(restart));
}

void DrawCrash(const RunOptions& options, Duration at, Random& rng, FaultPlan* plan) {
  FaultAction action;
  action.at = at;
  action.target = DrawTarget(rng, options);
  action.power = rng.Chance(1, 2);
  // Half of them in the middle of something: there the bugs are.
  if (rng.Chance(1, 2)) {
    action.moment = static_cast<CrashMoment>(rng.Between(static_cast<int>(CrashMoment::kMidWrite),
                                                         static_cast<int>(CrashMoment::kMidFlush)));
  } else if (rng.Chance(1, 6)) {
    action.target = kEverybody;
  }
  FaultAction restart;
  restart.at = at + Milliseconds(rng, 200, rng.Chance(1, 4) ? 10'000 : 3'000);
  restart.kind = FaultKind::kRestart;
  restart.target = kEverybody;
  // What a dead process left in caches alone goes with the power.
  if (!action.power && rng.Chance(1, 2)) {
    const Duration later = restart.at + Milliseconds(rng, 100, 3'000);
    PowerCut(action.target, later, rng, plan);
  }
  plan->push_back(std::move(action));
  plan->push_back(std::move(restart));
}

FaultAction PartitionOff(uint32_t alone, uint32_t nodes, Duration at) {
  FaultAction action;
  action.at = at;
  action.kind = FaultKind::kPartition;
  action.groups.resize(2);
  for (uint32_t n = 0; n < nodes; ++n) action.groups[n == alone ? 0 : 1].push_back(NodeId(n));
  return action;
}

// One node is cut off and misses what the others commit; another of them loses
// power, or a bit of its log; then those two are left with each other. Whatever
// the second one forgot, nobody reminds it.
void DrawAmnesia(const RunOptions& options, bool rot, Duration at, Random& rng, FaultPlan* plan) {
  const auto behind = static_cast<uint32_t>(rng.Below(options.nodes));
  const uint64_t step = 1 + rng.Below(options.nodes - 1);
  const auto forgetful = static_cast<uint32_t>((behind + step) % options.nodes);
  const uint64_t rest = 1 + rng.Below(options.nodes - 1);
  const auto witness = static_cast<uint32_t>((forgetful + rest) % options.nodes);
  FaultAction loss;
  loss.kind = rot ? FaultKind::kRot : FaultKind::kCrash;
  loss.target.node = NodeId(forgetful);
  loss.at = at + Milliseconds(rng, 300, 3'000);
  FaultAction heal;
  heal.kind = FaultKind::kHeal;
  heal.at = loss.at + Milliseconds(rng, 10, 600);
  FaultAction restart;
  restart.kind = FaultKind::kRestart;
  restart.target = kEverybody;
  restart.at = heal.at;
  FaultAction end = heal;
  end.at = heal.at + Milliseconds(rng, 1'500, 5'000);
  plan->push_back(PartitionOff(behind, options.nodes, at));
  plan->push_back(std::move(loss));
  plan->push_back(heal);
  plan->push_back(PartitionOff(witness, options.nodes, heal.at));
  plan->push_back(std::move(restart));
  plan->push_back(std::move(end));
}

// What an operator does to a cluster that works.
void DrawOperator(const RunOptions& options, FaultAction action, Random& rng, FaultPlan* plan) {
  if (action.kind == FaultKind::kTransfer) {
    action.target = {FaultTarget::Kind::kLeader, NodeId(), DrawGroup(rng, options)};
    action.to = NodeId(static_cast<uint32_t>(rng.Below(options.nodes)));
  } else {
    action.target = DrawTarget(rng, options);
    action.amount = Milliseconds(rng, 10, 3'000);
  }
  plan->push_back(std::move(action));
}

// A node that hears nobody, or that nobody hears: its leaders and the others see the
// world in two ways. Often somebody is just being made leader.
void DrawOneWay(const RunOptions& options, Duration at, Random& rng, FaultPlan* plan) {
  const NodeId alone(static_cast<uint32_t>(rng.Below(options.nodes)));
  const bool deaf = rng.Chance(1, 2);
  const Duration end = at + Milliseconds(rng, 200, rng.Chance(1, 4) ? 10'000 : 3'000);
  for (uint32_t n = 0; n < options.nodes; ++n) {
    if (NodeId(n) == alone) continue;
    FaultAction cut;
    cut.at = at;
    cut.kind = FaultKind::kCut;
    cut.from = deaf ? NodeId(n) : alone;
    cut.to = deaf ? alone : NodeId(n);
    FaultAction heal = cut;
    heal.at = end;
    heal.kind = FaultKind::kHeal;
    plan->push_back(std::move(cut));
    plan->push_back(std::move(heal));
  }
  if (!rng.Chance(1, 3)) return;
  FaultAction transfer;
  transfer.at = at - std::min(at, Milliseconds(rng, 0, 20));
  transfer.kind = FaultKind::kTransfer;
  DrawOperator(options, std::move(transfer), rng, plan);
}

// Everything that goes one way, or to and from one node, takes long: answers
// come when much else has happened. Half of the single links die of it.
void DrawSlowLink(const RunOptions& options, Duration at, Random& rng, FaultPlan* plan) {
  FaultAction slow;
  slow.at = at;
  slow.kind = FaultKind::kSlowLink;
  FaultAction end = slow;
  end.at = at + Milliseconds(rng, 2'000, 8'000);
  if (rng.Chance(1, 2)) {
    slow.target = DrawTarget(rng, options);
    if (rng.Chance(1, 3)) slow.target = {FaultTarget::Kind::kLeader, NodeId(), kMetaGroup};
    slow.amount = Milliseconds(rng, 20, 300);
    end.target = kEverybody;
  } else {
    const uint64_t from = rng.Below(options.nodes);
    const uint64_t step = 1 + rng.Below(options.nodes - 1);
    slow.from = NodeId(static_cast<uint32_t>(from));
    slow.to = NodeId(static_cast<uint32_t>((from + step) % options.nodes));
    slow.amount = Milliseconds(rng, 30, rng.Chance(1, 4) ? 2'500 : 700);
    end.from = slow.from;
    end.to = slow.to;
    if (rng.Chance(1, 2)) {
      FaultAction cut = slow;
      cut.kind = FaultKind::kCut;
      cut.amount = Duration();
      cut.at = end.at;
      FaultAction heal = cut;
      heal.kind = FaultKind::kHeal;
      heal.at = cut.at + Milliseconds(rng, 1'000, rng.Chance(1, 2) ? 16'000 : 4'000);
      end.at = heal.at;
      plan->push_back(std::move(cut));
      plan->push_back(std::move(heal));
    }
  }
  plan->push_back(std::move(slow));
  plan->push_back(std::move(end));
}

// The faults that number `i` of the plan stands for: itself and its end.
void DrawFault(const RunOptions& options, const Families& families, Duration at, Random& rng,
               FaultPlan* plan) {
  FaultAction action;
  action.at = at;
  action.kind = families.Draw(rng);
  FaultAction end;
  end.at = at + Milliseconds(rng, 200, rng.Chance(1, 4) ? 10'000 : 3'000);
  end.kind = FaultKind::kHeal;
  switch (action.kind) {
    case FaultKind::kCrash:
      return DrawCrash(options, at, rng, plan);
    case FaultKind::kPartition:
      if (rng.Chance(1, 3)) return DrawAmnesia(options, /*rot=*/false, at, rng, plan);
      action.groups = DrawGroups(rng, options.nodes);
      break;
    case FaultKind::kTransfer:
    case FaultKind::kDrain:
    case FaultKind::kStepWall:
      return DrawOperator(options, std::move(action), rng, plan);
    case FaultKind::kCut: {
      if (rng.Chance(1, 2)) return DrawOneWay(options, at, rng, plan);
      const uint64_t from = rng.Below(options.nodes);
      const uint64_t step = 1 + rng.Below(options.nodes - 1);
      action.from = NodeId(static_cast<uint32_t>(from));
      action.to = NodeId(static_cast<uint32_t>((from + step) % options.nodes));
      end.from = action.from;
      end.to = action.to;
      break;
    }
    case FaultKind::kSlowLink:
      return DrawSlowLink(options, at, rng, plan);
    case FaultKind::kSlowDisk:
      // Its end has to hit the same node, so not "the leader".
      action.target.node = NodeId(static_cast<uint32_t>(rng.Below(options.nodes)));
      action.amount = Milliseconds(rng, 5, 300);
      end = action;
      end.at = at + Milliseconds(rng, 500, 6'000);
      end.amount = options.disk.sync_latency_max;
      break;
    case FaultKind::kNetwork:
      action.network = DrawRates(rng);
      end = action;
      end.at = at + Milliseconds(rng, 500, 6'000);
      end.network = NetworkRates();
      break;
    case FaultKind::kPause:
      action.target = DrawTarget(rng, options);
      // Often whoever has a write under way, and longer than its client waits.
      if (rng.Chance(1, 3)) action.target = {FaultTarget::Kind::kGateway, NodeId(), ShardId()};
      action.amount = Milliseconds(rng, 10, rng.Chance(1, 4) ? 8'000 : 3'000);
      plan->push_back(std::move(action));
      return;
    case FaultKind::kFailSync:
      action.target.node = NodeId(static_cast<uint32_t>(rng.Below(options.nodes)));
      if (rng.Chance(1, 3)) PowerCut(action.target, end.at, rng, plan);
      plan->push_back(std::move(action));
      return;
    case FaultKind::kRot:
      if (rng.Chance(2, 3)) return DrawAmnesia(options, /*rot=*/true, at, rng, plan);
      action.target = DrawTarget(rng, options);
      plan->push_back(std::move(action));
      return;
    default:  // kFailWrite: the node halts; restarted by its supervisor
      action.target = DrawTarget(rng, options);
      plan->push_back(std::move(action));
      return;
  }
  plan->push_back(std::move(action));
  plan->push_back(std::move(end));
}

Families DrawFamilies(Random& rng) {
  Families families;
  const std::pair<FaultKind, uint64_t> all[] = {
      {FaultKind::kCrash, 6},    {FaultKind::kPartition, 4}, {FaultKind::kCut, 3},
      {FaultKind::kSlowDisk, 2}, {FaultKind::kNetwork, 3},   {FaultKind::kPause, 3},
      {FaultKind::kStepWall, 1}, {FaultKind::kFailSync, 2},  {FaultKind::kFailWrite, 1},
      {FaultKind::kRot, 2},      {FaultKind::kSlowLink, 5},  {FaultKind::kTransfer, 3},
      {FaultKind::kDrain, 2}};
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

void DrawNetwork(Random& rng, RunOptions* options) {
  const NetworkRates rates = DrawRates(rng);
  options->network.delay_mean = rates.delay_mean;
  options->network.drop_ppm = rates.drop_ppm / 4;
  options->network.duplicate_ppm = rates.duplicate_ppm / 4;
  options->network.tail_ppm = rates.tail_ppm / 4;
  if (rng.Chance(1, 2)) options->network.stale_ppm = static_cast<uint32_t>(rng.Below(5'000));
  const uint64_t slow_links = rng.Chance(1, 3) ? 1 + rng.Below(2) : 0;
  for (uint64_t i = 0; i < slow_links; ++i) {
    const uint64_t from = rng.Below(options->nodes);
    const uint64_t step = 1 + rng.Below(options->nodes - 1);
    const Duration mean = Milliseconds(rng, 3, 60);
    options->slow_links.push_back({NodeId(static_cast<uint32_t>(from)),
                                   NodeId(static_cast<uint32_t>((from + step) % options->nodes)),
                                   mean});
  }
  if (rng.Chance(1, 2)) options->clients.lost_ppm = static_cast<uint32_t>(rng.Below(60'000));
  if (rng.Chance(1, 2)) options->clients.late_ppm = static_cast<uint32_t>(rng.Below(40'000));
  // The hasty ones cost little while all goes well: then answers are quicker still.
  const uint64_t haste = rng.Below(3);
  if (haste == 1) options->clients.impatient_ppm = static_cast<uint32_t>(rng.Below(60'000));
  if (haste == 2) {
    options->clients.impatient_ppm = static_cast<uint32_t>(rng.Between(150'000, 500'000));
  }
  if (rng.Chance(1, 2)) options->clients.patient_ppm = static_cast<uint32_t>(rng.Below(200'000));
}

// What comes again when nobody waits for it any more, and clients that wait for all
// of it.
void DrawPatience(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.patience", 0));
  if (rng.Chance(2, 5)) {
    options->network.copy_ppm = static_cast<uint32_t>(rng.Between(5'000, 100'000));
    options->network.copy_max = Milliseconds(rng, 300, rng.Chance(1, 3) ? 20'000 : 4'000);
  }
  if (rng.Chance(1, 6)) {
    options->clients.patient_ppm = static_cast<uint32_t>(rng.Between(400'000, 1'000'000));
  }
  if (rng.Chance(1, 5)) options->lull = Milliseconds(rng, 3'000, 10'000);
}

void DrawDevices(Random& rng, RunOptions* options) {
  options->disk.sync_latency_max = Duration::Microseconds(rng.Between(100, 8'000));
  if (rng.Chance(1, 4)) options->disk.stall_ppm = static_cast<uint32_t>(rng.Below(2'000));
  if (rng.Chance(1, 3)) options->disk.sync_error_ppm = static_cast<uint32_t>(rng.Below(5'000));
  if (rng.Chance(1, 2)) options->disk.corrupt_ppm = static_cast<uint32_t>(rng.Below(500'000));
  options->kv.flush_every_bytes = uint64_t{1} << rng.Between(12, 18);
  if (rng.Chance(1, 5)) options->kv.flush_error_ppm = static_cast<uint32_t>(rng.Below(200'000));
}

void DrawKnobs(Random& rng, RunOptions* options) {
  const bool hot = rng.Chance(1, 5);
  options->think_mean = hot ? Milliseconds(rng, 100, 250) : Milliseconds(rng, 500, 900);
  options->hop_max = Duration::Microseconds(rng.Between(1, rng.Chance(1, 4) ? 1'000 : 50));
  options->clock_error_ppb_max = rng.Between(0, rng.Chance(1, 5) ? 20'000'000 : 200'000);
  DrawNetwork(rng, options);
  DrawDevices(rng, options);
  options->knobs.log_segment_bytes = uint64_t{32} << (10 + rng.Below(5));
  options->knobs.log_bytes_max = options->knobs.log_segment_bytes * (3 + rng.Below(6));
  // Few: who was away needs a snapshot.
  options->knobs.log_entries_kept = uint64_t{1} << rng.Between(0, 9);
  options->knobs.append_entries_max = uint32_t{1} << rng.Between(0, 8);
  options->knobs.adjacency_cache_lists = rng.Chance(1, 4) ? rng.Below(4) : 1000;
  if (rng.Chance(1, 2)) options->knobs.txn_life_periods = uint32_t{4} << rng.Below(4);
  options->supervisor_delay = Milliseconds(rng, 100, 3'000);
}

// Sizes at their extremes: there pages end, windows are full, and what happens
// once in a million answers happens in each.
void DrawTuning(uint64_t seed, NodeKnobs* knobs) {
  Random rng(StreamSeed(seed, "swarm.tuning", 0));
  const auto draw = [&rng](auto* knob, uint64_t low, uint64_t high) {
    const bool on = rng.Chance(1, 3);
    const uint64_t value = low + rng.Below(high - low + 1);
    if (on) *knob = static_cast<std::remove_pointer_t<decltype(knob)>>(value);
  };
  const auto draw_power = [&rng](auto* knob, int64_t low, int64_t high) {
    const bool on = rng.Chance(1, 3);
    const int64_t bits = rng.Between(low, high);
    if (on) *knob = static_cast<std::remove_pointer_t<decltype(knob)>>(uint64_t{1} << bits);
  };
  draw_power(&knobs->append_bytes_max, 0, 12);
  draw(&knobs->inflight_messages_max, 1, 4);
  draw_power(&knobs->apply_bytes_max, 0, 12);
  draw_power(&knobs->snapshot_piece_bytes, 9, 14);
  draw_power(&knobs->install_step_bytes, 6, 12);
  draw(&knobs->read_entries_max, 1, 6);
  draw_power(&knobs->read_bytes_max, 0, 12);
  draw(&knobs->scan_page_nodes, 1, 6);
  draw(&knobs->read_keys_per_request, 1, 4);
  draw(&knobs->read_ranges_per_request, 1, 3);
  draw(&knobs->adjacency_list_edges_max, 0, 8);
  draw(&knobs->batch_rows, 1, 5);
  draw(&knobs->yield_rows, 4, 16);
  draw(&knobs->rows_per_response, 1, 4);
  draw(&knobs->commit_attempts_max, 1, 3);
  draw(&knobs->dedupe_retention_periods, 60, 80);
  draw_power(&knobs->oracle_bound_window, 1, 8);
  draw(&knobs->id_block, 1, 4);
}

// Some kinds with several clients each rather than one of every kind: races
// need company.
void DrawClients(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.clients", 0));
  std::vector<const char*> kinds = {"append", "bank",   "register", "skew",
                                    "edges",  "leaves", "elements"};
  for (const uint32_t clients : {3u, 3u, 2u, 2u}) {
    const uint64_t at = rng.Below(kinds.size());
    options->workloads.push_back({kinds[at], clients});
    kinds.erase(kinds.begin() + static_cast<int64_t>(at));
  }
}

constexpr const char* kStatementKinds[] = {"queries", "ring", "unique"};

// Statements cost more than batches, so each run has one kind of them at most.
void DrawStatements(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.statements", 0));
  const uint64_t kind = rng.Below(8);
  if (kind < 2) options->workloads.push_back({kStatementKinds[0], 1u});
  if (kind == 4 || kind == 5) options->workloads.push_back({"operator", 1u});
  if (kind == 2 || kind == 3) options->workloads.push_back({kStatementKinds[kind - 1], 2u});
}

// Mostly the shape that all averages are of.
void DrawShape(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.shape", 0));
  const uint64_t nodes = rng.Below(10);
  if (nodes < 2) options->nodes = nodes == 0 ? 4 : 5;
  if (rng.Below(10) < 3) options->shards = static_cast<uint32_t>(1 + rng.Below(6));
}

// How the cluster comes to be, and what its founder goes through at the end.
void DrawForming(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.forming", 0));
  if (rng.Chance(1, 3)) options->join_delay = Milliseconds(rng, 200, 4'000);
  const uint64_t crashes = rng.Chance(1, 3) ? 1 + rng.Below(3) : 0;
  for (uint64_t i = 0; i < crashes; ++i) {
    FaultAction crash;
    crash.kind = FaultKind::kCrash;
    crash.at = Milliseconds(rng, 5, 6'000);
    const uint64_t founder_too = rng.Below(2);
    const uint64_t other = rng.Below(options->nodes);
    crash.target.node = NodeId(static_cast<uint32_t>(founder_too * other));
    FaultAction restart;
    restart.kind = FaultKind::kRestart;
    restart.at = crash.at + Milliseconds(rng, 50, 2'000);
    restart.target = kEverybody;
    options->forming_plan.push_back(std::move(crash));
    options->forming_plan.push_back(std::move(restart));
  }
  if (rng.Chance(1, 3)) options->founder = static_cast<uint32_t>(1 + rng.Below(options->nodes));
  const uint64_t epilogue = rng.Below(10);
  if (epilogue == 0) options->epilogue = Epilogue::kWipeFounder;
  if (epilogue == 1) options->epilogue = Epilogue::kWipeCutOffFounder;
}

}  // namespace

RunOptions DrawSwarmOptions(uint64_t seed) {
  Random rng(StreamSeed(seed, "swarm", 0));
  RunOptions options;
  options.seed = seed;
  DrawShape(seed, &options);
  DrawClients(seed, &options);
  DrawStatements(seed, &options);
  DrawForming(seed, &options);
  if (rng.Below(100) < kFaultFreePercent) return options;
  DrawKnobs(rng, &options);
  DrawPatience(seed, &options);
  DrawTuning(seed, &options.knobs);
  const Families families = DrawFamilies(rng);
  const uint64_t faults = 4 + rng.Below(6);
  const int64_t last_ms = options.duration.milliseconds() - 3'000;
  for (uint64_t i = 0; i < faults; ++i) {
    Random own(StreamSeed(seed, "swarm.fault", i));
    const Duration at = Milliseconds(own, 500, last_ms);
    DrawFault(options, families, at, own, &options.plan);
  }
  const uint64_t slow_times = rng.Below(3);
  for (uint64_t i = 0; i < slow_times; ++i) {
    Random own(StreamSeed(seed, "swarm.slow", i));
    const Duration at = Milliseconds(own, 500, last_ms);
    DrawSlowLink(options, at, own, &options.plan);
  }
  std::stable_sort(options.plan.begin(), options.plan.end(),
                   [](const FaultAction& a, const FaultAction& b) { return a.at < b.at; });
  return options;
}

void DropStatements(RunOptions* options) {
  std::erase_if(options->workloads, [](const WorkloadSpec& spec) {
    return spec.name == "leaves" || spec.name == "elements" || spec.name == "operator" ||
           std::find(std::begin(kStatementKinds), std::end(kStatementKinds), spec.name) !=
               std::end(kStatementKinds);
  });
}

}  // namespace graphdb::sim
