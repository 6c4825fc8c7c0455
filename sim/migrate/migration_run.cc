#include "sim/migrate/migration_run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/storage/keys.h"
#include "core/storage/slots.h"
#include "sim/env/mixing.h"
#include "sim/migrate/graph_clients.h"
#include "sim/migrate/restore_program.h"
#include "sim/migrate/stage.h"
#include "sim/workload/graph_ledger.h"
#include "sim/workload/snapshot_graph.h"
#include "sim/world/cluster_program.h"

namespace graphdb::sim {
namespace {

using Way = MigrationResult::Way;
using Damage = MigrationPlan::Damage;
using SharedSink = std::shared_ptr<TraceLog::Sink>;

constexpr NodeId kFirst{0};
constexpr uint32_t kNodes = 3;
constexpr Duration kReboot = Duration::Milliseconds(200);
constexpr Duration kOperatorPause = Duration::Milliseconds(300);
// What is planned for the end of the snapshot, and for the forming cluster, has
// this long to happen before the faults stop.
constexpr Duration kAfterSnapshot = Duration::Milliseconds(300);
constexpr Duration kForming = Duration::Seconds(6);
constexpr uint32_t kSnapshotsMax = 40;
constexpr int kReadsPerBatch = 40;
constexpr uint64_t kNewWrites = 15;

Random StreamOf(const MigrationPlan& plan, absl::string_view name, uint64_t number = 0) {
  return Random(StreamSeed(plan.seed, name, number));
}

RunOptions OptionsOf(const MigrationPlan& plan, uint32_t nodes) {
  RunOptions options;
  options.name = "migration";
  options.seed = StreamSeed(plan.seed, "migration.world", nodes);
  options.nodes = nodes;
  options.shards = nodes == 1 ? 1 : plan.shards;
  options.knobs.log_segment_bytes = 64 << 10;
  options.knobs.log_entries_kept = 32;
  options.kv.flush_every_bytes = 16 << 10;
  return options;
}

void SetTrace(const SharedSink& sink, World* world) {
  if (sink == nullptr) return;
  world->trace().SetSink(TraceLog::Detail::kFull,
                         [sink](absl::string_view line) { (*sink)(line); });
}

// The file with the plan's damage.
std::string Damaged(const MigrationPlan& plan, const std::string& file) {
  std::string out = file;
  const uint64_t byte = plan.damage_at % file.size();
  std::vector<std::string> lines = absl::StrSplit(file, '\n');
  lines.pop_back();
  const uint64_t line = plan.damage_at % lines.size();
  switch (plan.damage) {
    case Damage::kNone:
      return file;
    case Damage::kFlip:
      out[byte] = static_cast<char>(out[byte] ^ (1 << (plan.seed % 8)));
      return out;
    case Damage::kTruncate:
      return out.substr(0, byte);
    case Damage::kDropLine:
      lines.erase(lines.begin() + static_cast<int64_t>(line));
      break;
    case Damage::kRepeatLine: {
      const std::string again = lines[line];
      lines.insert(lines.begin() + static_cast<int64_t>(line), again);
      break;
    }
    case Damage::kSwapLines:
      std::swap(lines[line], lines[(line + 1) % lines.size()]);
      break;
  }
  out.clear();
  for (const std::string& text : lines) absl::StrAppend(&out, text, "\n");
  return out;
}

void AddStage(Stage& stage, MigrationResult* result) {
  if (result->failure.empty()) result->failure = stage.failure();
  for (const auto& [kind, count] : stage.world().fault_counts()) result->faults[kind] += count;
  result->events += stage.world().loop().events_dispatched();
  result->virtual_time = result->virtual_time + stage.world().loop().now();
  result->trace_hash = Mix(result->trace_hash, stage.world().loop().trace_hash().value());
}

// ---- the Milestone 2 node ---------------------------------------------------

class Source {
 public:
  Source(const MigrationPlan& plan, const SharedSink& sink)
      : plan_(plan),
        stage_(OptionsOf(plan, 1), ClusterProgramFactory(plan.page)),
        clients_(stage_.world(),
                 {.clients = plan.clients,
                  .ids = plan.ids,
                  .seed = StreamSeed(plan.seed, "migration.source", 0),
                  .think_max = Duration::Milliseconds(plan.think_ms + 1)},
                 LedgerGraph()) {
    SetTrace(sink, &stage_.world());
  }

  // False: failed, see `result`.
  bool Run(MigrationResult* result) {
    const bool done = Play(result) && Judge(result);
    AddStage(stage_, result);
    return done && result->failure.empty();
  }

