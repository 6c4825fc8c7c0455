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
constexpr const char* kItems = "items";  // for AppendToList
constexpr const char* kSum = "sum";      // for AddInteger

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

// ---- meaning

void Change(const v1::MapValue& changes, v1::MapValue* properties) {
  std::map<std::string, v1::Value> all;
  for (const v1::MapEntry& entry : properties->entries()) all[entry.key()] = entry.value();
  for (const v1::MapEntry& entry : changes.entries()) {
    if (entry.value().kind_case() == v1::Value::KIND_NOT_SET) {
      all.erase(entry.key());
    } else {
      all[entry.key()] = entry.value();
    }
  }
  properties->clear_entries();
  for (const auto& [key, value] : all) {
    v1::MapEntry* entry = properties->add_entries();
    entry->set_key(key);
    *entry->mutable_value() = value;
  }
}

template <typename Range>
void SetLabels(const Range& labels, v1::NodeValue* node) {
  node->clear_labels();
  for (const std::string& label : labels) node->add_labels(label);
}

void ChangeLabels(const v1::UpdateElement& update, v1::NodeValue* node) {
  std::vector<std::string> labels(node->labels().begin(), node->labels().end());
  for (const std::string& label : update.remove_labels()) std::erase(labels, label);
  for (const std::string& label : update.add_labels()) labels.push_back(label);
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  SetLabels(labels, node);
}

v1::Value* PropertyOf(v1::NodeValue* node, const std::string& name) {
  for (v1::MapEntry& entry : *node->mutable_properties()->mutable_entries()) {
    if (entry.key() == name) return entry.mutable_value();
  }
  return nullptr;
}

void SetProperty(const std::string& name, v1::Value value, v1::NodeValue* node) {
  v1::MapValue change;
  v1::MapEntry* entry = change.add_entries();
  entry->set_key(name);
  *entry->mutable_value() = std::move(value);
  Change(change, node->mutable_properties());
}

template <typename Message>
bool Same(const Message& expected, const Message& actual, std::string* wrong) {
  if (expected.SerializeAsString() == actual.SerializeAsString()) return true;
  *wrong = absl::StrCat("expected {", expected.ShortDebugString(), "}, got {",
                        actual.ShortDebugString(), "}");
  return false;
}

bool Touches(const v1::RelationshipValue& edge, uint64_t node) {
  return edge.start() == node || edge.end() == node;
}

v1::EdgeList ListOf(const std::map<uint64_t, v1::RelationshipValue>& edges,
                    const v1::Expand& expand) {
  v1::EdgeList list;
  for (const auto& [id, edge] : edges) {
    if (!expand.type().empty() && edge.type() != expand.type()) continue;
    const bool out = edge.start() == expand.id() && expand.direction() != v1::INCOMING;
    const bool in = edge.end() == expand.id() && expand.direction() != v1::OUTGOING;
    if (out || in) *list.add_edges() = edge;
  }
  return list;
}

bool RefusalOfContent(v1::ErrorReason reason) {
  return reason == v1::CONSTRAINT || reason == v1::NO_SUCH_ELEMENT || reason == v1::SEMANTIC ||
         reason == v1::LIMIT || reason == v1::SYNTAX || reason == v1::READ_ONLY;
}

template <typename Map>
uint64_t PickKey(const Map& map, Random& rng) {
  if (map.empty()) return 0;
  auto at = map.begin();
  std::advance(at, static_cast<int64_t>(rng.Below(map.size())));
  return at->first;
}

}  // namespace

uint64_t ElementsWorkload::DrawNode(const Region& region, Random& rng) const {
  if (!region.gone_nodes.empty() && rng.Chance(1, 12)) {
    return region.gone_nodes[rng.Below(region.gone_nodes.size())];
  }
  return PickKey(region.nodes, rng);
}

