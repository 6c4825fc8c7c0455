// World: the nodes of a run as slots, whose disk and engine outlive every
// incarnation, the network between them, the road from clients to nodes, and
// the hand that plays the fault plan.
//
//   World world(options, factory);
//   world.StartAll();
//   world.Call(client, NodeId(0), request, [](CallResult result) { ... });
//   while (world.Step()) { ... }
//
// Clients are actors outside the nodes. A call meets a gateway that is down
// (kRefused: it never ran), or that goes down before it has answered (kBroken:
// it may have run), or an answer.
//
// Invariants:
//   1. A slot has at most one live program; what it registered dies with it.
//   2. A call is answered exactly once.
//   3. After EndFaults nothing goes wrong any more, and every node is restarted
//      until it stays up; but for what lasts for ever.
//   4. Only nodes of the fault atlas lose for good what their disks hold, a minority.
//      Once such a node has stopped and said why it stays down; every other such stop
//      is an error like any other.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "core/env/env.h"
#include "sim/env/event_loop.h"
#include "sim/env/sim_clock.h"
#include "sim/env/sim_disk.h"
#include "sim/env/sim_fabric.h"
#include "sim/env/sim_kv.h"
#include "sim/env/sim_process.h"
#include "sim/env/sim_random_source.h"
#include "sim/env/sim_scheduler.h"
#include "sim/env/trace_log.h"
#include "sim/world/applied_batches.h"
#include "sim/world/fault_atlas.h"
#include "sim/world/milestones.h"
#include "sim/world/program.h"
#include "sim/world/run_options.h"

namespace graphdb::sim {

struct CallResult {
  enum class Kind : uint8_t { kAnswered, kRefused, kBroken };
  Kind kind = Kind::kAnswered;
  v1::ClientResponse response;  // kAnswered; all parts merged, the last one's error
};

class World {
 public:
  using Done = absl::AnyInvocable<void(CallResult)>;

  // `engines` empty: the modelled one.
  World(const RunOptions& options, ProgramFactory factory, EngineStoreFactory engines = {});
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  EventLoop& loop() { return loop_; }
  TraceLog& trace() { return trace_; }
  SimFabric& fabric() { return fabric_; }
  const RunOptions& options() const { return options_; }
  // Null: nobody listens. It outlives the world.
  void SetRecorder(Recorder* recorder);
  void Record(TraceEvent::Kind kind, ActorId actor, uint64_t id, absl::string_view text);

  // Dispatches one event and buries who died of it. False where none is left.
  bool Step();

  // node1 now, the others by RunOptions::join_delay.
  void StartAll();
  // The node dies and comes back at once with an empty disk and engine.
  void Wipe(NodeId node);
  uint32_t ever_started_count() const;
  bool Up(NodeId node) const;
  // Whether RunOptions::mistake is in its config: until it starts for a second time.
  bool RunsMistaken(NodeId node) const;
  // All but the nodes that lost their disks, which have stopped by themselves, and those
  // that are never restarted or that nobody reaches.
  bool AllUp() const;
  // Whether the node itself is there and works as it should once the faults have ended,
  // and whether a link stays cut.
  bool Sound(NodeId node) const;
  bool CutForever(NodeId from, NodeId to) const { return cut_forever_.count({from, to}) > 0; }
  // Whether it is not sound, or to blame for such a link.
  bool Faulty(NodeId node) const { return !Sound(node) || Blamed(node); }
  // "node3 is never restarted", "node1 -> node2 is cut, a sync of node2 takes up to 1s";
  // empty: nothing is.
  std::string WhyFaulty(NodeId node) const;
  // Whether it is up and runs what is due.
  bool Awake(NodeId node) const;
  // Whether its disk takes anything more.
  bool HasRoom(NodeId node) const { return slots_[node.value()].disk_faults.capacity_bytes > 0; }
  // At most this long it takes to sync a file, but for stalls.
  Duration SlowestSync(NodeId node) const {
    return slots_[node.value()].disk_faults.sync_latency_max;
  }
  // Null where the node is down.
  Program* program(NodeId node);
  void VisitReplicas(NodeId node, absl::FunctionRef<void(const ReplicaView&)> visit) const;
  // Who leads the newest term that anybody leads.
  std::optional<NodeId> LeaderOf(ShardId group) const { return FindReplica(group, true); }
  // The engine's present content; null where the node is down.
  const env::KvReader* engine(NodeId node) const;
  // What replicas have applied since the last call.
  std::vector<AppliedBatch> TakeApplied() { return applied_.Take(); }
  // Likewise, whose state has begun to give way to a snapshot's.
  std::vector<InstallBegun> TakeInstallsBegun() { return applied_.TakeInstallsBegun(); }

