#include "sim/world/swarm.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include "core/env/random.h"
#include "sim/world/swarm_draw.h"
#include "sim/world/swarm_forever.h"
#include "sim/world/swarm_upgrades.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kFaultFreePercent = 12;

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

// Clients that ask again when nobody remembers what they asked, and requests that come as
// late (rule T7). Not within the time that a shard has to acknowledge a write at the end.
void DrawTardiness(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.tardy", 0));
  if (!rng.Chance(1, 10)) return;
  const int64_t kept_ms = options->ack_limit.milliseconds();
  const Duration late = Milliseconds(rng, kept_ms + 5'000, kept_ms + 20'000);
  options->clients.lost_ppm = static_cast<uint32_t>(rng.Between(20'000, 100'000));
  options->clients.late_ppm = static_cast<uint32_t>(rng.Between(10'000, 60'000));
  options->clients.late_max = late;
  options->clients.tardy_ppm = static_cast<uint32_t>(rng.Between(100'000, 600'000));
  options->clients.tardy_max = late;
  options->knobs.txn_life_periods = static_cast<uint32_t>(rng.Between(4, 40));
  options->knobs.dedupe_retention_periods =
      static_cast<uint32_t>(kept_ms / 500 + rng.Between(0, 10));
  options->duration = Milliseconds(rng, 40'000, 50'000);
}

// Clients that keep no session: the gateway carries their writes out in its own.
void DrawAnonymity(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.anonymous", 0));
  if (!rng.Chance(1, 5)) return;
  options->clients.anonymous_ppm = static_cast<uint32_t>(rng.Between(50'000, 500'000));
}