  const std::string& file() const { return file_; }
  const LedgerGraph& graph() const { return graph_; }
  Timestamp at() const { return at_; }

 private:
  bool Play(MigrationResult* result) {
    stage_.Start(kFirst);
    clients_.Start();
    if (!stage_.Until("taking writes", Stage::kLimit,
                      [&] { return clients_.last() > Timestamp(); }))
      return false;
    stage_.world().Play(ToFaultPlan(plan_.source, 1));
    if (!stage_.For(Duration::Milliseconds(plan_.load_ms)) || !Snapshot(result)) return false;
    if (!stage_.For(kAfterSnapshot)) return false;
    clients_.Stop();
    stage_.world().EndFaults();
    return stage_.Until("idle", Stage::kLimit, [&] { return clients_.idle(); });
  }

  // As an operator asks: again where the answer broke off.
  bool Snapshot(MigrationResult* result) {
    for (uint32_t i = 0; i < kSnapshotsMax; ++i) {
      if (i == kSnapshotsMax / 2) stage_.world().EndFaults();
      const uint32_t crash_after =
          i < plan_.snapshot_crashes.size() ? plan_.snapshot_crashes[i] : 0;
      uint32_t events = 0;
      v1::AdminRequest request;
      request.mutable_snapshot();
      std::optional<v1::ClientResponse> answer =
          stage_.Ask(plan_.clients + 1, kFirst, std::move(request), [&] {
            if (!stage_.Step()) return false;
            if (stage_.world().loop().last_ran() != NodeActor(kFirst)) return true;
            if (crash_after != 0 && ++events == crash_after) Reboot(i);
            return true;
          });
      if (!stage_.failure().empty()) return false;
      if (answer.has_value() && answer->error().code() == 0) {
        file_ = answer->admin().snapshot().data();
        at_ = Timestamp(answer->commit_timestamp());
        return true;
      }
      if (answer.has_value() && !MayComeBack(answer->error())) {
        return stage_.Fail(absl::StrCat("P7: no snapshot: ", answer->error().message()));
      }
      ++result->snapshots_broken;
      if (!stage_.For(kOperatorPause)) return false;
    }
    return stage_.Fail("liveness: no snapshot");
  }

  static bool MayComeBack(const v1::ErrorInfo& error) {
    const auto code = static_cast<absl::StatusCode>(error.code());
    return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDeadlineExceeded;
  }

  void Reboot(uint32_t attempt) {
    stage_.Stop(kFirst, /*power=*/attempt % 2 == 0);
    FaultAction restart;
    restart.at = kReboot;
    restart.kind = FaultKind::kRestart;
    restart.target.node = kFirst;
    stage_.world().Play({restart});
  }

  bool Judge(MigrationResult* result) {
    if (clients_.unknown() > 0) return stage_.Fail("an outcome stayed unknown");
    result->source_transactions = clients_.ledger().size();
    const absl::StatusOr<LedgerGraph> graph = clients_.ledger().At(at_);
    if (!graph.ok()) return stage_.Fail(absl::StrCat("source: ", graph.status().ToString()));
    graph_ = *graph;
    result->nodes = graph_.nodes.size();
    result->relationships = graph_.relationships.size();
    const absl::StatusOr<SnapshotGraph> snapshot = ReadSnapshot(file_);
    if (!snapshot.ok()) {
      return stage_.Fail(absl::StrCat("P7: verify: ", snapshot.status().ToString()));
    }
    if (snapshot->summary.header.to_seq != at_)
      return stage_.Fail("P7: another timestamp in the file");
    const std::string difference = Difference(snapshot->graph, graph_);
    if (!difference.empty()) return stage_.Fail(absl::StrCat("P7: the file: ", difference));
    return snapshot->summary.digest.exact == graph_.Digest().exact ||
           stage_.Fail("P7: the file's digest");
  }

  const MigrationPlan& plan_;
  Stage stage_;
  GraphClients clients_;
  std::string file_;
  Timestamp at_;
  LedgerGraph graph_;
};

// ---- the cluster ------------------------------------------------------------

class Target {
 public:
  Target(const MigrationPlan& plan, const Source& source, const SharedSink& sink)
      : plan_(plan),
        source_(source),
        stage_(Options(plan), [this, cluster = ClusterProgramFactory(plan.page)](
                                  const ProgramOptions& options,
                                  env::Env& env) { return Make(cluster, options, env); }),
        clients_(stage_.world(),
                 {.clients = std::max(plan.target_clients, 1u),
                  .ids = plan.ids,
                  .plain_ids = false,
                  .seed = StreamSeed(plan.seed, "migration.target", 0)},
                 source.graph()) {
    job_.batch = plan.batch;
    job_.read_error_percent = plan.read_error_percent;
    job_.rng = StreamOf(plan, "migration.read");
    SetTrace(sink, &stage_.world());
  }

