#include "sim/world/world.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "sim/env/mixing.h"

namespace graphdb::sim {
namespace {

constexpr Duration kFormedPoll = Duration::Milliseconds(50);

// MergeFrom keeps the last of two byte strings; a snapshot's pieces follow each other.
void Merge(v1::ClientResponse part, v1::ClientResponse* merged) {
  std::string data = merged->admin().snapshot().data();
  data += part.admin().snapshot().data();
  merged->MergeFrom(part);
  if (!data.empty()) merged->mutable_admin()->mutable_snapshot()->set_data(std::move(data));
}

}  // namespace

// All that hangs off one life of a node. The program is last: it is destroyed
// first, while its ports are still there.
struct World::Incarnation {
  Incarnation(World& world, Slot& slot, Life its_life, const ClockModel& clock_model)
      : life(its_life),
        clock(world.loop_, clock_model),
        scheduler(world.loop_, clock, life),
        network(world.fabric_, world.loop_, life),
        streams(world.loop_.seed(), life),
        disk(scheduler, slot.disk_state, streams.Stream("sim.disk", 0), slot.disk_faults),
        kv(slot.engine_store->Open(scheduler, streams.Stream("sim.kv", 0), slot.kv_faults)),
        log(world.trace_, life.actor),
        process(world.loop_, life),
        env{clock, scheduler, network, disk, *kv, streams, log, process} {}

  const Life life;
  SimClock clock;
  SimScheduler scheduler;
  SimNetwork network;
  SimRandomSource streams;
  SimDisk disk;
  std::unique_ptr<SimEngine> kv;
  SimEventLog log;
  SimProcess process;
  env::Env env;
  std::unique_ptr<Program> program;
};

World::World(const RunOptions& options, ProgramFactory factory, EngineStoreFactory engines)
    : options_(options),
      factory_(std::move(factory)),
      atlas_(options),
      engines_(engines ? std::move(engines) : [] { return std::make_unique<SimKvState>(); }),
      loop_(options.seed),
      trace_(loop_),
      fabric_(loop_, options.nodes),
      world_life_(loop_.LifeOf(kWorldActor)),
      slots_(options.nodes),
      newest_(options.version) {
  loop_.SetHopMax(options.hop_max);
  if (options.tape) loop_.choices().Replay(*options.tape);
  SetLinks(options.network);
  for (Slot& slot : slots_) {
    slot.disk_faults = options.disk;
    slot.kv_faults = options.kv;
    slot.engine_store = engines_();
    slot.version = options.version;
  }
}

World::~World() {
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    loop_.End(NodeActor(NodeId(n)));
    fabric_.SetReceiver(NodeId(n), nullptr);
  }
  loop_.PurgeEnded();
}

void World::Say(env::LogLevel level, ActorId actor, absl::string_view text) {
  if (trace_.enabled()) trace_.Line(level, actor, "world", text);
}

void World::SetRecorder(Recorder* recorder) {
  trace_.SetRecorder(recorder);
  fabric_.SetRecorder(recorder);
}

void World::Record(TraceEvent::Kind kind, ActorId actor, uint64_t id, absl::string_view text) {
  if (trace_.recorder() == nullptr) return;
  TraceEvent event;
  event.kind = kind;
  event.at = loop_.now();
  event.actor = actor;
  event.id = id;
  event.text = text;
  trace_.recorder()->On(event);
}

bool World::Step() {
  if (!loop_.RunOne()) return false;
  if (loop_.TakeEnded()) BuryTheHalted();
  if (armed_count_ > 0 && IsNodeActor(loop_.last_ran())) StrikeArmed(NodeOf(loop_.last_ran()));
  if (milestones_ && IsNodeActor(loop_.last_ran())) PullTriggers(NodeOf(loop_.last_ran()));
  return true;
}

bool World::Up(NodeId node) const { return slots_[node.value()].live != nullptr; }

bool World::Awake(NodeId node) const { return Up(node) && !loop_.Paused(NodeActor(node)); }

bool World::AllUp() const {
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    const Slot& slot = slots_[n];
    if (slot.lost || slot.gone || Blamed(NodeId(n))) continue;
    if (slot.live == nullptr || HasToStop(NodeId(n))) return false;
  }
  return true;
}

uint64_t World::incarnation(NodeId node) const { return slots_[node.value()].starts; }

