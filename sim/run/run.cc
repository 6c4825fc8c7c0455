#include "sim/run/run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/storage/keys.h"
#include "sim/env/mixing.h"
#include "sim/env/mutants_on.h"
#include "sim/run/intents.h"
#include "sim/run/liveness.h"
#include "sim/run/observer.h"
#include "sim/run/requests.h"
#include "sim/workload/driver.h"
#include "sim/world/world.h"

namespace graphdb::sim {
namespace {

class Run;
Run* g_present = nullptr;  // LINT-OK(mutable-global): for the text of a failed check alone

// Longer than a founder asks its peers, and than supervisor and hellos take.
constexpr Duration kEpilogue = Duration::Seconds(10);
constexpr Duration kPoll = Duration::Milliseconds(50);
// Of all nodes, within a second of virtual time: the busiest one of 300 seeds of the swarm
// has 21,595.
constexpr uint64_t kStormEvents = 200'000;

class Run {
 public:
  Run(const RunOptions& options, const ProgramFactory& factory, RunTrace trace)
      : options_(options),
        world_(options, factory, std::move(trace.engines)),
        driver_(world_, Driver::MakeAssignments(options)),
        observer_(world_),
        liveness_(world_, driver_.client_count()) {
    result_.seed = options.seed;
    if (trace.detail != TraceLog::Detail::kOff) {
      world_.trace().SetSink(trace.detail, std::move(trace.sink));
    }
    world_.SetRecorder(trace.recorder);
    after_event_ = std::move(trace.after_event);
    stop_ = std::move(trace.stop);
    history_ = std::move(trace.history);
    if (trace.tape) world_.loop().choices().Record();
    if (trace.recorder != nullptr) {
      SetCoverListener([this](const char* probe) {
        world_.Record(TraceEvent::Kind::kProbe, world_.loop().running(), 0, probe);
      });
    }
    g_present = this;
    SetCostlyChecks(true);
    note_moments_ = trace.moments;
  }
  ~Run() {
    g_present = nullptr;
    SetCostlyChecks(false);
    SetCoverListener(nullptr);
  }

  RunResult Execute() {
    if (Phases() && Judge()) Epilogue();
    Collect();
    for (const Driver::Assignment& assignment : driver_.assignments()) {
      const History* history = assignment.workload->history();
      if (history_ && history != nullptr) history_(assignment.workload->name(), *history);
    }
    return std::move(result_);
  }

  RunResult SoFar() {
    Collect();
    return result_;
  }
  EventLoop& loop() { return world_.loop(); }
  std::optional<uint64_t> event_under_way() { return event_under_way_; }

 private:
  // False where the run ended early, with the verdict set.
  bool Phases() {
    world_.StartAll();
    forms_cluster_ = world_.program(NodeId(0))->FormsCluster();
    world_.Play(options_.forming_plan);
    driver_.StartSetup();
    if (!Until("formed and set up", options_.form_limit, [&] {
          NoticeEarlyService();
          // Where nodes die faster than they come back no cluster forms: half of the time
          // is without what kills them.
          if (world_.loop().now() > options_.form_limit / 2) world_.LetDevicesFail(false);
          return driver_.setup_done();
        })) {
      return false;
    }
    world_.LetDevicesFail(true);
    if (served_while_forming_) {
      return Fail("forming", "requests were served before a majority had ever been up");
    }
    if (!NoMistakenMember()) return false;
    Say("load starts");
    const uint64_t leaders_before = observer_.leaders_seen();
    if (note_moments_) {
      world_.PlayAndNote(options_.plan);
    } else {
      world_.Play(options_.plan);
    }
    driver_.StartLoad();
    const Duration lull = std::min(options_.lull, options_.duration);
    if (!StepFor(options_.duration - lull)) return false;
    driver_.StopLoad();
    if (!StepFor(lull)) return false;
    world_.EndFaults();
    result_.leader_changes = observer_.leaders_seen() - leaders_before;
    if (!EveryShardAcknowledges()) return false;
    if (!Until("answered what was under way", options_.final_limit,
               [&] { return driver_.idle() && world_.AllUp(); })) {
      return false;
    }
    Say("final reads");
    driver_.StartFinal();
    if (!Until("answered the final reads", options_.final_limit,
               [&] { return driver_.final_done(); })) {
      return false;
    }
    const auto counts = [this](NodeId node) { return Counts(node); };
    // What dead gateways left behind the shards settle by themselves (rule T6).
    if (!Until("resolved all transactions", options_.final_limit,
               [&] { return !observer_.AnyPrepared(counts); })) {
      return false;
    }
    if (!SwitchesVersion()) return false;
    return Until("settled", options_.final_limit, [&] { return observer_.Settled(counts); }) &&
           NoMistakenMember();
  }

