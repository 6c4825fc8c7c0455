#include "sim/workload/elements_model.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "sim/workload/batches.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kMadeUp = uint64_t{1} << 63;

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

template <typename Removed, typename Added>
void ChangeLabels(const Removed& removed, const Added& added, v1::NodeValue* node) {
  std::vector<std::string> labels(node->labels().begin(), node->labels().end());
  for (const std::string& label : removed) std::erase(labels, label);
  labels.insert(labels.end(), added.begin(), added.end());
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  node->clear_labels();
  for (const std::string& label : labels) node->add_labels(label);
}

const v1::Value* PropertyOf(const v1::NodeValue& node, const std::string& name) {
  for (const v1::MapEntry& entry : node.properties().entries()) {
    if (entry.key() == name) return &entry.value();
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

uint64_t NodeOf(const v1::ElementOp& op) {
  if (op.has_get_node()) return op.get_node().id();
  if (op.has_update_node()) return op.update_node().id();
  return op.has_add_integer() ? op.add_integer().id() : op.append_to_list().id();
}

}  // namespace

ElementsModel::ElementsModel(const v1::BatchRequest& batch, const v1::BatchResult* actual,
                             ElementsRegion* region)
    : batch_(batch), actual_(actual), region_(*region) {
  for (const auto& [id, node] : region->nodes) existed_.push_back(id);
}

template <typename Message>
ElementsModel::Verdict ElementsModel::Compare(const Message& expected, const Message& actual) {
  if (actual_ == nullptr) return Verdict::kFits;
  if (expected.SerializeAsString() == actual.SerializeAsString()) return Verdict::kFits;
  about_ = absl::StrCat("expected {", expected.ShortDebugString(), "}, got {",
                        actual.ShortDebugString(), "}");
  return Verdict::kWrong;
}

uint64_t ElementsModel::IdOf(const v1::NodeRef& ref) const {
  if (ref.ref_case() != v1::NodeRef::kCreatedByOp) return ref.id();
  const auto found = created_.find(static_cast<int>(ref.created_by_op()));
  return found == created_.end() ? 0 : found->second;
}

ElementsModel::Verdict ElementsModel::CreateNode(const v1::CreateNode& create, int place) {
  // What is deleted by the same batch is still in the way.
  const bool taken = std::binary_search(existed_.begin(), existed_.end(), create.id()) ||
                     region_.nodes.count(create.id()) > 0;
  if (taken) return Verdict::kRefused;
  v1::NodeValue node;
  node.set_id(create.id());
  if (create.id() == 0) {
    node.set_id(actual_ == nullptr ? kMadeUp + static_cast<uint64_t>(place)
                                   : ResultAt(*actual_, place).node().id());
    if (node.id() == 0 || region_.nodes.count(node.id()) > 0) {
      about_ = absl::StrCat("id ", node.id(), " was chosen");
      return Verdict::kWrong;
    }
  }
  ChangeLabels(std::vector<std::string>(), create.labels(), &node);
  node.mutable_properties();
  Change(create.properties(), node.mutable_properties());
  created_[place] = node.id();
  region_.nodes[node.id()] = node;
  if (actual_ == nullptr) return Verdict::kFits;
  return Compare(node, ResultAt(*actual_, place).node());
}

ElementsModel::Verdict ElementsModel::ChangeNode(const v1::ElementOp& op, int place,
                                                 v1::NodeValue* node) {
  if (op.has_update_node()) {
    ChangeLabels(op.update_node().remove_labels(), op.update_node().add_labels(), node);
    Change(op.update_node().set(), node->mutable_properties());
    return Verdict::kFits;
  }
  const std::string& name =
      op.has_add_integer() ? op.add_integer().property() : op.append_to_list().property();
  const v1::Value* found = PropertyOf(*node, name);
  v1::Value before;
  v1::Value expected;
  if (op.has_add_integer()) {
    before.set_int_value(0);
    if (found != nullptr) before = *found;
    const __int128 sum = __int128{before.int_value()} + op.add_integer().delta();
    const bool fits = sum == static_cast<int64_t>(sum) && sum >= op.add_integer().minimum();
    if (before.kind_case() != v1::Value::kIntValue || !fits) return Verdict::kRefused;
    expected.set_int_value(static_cast<int64_t>(sum));
    SetProperty(name, expected, node);
  } else {
    before.mutable_list_value();
    if (found != nullptr) before = *found;
    if (!before.has_list_value()) return Verdict::kRefused;
    expected = before;
    v1::Value after = before;
    *after.mutable_list_value()->add_items() = op.append_to_list().item();
    SetProperty(name, std::move(after), node);
  }
  if (actual_ == nullptr) return Verdict::kFits;
  return Compare(expected, ResultAt(*actual_, place).value());
}

ElementsModel::Verdict ElementsModel::DeleteNode(const v1::DeleteNode& gone) {
  if (region_.nodes.count(gone.id()) == 0) return Verdict::kRefused;
  bool refused = false;
  const auto goes = [&](const auto& entry) {
    const v1::RelationshipValue& edge = entry.second;
    const bool touches = edge.start() == gone.id() || edge.end() == gone.id();
    if (!touches || !gone.detach()) return false;
    // One of this batch that is taken away again needs its ends all the same.
    const size_t ends = region_.nodes.count(edge.start()) + region_.nodes.count(edge.end());
    refused = refused || (made_.count(entry.first) > 0 && ends < 2);
    region_.gone_edges.push_back(entry.first);
    return true;
  };
  std::erase_if(region_.edges, goes);
  if (refused) return Verdict::kRefused;
  region_.nodes.erase(gone.id());
  region_.gone_nodes.push_back(gone.id());
  return Verdict::kFits;
}

ElementsModel::Verdict ElementsModel::CreateEdge(const v1::CreateEdge& create, int place) {
  v1::RelationshipValue edge;
  edge.set_start(IdOf(create.start()));
  edge.set_end(IdOf(create.end()));
  if (edge.start() == 0 || edge.end() == 0) return Verdict::kRefused;
  edge.set_id(actual_ == nullptr ? kMadeUp + static_cast<uint64_t>(place)
                                 : ResultAt(*actual_, place).edge().id());
  edge.set_type(create.type());
  edge.mutable_properties();
  Change(create.properties(), edge.mutable_properties());
  made_.insert(edge.id());
  const bool is_new = edge.id() != 0 && region_.edges.emplace(edge.id(), edge).second;
  if (!is_new) {
    about_ = absl::StrCat("id ", edge.id(), " was chosen");
    return Verdict::kWrong;
  }
  if (actual_ == nullptr) return Verdict::kFits;
  return Compare(edge, ResultAt(*actual_, place).edge());
}

ElementsModel::Verdict ElementsModel::ChangeEdge(const v1::ElementOp& op, int place) {
  const uint64_t id = op.has_get_edge()      ? op.get_edge().id()
                      : op.has_update_edge() ? op.update_edge().id()
                                             : op.delete_edge().id();
  const auto found = region_.edges.find(id);
  if (op.has_get_edge()) {
    v1::ElementResult expected;
    if (found != region_.edges.end()) *expected.mutable_edge() = found->second;
    return actual_ == nullptr ? Verdict::kFits : Compare(expected, ResultAt(*actual_, place));
  }
  if (found == region_.edges.end()) return Verdict::kRefused;
  if (op.has_update_edge()) {
    if (op.update_edge().add_labels_size() > 0) return Verdict::kRefused;
    Change(op.update_edge().set(), found->second.mutable_properties());
  } else {
    region_.edges.erase(found);
    region_.gone_edges.push_back(id);
  }
  return Verdict::kFits;
}

ElementsModel::Verdict ElementsModel::ListEdges(const v1::Expand& expand, int place) {
  if (actual_ == nullptr) return Verdict::kFits;
  v1::EdgeList expected;
  for (const auto& [id, edge] : region_.edges) {
    if (!expand.type().empty() && edge.type() != expand.type()) continue;
    const bool out = edge.start() == expand.id() && expand.direction() != v1::INCOMING;
    const bool in = edge.end() == expand.id() && expand.direction() != v1::OUTGOING;
    if (out || in) *expected.add_edges() = edge;
  }
  v1::EdgeList listed = ResultAt(*actual_, place).edges();
  std::sort(listed.mutable_edges()->begin(), listed.mutable_edges()->end(),
            [](const auto& a, const auto& b) { return a.id() < b.id(); });
  return Compare(expected, listed);
}

ElementsModel::Verdict ElementsModel::CarryOne(int place) {
  const v1::ElementOp& op = batch_.ops(place);
  if (op.has_create_node()) return CreateNode(op.create_node(), place);
  if (op.has_delete_node()) return DeleteNode(op.delete_node());
  if (op.has_create_edge()) return CreateEdge(op.create_edge(), place);
  if (op.has_expand()) return ListEdges(op.expand(), place);
  const bool of_edge = op.has_get_edge() || op.has_update_edge() || op.has_delete_edge();
  if (of_edge) return ChangeEdge(op, place);
  const auto found = region_.nodes.find(NodeOf(op));
  if (op.has_get_node()) {
    v1::ElementResult expected;
    if (found != region_.nodes.end()) *expected.mutable_node() = found->second;
    return actual_ == nullptr ? Verdict::kFits : Compare(expected, ResultAt(*actual_, place));
  }
  if (found == region_.nodes.end()) return Verdict::kRefused;
  return ChangeNode(op, place, &found->second);
}

ElementsModel::Verdict ElementsModel::Carry() {
  for (int i = 0; i < batch_.ops_size(); ++i) {
    const Verdict verdict = CarryOne(i);
    if (verdict == Verdict::kFits) continue;
    about_ = absl::StrCat("op ", i, " {", batch_.ops(i).ShortDebugString(), "}: ", about_);
    return verdict;
  }
  // The order of operations does not matter to what has to hold at the end.
  for (const auto& [id, edge] : region_.edges) {
    if (region_.nodes.count(edge.start()) + region_.nodes.count(edge.end()) == 2) continue;
    about_ = absl::StrCat("relationship ", id, " would be left without an end");
    return Verdict::kRefused;
  }
  return Verdict::kFits;
}

}  // namespace graphdb::sim
