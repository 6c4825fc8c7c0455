#include "sim/migrate/snapshot_plan.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"
#include "core/env/random.h"
#include "core/graph/random_element.h"
#include "core/migrate/restore.h"
#include "core/migrate/snapshot_export.h"
#include "core/migrate/snapshot_reader.h"
#include "core/storage/elements.h"
#include "core/storage/memory_kv.h"
#include "sim/env/event_loop.h"
#include "sim/env/sim_clock.h"
#include "sim/env/sim_kv.h"
#include "sim/env/sim_scheduler.h"

namespace graphdb::sim {
namespace {

using migrate::Restore;
using migrate::SnapshotExport;
using migrate::SnapshotHeader;
using migrate::SnapshotReader;
using migrate::SnapshotSink;
using migrate::SnapshotSummary;
using storage::At;
using Nodes = std::map<uint64_t, At<graph::Node>>;
using Relationships = std::map<uint64_t, At<graph::Relationship>>;

constexpr absl::string_view kDamageNames[] = {"none",     "flip",       "truncate",
                                              "dropline", "repeatline", "swaplines"};
constexpr uint64_t kEventsMax = 200'000;

Random StreamOf(const SnapshotPlan& plan, absl::string_view name, uint64_t number = 0) {
  return Random(StreamSeed(plan.seed, name, number));
}

bool SameNodes(const Nodes& a, const Nodes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.ts == y.second.ts && x.second.element == y.second.element;
  });
}

bool SameRelationships(const Relationships& a, const Relationships& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.ts == y.second.ts && x.second.element == y.second.element;
  });
}

// What is there, as plain maps: the oracle, with no key or codec in it.
struct Model {
  Nodes nodes;
  Relationships relationships;
};

// A source graph that takes one commit at a time, in step with its model.
class Source {
 public:
  explicit Source(const SnapshotPlan& plan) : plan_(plan) {}

  // One commit: creates, changes or deletes an element; never a node that still
  // has relationships, never a relationship without its ends.
  void Commit() {
    Random rng = StreamOf(plan_, "commit", ++now_);
    env::KvBatch batch;
    const bool on_node = plan_.edges == 0 || rng.Chance(1, 2);
    if (on_node) {
      ChangeNode(&rng, &batch);
    } else {
      ChangeRelationship(&rng, &batch);
    }
    GRAPHDB_CHECK_OK(kv_.Write(ShardId(0), LogIndex(now_), std::move(batch)));
  }
  Timestamp now() const { return Timestamp(now_); }
  const Model& model() const { return model_; }
  const env::KvReader& reader() const { return kv_; }

 private:
  uint64_t DrawNode(Random* rng) const {
    const uint64_t number = rng->Below(plan_.nodes);
    // Some ids are placed ones, far above the plain.
    if (number % 3 != 2) return number + 1;
    uint64_t counter = number + 1;
    return storage::NextPlacedId(Slot(static_cast<uint16_t>(number * 997 % kSlotCount)), &counter);
  }
  bool HasEdges(uint64_t id) const {
    return std::any_of(model_.relationships.begin(), model_.relationships.end(),
                       [&](const auto& entry) {
                         const graph::Relationship& r = entry.second.element;
                         return r.start.value() == id || r.end.value() == id;
                       });
  }
  void ChangeNode(Random* rng, env::KvBatch* batch) {
    const uint64_t id = DrawNode(rng);
    if (model_.nodes.contains(id) && !HasEdges(id) && rng->Chance(1, 3)) {
      storage::PutTombstone(batch, storage::NodeKey(ElementId(id)), now());
      model_.nodes.erase(id);
      return;
    }
    graph::Node node = graph::RandomNode(rng, ElementId(id));
    storage::PutNode(batch, node, now());
    model_.nodes[id] = {std::move(node), now()};
  }
  void ChangeRelationship(Random* rng, env::KvBatch* batch) {
    const uint64_t id = 1 + rng->Below(plan_.edges);
    auto it = model_.relationships.find(id);
    if (it != model_.relationships.end() && rng->Chance(1, 2)) {
      storage::DeleteRelationship(batch, it->second.element, now());
      model_.relationships.erase(it);
      return;
    }
    const uint64_t start = DrawNode(rng);
    const uint64_t end = DrawNode(rng);
    if (!model_.nodes.contains(start) || !model_.nodes.contains(end)) return;
    graph::Relationship r =
        graph::RandomRelationship(rng, RelationshipId(id), ElementId(start), ElementId(end));
    if (it != model_.relationships.end()) {  // type and ends are fixed
      r.type = it->second.element.type;
      r.start = it->second.element.start;
      r.end = it->second.element.end;
    }
    storage::PutRelationship(batch, r, now());
    model_.relationships[id] = {std::move(r), now()};
  }

