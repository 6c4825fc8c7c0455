#include "sim/workload/operator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/storage/slots.h"
#include "sim/workload/batches.h"
#include "sim/workload/generators.h"
#include "sim/workload/snapshot_graph.h"

namespace graphdb::sim {
namespace {

// Far above the ids that the cluster chooses: those begin at 1.
constexpr uint64_t kOwnFrom = 5'000'000;
constexpr uint64_t kIdsPerPart = 100'000;
constexpr uint64_t kIdsPerGeneration = 100;
constexpr uint64_t kIdsDrawn = 12;  // of those: creating one that is there is refused
constexpr uint64_t kOpsMax = 3;
constexpr const char* kLabels[] = {"Part", "P", "\xc3\xa9"};
constexpr const char* kTypes[] = {"HAS", "HA"};

void DrawProperties(Random& rng, v1::MapValue* properties) {
  const uint64_t count = rng.Below(3);
  for (uint64_t i = 0; i < count; ++i) {
    v1::MapEntry* entry = properties->add_entries();
    entry->set_key(i == 0 ? "a" : "ab");
    if (rng.Chance(1, 2)) {
      entry->mutable_value()->set_int_value(static_cast<int64_t>(rng.Below(5)) - 2);
    } else {
      entry->mutable_value()->set_string_value(std::string(rng.Below(60), 'x'));
    }
  }
}

}  // namespace

// --- Asking -------------------------------------------------------------------

uint64_t OperatorWorkload::FirstIdOf(const Part& part) const {
  return first_ + kOwnFrom + part.place * kIdsPerPart + part.generation * kIdsPerGeneration;
}

void OperatorWorkload::PlanWrite(const Part& part, Random& rng, v1::BatchRequest* batch) const {
  const uint64_t first = FirstIdOf(part);
  const uint64_t count = 1 + rng.Below(kOpsMax);
  for (uint64_t i = 0; i < count; ++i) {
    v1::ElementOp* op = batch->add_ops();
    const uint64_t id = first + rng.Below(kIdsDrawn);
    const uint64_t dice = rng.Below(10);
    if (dice < 4) {
      op->mutable_create_node()->set_id(id);
      op->mutable_create_node()->add_labels(kLabels[rng.Below(std::size(kLabels))]);
      DrawProperties(rng, op->mutable_create_node()->mutable_properties());
    } else if (dice < 5) {
      op->mutable_update_node()->set_id(id);
      DrawProperties(rng, op->mutable_update_node()->mutable_set());
    } else if (dice < 6) {
      op->mutable_delete_node()->set_id(id);
      op->mutable_delete_node()->set_detach(true);
    } else if (dice < 9 || part.edges.empty()) {
      v1::CreateEdge* create = op->mutable_create_edge();
      create->set_type(kTypes[rng.Below(std::size(kTypes))]);
      create->mutable_start()->set_id(id);
      create->mutable_end()->set_id(first + rng.Below(kIdsDrawn));
      DrawProperties(rng, create->mutable_properties());
    } else {
      op->mutable_delete_edge()->set_id(part.edges[rng.Below(part.edges.size())]);
    }
  }
}

PlannedOp OperatorWorkload::Plan(const PlanContext& context, Random& rng) {
  Part& part = parts_[context.client];
  part.place = context.place;
  PlannedOp op;
  const uint64_t dice = rng.Below(12);
  if (dice < 6) {
    op.write = true;
    PlanWrite(part, rng, &op.batch);
  } else if (dice < 8) {
    op.admin.mutable_snapshot();
  } else if (dice < 9) {
    op.admin.mutable_stats()->set_digest(true);
  } else if (dice < 10) {
    op.admin.mutable_shard_map();
  } else if (dice < 11) {
    op.admin.mutable_raft_stats();
  } else {
    op.admin.mutable_cluster_status();
  }
  return op;
}

std::optional<PlannedOp> OperatorWorkload::NextFinal() {
  if (std::exchange(final_asked_, true)) return std::nullopt;
  PlannedOp op;
  op.admin.mutable_snapshot();
  return op;
}

// --- Judging ------------------------------------------------------------------

void OperatorWorkload::Wrong(uint32_t client, absl::string_view what) {
  if (violation_) return;
  violation_ = Violation{"operator", absl::StrCat("client", client, ": ", what)};
}

void OperatorWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  if (op.write) return Wrote(op, outcome, &parts_[op.client]);
  Judge(op.client, outcome);
}

void OperatorWorkload::FinalDone(uint32_t client, const OpOutcome& outcome) {
  Judge(client, outcome);
}

void OperatorWorkload::Wrote(const PlannedOp& op, const OpOutcome& outcome, Part* part) {
  if (outcome.outcome == Outcome::kInfo) {
    part->ledger = GraphLedger();
    part->edges.clear();
    ++part->generation;
    return;
  }
  if (outcome.outcome != Outcome::kOk) return;
  part->ledger.Commit(outcome.commit, op.batch, outcome.result);
  part->last = std::max(part->last, outcome.commit);
  for (const v1::ElementResult& result : outcome.result.results()) {
    if (result.has_edge()) part->edges.push_back(result.edge().id());
  }
}