  // Rule I1: who has another config than the others was refused before it was started again.
  bool NoMistakenMember() {
    for (uint32_t n = 0; n < options_.nodes; ++n) {
      const NodeId node(n);
      if (!world_.RunsMistaken(node)) continue;
      uint32_t groups = 0;
      world_.VisitReplicas(node, [&groups](const ReplicaView&) { ++groups; });
      if (groups == 0) continue;
      return Fail("mistake", absl::StrCat(NodeName(node), " is a member, and its config says ",
                                          "another thing than those of the others"));
    }
    return true;
  }

  // All programs are new by now: the cluster's version follows where every member is there.
  bool SwitchesVersion() {
    if (!forms_cluster_) return true;
    for (uint32_t n = 0; n < options_.nodes; ++n) {
      if (world_.Faulty(NodeId(n))) return true;
    }
    return Until("switched to the newest cluster version", options_.final_limit,
                 [&] { return observer_.versions().Switched(); });
  }

  // A toy knows no shards.
  bool EveryShardAcknowledges() {
    if (!forms_cluster_) return true;
    liveness_.Start();
    const Waited waited = WaitFor(options_.ack_limit, [&] { return liveness_.Done(); });
    result_.slowest_ack = liveness_.slowest();
    if (waited != Waited::kTooLong) return waited == Waited::kMet;
    std::string text;
    for (const Liveness::Silence& silence : liveness_.Silences()) {
      const auto excuse = observer_.recovery().OfWrite(silence.shard);
      if (excuse) {
        ++result_.excused[WhyNotName(excuse->why)];
        continue;
      }
      absl::StrAppend(&text, "; ", GroupName(silence.shard), " through ", NodeName(silence.gateway),
                      ": ", silence.asked);
    }
    if (text.empty()) return !EndsUnrecoverable();
    return Fail("liveness",
                absl::StrCat("no write acknowledged within ", DurationText(options_.ack_limit),
                             " of the end of the faults", text, observer_.Describe()));
  }

  // Of a cluster that can't go on nothing is asked any more: true where the run ends for that.
  bool EndsUnrecoverable() {
    const std::optional<Excuse> excuse = observer_.recovery().OfGroups();
    if (!excuse) return false;
    result_.excused.emplace(WhyNotName(excuse->why), 1);
    result_.unrecoverable = excuse->text;
    if (auto violation = observer_.CompareLogs()) Fail(violation->oracle, violation->message);
    return true;
  }

  // False where the run ended early, with the verdict set.
  bool StepFor(Duration time) {
    const Duration end = world_.loop().now() + time;
    Duration due;
    while (world_.loop().NextDue(&due) && due <= end) {
      if (!StepOnce()) return false;
    }
    return true;
  }

  bool StepOnce() {
    event_under_way_ = world_.loop().events_dispatched();
    const bool stepped = world_.Step();
    event_under_way_.reset();
    if (!stepped) return Fail("stalled", "no event is left");
    if (Storms()) return false;
    if (after_event_) after_event_(world_.loop());
    if (auto violation = observer_.Look()) return Fail(violation->oracle, violation->message);
    if (stop_ && stop_(world_.loop().now())) {
      return GiveUp("stopped", absl::StrCat("as asked", observer_.Describe()));
    }
    if (world_.loop().now() >= next_look_) {
      next_look_ = world_.loop().now() + kLeadershipPoll;
      if (auto v = observer_.leadership().Look()) return Fail(v->oracle, v->message);
      if (auto v = observer_.LookAtPrepared()) return Fail(v->oracle, v->message);
    }
    if (world_.loop().events_dispatched() < options_.events_max) return true;
    return GiveUp("budget", absl::StrCat("more than ", options_.events_max, " events"));
  }