Program* World::program(NodeId node) {
  Slot& slot = slots_[node.value()];
  return slot.live == nullptr ? nullptr : slot.live->program.get();
}

void World::VisitReplicas(NodeId node, absl::FunctionRef<void(const ReplicaView&)> visit) const {
  const Slot& slot = slots_[node.value()];
  if (slot.live != nullptr) slot.live->program->VisitReplicas(visit);
}

const env::KvReader* World::engine(NodeId node) const {
  const Slot& slot = slots_[node.value()];
  return slot.live == nullptr ? nullptr : slot.live->kv.get();
}

void World::StartAll() {
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    const Duration delay = options_.join_delay * n;
    slots_[n].wanted_up = true;
    if (options_.mistake == Mistake::kBootstrap && RunsMistaken(NodeId(n))) {
      StartOnceFormed(NodeId(n));
    } else if (delay == Duration()) {
      Start(NodeId(n));
    } else {
      ScheduleStart(NodeId(n), delay);
    }
  }
}

// Two that are to found and hear each other too late may both do it, as nobody can prevent:
// the second one comes when there is a cluster for certain.
void World::StartOnceFormed(NodeId node) {
  uint32_t members = 0;
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      if (view.group == kMetaGroup && view.voters > slots_.size() / 2) ++members;
    });
  }
  if (members > slots_.size() / 2) return Start(node);
  loop_.After(kFormedPoll, world_life_, "world.start", [this, node] { StartOnceFormed(node); });
}

void World::Wipe(NodeId node) {
  Say(env::LogLevel::kWarning, NodeActor(node), "its disk is wiped");
  Crash(node, /*power=*/true);
  slots_[node.value()].disk_state = SimDiskState();
  slots_[node.value()].engine_store = engines_();
  if (durable_listener_) durable_listener_(node, "", 0, "");
  ListenToDisk(node);
  Start(node);
}

void World::SetDurableListener(DurableListener listener) {
  durable_listener_ = std::move(listener);
  for (uint32_t n = 0; n < slots_.size(); ++n) ListenToDisk(NodeId(n));
}

void World::ListenToDisk(NodeId node) {
  slots_[node.value()].disk_state.SetDurableListener(
      [this, node](absl::string_view name, uint64_t offset, absl::string_view bytes) {
        if (durable_listener_) durable_listener_(node, name, offset, bytes);
      });
}

uint32_t World::ever_started_count() const {
  return static_cast<uint32_t>(std::count_if(slots_.begin(), slots_.end(),
                                             [](const Slot& slot) { return slot.starts > 0; }));
}

bool World::RunsMistaken(NodeId node) const {
  if (options_.mistake == Mistake::kNone) return false;
  const uint32_t last = options_.nodes - 1;
  const bool founds = options_.founder - 1 == last;
  return node.value() + (founds ? 1 : 0) == last && slots_[node.value()].starts <= 1;
}

void World::Start(NodeId node) {
  Slot& slot = slots_[node.value()];
  if (slot.lost || slot.gone) return;
  slot.wanted_up = true;
  if (slot.live != nullptr) return;
  const Life life = loop_.Begin(NodeActor(node));
  Random rng(
      StreamSeed(loop_.seed(), "world.clock", (uint64_t{node.value()} << 32) | life.incarnation));
  ClockModel model;
  model.rate_error_ppb = rng.Between(-options_.clock_error_ppb_max, options_.clock_error_ppb_max);
  model.origin = Instant::FromNanoseconds(rng.Between(1, int64_t{1} << 40));
  model.wall_unix_ms_at_start += loop_.now().milliseconds();
  ++slot.starts;
  slot.live = std::make_unique<Incarnation>(*this, slot, life, model);
  Say(env::LogLevel::kInfo, life.actor, absl::StrCat("starts, incarnation ", life.incarnation));
  Record(TraceEvent::Kind::kStart, life.actor, life.incarnation, "");
  ProgramOptions program_options;
  program_options.self = node;
  program_options.nodes = options_.nodes;
  program_options.shards = options_.shards;
  program_options.founder = NodeId(options_.founder - 1);
  if (RunsMistaken(node)) program_options.mistake = options_.mistake;
  program_options.knobs = options_.knobs;
  program_options.version = slot.version;
  slot.runs = slot.version;
  slot.known = std::max(slot.known, slot.runs);
  slot.live->program = factory_(program_options, slot.live->env);
  applied_.OnStart(node);
  slot.live->kv->SetWriteListener([this, node, program = slot.live->program.get()](
                                      ShardId group, LogIndex index, const env::KvBatch& batch) {
    const std::string key = program->AppliedRecordKey(group);
    if (!key.empty()) applied_.OnWrite(node, group, index, batch, key);
  });
  const absl::Status started = slot.live->program->Start();
  if (started.ok()) return;
  start_failure_ = started;
  GiveUpIfLost(node, started);
  NoteIfTooOld(node, started);
  Say(env::LogLevel::kError, life.actor, absl::StrCat("did not start: ", started.ToString()));
  loop_.End(life.actor);  // like a halt: Step buries it, the supervisor tries again
}