// Connections that break, and networks too narrow for what goes over them, or with
// room for little of it.
void DrawStreams(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.streams", 0));
  if (rng.Chance(1, 4)) {
    options->network.reset_ppm = static_cast<uint32_t>(rng.Between(500, 20'000));
  }
  if (rng.Chance(1, 8)) options->network.bytes_per_second = uint64_t{1} << rng.Between(17, 21);
  if (rng.Chance(1, 6)) {
    options->network.queue_messages_max = static_cast<uint32_t>(rng.Between(3, 60));
    options->network.drop_oldest = rng.Chance(1, 2);
  }
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

// Calls of disk and engine that fail once: the node that made them stops, or does
// without.
void DrawDeviceErrors(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.errors", 0));
  if (rng.Chance(1, 6)) options->disk.read_error_ppm = static_cast<uint32_t>(rng.Below(50'000));
  if (rng.Chance(1, 6)) options->disk.name_error_ppm = static_cast<uint32_t>(rng.Below(20'000));
  if (rng.Chance(1, 8)) options->kv.write_error_ppm = static_cast<uint32_t>(rng.Below(1'000));
  if (rng.Chance(1, 6)) options->kv.flush_latency_max = Milliseconds(rng, 30, 2'000);
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
  draw(&knobs->count_step_entries, 1, 8);
  draw(&knobs->plans_kept, 0, 2);
  draw(&knobs->edge_entries_per_look, 1, 3);
  draw(&knobs->records_dropped_max, 1, 6);
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
  const auto clients = static_cast<uint32_t>(1 + rng.Below(3));
  if (kind < 2 || kind == 6) options->workloads.push_back({kStatementKinds[0], clients});
  if (kind == 4 || kind == 5) options->workloads.push_back({"operator", 1u});
  if (kind == 2 || kind == 3) options->workloads.push_back({kStatementKinds[kind - 1], 2u});
}

// A write limit that whole transactions of one client lie beyond, and now and then a DETACH
// DELETE. Not beside statements, which are judged by what they do without one.
void DrawLimits(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.limits", 0));
  const bool wanted = rng.Chance(1, 4);
  const auto limit = static_cast<uint64_t>(rng.Between(32, 80));
  const bool statements = std::any_of(
      options->workloads.begin(), options->workloads.end(), [](const WorkloadSpec& spec) {
        return std::find(std::begin(kStatementKinds), std::end(kStatementKinds), spec.name) !=
               std::end(kStatementKinds);
      });
  if (!wanted || statements) return;
  options->workloads.push_back({"bulk", 1u});
  options->knobs.write_keys_max = limit;
}

// Mostly the shape that all averages are of.
void DrawShape(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.shape", 0));
  const uint64_t nodes = rng.Below(10);
  if (nodes < 2) options->nodes = nodes == 0 ? 4 : 5;
  if (rng.Below(10) < 3) options->shards = static_cast<uint32_t>(1 + rng.Below(6));
  Random many(StreamSeed(seed, "swarm.shards", 0));
  if (many.Chance(1, 20)) options->shards = static_cast<uint32_t>(7 + many.Below(3));
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
  Random mistakes(StreamSeed(seed, "swarm.mistake", 0));
  if (mistakes.Chance(1, 8)) {
    options->mistake = mistakes.Chance(1, 2) ? Mistake::kPeers : Mistake::kShards;
  }
  const uint64_t epilogue = rng.Below(10);
  if (epilogue == 0) options->epilogue = Epilogue::kWipeFounder;
  if (epilogue == 1) options->epilogue = Epilogue::kWipeCutOffFounder;
}

// Beside a second founder no fault may keep the cluster from telling it that there is one:
// alone for a second it founds another, as the first one has to.
bool HearsTheCluster(const RunOptions& options) {
  constexpr uint32_t kFewDropped = 10'000;
  const LinkProfile& network = options.network;
  const bool network_sound = network.drop_ppm <= kFewDropped && network.bytes_per_second == 0 &&
                             network.queue_messages_max == LinkProfile().queue_messages_max;
  const bool devices_sound = options.disk.sync_error_ppm == 0 && options.disk.read_error_ppm == 0 &&
                             options.disk.name_error_ppm == 0 && options.kv.write_error_ppm == 0 &&
                             options.kv.flush_error_ppm == 0;
  return network_sound && devices_sound && options.forming_plan.empty();
}

// After all else is drawn.
void DrawSecondFounder(uint64_t seed, RunOptions* options) {
  Random rng(StreamSeed(seed, "swarm.second_founder", 0));
  const bool wanted = rng.Chance(1, 6);
  const bool free = options->mistake == Mistake::kNone;
  if (!wanted || !free || !HearsTheCluster(*options)) return;
  options->mistake = Mistake::kBootstrap;
}

}  // namespace

RunOptions DrawSwarmOptions(uint64_t seed) {
  Random rng(StreamSeed(seed, "swarm", 0));
  RunOptions options;
  options.seed = seed;
  DrawShape(seed, &options);
  DrawClients(seed, &options);
  DrawStatements(seed, &options);
  DrawLimits(seed, &options);
  DrawForming(seed, &options);
  if (rng.Below(100) < kFaultFreePercent) {
    // Pages end and windows are full where nothing goes wrong as well.
    if (rng.Chance(1, 2)) DrawTuning(seed, &options.knobs);
    DrawForever(seed, &options);
    DrawUpgrades(seed, &options);
    DrawSecondFounder(seed, &options);
    return options;
  }
  DrawKnobs(rng, &options);
  DrawPatience(seed, &options);
  DrawStreams(seed, &options);
  DrawDeviceErrors(seed, &options);
  DrawTuning(seed, &options.knobs);
  DrawTardiness(seed, &options);
  DrawAnonymity(seed, &options);
  DrawPlan(seed, rng, &options);
  DrawForever(seed, &options);
  DrawUpgrades(seed, &options);
  DrawSecondFounder(seed, &options);
  return options;
}

void DropStatements(RunOptions* options) {
  // A toy tells one request from another by its session.
  options->clients.anonymous_ppm = 0;
  for (FaultPlan* plan : {&options->forming_plan, &options->plan}) {
    std::erase_if(*plan, [](const FaultAction& action) { return action.forever.has_value(); });
  }
  std::erase_if(options->workloads, [](const WorkloadSpec& spec) {
    return spec.name == "leaves" || spec.name == "elements" || spec.name == "operator" ||
           spec.name == "bulk" ||
           std::find(std::begin(kStatementKinds), std::end(kStatementKinds), spec.name) !=
               std::end(kStatementKinds);
  });
}

}  // namespace graphdb::sim