  // Hears of every write that a node's disk has made durable; an empty name: the disk
  // was replaced.
  using DurableListener = std::function<void(NodeId node, absl::string_view name, uint64_t offset,
                                             absl::string_view bytes)>;
  void SetDurableListener(DurableListener listener);

  // Plays `plan` from now on; triggers count from here.
  void Play(const FaultPlan& plan);
  // As above, and notes what comes before each action.
  void PlayAndNote(const FaultPlan& plan);
  const std::vector<FaultMoment>& moments() const { return moments_; }
  void EndFaults();
  // Whether calls of disks and engines fail by the rates of the options, as at first.
  void LetDevicesFail(bool fail);
  bool faults_on() const { return faults_on_; }
  void Apply(const FaultAction& action);

  // From client number `client`; `write` marks what a gateway crash may hit.
  void Call(uint32_t client, NodeId gateway, const v1::ClientRequest& request, bool write,
            Done done);

  // The life on which a client's own timers run.
  Life ClientLife(uint32_t client);

  // Why the last attempt to start a node failed; OK where none did.
  const absl::Status& start_failure() const { return start_failure_; }
  const std::map<std::string, uint64_t>& fault_counts() const { return fault_counts_; }
  uint64_t self_halts() const { return self_halts_; }
  // The newest cluster version that the node's program knows, that any of its programs so
  // far has known, and whether any action of this run has changed a program.
  uint32_t ProgramVersion(NodeId node) const { return slots_[node.value()].runs; }
  uint32_t KnownVersion(NodeId node) const { return slots_[node.value()].known; }
  bool upgrades() const { return newest_ > options_.version; }
  // Nodes that have stopped since the last call because their programs are too old.
  struct TooOld {
    NodeId node;
    uint32_t version;  // what its program knows
  };
  std::vector<TooOld> TakeTooOld() { return std::exchange(too_old_, {}); }
  // Bumped at each start and crash: what is known of replicas must be read anew.
  uint64_t incarnation(NodeId node) const;

 private:
  struct Incarnation;
  // A crash that waits for its moment.
  struct ArmedCrash {
    CrashMoment moment;
    bool power;
  };
  struct Slot {
    SimDiskState disk_state;
    std::unique_ptr<EngineStore> engine_store;
    DiskFaults disk_faults;
    KvFaults kv_faults;
    std::unique_ptr<Incarnation> live;
    bool wanted_up = false;
    uint64_t starts = 0;
    uint32_t version = 0;             // what the program that it is started with knows
    uint32_t runs = 0;                // and the one that was started last
    uint32_t known = 0;               // the most of all that were started
    std::optional<FaultKind> damage;  // of its disk, for good
    bool lost = false;                // it has stopped for that
    bool gone = false;                // it is never restarted
    Duration always_slow;             // the least that its disk's longest sync takes; 0: none
    std::optional<ArmedCrash> armed;
  };
  struct Slowness {
    Duration delay_mean;            // 0: as the others
    uint64_t bytes_per_second = 0;  // 0: any
  };
  struct PendingCall {
    uint32_t client;
    NodeId gateway;
    bool write;
    v1::ClientResponse merged;
    Done done;
  };