  const SnapshotPlan& plan_;
  storage::MemoryKv kv_;
  Model model_;
  uint64_t now_ = 0;
};

class CollectingSink : public SnapshotSink {
 public:
  absl::Status OnNode(const graph::Node& node, Timestamp ts) override {
    model.nodes[node.id.value()] = {node, ts};
    return absl::OkStatus();
  }
  absl::Status OnRelationship(const graph::Relationship& r, Timestamp ts) override {
    model.relationships[r.id.value()] = {r, ts};
    return absl::OkStatus();
  }
  Model model;
};

class TextSource : public env::ImportSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  absl::StatusOr<std::string> Read(uint64_t offset, uint64_t bytes) override {
    if (offset >= text_.size()) return std::string();
    return text_.substr(offset, bytes);
  }

 private:
  std::string text_;
};

absl::StatusOr<std::string> Export(const SnapshotPlan& plan, Source* source, Timestamp at) {
  SnapshotHeader header;
  header.cluster = std::string(32, 'c');
  header.snapshot_id = std::string(32, 'a');
  header.to_seq = at;
  header.epoch = Epoch(1);
  header.shards = plan.shards;
  header.created_by = "plan";
  std::vector<storage::SlotRange> slots;
  for (uint32_t i = 0; i < plan.shards; ++i) {
    const auto share = storage::SlotSet::EvenShare(ShardId(static_cast<uint16_t>(i)), plan.shards);
    slots.push_back(share.ranges()[0]);
  }
  SnapshotExport exporter(header, slots, plan.page);
  uint32_t late = plan.late_commits;
  std::string file;
  while (const auto want = exporter.Next()) {
    auto page = migrate::ReadElementPage(source->reader(), *want);
    if (!page.ok()) return page.status();
    if (absl::Status status = exporter.OnPage(*page); !status.ok()) return status;
    file += exporter.TakeOutput();
    for (; late > 0 && late >= plan.late_commits / 2; --late) source->Commit();
  }
  return file;
}

absl::StatusOr<SnapshotSummary> Verify(const SnapshotPlan& plan, absl::string_view file,
                                       CollectingSink* sink) {
  Random rng = StreamOf(plan, "pieces");
  SnapshotReader reader(sink);
  while (!file.empty()) {
    const uint64_t size = std::min<uint64_t>(file.size(), 1 + rng.Below(2000));
    if (absl::Status status = reader.Feed(file.substr(0, size)); !status.ok()) return status;
    file.remove_prefix(size);
  }
  return reader.Finish();
}

// The file with the plan's damage; the same file where there is nothing to damage.
std::string Damaged(const SnapshotPlan& plan, const std::string& file) {
  std::string out = file;
  const uint64_t byte = plan.damage_at % file.size();
  std::vector<std::string> lines = absl::StrSplit(file, '\n');
  lines.pop_back();
  const uint64_t line = plan.damage_at % lines.size();
  switch (plan.damage) {
    case SnapshotPlan::Damage::kNone:
      return file;
    case SnapshotPlan::Damage::kFlip:
      out[byte] = static_cast<char>(out[byte] ^ (1 << (plan.seed % 8)));
      return out;
    case SnapshotPlan::Damage::kTruncate:
      return out.substr(0, byte);
    case SnapshotPlan::Damage::kDropLine:
      lines.erase(lines.begin() + static_cast<int64_t>(line));
      break;
    case SnapshotPlan::Damage::kRepeatLine: {
      const std::string again = lines[line];
      lines.insert(lines.begin() + static_cast<int64_t>(line), again);
      break;
    }
    case SnapshotPlan::Damage::kSwapLines:
      std::swap(lines[line], lines[(line + 1) % lines.size()]);
      break;
  }
  out.clear();
  for (const std::string& text : lines) absl::StrAppend(&out, text, "\n");
  return out;
}