  // Messages or timers that answer each other without end, at any distance in time,
  // keep a cluster busy with nothing. True where the run ended of it.
  bool Storms() {
    if (world_.loop().now() >= storm_window_end_) {
      storm_window_end_ = world_.loop().now() + Duration::Seconds(1);
      storm_window_begin_ = world_.loop().events_dispatched();
    }
    if (world_.loop().events_dispatched() - storm_window_begin_ <= kStormEvents) return false;
    Fail("storm",
         absl::StrCat("more than ", kStormEvents, " events within a second", observer_.Describe()));
    return true;
  }

  enum class Waited : uint8_t { kMet, kTooLong, kEnded };

  // Polls the condition, for it may be costly. kEnded: the verdict is set.
  template <typename Condition>
  Waited WaitFor(Duration limit, Condition condition) {
    const Duration end = world_.loop().now() + limit;
    Duration next_poll = world_.loop().now();
    for (;;) {
      Duration due;
      const bool nothing_left = !world_.loop().NextDue(&due);
      if (nothing_left || world_.loop().now() >= next_poll) {
        if (condition()) return Waited::kMet;
        next_poll = world_.loop().now() + kPoll;
      }
      if (world_.loop().now() > end) return Waited::kTooLong;
      if (!StepOnce()) return Waited::kEnded;
    }
  }

  // False where the run ended, with the verdict set.
  template <typename Condition>
  bool Until(absl::string_view what, Duration limit, Condition condition) {
    const Waited waited = WaitFor(limit, std::move(condition));
    if (waited != Waited::kTooLong) return waited == Waited::kMet;
    if (EndsUnrecoverable()) return false;
    return Fail("liveness", absl::StrCat("not ", what, " within ", DurationText(limit),
                                         world_.start_failure().ok()
                                             ? std::string()
                                             : absl::StrCat("; a node did not start: ",
                                                            world_.start_failure().ToString()),
                                         driver_.Waiting(), observer_.Describe()));
  }

  bool Fail(absl::string_view oracle, absl::string_view message) {
    result_.verdict = RunResult::Verdict::kViolation;
    result_.oracle = std::string(oracle);
    result_.message = std::string(message);
    return false;
  }

  bool GiveUp(absl::string_view oracle, absl::string_view message) {
    Fail(oracle, message);
    result_.verdict = RunResult::Verdict::kUndecided;
    return false;
  }

  // Rule I1: no read and no write until a majority of the configured peers votes.
  void NoticeEarlyService() {
    if (!forms_cluster_) return;
    const bool majority = world_.ever_started_count() > options_.nodes / 2;
    if (!majority && driver_.counters().acknowledged > 0) served_while_forming_ = true;
  }

  // False where the run is no success.
  bool Judge() {
    if (auto violation = observer_.CompareLogs()) {
      return Fail(violation->oracle, violation->message);
    }
    if (!JudgeEngines()) return false;
    for (const Driver::Assignment& assignment : driver_.assignments()) {
      const Workload::Verdict verdict = assignment.workload->Check();
      if (verdict.violation) {
        return Fail(verdict.violation->oracle, verdict.violation->message);
      }
      if (!verdict.undecided) continue;
      Fail(assignment.workload->name(), "the oracle ran out of its budget");
      result_.verdict = RunResult::Verdict::kUndecided;
    }
    // Last: where a workload sees the same, it says more of it.
    return JudgeTransactions() && result_.verdict == RunResult::Verdict::kOk;
  }

  bool JudgeTransactions() {
    const std::vector<NodeId> judged = Judged();
    if (judged.empty()) return true;
    const env::KvReader& engine = *world_.engine(judged.front());
    const auto violation = observer_.transactions().Check(engine, driver_.writes());
    return !violation || Fail(violation->oracle, violation->message);
  }

  // The nodes that have to be equal by now; none where each lacks some leader that it
  // could follow.
  std::vector<NodeId> Judged() const {
    std::vector<NodeId> judged;
    for (uint32_t n = 0; n < options_.nodes; ++n) {
      if (Counts(NodeId(n))) judged.push_back(NodeId(n));
    }
    return judged;
  }