void ElementsWorkload::AddNodeOp(uint64_t dice, Region* region, Random& rng,
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
    AddDelta(batch, id, kSum, rng.Between(-3, 9));
  } else if (dice < 45) {
    AddAppend(batch, id, kItems, 0);
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

void ElementsWorkload::AddOp(const PlanContext& context, Region* region, Random& rng,
                             v1::BatchRequest* batch) {
  const uint64_t dice = region->nodes.size() < 3 ? 100 : rng.Below(112);
  if (dice < 60) return AddNodeOp(dice, region, rng, batch);
  if (dice < 78) {
    v1::CreateEdge* create = batch->add_ops()->mutable_create_edge();
    create->set_type(kTypes[rng.Below(3)]);
    const uint64_t start = PickKey(region->nodes, rng);
    create->mutable_start()->set_id(start);
    create->mutable_end()->set_id(rng.Chance(1, 6) ? start : DrawNode(*region, rng));
    DrawProperties(/*nulls=*/false, rng, create->mutable_properties());
  } else if (dice < 98 && !region->edges.empty()) {
    const bool gone = !region->gone_edges.empty() && rng.Chance(1, 12);
    const uint64_t id = gone ? region->gone_edges[rng.Below(region->gone_edges.size())]
                             : PickKey(region->edges, rng);
    if (dice < 86) {
      v1::UpdateElement* update = batch->add_ops()->mutable_update_edge();
      update->set_id(id);
      DrawProperties(/*nulls=*/true, rng, update->mutable_set());
    } else if (dice < 93) {
      batch->add_ops()->mutable_get_edge()->set_id(id);
    } else {
      AddDeleteEdge(batch, id);
    }
  } else {
    v1::CreateNode* create = batch->add_ops()->mutable_create_node();
    create->set_id(first_ + kOwnFrom + context.client * kIdsPerClient + region->made++);
    DrawProperties(/*nulls=*/false, rng, create->mutable_properties());
    DrawLabels(rng, [&](const char* label) { create->add_labels(label); });
  }
}

PlannedOp ElementsWorkload::Plan(const PlanContext& context, Random& rng) {
  Region& region = regions_[context.client];
  PlannedOp op;
  const uint64_t ops = 1 + rng.Below(5);
  for (uint64_t i = 0; i < ops; ++i) AddOp(context, &region, rng, &op.batch);
  // The last one: what comes after it in a batch would need the rules of visibility.
  if (region.nodes.size() > 3 && rng.Chance(1, 5)) {
    AddDeleteNode(&op.batch, PickKey(region.nodes, rng), /*detach=*/rng.Chance(2, 3));
  }
  op.write = std::any_of(op.batch.ops().begin(), op.batch.ops().end(), [](const auto& one) {
    return !one.has_get_node() && !one.has_get_edge() && !one.has_expand();
  });
  return op;
}

bool ElementsWorkload::CarryNode(const v1::ElementOp& op, const v1::ElementResult& actual,
                                 Region* region, std::string* wrong) const {
  if (op.has_create_node()) {
    v1::NodeValue node;
    node.set_id(op.create_node().id());
    v1::UpdateElement labels;
    *labels.mutable_add_labels() = op.create_node().labels();
    ChangeLabels(labels, &node);
    node.mutable_properties();
    Change(op.create_node().properties(), node.mutable_properties());
    region->nodes[node.id()] = node;
    return Same(node, actual.node(), wrong);
  }
  const uint64_t id = op.has_get_node()      ? op.get_node().id()
                      : op.has_update_node() ? op.update_node().id()
                      : op.has_delete_node() ? op.delete_node().id()
                      : op.has_add_integer() ? op.add_integer().id()
                                             : op.append_to_list().id();
  const auto found = region->nodes.find(id);
  if (op.has_get_node()) {
    v1::ElementResult expected;
    if (found != region->nodes.end()) *expected.mutable_node() = found->second;
    return Same(expected, actual, wrong);
  }
  if (found == region->nodes.end()) return false;
  v1::NodeValue& node = found->second;
  if (op.has_update_node()) {
    ChangeLabels(op.update_node(), &node);
    Change(op.update_node().set(), node.mutable_properties());
  } else if (op.has_add_integer()) {
    const v1::Value* before = PropertyOf(&node, kSum);
    v1::Value sum;
    sum.set_int_value((before == nullptr ? 0 : before->int_value()) + op.add_integer().delta());
    if (sum.int_value() < 0) return false;
    SetProperty(kSum, sum, &node);
    return Same(sum, actual.value(), wrong);
  } else if (op.has_append_to_list()) {
    const v1::Value* found_list = PropertyOf(&node, kItems);
    v1::Value before;
    before.mutable_list_value();
    if (found_list != nullptr) before = *found_list;
    v1::Value after = before;
    *after.mutable_list_value()->add_items() = op.append_to_list().item();
    SetProperty(kItems, after, &node);
    return Same(before, actual.value(), wrong);
  } else {
    const bool detach = op.delete_node().detach();
    for (const auto& [edge_id, edge] : region->edges) {
      if (Touches(edge, id) && !detach) return false;
      if (Touches(edge, id)) region->gone_edges.push_back(edge_id);
    }
    std::erase_if(region->edges, [id](const auto& edge) { return Touches(edge.second, id); });
    region->nodes.erase(found);
    region->gone_nodes.push_back(id);
  }
  return true;
}

bool ElementsWorkload::CarryEdge(const v1::ElementOp& op, const v1::ElementResult& actual,
                                 Region* region, std::string* wrong) const {
  if (op.has_create_edge()) {
    const v1::CreateEdge& create = op.create_edge();
    if (region->nodes.count(create.start().id()) == 0) return false;
    if (region->nodes.count(create.end().id()) == 0) return false;
    v1::RelationshipValue edge;
    edge.set_id(actual.edge().id());
    edge.set_type(create.type());
    edge.set_start(create.start().id());
    edge.set_end(create.end().id());
    edge.mutable_properties();
    Change(create.properties(), edge.mutable_properties());
    if (edge.id() != 0) region->edges[edge.id()] = edge;
    return Same(edge, actual.edge(), wrong);
  }
  const uint64_t id = op.has_get_edge()      ? op.get_edge().id()
                      : op.has_update_edge() ? op.update_edge().id()
                                             : op.delete_edge().id();
  const auto found = region->edges.find(id);
  if (op.has_get_edge()) {
    v1::ElementResult expected;
    if (found != region->edges.end()) *expected.mutable_edge() = found->second;
    return Same(expected, actual, wrong);
  }
  if (found == region->edges.end()) return false;
  if (op.has_update_edge()) {
    Change(op.update_edge().set(), found->second.mutable_properties());
  } else {
    region->edges.erase(found);
    region->gone_edges.push_back(id);
  }
  return true;
}

bool ElementsWorkload::Carry(const v1::BatchRequest& batch, const v1::BatchResult& actual,
                             Region* region, std::string* wrong) const {
  for (int i = 0; i < batch.ops_size(); ++i) {
    const v1::ElementOp& op = batch.ops(i);
    const v1::ElementResult& result = ResultAt(actual, i);
    bool fits = true;
    if (op.has_expand()) {
      v1::EdgeList listed = result.edges();
      std::sort(listed.mutable_edges()->begin(), listed.mutable_edges()->end(),
                [](const auto& a, const auto& b) { return a.id() < b.id(); });
      fits = Same(ListOf(region->edges, op.expand()), listed, wrong);
    } else if (op.has_create_edge() || op.has_get_edge() || op.has_update_edge() ||
               op.has_delete_edge()) {
      fits = CarryEdge(op, result, region, wrong);
    } else {
      fits = CarryNode(op, result, region, wrong);
    }
    if (fits) continue;
    *wrong = absl::StrCat("op ", i, " {", op.ShortDebugString(),
                          "}: ", wrong->empty() ? "has to be refused" : *wrong);
    return false;
  }
  return true;
}

void ElementsWorkload::Judge(const v1::BatchRequest& batch, const OpOutcome& outcome,
                             Region* region) {
  if (violation_) return;
  if (outcome.outcome == Outcome::kInfo) {
    const uint64_t made = region->made;
    *region = Region();
    region->made = made;
    return;
  }
  std::string wrong;
  Region after = *region;
  if (outcome.outcome == Outcome::kOk) {
    if (Carry(batch, outcome.result, &after, &wrong)) {
      *region = std::move(after);
    } else {
      violation_ = Violation{"elements", wrong};
    }
    return;
  }
  if (!RefusalOfContent(outcome.reason)) return;
  // Answers don't matter here; whether something has to be refused does.
  const bool refused = !CarriesBlindly(batch, &after);
  if (refused) return;
  violation_ = Violation{
      "elements", absl::StrCat("a valid batch was refused (", v1::ErrorReason_Name(outcome.reason),
                               "): {", batch.ShortDebugString(), "}")};
}

// As Carry, with the answers that fit.
bool ElementsWorkload::CarriesBlindly(const v1::BatchRequest& batch, Region* region) const {
  for (const v1::ElementOp& op : batch.ops()) {
    std::string ignored;
    const bool is_edge = op.has_create_edge() || op.has_update_edge() || op.has_delete_edge();
    if (op.has_expand() || op.has_get_node() || op.has_get_edge()) continue;
    const bool fits = is_edge ? CarryEdge(op, v1::ElementResult(), region, &ignored)
                              : CarryNode(op, v1::ElementResult(), region, &ignored);
    if (!fits && ignored.empty()) return false;
    // The relationship has no id here: what would refuse the node's end is unknown.
    if (op.has_create_edge() && batch.ops(batch.ops_size() - 1).has_delete_node()) return false;
  }
  return true;
}

std::optional<PlannedOp> ElementsWorkload::NextFinal() {
  if (!finals_listed_) {
    for (const auto& [client, region] : regions_) finals_.push_back(client);
    std::reverse(finals_.begin(), finals_.end());
    finals_listed_ = true;
  }
  while (!finals_.empty() && regions_[finals_.back()].nodes.empty()) finals_.pop_back();
  if (finals_.empty()) return std::nullopt;
  const Region& region = regions_[finals_.back()];
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