// The node's machine during restores: one engine that crashes and comes back.
class Machine {
 public:
  explicit Machine(const SnapshotPlan& plan) : plan_(plan), loop_(plan.seed) {
    faults_.flush_error_ppm = plan.flush_error_percent * 10'000;
    faults_.flush_every_bytes = 4096;
  }

  // Starts a restore. Unset: it crashed after `crash_after` events (0: never).
  std::optional<absl::StatusOr<storage::RestoreMarker>> RunRestore(const std::string& file,
                                                                   uint64_t crash_after) {
    Incarnation node(this);
    TextSource source(file);
    std::optional<absl::StatusOr<storage::RestoreMarker>> result;
    auto restore = std::make_shared<Restore>(
        source, *node.kv, *node.scheduler,
        [&result](absl::StatusOr<storage::RestoreMarker> marker) { result = std::move(marker); });
    restore->Start();
    for (uint64_t events = 0; !result.has_value(); ++events) {
      if (crash_after != 0 && events >= crash_after) break;
      if (events > kEventsMax || !loop_.RunOne()) {
        return absl::InternalError("the restore neither ends nor goes on");
      }
    }
    return result;
  }

  // What a node that starts now sees.
  template <typename Look>
  void Inspect(Look look) {
    Incarnation node(this);
    look(*node.kv);
  }

 private:
  struct Incarnation {
    explicit Incarnation(Machine* machine)
        : owner(machine), life(machine->loop_.Begin(NodeActor(NodeId(0)))) {
      clock = std::make_unique<SimClock>(owner->loop_, ClockModel());
      scheduler = std::make_unique<SimScheduler>(owner->loop_, *clock, life);
      kv = std::make_unique<SimKv>(*scheduler, owner->state_,
                                   StreamOf(owner->plan_, "kv", ++owner->incarnations_),
                                   owner->faults_);
    }
    ~Incarnation() {
      owner->loop_.End(life.actor);
      kv.reset();
      Random rng = StreamOf(owner->plan_, "crash", owner->incarnations_);
      owner->state_.Crash(rng);
    }
    Machine* owner;
    Life life;
    std::unique_ptr<SimClock> clock;
    std::unique_ptr<SimScheduler> scheduler;
    std::unique_ptr<SimKv> kv;
  };

  const SnapshotPlan& plan_;
  EventLoop loop_;
  SimKvState state_;
  KvFaults faults_;
  uint64_t incarnations_ = 0;
};

// All versions of the engine as elements: nothing above or beside the model.
absl::StatusOr<Model> ReadBack(const env::KvReader& reader) {
  Model model;
  const auto scan = [&](storage::Tag tag) {
    storage::ScanOptions options;
    options.ts = kMaxTimestamp;
    options.entries_max = 1'000'000;
    return ScanAt(reader, storage::LogicalRange(tag, {Slot(0), Slot(kSlotCount - 1)}), options);
  };
  const auto nodes = scan(storage::Tag::kNode);
  const auto edges = scan(storage::Tag::kEdge);
  const auto records = scan(storage::Tag::kRelationship);
  if (!nodes.ok() || !edges.ok() || !records.ok()) return absl::DataLossError("a scan failed");
  for (const storage::ScanEntry& entry : nodes->entries) {
    auto node = storage::NodeFrom(entry.logical_key, entry.value);
    if (!node.ok()) return node.status();
    const uint64_t id = node->id.value();
    model.nodes[id] = {*std::move(node), entry.ts};
  }
  size_t halves = 0;
  for (const storage::ScanEntry& entry : edges->entries) {
    auto r = storage::RelationshipFrom(entry.logical_key, entry.value);
    if (!r.ok()) return r.status();
    const auto key = storage::ParseLogicalKey(entry.logical_key);
    if (!key->outgoing) {
      ++halves;
      continue;
    }
    const uint64_t id = r->id.value();
    model.relationships[id] = {*std::move(r), entry.ts};
  }
  if (halves != model.relationships.size() || records->entries.size() != halves) {
    return absl::DataLossError(absl::StrCat(model.relationships.size(), " out edges, ", halves,
                                            " in edges, ", records->entries.size(), " records"));
  }
  return model;
}