void OperatorWorkload::Judge(uint32_t client, const OpOutcome& outcome) {
  if (outcome.outcome != Outcome::kOk) return;
  const v1::AdminResponse& answer = outcome.admin;
  if (answer.has_snapshot()) return JudgeSnapshot(client, outcome, answer.snapshot().data());
  if (answer.has_stats()) return JudgeStats(client, answer.stats());
  if (answer.has_shard_map()) return JudgeMap(client, answer.shard_map());
  if (answer.has_raft_stats()) return JudgeRaft(client, answer.raft_stats());
  const v1::ClusterStatus& status = answer.cluster_status();
  if (status.nodes_size() != static_cast<int>(status.configured())) {
    Wrong(client, absl::StrCat("cluster status: ", status.ShortDebugString()));
  }
}

void OperatorWorkload::JudgeSnapshot(uint32_t client, const OpOutcome& outcome,
                                     const std::string& file) {
  const absl::StatusOr<SnapshotGraph> snapshot = ReadSnapshot(file);
  if (!snapshot.ok()) {
    return Wrong(client, absl::StrCat("snapshot: ", snapshot.status().ToString()));
  }
  if (outcome.commit <= parts_[client].last) {
    return Wrong(client, absl::StrCat("a snapshot at ", outcome.commit.value(),
                                      " asked for after the acknowledgement of ",
                                      parts_[client].last.value()));
  }
  JudgeOwnPart(client, outcome.commit, snapshot->graph);
  JudgeWhole(client, outcome.commit, snapshot->graph);
}

void OperatorWorkload::JudgeOwnPart(uint32_t client, Timestamp at, const LedgerGraph& found) {
  const Part& part = parts_[client];
  const uint64_t first = FirstIdOf(part);
  const auto own = [first](uint64_t id) { return id >= first && id < first + kIdsPerGeneration; };
  LedgerGraph here;
  for (const auto& [id, node] : found.nodes) {
    if (own(id)) here.nodes[id] = node;
  }
  for (const auto& [id, r] : found.relationships) {
    if (own(r.element.start.value())) here.relationships[id] = r;
  }
  const absl::StatusOr<LedgerGraph> expected = part.ledger.At(at);
  if (!expected.ok()) return Wrong(client, expected.status().ToString());
  const std::string difference = Difference(here, *expected);
  if (!difference.empty()) {
    Wrong(client, absl::StrCat("snapshot at ", at.value(), ": ", difference));
  }
}

void OperatorWorkload::JudgeWhole(uint32_t client, Timestamp at, const LedgerGraph& found) {
  for (const auto& [id, r] : found.relationships) {
    for (const ElementId end : {r.element.start, r.element.end}) {
      if (found.nodes.contains(end.value())) continue;
      return Wrong(client, absl::StrCat("snapshot at ", at.value(), ": relationship ", id,
                                        " without its node ", end.value()));
    }
  }
  int64_t accounts = 0;
  int64_t sum = 0;
  for (const auto& [id, node] : found.nodes) {
    if (!node.element.HasLabel(kAccountLabel)) continue;
    const auto balance = node.element.properties.find(kBalance);
    if (balance == node.element.properties.end() || !balance->second.is_integer()) continue;
    ++accounts;
    sum += balance->second.integer();
  }
  if (sum != accounts * kInitialBalance) {
    Wrong(client,
          absl::StrCat("snapshot at ", at.value(), ": ", accounts, " accounts have together ", sum,
                       ", expected ", accounts * kInitialBalance));
  }
}

void OperatorWorkload::JudgeStats(uint32_t client, const v1::Stats& stats) {
  uint64_t nodes = 0;
  std::map<uint32_t, const v1::ShardStats*> leaders;
  for (const v1::ShardStats& scanned : stats.shards()) {
    const auto [leader, first] = leaders.emplace(scanned.shard(), &scanned);
    if (first) {
      nodes += scanned.nodes();
    } else if (scanned.digest() != leader->second->digest()) {
      Wrong(client,
            absl::StrCat("replicas of a shard differ at ", stats.timestamp(), ": ",
                         leader->second->ShortDebugString(), " and ", scanned.ShortDebugString()));
    }
  }
  if (nodes != stats.nodes()) {
    Wrong(client, absl::StrCat("stats: ", stats.nodes(), " nodes, the shards have ", nodes));
  }
}

void OperatorWorkload::JudgeMap(uint32_t client, const v1::ShardMap& map) {
  std::vector<uint32_t> owners(kSlotCount, 0);
  for (const v1::ShardInfo& shard : map.shards()) {
    for (const v1::SlotRange& range : shard.slots()) {
      for (uint32_t slot = range.first(); slot <= range.last() && slot < kSlotCount; ++slot) {
        ++owners[slot];
      }
    }
  }
  const auto bad = std::find_if(owners.begin(), owners.end(), [](uint32_t n) { return n != 1; });
  if (bad == owners.end()) return;
  Wrong(client, absl::StrCat("shard map: slot ", bad - owners.begin(), " has ", *bad, " owners"));
}

void OperatorWorkload::JudgeRaft(uint32_t client, const v1::RaftStats& stats) {
  for (const v1::RaftGroupStats& group : stats.groups()) {
    if (group.applied() <= group.commit() && group.commit() <= group.last_index()) continue;
    Wrong(client, absl::StrCat("raft stats: ", group.ShortDebugString()));
  }
}

}  // namespace graphdb::sim