  void Run(MigrationResult* result) {
    result_ = result;
    if (Restore() && Form() && Healthy() && NewWrites()) Judge();
    result->target_transactions = clients_.ledger().size();
    AddStage(stage_, result);
  }

 private:
  enum class Slot : uint8_t { kRestore, kUnfinished, kNode };

  static RunOptions Options(const MigrationPlan& plan) {
    RunOptions options = OptionsOf(plan, kNodes);
    options.kv.flush_error_ppm = plan.flush_error_percent * 10'000;
    options.kv.write_error_ppm = plan.write_error_percent * 10'000;
    return options;
  }

  std::unique_ptr<Program> Make(const ProgramFactory& cluster, const ProgramOptions& options,
                                env::Env& env) {
    if (options.self != kFirst) return forming_ ? cluster(options, env) : MakeIdleProgram();
    if (slot_ == Slot::kRestore) return MakeRestoreProgram(&job_, env);
    // Without a marker there is nothing to refuse: a node may found on an empty disk.
    const auto marker = storage::ReadRestoreMarker(env.kv);
    const bool nothing = marker.ok() && !marker->has_value();
    if (slot_ != Slot::kUnfinished || !nothing) return cluster(options, env);
    unmarked_ = unmarked_ || HoldsAnything(env.kv);
    return MakeIdleProgram();
  }

  static bool HoldsAnything(const env::KvReader& engine) {
    const auto it = engine.Iterate(std::string(), std::string(1, '\xff'));
    return it->status().ok() && it->Valid();
  }

  bool Restore() {
    const std::string damaged = Damaged(plan_, source_.file());
    const bool is_damaged = damaged != source_.file();
    job_.file = damaged;
    for (uint32_t i = 0;; ++i) {  // ends with the plan's crashes
      uint64_t crash_after = 0;
      if (i < plan_.restore_crashes.size()) {
        crash_after = 1 + RestoreEvents() * plan_.restore_crashes[i] / 1000;
      }
      if (!RestoreOnce(crash_after, i)) return false;
      if (job_.result.has_value()) break;
      ++result_->restores_crashed;
      result_->way = Way::kReentered;
      if (plan_.start_unfinished && !StartOnUnfinished()) return false;
    }
    if (job_.result->ok() && is_damaged) return stage_.Fail("P41: a damaged copy was restored");
    return job_.result->ok() || Rerun(is_damaged);
  }

  // About what an undisturbed restore takes: two passes over the file, one over
  // the engine, and a dozen of single steps.
  uint64_t RestoreEvents() const {
    const migrate::Restore::Limits limits = LimitsOf(job_);
    const uint64_t entries =
        source_.graph().nodes.size() + 3 * source_.graph().relationships.size();
    return 2 * (job_.file.size() / limits.piece_bytes) + entries / limits.compare_entries + 12;
  }

  // False: the run has failed. The job has no result where the machine crashed.
  bool RestoreOnce(uint64_t crash_after, uint32_t start) {
    slot_ = Slot::kRestore;
    job_.result.reset();
    stage_.Start(kFirst);
    uint64_t events = 0;
    const Duration end = stage_.world().loop().now() + Stage::kLimit;
    while (!job_.result.has_value() && (crash_after == 0 || events < crash_after)) {
      if (!stage_.Step()) return false;
      if (stage_.world().loop().last_ran() == NodeActor(kFirst)) ++events;
      if (stage_.world().loop().now() > end) return stage_.Fail("liveness: the restore hangs");
    }
    // It has ended, or the power goes: either way only what is durable stays.
    stage_.Stop(kFirst, /*power=*/start % 2 == 0);
    return stage_.For(kReboot);
  }

  // Somebody, or the service manager, starts the node on what a crash left. It
  // may be whole: then it is a cluster, and the restore has nothing to do.
  bool StartOnUnfinished() {
    slot_ = Slot::kUnfinished;
    stage_.Start(kFirst);
    if (unmarked_) return stage_.Fail("P24: a restore left data without its marker");
    // Refused at once: its life has ended inside the start.
    if (!stage_.world().loop().HasLife(NodeActor(kFirst))) ++result_->starts_refused;
    if (!stage_.For(Duration::Milliseconds(2500))) return false;
    stage_.Stop(kFirst, /*power=*/true);
    return stage_.For(kReboot);
  }

