#include "sim/workload/elements.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "sim/workload/batches.h"

namespace graphdb::sim {
namespace {

// Far above the ids that the cluster chooses: those begin at 1.
constexpr uint64_t kOwnFrom = 5'000'000;
constexpr uint64_t kIdsPerClient = 100'000;
constexpr const char* kLabels[] = {"A", "B", "AB", "\xc3\xa9"};
// One is the beginning of another: their lists lie side by side.
constexpr const char* kTypes[] = {"R", "RS", "S"};
constexpr const char* kNames[] = {"a", "b", "ab", "\xc3\xa9t\xc3\xa9"};

// ---- drawing

std::string DrawText(Random& rng) {
  switch (rng.Below(6)) {
    case 0:
      return "";
    case 1:
      return std::string("nul\0inside", 10);
    case 2:
      return "\xf0\x9f\x98\x80 \xe2\x80\xa8\n\"\\";
    case 3:
      return std::string(1 + rng.Below(700), 'x');
    default:
      return std::string(1, static_cast<char>('a' + rng.Below(3)));
  }
}

void DrawScalar(Random& rng, v1::Value* value) {
  constexpr int64_t kIntegers[] = {0,
                                   -1,
                                   42,
                                   std::numeric_limits<int64_t>::min(),
                                   std::numeric_limits<int64_t>::max(),
                                   (int64_t{1} << 53) + 1};
  constexpr double kFloats[] = {0.0,
                                -0.0,
                                1.0,
                                0.1,
                                5e-324,
                                std::numeric_limits<double>::max(),
                                -std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN()};
  switch (rng.Below(6)) {
    case 0:
      return value->set_bool_value(rng.Chance(1, 2));
    case 1:
      return value->set_int_value(kIntegers[rng.Below(std::size(kIntegers))]);
    case 2:
      return value->set_float_value(kFloats[rng.Below(std::size(kFloats))]);
    case 3:
      return value->set_bytes_value(std::string("\x00\xff\x80", rng.Below(4)));
    default:
      return value->set_string_value(DrawText(rng));
  }
}

// Storable: a scalar or a list of them.
void DrawValue(Random& rng, v1::Value* value) {
  if (rng.Chance(3, 4)) return DrawScalar(rng, value);
  v1::ListValue* list = value->mutable_list_value();
  const uint64_t items = rng.Below(4);
  for (uint64_t i = 0; i < items; ++i) DrawScalar(rng, list->add_items());
}

// Nulls only where they take a property away.
void DrawProperties(bool nulls, Random& rng, v1::MapValue* properties) {
  for (const char* name : kNames) {
    if (!rng.Chance(1, 2)) continue;
    v1::MapEntry* entry = properties->add_entries();
    entry->set_key(name);
    entry->mutable_value();
    if (!nulls || rng.Chance(2, 3)) DrawValue(rng, entry->mutable_value());
  }
}

template <typename Add>
void DrawLabels(Random& rng, Add add) {
  for (const char* label : kLabels) {
    if (rng.Chance(1, 3)) add(label);
  }
}

bool RefusalOfContent(v1::ErrorReason reason) {
  return reason == v1::CONSTRAINT || reason == v1::NO_SUCH_ELEMENT || reason == v1::SEMANTIC ||
         reason == v1::LIMIT || reason == v1::SYNTAX || reason == v1::READ_ONLY;
}

// Of the first relationship that the batch makes; 0: it makes none.
uint64_t StartOfNew(const v1::BatchRequest& batch) {
  for (const v1::ElementOp& op : batch.ops()) {
    if (op.has_create_edge()) return op.create_edge().start().id();
  }
  return 0;
}

template <typename Map>
uint64_t PickKey(const Map& map, Random& rng) {
  if (map.empty()) return 0;
  auto at = map.begin();
  std::advance(at, static_cast<int64_t>(rng.Below(map.size())));
  return at->first;
}

// Its own, one that the cluster chooses, one that was deleted, one that is in use.
uint64_t DrawNewId(const ElementsRegion& region, uint64_t own, Random& rng) {
  const uint64_t dice = rng.Below(16);
  if (dice < 4) return 0;
  const bool again = dice == 4 && !region.gone_nodes.empty();
  if (again) return region.gone_nodes[rng.Below(region.gone_nodes.size())];
  return dice == 5 && !region.nodes.empty() ? PickKey(region.nodes, rng) : own;
}

// The node `id`, or now and then one that the batch has just created.
void DrawEnd(const v1::BatchRequest& batch, uint64_t id, Random& rng, v1::NodeRef* end) {
  const uint64_t op = rng.Below(static_cast<uint64_t>(batch.ops_size()));
  const bool created = batch.ops(static_cast<int>(op)).has_create_node();
  if (created && rng.Chance(1, 2)) {
    end->set_created_by_op(static_cast<uint32_t>(op));
  } else {
    end->set_id(id);
  }
}

}  // namespace

uint64_t ElementsWorkload::DrawNode(const ElementsRegion& region, Random& rng) const {
  if (!region.gone_nodes.empty() && rng.Chance(1, 12)) {
    return region.gone_nodes[rng.Below(region.gone_nodes.size())];
  }
  return PickKey(region.nodes, rng);
}

void ElementsWorkload::AddNodeOp(uint64_t dice, ElementsRegion* region, Random& rng,
                                 v1::BatchRequest* batch) const {
  const uint64_t id = DrawNode(*region, rng);
  if (dice < 22) {
    v1::UpdateElement* update = batch->add_ops()->mutable_update_node();
    update->set_id(id);
    DrawProperties(/*nulls=*/true, rng, update->mutable_set());
    DrawLabels(rng, [&](const char* label) { update->add_add_labels(label); });
    DrawLabels(rng, [&](const char* label) { update->add_remove_labels(label); });
  } else if (dice < 36) {
    AddGetNode(batch, id);
  } else if (dice < 40) {
    constexpr int64_t kMinima[] = {0, -5, 3, std::numeric_limits<int64_t>::min()};
    const bool huge = rng.Chance(1, 16);
    const int64_t delta = rng.Between(-3, 9);
    AddDelta(batch, id, rng.Chance(1, 12) ? kNames[0] : kSumProperty,
             huge ? std::numeric_limits<int64_t>::max() : delta);
    v1::AddInteger* add = batch->mutable_ops(batch->ops_size() - 1)->mutable_add_integer();
    add->set_minimum(kMinima[rng.Below(std::size(kMinima))]);
  } else if (dice < 45) {
    AddAppend(batch, id, rng.Chance(1, 12) ? kNames[1] : kItemsProperty, 0);
    DrawScalar(rng,
               batch->mutable_ops(batch->ops_size() - 1)->mutable_append_to_list()->mutable_item());
  } else {
    v1::Expand* expand = batch->add_ops()->mutable_expand();
    expand->set_id(PickKey(region->nodes, rng));
    expand->set_direction(rng.Chance(1, 3)   ? v1::OUTGOING
                          : rng.Chance(1, 2) ? v1::INCOMING
                                             : v1::BOTH);
    if (rng.Chance(1, 2)) expand->set_type(kTypes[rng.Below(3)]);
  }
}

void ElementsWorkload::AddOp(const PlanContext& context, ElementsRegion* region, Random& rng,
                             v1::BatchRequest* batch) {
  const uint64_t dice = region->nodes.size() < 3 ? 100 : rng.Below(112);
  if (dice < 60) return AddNodeOp(dice, region, rng, batch);
  if (dice < 78) {
    v1::CreateEdge* create = batch->add_ops()->mutable_create_edge();
    create->set_type(kTypes[rng.Below(3)]);
    const uint64_t start = PickKey(region->nodes, rng);
    DrawEnd(*batch, start, rng, create->mutable_start());
    DrawEnd(*batch, rng.Chance(1, 6) ? start : DrawNode(*region, rng), rng, create->mutable_end());
    DrawProperties(/*nulls=*/false, rng, create->mutable_properties());
  } else if (dice < 98 && !region->edges.empty()) {
    const bool gone = !region->gone_edges.empty() && rng.Chance(1, 12);
    const uint64_t id = gone ? region->gone_edges[rng.Below(region->gone_edges.size())]
                             : PickKey(region->edges, rng);
    if (dice < 86) {
      v1::UpdateElement* update = batch->add_ops()->mutable_update_edge();
      update->set_id(id);
      DrawProperties(/*nulls=*/true, rng, update->mutable_set());
      if (rng.Chance(1, 20)) update->add_add_labels(kLabels[0]);  // it has none
    } else if (dice < 93) {
      batch->add_ops()->mutable_get_edge()->set_id(id);
    } else {
      AddDeleteEdge(batch, id);
    }
  } else {
    v1::CreateNode* create = batch->add_ops()->mutable_create_node();
    const uint64_t own = first_ + kOwnFrom + context.client * kIdsPerClient + region->made++;
    create->set_id(DrawNewId(*region, own, rng));
    DrawProperties(/*nulls=*/false, rng, create->mutable_properties());
    DrawLabels(rng, [&](const char* label) { create->add_labels(label); });
  }
}

PlannedOp ElementsWorkload::Plan(const PlanContext& context, Random& rng) {
  ElementsRegion& region = regions_[context.client];
  PlannedOp op;
  const uint64_t ops = 1 + rng.Below(5);
  const bool deletes = region.nodes.size() > 3 && rng.Chance(1, 5);
  const uint64_t deletes_at = rng.Chance(1, 2) ? ops : rng.Below(ops);
  for (uint64_t i = 0; i <= ops; ++i) {
    if (deletes && i == deletes_at) {
      // Often the one that a relationship of this very batch goes from.
      const uint64_t any = PickKey(region.nodes, rng);
      const uint64_t start = StartOfNew(op.batch);
      const bool own = rng.Chance(1, 2) && region.nodes.count(start) > 0;
      AddDeleteNode(&op.batch, own ? start : any, /*detach=*/rng.Chance(2, 3));
    }
    if (i < ops) AddOp(context, &region, rng, &op.batch);
  }
  op.write = std::any_of(op.batch.ops().begin(), op.batch.ops().end(), [](const auto& one) {
    return !one.has_get_node() && !one.has_get_edge() && !one.has_expand();
  });
  return op;
}

void ElementsWorkload::Judge(const v1::BatchRequest& batch, const OpOutcome& outcome,
                             ElementsRegion* region) {
  using Carried = ElementsModel::Verdict;
  if (violation_) return;
  if (outcome.outcome == Outcome::kInfo) {
    const uint64_t made = region->made;
    *region = ElementsRegion();
    region->made = made;
    return;
  }
  const bool answered = outcome.outcome == Outcome::kOk;
  if (!answered && !RefusalOfContent(outcome.reason)) return;
  ElementsRegion after = *region;
  ElementsModel model(batch, answered ? &outcome.result : nullptr, &after);
  const Carried verdict = model.Carry();
  if (answered && verdict != Carried::kFits) {
    violation_ = Violation{
        "elements",
        absl::StrCat(model.about(), verdict == Carried::kRefused ? " has to be refused" : "")};
  } else if (!answered && verdict != Carried::kRefused) {
    violation_ = Violation{"elements", absl::StrCat("a valid batch was refused (",
                                                    v1::ErrorReason_Name(outcome.reason), "): {",
                                                    batch.ShortDebugString(), "}")};
  }
  if (answered) *region = std::move(after);
}

std::optional<PlannedOp> ElementsWorkload::NextFinal() {
  if (!finals_listed_) {
    for (const auto& [client, region] : regions_) finals_.push_back(client);
    std::reverse(finals_.begin(), finals_.end());
    finals_listed_ = true;
  }
  while (!finals_.empty() && regions_[finals_.back()].nodes.empty()) finals_.pop_back();
  if (finals_.empty()) return std::nullopt;
  const ElementsRegion& region = regions_[finals_.back()];
  final_batch_.Clear();
  for (const auto& [id, node] : region.nodes) {
    AddGetNode(&final_batch_, id);
    AddExpand(&final_batch_, id, v1::OUTGOING);
    AddExpand(&final_batch_, id, v1::INCOMING);
  }
  for (const auto& [id, edge] : region.edges)
    final_batch_.add_ops()->mutable_get_edge()->set_id(id);
  for (const uint64_t id : region.gone_nodes) AddGetNode(&final_batch_, id);
  for (const uint64_t id : region.gone_edges)
    final_batch_.add_ops()->mutable_get_edge()->set_id(id);
  PlannedOp op;
  op.batch = final_batch_;
  return op;
}

void ElementsWorkload::FinalDone(uint32_t, const OpOutcome& outcome) {
  const uint32_t client = finals_.back();
  finals_.pop_back();
  Judge(final_batch_, outcome, &regions_[client]);
}

void ElementsWorkload::Done(const PlannedOp& op, const OpOutcome& outcome) {
  // A read has no effect, whatever became of it.
  if (outcome.outcome == Outcome::kInfo && !op.write) return;
  Judge(op.batch, outcome, &regions_[op.client]);
}

}  // namespace graphdb::sim