  void ListenToDisk(NodeId node);
  void Start(NodeId node);
  void ScheduleStart(NodeId node, Duration delay);
  void StartOnceFormed(NodeId node);
  void Crash(NodeId node, bool power);
  // Destroys the program and what hangs off it; the durable state takes the crash.
  void Bury(NodeId node, bool power);
  void BuryTheHalted();
  void Schedule(const FaultAction& action, std::optional<uint32_t> noted_as);
  void CountMilestones();
  // What waited for what has happened now.
  void PullTriggers(NodeId node);
  void NoteMoments(uint32_t number, const FaultAction& action);
  // Of Apply, what is done to each target.
  void Strike(NodeId node, const FaultAction& action);
  // Crashes whose moment is now.
  void StrikeArmed(NodeId node);
  // It dies, and its supervisor starts it again.
  void Reboot(NodeId node, bool power);
  void Misread(NodeId node);
  // What Damages() is said of.
  void Damage(NodeId node, FaultKind how);
  void FillDisk(NodeId node, Duration amount);
  void SlowDisk(NodeId node, const FaultAction& action);
  // What became of its disk leaves it no way to go on.
  bool HasToStop(NodeId node) const;
  // For a link that stays cut.
  bool Blamed(NodeId node) const;
  void EndDiskFaults(NodeId node);
  void StepWall(NodeId node, Duration amount);
  // Shut down in order, and started again by its supervisor.
  void Drain(NodeId node, Duration limit);
  void BeginDrain(NodeId node, Duration limit);
  void Transfer(NodeId node, ShardId group, NodeId to);
  void ChangeProgram(NodeId node, uint32_t version, Duration drain);
  // All nodes run the newest program that any of them has run.
  void FinishUpgrade();
  void NoteIfTooOld(NodeId node, const absl::Status& why);
  // Whether the node's copies may go, and go now: who is left votes in every group.
  bool MayDamageNow(NodeId node) const;
  void GiveUpIfLost(NodeId node, const absl::Status& why);
  // Empty where there is no such node now, for example no leader.
  std::vector<NodeId> Resolve(const FaultTarget& target);
  std::optional<NodeId> FindReplica(ShardId group, bool leader) const;
  void Partition(const std::vector<std::vector<NodeId>>& groups);
  void Cut(const FaultAction& action);
  void Heal(const FaultAction& action);
  // All but what is cut for ever.
  void HealAll();
  void SetNetwork(const NetworkRates& rates);
  void SetLinks(const LinkProfile& profile);
  // Of a link, or all that come from or go to the targets.
  void VisitLinks(const FaultAction& action, absl::FunctionRef<void(NodeId, NodeId)> visit);
  void SlowLinks(const FaultAction& action);
  void OnReply(uint64_t call, v1::ClientResponse response);
  void Settle(uint64_t call, CallResult result, const char* kind, uint64_t payload,
              Duration after = Duration());
  // Whether a fault between clients and gateways happens now.
  bool ClientFault(uint32_t client, ChoiceKind kind, uint32_t ppm);
  void Say(env::LogLevel level, ActorId actor, absl::string_view text);
  Duration ClientDelay(ActorId actor);
  Duration BreakDelay(ActorId actor);

  const RunOptions options_;
  const ProgramFactory factory_;
  const FaultAtlas atlas_;
  const EngineStoreFactory engines_;
  EventLoop loop_;
  TraceLog trace_;
  SimFabric fabric_;
  LinkProfile links_;                                     // of the links that nothing slows
  std::map<std::pair<NodeId, NodeId>, Slowness> slowed_;  // by a fault
  // Links that stay cut, and the node to blame.
  std::map<std::pair<NodeId, NodeId>, NodeId> cut_forever_;
  const Life world_life_;
  std::vector<Slot> slots_;
  AppliedBatches applied_;
  DurableListener durable_listener_;
  std::vector<Life> client_lives_;
  std::vector<uint64_t> client_questions_;  // asked of Choices, by client
  std::map<uint64_t, PendingCall> calls_;
  uint64_t next_call_ = 1;
  bool faults_on_ = true;
  bool devices_fail_ = true;
  uint32_t armed_count_ = 0;
  std::optional<Milestones> milestones_;  // where somebody asks for them
  std::vector<FaultAction> waiting_;      // for their triggers
  std::vector<FaultMoment> moments_;
  absl::Status start_failure_;
  std::map<std::string, uint64_t> fault_counts_;
  uint64_t self_halts_ = 0;
  uint32_t newest_;  // of all programs so far
  std::vector<TooOld> too_old_;
};

}  // namespace graphdb::sim