  bool Rerun(bool is_damaged) {
    const absl::Status refusal = job_.result->status();
    const bool engine = plan_.write_error_percent + plan_.flush_error_percent > 0;
    const bool unavailable = absl::IsUnavailable(refusal);
    if (is_damaged && !unavailable) {
      result_->refused_for = "damaged copy";
    } else if (engine && unavailable) {
      result_->refused_for = "engine that failed";
    } else if (plan_.read_error_percent > 0 && unavailable) {
      result_->refused_for = "file that can't be read";
    } else {
      return stage_.Fail(absl::StrCat("refused without a fault: ", refusal.ToString()));
    }
    result_->way = Way::kRerun;
    job_.file = source_.file();
    job_.read_error_percent = 0;
    job_.result.reset();
    slot_ = Slot::kRestore;
    stage_.world().EndFaults();
    if (!stage_.Until("restored", Stage::kLimit, [&] { return job_.result.has_value(); })) {
      return false;
    }
    if (!job_.result->ok()) {
      return stage_.Fail(absl::StrCat("refused though the faults have stopped: ",
                                      job_.result->status().ToString()));
    }
    stage_.Stop(kFirst, /*power=*/true);
    return stage_.For(kReboot);
  }

  bool Form() {
    for (uint32_t n = 1; n < kNodes; ++n) stage_.Stop(NodeId(n), /*power=*/false);
    slot_ = Slot::kNode;
    forming_ = true;
    stage_.Start(kFirst);
    const bool quiet = result_->way == Way::kRerun;
    if (!quiet) {
      FaultPlan faults = ToFaultPlan(plan_.forming, kNodes);
      for (uint32_t n = 1; n < kNodes; ++n) faults.push_back(StartOf(n));
      stage_.world().Play(faults);
    }
    clients_.Start();
    if (!quiet && !stage_.For(kForming)) return false;
    stage_.world().EndFaults();  // starts who is down
    return true;
  }

  FaultAction StartOf(uint32_t node) const {
    FaultAction start;
    start.at = Duration::Milliseconds(node == 1 ? plan_.node2_ms : plan_.node3_ms);
    start.kind = FaultKind::kRestart;
    start.target.node = NodeId(node);
    return start;
  }

  bool Healthy() {
    const Duration end = stage_.world().loop().now() + Stage::kLimit;
    for (;;) {
      v1::AdminRequest request;
      request.mutable_cluster_status();
      const auto answer = stage_.Ask(operator_, kFirst, std::move(request));
      if (!stage_.failure().empty()) return false;
      if (answer.has_value() && IsHealthy(answer->admin().cluster_status())) return true;
      if (stage_.world().loop().now() > end) {
        return stage_.Fail(
            absl::StrCat("liveness: the cluster isn't healthy: ",
                         answer.has_value() ? answer->admin().ShortDebugString() : "no answer",
                         "; ", stage_.world().start_failure().ToString()));
      }
      if (!stage_.For(kOperatorPause)) return false;
    }
  }

  static bool IsHealthy(const v1::ClusterStatus& status) {
    return status.voters() == kNodes &&
           std::all_of(status.nodes().begin(), status.nodes().end(),
                       [](const v1::NodeStatus& node) { return node.health() == v1::HEALTHY; });
  }

  bool NewWrites() {
    const uint64_t before = clients_.ledger().size();
    if (!stage_.Until("taking new writes", Stage::kLimit,
                      [&] { return clients_.ledger().size() >= before + kNewWrites; })) {
      return false;
    }
    clients_.Stop();
    if (!stage_.Until("idle", Stage::kLimit, [&] { return clients_.idle(); })) return false;
    const auto all = [](NodeId) { return true; };
    return stage_.Until("settled", Stage::kLimit, [&] { return stage_.observer().Settled(all); });
  }

  void Judge() {
    if (clients_.unknown() > 0) {
      stage_.Fail("an outcome stayed unknown");
      return;
    }
    if (clients_.first() <= source_.at()) {
      stage_.Fail(absl::StrCat("M1: a commit at ", clients_.first().value(),
                               ", the snapshot is of ", source_.at().value()));
      return;
    }
    uint64_t largest = 0;
    for (const auto& [id, node] : source_.graph().nodes) {
      if (storage::IsPlainId(id)) largest = id;
    }
    if (clients_.lowest_choice() != 0 && clients_.lowest_choice() <= largest) {
      stage_.Fail(absl::StrCat("M1: the cluster chose node id ", clients_.lowest_choice(),
                               ", the snapshot holds ", largest));
      return;
    }
    const absl::StatusOr<LedgerGraph> graph = clients_.ledger().At(kMaxTimestamp);
    if (!graph.ok()) {
      stage_.Fail(absl::StrCat("P24: ", graph.status().ToString()));
      return;
    }
    if (ReadsAgree(*graph) && DigestsAgree(*graph)) EnginesAgree();
  }