void World::ScheduleStart(NodeId node, Duration delay) {
  loop_.After(delay, world_life_, "world.start", [this, node] {
    if (slots_[node.value()].wanted_up) Start(node);
  });
}

void World::Crash(NodeId node, bool power) {
  slots_[node.value()].wanted_up = false;
  if (!Up(node)) return;
  Say(env::LogLevel::kWarning, NodeActor(node), power ? "crashes: power" : "crashes: process");
  loop_.End(NodeActor(node));
  Bury(node, power);
}

void World::Reboot(NodeId node, bool power) {
  Crash(node, power);
  slots_[node.value()].wanted_up = true;
  ScheduleStart(node, options_.supervisor_delay);
}

void World::StepWall(NodeId node, Duration amount) {
  Slot& slot = slots_[node.value()];
  if (slot.live != nullptr) slot.live->clock.StepWall(amount.milliseconds());
}

void World::StrikeArmed(NodeId node) {
  Slot& slot = slots_[node.value()];
  if (!slot.armed || slot.live == nullptr) return;
  const ArmedCrash armed = *slot.armed;
  const bool now = armed.moment == CrashMoment::kMidWrite   ? slot.live->disk.writing()
                   : armed.moment == CrashMoment::kMidNames ? slot.live->disk.naming()
                                                            : slot.live->kv->flushing();
  if (!now || loop_.Draw(kWorldActor) % 3 != 0) return;
  GRAPHDB_COVER("world.crash_at_its_moment");
  Reboot(node, armed.power);
}

void World::BuryTheHalted() {
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    Slot& slot = slots_[n];
    if (slot.live == nullptr || loop_.Alive(slot.live->life)) continue;
    const absl::Status& reason = slot.live->process.reason();
    if (!reason.ok()) {
      Say(env::LogLevel::kWarning, NodeActor(NodeId(n)),
          absl::StrCat("halted: ", reason.ToString()));
    }
    ++self_halts_;
    GiveUpIfLost(NodeId(n), reason);
    NoteIfTooOld(NodeId(n), reason);
    // What made the node stop often takes the machine with it.
    Bury(NodeId(n), /*power=*/faults_on_ && loop_.Draw(kWorldActor) % 4 == 0);
    if (slot.wanted_up) ScheduleStart(NodeId(n), options_.supervisor_delay);
  }
}

void World::Bury(NodeId node, bool power) {
  Slot& slot = slots_[node.value()];
  const Life life = slot.live->life;
  Record(TraceEvent::Kind::kCrash, life.actor, life.incarnation, power ? "power" : "process");
  if (std::exchange(slot.armed, std::nullopt)) --armed_count_;
  // First, so that a reply from the program's destructor finds nobody.
  for (auto it = calls_.begin(); it != calls_.end();) {
    const uint64_t id = (it++)->first;  // Settle erases it
    if (calls_.at(id).gateway != node) continue;
    CallResult broken;
    broken.kind = CallResult::Kind::kBroken;
    Settle(id, std::move(broken), "client.broken", id);
  }
  fabric_.SetReceiver(node, nullptr);
  loop_.PurgeEnded();
  slot.live.reset();
  Random rng(
      StreamSeed(loop_.seed(), "world.crash", (uint64_t{node.value()} << 32) | life.incarnation));
  slot.disk_state.Crash(power ? SimDiskState::CrashKind::kPower : SimDiskState::CrashKind::kProcess,
                        rng, &loop_.choices(), NodeActor(node));
  slot.engine_store->Crash(rng);
  // What a fault did to the devices ends with the life it was meant for.
  slot.disk_faults.sync_error_ppm = devices_fail_ ? options_.disk.sync_error_ppm : 0;
  slot.disk_faults.write_error_ppm = devices_fail_ ? options_.disk.write_error_ppm : 0;
}