  bool JudgeEngines() {
    const std::vector<NodeId> judged = Judged();
    if (judged.empty()) return true;
    for (size_t i = 1; i < judged.size(); ++i) {
      if (!CompareEngines(judged.front(), judged[i])) return false;
    }
    // All engines are equal by now.
    const env::KvReader& engine = *world_.engine(judged.front());
    FoldState(engine);
    if (auto violation = CheckIntents(engine, options_.shards)) {
      return Fail(violation->oracle, violation->message);
    }
    if (!forms_cluster_) return true;
    const bool all_kept =
        options_.knobs.dedupe_retention_periods >= NodeKnobs().dedupe_retention_periods;
    if (auto violation = CheckRequests(engine, options_.shards, driver_.writes(), all_kept)) {
      return Fail(violation->oracle, violation->message);
    }
    return true;
  }

  // Rule I1 on a founder that lost its disk. Raft's oracles don't look any more:
  // to them a second cluster is the first one gone wrong.
  void Epilogue() {
    if (options_.epilogue == sim::Epilogue::kNone || !forms_cluster_) return;
    for (uint32_t n = 0; n < options_.nodes; ++n) {
      if (world_.Faulty(NodeId(n))) return;  // the founder's disk may be one too many
    }
    const NodeId founder(options_.founder - 1);
    const bool cut_off = options_.epilogue == sim::Epilogue::kWipeCutOffFounder;
    for (uint32_t n = 0; cut_off && n < options_.nodes; ++n) {
      if (NodeId(n) == founder) continue;
      world_.fabric().Cut(founder, NodeId(n));
      world_.fabric().Cut(NodeId(n), founder);
    }
    Say("epilogue");
    uint64_t halts = world_.self_halts();
    world_.Wipe(founder);
    if (!RunFor(kEpilogue)) return;
    uint32_t groups = 0;
    world_.VisitReplicas(founder, [&groups](const ReplicaView&) { ++groups; });
    if (!cut_off) {
      // Of two nodes the other one leads nothing alone: nobody is there to refuse it.
      const bool waits = options_.nodes < 3 && world_.Up(founder);
      if (groups == 0 && (waits || world_.self_halts() > halts)) return;
      Fail("one-cluster", "a wiped founder did not stop to be replaced beside its old cluster");
      return;
    }
    if (groups > 0) GRAPHDB_COVER("run.second_founder");
    halts = world_.self_halts();
    world_.fabric().HealAll();
    if (!RunFor(kEpilogue) || groups == 0 || world_.self_halts() > halts) return;
    Fail("one-cluster", "a second founder met the first cluster and went on");
  }

  bool RunFor(Duration time) {
    const Duration end = world_.loop().now() + time;
    Duration due;
    while (world_.loop().NextDue(&due) && due <= end) {
      if (!world_.Step()) return false;
    }
    return true;
  }

  // Whether the node has to be as the others in the end.
  bool Counts(NodeId node) const {
    return !world_.Faulty(node) && !observer_.recovery().OutOfReach(node);
  }

  // State equality: everything but what belongs to one disk is equal on all nodes.
  bool CompareEngines(NodeId reference, NodeId other) {
    auto a = world_.engine(reference)->Iterate("", "\xff");
    auto b = world_.engine(other)->Iterate("", "\xff");
    for (;;) {
      SkipNodeKeyed(*a);
      SkipNodeKeyed(*b);
      if (!a->Valid() && !b->Valid()) return true;
      const bool same =
          a->Valid() && b->Valid() && a->key() == b->key() && a->value() == b->value();
      if (!same) return EnginesDiffer(*a, reference, *b, other);
      a->Next();
      b->Next();
    }
  }

  static void SkipNodeKeyed(env::KvIterator& it) {
    const auto node_keyed = [](absl::string_view key) {
      return key.size() > 2 && key[2] == static_cast<char>(storage::Tag::kNodeLocal);
    };
    while (it.Valid() && node_keyed(it.key())) it.Next();
  }