// The checks of one node's engine after a restore said that it ended.
std::string CheckRestored(const env::KvReader& reader, const Model& model, Timestamp at) {
  const auto marker = storage::ReadRestoreMarker(reader);
  if (!marker.ok()) return absl::StrCat("marker: ", marker.status().ToString());
  if (!marker->has_value() || (*marker)->state != storage::RestoreMarker::State::kComplete) {
    return "P24: the restore reported its end, but after a crash it isn't complete";
  }
  const auto back = ReadBack(reader);
  if (!back.ok()) return absl::StrCat("P24: ", back.status().ToString());
  if (!SameNodes(back->nodes, model.nodes)) return "P7/P24: the restored nodes differ";
  if (!SameRelationships(back->relationships, model.relationships)) {
    return "P7/P24: the restored relationships differ";
  }
  if ((*marker)->to_seq != at) return "M1: the oracle would start below S";
  storage::IdFloor ids;
  for (const auto& [id, node] : model.nodes) ids.Cover(id);
  for (const auto& [id, relationship] : model.relationships) ids.Cover(id);
  if ((*marker)->id_bound <= ids.plain || (*marker)->id_bound <= ids.counter) {
    return "M1: an allocator would hand out an id that is in use";
  }
  return "";
}

// After a crash: nothing, an unfinished restore that no node starts on, or the
// whole graph.
std::string CheckCrashed(const env::KvReader& reader, const Model& model, Timestamp at) {
  const auto marker = storage::ReadRestoreMarker(reader);
  if (!marker.ok()) return absl::StrCat("marker: ", marker.status().ToString());
  if (marker->has_value() && (*marker)->state == storage::RestoreMarker::State::kComplete) {
    return CheckRestored(reader, model, at);
  }
  if (marker->has_value()) {
    return storage::CheckRestoreFinished(*marker).ok() ? "M1: a node would serve half a restore"
                                                       : "";
  }
  const auto back = ReadBack(reader);
  if (!back.ok() || !back->nodes.empty()) return "P24: elements without a marker";
  return "";
}

void CheckDamage(const SnapshotPlan& plan, const std::string& file, PlanResult* result) {
  const std::string damaged = Damaged(plan, file);
  if (damaged == file) return;
  CollectingSink sink;
  const auto verified = Verify(plan, damaged, &sink);
  if (verified.ok()) {
    result->failure = "P31/P41: a damaged file was verified";
    return;
  }
  Machine machine(plan);
  const auto restored = machine.RunRestore(damaged, 0);
  if (!restored.has_value() || restored->ok()) {
    result->failure = "P41: a damaged file was restored";
    return;
  }
  machine.Inspect([&](const env::KvReader& reader) {
    const auto it = reader.Iterate("", "\xff");
    if (it->Valid()) result->failure = "P41: a refused file left something in the engine";
  });
  result->damage_refused = true;
}