  // Element by element, through the API.
  bool ReadsAgree(const LedgerGraph& expected) {
    std::vector<uint64_t> ids = clients_.NodeIds();
    while (!ids.empty()) {
      v1::BatchRequest batch;
      while (!ids.empty() && batch.ops_size() < kReadsPerBatch) {
        batch.add_ops()->mutable_get_node()->set_id(ids.back());
        for (const v1::Direction direction : {v1::OUTGOING, v1::INCOMING}) {
          v1::Expand* expand = batch.add_ops()->mutable_expand();
          expand->set_id(ids.back());
          expand->set_direction(direction);
        }
        ids.pop_back();
      }
      std::optional<v1::BatchResult> result;
      clients_.Read(batch, [&](const OpOutcome& outcome) { result = outcome.result; });
      if (!stage_.Until("read", Stage::kLimit, [&] { return result.has_value(); })) return false;
      const std::string difference = CompareReads(batch, *result, expected);
      if (!difference.empty()) return stage_.Fail(absl::StrCat("P24: read: ", difference));
    }
    return true;
  }

  bool DigestsAgree(const LedgerGraph& graph) {
    v1::AdminRequest request;
    request.mutable_stats()->set_digest(true);
    const auto answer = stage_.Ask(operator_, NodeId(1), std::move(request));
    if (!stage_.failure().empty()) return false;
    if (!answer.has_value() || answer->error().code() != 0) {
      return stage_.Fail(
          absl::StrCat("stats: ", answer.has_value() ? answer->error().message() : "no answer"));
    }
    const v1::Stats& stats = answer->admin().stats();
    const storage::GraphDigest expected = graph.Digest();
    if (!stats.replicas_equal()) return stage_.Fail("P24: the replicas differ by digest");
    if (stats.digest() == expected.exact.ToHex() && stats.nodes() == expected.nodes &&
        stats.edges() == expected.edges) {
      return true;
    }
    return stage_.Fail(absl::StrCat("P24: the cluster has ", stats.nodes(), " nodes, ",
                                    stats.edges(), " relationships, digest ", stats.digest(),
                                    "; the ledger has ", expected.nodes, ", ", expected.edges, ", ",
                                    expected.exact.ToHex()));
  }

  // Byte by byte, but for what belongs to one disk.
  bool EnginesAgree() {
    const env::KvReader* first = stage_.world().engine(kFirst);
    for (uint32_t n = 1; n < kNodes; ++n) {
      auto a = first->Iterate("", "\xff");
      auto b = stage_.world().engine(NodeId(n))->Iterate("", "\xff");
      for (;;) {
        SkipNodeLocal(a.get());
        SkipNodeLocal(b.get());
        if (!a->Valid() && !b->Valid()) break;
        const bool same =
            a->Valid() && b->Valid() && a->key() == b->key() && a->value() == b->value();
        if (!same) {
          const env::KvIterator& shown = a->Valid() ? *a : *b;
          return stage_.Fail(absl::StrCat("P24: the engines of node1 and node", n + 1,
                                          " differ at ", storage::DescribeKey(shown.key())));
        }
        a->Next();
        b->Next();
      }
    }
    return true;
  }

  static void SkipNodeLocal(env::KvIterator* it) {
    const std::string begin = storage::NodeLocalKey("");
    while (it->Valid() && it->key().substr(0, begin.size()) == begin) it->Next();
  }

  const MigrationPlan& plan_;
  const Source& source_;
  RestoreJob job_;
  Slot slot_ = Slot::kRestore;
  bool forming_ = false;
  bool unmarked_ = false;  // an engine without a marker held something
  Stage stage_;
  GraphClients clients_;
  const uint32_t operator_ = 20;  // a client number of its own
  MigrationResult* result_ = nullptr;
};

}  // namespace

MigrationResult RunMigration(const MigrationPlan& plan, TraceLog::Sink sink) {
  MigrationResult result;
  SharedSink shared;
  if (sink) shared = std::make_shared<TraceLog::Sink>(std::move(sink));
  Source source(plan, shared);
  if (!source.Run(&result)) return result;
  Target target(plan, source, shared);
  target.Run(&result);
  return result;
}

}  // namespace graphdb::sim