Duration World::ClientDelay(ActorId actor) {
  return Duration::Microseconds(100 + static_cast<int64_t>(loop_.Draw(actor) % 400));
}

Life World::ClientLife(uint32_t client) {
  while (client_lives_.size() <= client) {
    client_lives_.push_back(loop_.Begin(ClientActor(static_cast<uint32_t>(client_lives_.size()))));
    client_questions_.push_back(0);
  }
  return client_lives_[client];
}

void World::Call(uint32_t client, NodeId gateway, const v1::ClientRequest& request, bool write,
                 Done done) {
  ClientLife(client);
  const uint64_t id = next_call_++;
  calls_.emplace(id, PendingCall{client, gateway, write, {}, std::move(done)});
  const ActorId actor = ClientActor(client);
  const uint64_t payload = HashBytes(request.SerializeAsString());
  const ClientFaults& faults = options_.clients;
  if (ClientFault(client, ChoiceKind::kLost, faults.lost_ppm)) {
    CallResult broken;
    broken.kind = CallResult::Kind::kBroken;
    return Settle(id, std::move(broken), "client.lost", id, BreakDelay(actor));
  }
  Duration delay = ClientDelay(actor);
  bool gone = false;  // the client sees a broken connection, and the request comes all the same
  if (ClientFault(client, ChoiceKind::kLate, faults.late_ppm)) {
    GRAPHDB_COVER("world.client_request_late");
    gone = loop_.Draw(actor) % 2 == 0;
    delay = delay + Duration::Nanoseconds(static_cast<int64_t>(
                        loop_.Draw(actor) % static_cast<uint64_t>(faults.late_max.nanoseconds())));
  }
  if (!loop_.HasLife(NodeActor(gateway))) {
    CallResult refused;
    refused.kind = CallResult::Kind::kRefused;
    Settle(id, std::move(refused), "client.refused", id);
    return;
  }
  loop_.After(
      delay, loop_.LifeOf(NodeActor(gateway)), "client.request",
      [this, id, gateway, copy = request]() mutable {
        Program* live = program(gateway);
        GRAPHDB_CHECK(live != nullptr) << "a live node without a program";
        live->HandleClient(std::move(copy), [this, id](v1::ClientResponse response) {
          OnReply(id, std::move(response));
        });
      },
      payload);
  if (!gone) return;
  CallResult broken;
  broken.kind = CallResult::Kind::kBroken;
  Settle(id, std::move(broken), "client.lost", id, BreakDelay(actor));
}

void World::OnReply(uint64_t call, v1::ClientResponse response) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;  // its gateway died meanwhile
  if (!response.last()) {
    Merge(std::move(response), &found->second.merged);
    return;
  }
  CallResult result;
  const uint32_t client = found->second.client;
  if (ClientFault(client, ChoiceKind::kLost, options_.clients.lost_ppm)) {
    result.kind = CallResult::Kind::kBroken;
    return Settle(call, std::move(result), "client.lost", call, BreakDelay(ClientActor(client)));
  }
  result.response = std::move(found->second.merged);
  Merge(std::move(response), &result.response);
  const uint64_t payload = HashBytes(result.response.SerializeAsString());
  Settle(call, std::move(result), "client.reply", payload);
}

bool World::ClientFault(uint32_t client, ChoiceKind kind, uint32_t ppm) {
  if (!faults_on_) return false;
  const ActorId actor = ClientActor(client);
  const bool drawn = ppm != 0 && loop_.Draw(actor) % 1'000'000 < ppm;
  return loop_.choices().Happens(kind, actor, kWorldActor, client_questions_[client]++, drawn);
}

// How long a client takes to see that a connection is gone.
Duration World::BreakDelay(ActorId actor) {
  return Duration::Microseconds(static_cast<int64_t>(loop_.Draw(actor) % 1'500'000));
}

void World::Settle(uint64_t call, CallResult result, const char* kind, uint64_t payload,
                   Duration after) {
  const auto found = calls_.find(call);
  GRAPHDB_CHECK(found != calls_.end()) << "call " << call << " answered twice";
  const uint32_t client = found->second.client;
  Done done = std::move(found->second.done);
  calls_.erase(found);
  loop_.After(
      after + ClientDelay(ClientActor(client)), client_lives_[client], kind,
      [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); },
      payload);
}

}  // namespace graphdb::sim
