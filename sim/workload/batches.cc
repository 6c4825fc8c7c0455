#include "sim/workload/batches.h"

#include <set>

#include "core/storage/slots.h"

namespace graphdb::sim {
namespace {

v1::MapEntry* AddEntry(v1::MapValue* map, absl::string_view key) {
  v1::MapEntry* entry = map->add_entries();
  entry->set_key(std::string(key));
  return entry;
}

}  // namespace

void AddCreateNode(v1::BatchRequest* batch, uint64_t id, absl::string_view label,
                   absl::string_view property, int64_t value) {
  v1::CreateNode* op = batch->add_ops()->mutable_create_node();
  op->set_id(id);
  op->add_labels(std::string(label));
  if (property.empty()) return;
  AddEntry(op->mutable_properties(), property)->mutable_value()->set_int_value(value);
}

void AddGetNode(v1::BatchRequest* batch, uint64_t id) {
  batch->add_ops()->mutable_get_node()->set_id(id);
}

void AddSetInt(v1::BatchRequest* batch, uint64_t id, absl::string_view property, int64_t value) {
  v1::UpdateElement* op = batch->add_ops()->mutable_update_node();
  op->set_id(id);
  AddEntry(op->mutable_set(), property)->mutable_value()->set_int_value(value);
}

void AddDelta(v1::BatchRequest* batch, uint64_t id, absl::string_view property, int64_t delta) {
  v1::AddInteger* op = batch->add_ops()->mutable_add_integer();
  op->set_id(id);
  op->set_property(std::string(property));
  op->set_delta(delta);
}

void AddAppend(v1::BatchRequest* batch, uint64_t id, absl::string_view property, int64_t item) {
  v1::AppendToList* op = batch->add_ops()->mutable_append_to_list();
  op->set_id(id);
  op->set_property(std::string(property));
  op->mutable_item()->set_int_value(item);
}

void AddDeleteNode(v1::BatchRequest* batch, uint64_t id, bool detach) {
  v1::DeleteNode* op = batch->add_ops()->mutable_delete_node();
  op->set_id(id);
  op->set_detach(detach);
}

void AddCreateEdge(v1::BatchRequest* batch, uint64_t start, uint64_t end, absl::string_view type,
                   int64_t tag) {
  v1::CreateEdge* op = batch->add_ops()->mutable_create_edge();
  op->set_type(std::string(type));
  op->mutable_start()->set_id(start);
  op->mutable_end()->set_id(end);
  AddEntry(op->mutable_properties(), "tag")->mutable_value()->set_int_value(tag);
}

void AddDeleteEdge(v1::BatchRequest* batch, uint64_t id) {
  batch->add_ops()->mutable_delete_edge()->set_id(id);
}

void AddExpand(v1::BatchRequest* batch, uint64_t id, v1::Direction direction) {
  v1::Expand* op = batch->add_ops()->mutable_expand();
  op->set_id(id);
  op->set_direction(direction);
}

const v1::ElementResult& ResultAt(const v1::BatchResult& result, int place) {
  if (place < result.results_size()) return result.results(place);
  return v1::ElementResult::default_instance();
}

std::optional<int64_t> IntProperty(const v1::MapValue& properties, absl::string_view name) {
  for (const v1::MapEntry& entry : properties.entries()) {
    if (entry.key() != name) continue;
    if (entry.value().kind_case() != v1::Value::kIntValue) return std::nullopt;
    return entry.value().int_value();
  }
  return std::nullopt;
}

std::vector<int64_t> IntList(const v1::Value& value) {
  std::vector<int64_t> items;
  for (const v1::Value& item : value.list_value().items()) items.push_back(item.int_value());
  return items;
}

std::vector<int64_t> ListProperty(const v1::NodeValue& node, absl::string_view name) {
  for (const v1::MapEntry& entry : node.properties().entries()) {
    if (entry.key() == name) return IntList(entry.value());
  }
  return {};
}

std::vector<ListedEdge> ListedEdges(const v1::EdgeList& list) {
  std::vector<ListedEdge> edges;
  for (const v1::RelationshipValue& e : list.edges()) {
    edges.push_back({e.id(), e.start(), e.end(), e.type()});
  }
  return edges;
}

uint32_t ShardOf(uint64_t id, uint32_t shards) {
  // The inverse of SlotSet::EvenShare, by its definition: a contiguous share each.
  for (uint32_t shard = 0; shard < shards; ++shard) {
    const auto share = storage::SlotSet::EvenShare(ShardId(static_cast<uint16_t>(shard)), shards);
    if (share.Contains(storage::SlotOfRaw(id))) return shard;
  }
  return shards;
}

uint32_t ShardsTouched(const v1::BatchRequest& batch, uint32_t shards) {
  std::set<uint32_t> touched;
  const auto touch = [&](uint64_t id) {
    if (id != 0) touched.insert(ShardOf(id, shards));
  };
  for (const v1::ElementOp& op : batch.ops()) {
    touch(op.create_node().id());
    touch(op.get_node().id());
    touch(op.update_node().id());
    touch(op.delete_node().id());
    touch(op.create_edge().start().id());
    touch(op.create_edge().end().id());
    touch(op.get_edge().id());
    touch(op.update_edge().id());
    touch(op.delete_edge().id());
    touch(op.expand().id());
    touch(op.append_to_list().id());
    touch(op.add_integer().id());
  }
  return static_cast<uint32_t>(touched.size());
}

}  // namespace graphdb::sim