  bool EnginesDiffer(const env::KvIterator& a, NodeId node_a, const env::KvIterator& b,
                     NodeId node_b) {
    const auto show = [](const env::KvIterator& it) {
      return it.Valid() ? absl::StrCat(absl::CHexEscape(it.key()), " = ",
                                       absl::CHexEscape(it.value().substr(0, 80)))
                        : std::string("the end");
    };
    return Fail("state-equality",
                absl::StrCat("the states of ", NodeName(node_a), " and ", NodeName(node_b),
                             " differ: ", NodeName(node_a), " has ", show(a), ", ",
                             NodeName(node_b), " has ", show(b)));
  }

  void FoldState(const env::KvReader& engine) {
    uint64_t digest = 0;
    for (auto it = engine.Iterate("", "\xff"); it->Valid(); it->Next()) {
      digest = Mix(digest, HashBytes(it->key()), HashBytes(it->value()));
    }
    world_.loop().FoldIntoTrace("final.state", digest);
  }

  void Collect() {
    result_.events = world_.loop().events_dispatched();
    result_.virtual_time = world_.loop().now();
    result_.trace_hash = world_.loop().trace_hash().value();
    result_.clients = driver_.counters();
    result_.network = world_.fabric().counters();
    result_.faults = world_.fault_counts();
    result_.self_halts = world_.self_halts();
    result_.left_out = world_.faults_on() ? "" : LeftOut();
    result_.commits_observed = observer_.safety().committed_count();
    result_.operations = driver_.operation_counts();
    result_.tape = world_.loop().RecordedTape();
    result_.moments = world_.moments();
    result_.cover = CoverCounts();
    result_.constellations.assign(observer_.constellations().begin(),
                                  observer_.constellations().end());
    result_.conflicts = result_.clients.conflicts;
    const auto retried = result_.cover.find("txn.conflict_retried");
    if (retried != result_.cover.end()) result_.conflicts += retried->second;
  }

  std::string LeftOut() const {
    std::vector<std::string> reasons;
    for (uint32_t n = 0; n < options_.nodes; ++n) {
      if (world_.Faulty(NodeId(n))) reasons.push_back(world_.WhyFaulty(NodeId(n)));
    }
    return absl::StrJoin(reasons, "; ");
  }

  void Say(absl::string_view text) {
    world_.Record(TraceEvent::Kind::kPhase, kWorldActor, 0, text);
    if (world_.trace().enabled()) {
      world_.trace().Line(env::LogLevel::kInfo, kWorldActor, "world", text);
    }
  }

  const RunOptions options_;
  World world_;
  Driver driver_;
  Observer observer_;
  Liveness liveness_;
  absl::AnyInvocable<void(EventLoop&)> after_event_;
  absl::AnyInvocable<bool(Duration)> stop_;
  absl::AnyInvocable<void(absl::string_view, const History&)> history_;
  RunResult result_;
  std::optional<uint64_t> event_under_way_;  // also read where a tick interrupts it
  Duration next_look_;                       // at who leads
  Duration storm_window_end_;
  uint64_t storm_window_begin_ = 0;
  bool forms_cluster_ = true;
  bool served_while_forming_ = false;
  bool note_moments_ = false;
};

}  // namespace

uint64_t RunResult::fault_count() const {
  uint64_t count = 0;
  for (const auto& [kind, times] : faults) {
    if (kind != "heal" && kind != "restart") count += times;
  }
  return count;
}

RunResult ExecuteRun(const RunOptions& options, const ProgramFactory& factory, RunTrace trace) {
  SetActiveMutant(options.mutant);
  ResetCoverCounts();
  RunResult result = Run(options, factory, std::move(trace)).Execute();
  SetActiveMutant("");
  return result;
}

std::optional<uint64_t> EventUnderWay() {
  return g_present == nullptr ? std::nullopt : g_present->event_under_way();
}

RunResult PresentResult() { return g_present == nullptr ? RunResult() : g_present->SoFar(); }

std::string DescribePresentRun() {
  if (g_present == nullptr) return "outside a run";
  EventLoop& loop = g_present->loop();
  return absl::StrCat("seed ", loop.seed(), ", ", ActorName(loop.running()), " at ",
                      FormatTime(loop.now()), ", event ", loop.events_dispatched());
}

}  // namespace graphdb::sim