void CheckRestore(const SnapshotPlan& plan, const std::string& file, const Model& model,
                  Timestamp at, PlanResult* result) {
  Machine machine(plan);
  constexpr uint32_t kRestoresMax = 20;
  for (uint32_t i = 0; i < kRestoresMax && result->failure.empty(); ++i) {
    ++result->restores;
    const auto ended = machine.RunRestore(file, i < plan.crashes ? plan.crash : 0);
    const bool finished = ended.has_value() && ended->ok();
    if (ended.has_value() && !ended->ok()) {
      ++result->refused;
      if (plan.flush_error_percent == 0) {
        result->failure = absl::StrCat("refused without a fault: ", ended->status().ToString());
      }
    }
    machine.Inspect([&](const env::KvReader& reader) {
      const std::string seen =
          finished ? CheckRestored(reader, model, at) : CheckCrashed(reader, model, at);
      if (result->failure.empty()) result->failure = seen;
    });
    if (finished) {
      result->ended_at_once = i == 0;
      return;
    }
  }
  if (result->failure.empty()) result->failure = "the restore never ended";
}

}  // namespace

std::string PlanText(const SnapshotPlan& plan) {
  return absl::StrCat("seed=", plan.seed, " nodes=", plan.nodes, " edges=", plan.edges,
                      " commits=", plan.commits, " late_commits=", plan.late_commits,
                      " shards=", plan.shards, " page=", plan.page, " crash=", plan.crash,
                      " crashes=", plan.crashes, " flush_error_percent=", plan.flush_error_percent,
                      " damage=", kDamageNames[static_cast<size_t>(plan.damage)],
                      " damage_at=", plan.damage_at);
}

absl::StatusOr<SnapshotPlan> ParsePlan(absl::string_view text) {
  SnapshotPlan plan;
  const std::map<std::string, uint32_t*> fields = {
      {"nodes", &plan.nodes},
      {"edges", &plan.edges},
      {"commits", &plan.commits},
      {"late_commits", &plan.late_commits},
      {"shards", &plan.shards},
      {"page", &plan.page},
      {"crash", &plan.crash},
      {"crashes", &plan.crashes},
      {"flush_error_percent", &plan.flush_error_percent},
      {"damage_at", &plan.damage_at}};
  for (const absl::string_view part : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> field = absl::StrSplit(part, absl::MaxSplits('=', 1));
    const auto it = fields.find(field.first);
    bool good = false;
    if (field.first == "damage") {
      for (size_t i = 0; i < std::size(kDamageNames); ++i) {
        if (kDamageNames[i] != field.second) continue;
        plan.damage = static_cast<SnapshotPlan::Damage>(i);
        good = true;
      }
    } else if (field.first == "seed") {
      good = absl::SimpleAtoi(field.second, &plan.seed);
    } else if (it != fields.end()) {
      good = absl::SimpleAtoi(field.second, it->second);
    }
    if (!good) return absl::InvalidArgumentError(absl::StrCat("plan: '", part, "'"));
  }
  if (plan.nodes == 0 || plan.shards == 0 || plan.page == 0) {
    return absl::InvalidArgumentError("plan: nodes, shards and page are at least 1");
  }
  return plan;
}

PlanResult RunPlan(const SnapshotPlan& plan) {
  PlanResult result;
  Source source(plan);
  for (uint32_t i = 0; i < plan.commits; ++i) source.Commit();
  if (source.now() == Timestamp(0)) source.Commit();
  const Timestamp at = source.now();
  const Model model = source.model();
  const auto file = Export(plan, &source, at);
  if (!file.ok()) {
    result.failure = absl::StrCat("P7: export: ", file.status().ToString());
    return result;
  }
  CollectingSink sink;
  const auto verified = Verify(plan, *file, &sink);
  if (!verified.ok()) {
    result.failure = absl::StrCat("P7: verify: ", verified.status().ToString());
  } else if (!SameNodes(sink.model.nodes, model.nodes) ||
             !SameRelationships(sink.model.relationships, model.relationships)) {
    result.failure = "P7/P12: the file holds another graph than was committed at S";
  }
  if (result.failure.empty()) CheckDamage(plan, *file, &result);
  if (result.failure.empty()) CheckRestore(plan, *file, model, at, &result);
  return result;
}

}  // namespace graphdb::sim
