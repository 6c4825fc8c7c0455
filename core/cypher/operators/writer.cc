#include "core/cypher/operators/writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/cypher/co_status.h"
#include "core/cypher/error.h"
#include "core/cypher/evaluate.h"

namespace graphdb::cypher {
namespace {

absl::Status Deleted(absl::string_view what) {
  return RuntimeError("EntityNotFound", "DeletedEntityAccess",
                      absl::StrCat("this ", what, " was deleted by this statement"));
}

absl::StatusOr<graph::Value> Storable(const std::string& key, const Datum& value) {
  graph::Value stored;
  if (ToGraphValue(value, &stored) && graph::IsStorable(stored)) return stored;
  return RuntimeError("TypeError", "InvalidPropertyType",
                      absl::StrCat("property '", key, "' can't hold this ",
                                   absl::AsciiStrToLower(KindName(value.kind()))));
}

}  // namespace

void AppendExprs(const std::vector<SetItem>& items, std::vector<const Expr*>& to) {
  for (const SetItem& item : items) {
    to.push_back(item.target.get());
    if (item.value != nullptr) to.push_back(item.value.get());
  }
}

void AppendExprs(const PathPattern& path, std::vector<const Expr*>& to) {
  for (const NodePattern& node : path.nodes) {
    if (node.properties != nullptr) to.push_back(node.properties.get());
  }
  for (const RelationshipPattern& relationship : path.relationships) {
    if (relationship.properties != nullptr) to.push_back(relationship.properties.get());
  }
}

Task<absl::Status> Writer::Prefetch(std::vector<Batch>& batches,
                                    const std::vector<const Expr*>& exprs) {
  while (true) {
    for (Batch& batch : batches) {
      for (size_t i = 0; i < batch.rows(); ++i) {
        for (const Expr* expr : exprs) {
          // Errors come up again where the value is used, if it is.
          const auto ignored = Evaluate(*expr, batch.row(i), context_.eval());
          if (ignored.ok() && ignored->is_node()) context_.WantAll(*ignored);
        }
      }
    }
    const bool done = context_.eval().wanted->empty();
    if (done) co_return absl::OkStatus();
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.FetchWanted());
  }
}

txn::AsyncOr<Datum> Writer::Value(const Expr& expr, Datum* row) {
  while (true) {
    absl::StatusOr<Datum> value = Evaluate(expr, row, context_.eval());
    if (value.ok() || !IsNeedsFetch(value.status())) co_return value;
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.FetchWanted());
  }
}

txn::AsyncOr<graph::PropertyMap> Writer::Properties(const Expr* expr, Datum* row) {
  graph::PropertyMap properties;
  if (expr == nullptr) co_return properties;
  GRAPHDB_CO_ASSIGN_OR_RETURN(const Datum value, co_await Value(*expr, row));
  if (!value.is_map()) {
    co_return RuntimeError("TypeError", "InvalidArgumentType",
                           absl::StrCat("properties are a map, not ", WithArticle(value.kind())),
                           expr->begin);
  }
  for (const auto& [key, item] : value.map()) {
    if (item.is_null()) continue;
    absl::StatusOr<graph::Value> stored = Storable(key, item);
    if (!stored.ok()) co_return WithOffset(stored.status(), expr->begin);
    properties.emplace(key, *std::move(stored));
    ++context_.counters.properties_set;
  }
  co_return properties;
}

Task<absl::Status> Writer::CreateNode(const NodePattern& pattern, Datum* row) {
  if (row[pattern.slot].is_node()) co_return absl::OkStatus();
  if (pattern.bound) {
    co_return RuntimeError("SemanticError", "MissingNode",
                           "a relationship can't be created: this node is null", pattern.begin);
  }
  graph::Node node;
  node.labels = pattern.labels;
  std::sort(node.labels.begin(), node.labels.end());
  node.labels.erase(std::unique(node.labels.begin(), node.labels.end()), node.labels.end());
  GRAPHDB_CO_ASSIGN_OR_RETURN(node.properties, co_await Properties(pattern.properties.get(), row));
  GRAPHDB_CO_ASSIGN_OR_RETURN(node.id, co_await context_.transaction().CreateNode(node));
  ++context_.counters.nodes_created;
  context_.counters.labels_added += node.labels.size();
  row[pattern.slot] = Datum::Node(context_.Adopt(std::move(node)));
  co_return absl::OkStatus();
}

Task<absl::Status> Writer::CreateRelationship(const PathPattern& path, size_t i, Datum* row) {
  const RelationshipPattern& pattern = path.relationships[i];
  NodeRef start = row[path.nodes[i].slot].node();
  NodeRef end = row[path.nodes[i + 1].slot].node();
  if (pattern.direction == PatternDirection::kLeft) std::swap(start, end);
  if (start->deleted || end->deleted) co_return WithOffset(Deleted("node"), pattern.begin);
  graph::Relationship relationship;
  relationship.type = pattern.types[0];
  relationship.start = start->node.id;
  relationship.end = end->node.id;
  GRAPHDB_CO_ASSIGN_OR_RETURN(relationship.properties,
                              co_await Properties(pattern.properties.get(), row));
  GRAPHDB_CO_ASSIGN_OR_RETURN(relationship.id,
                              co_await context_.transaction().CreateRelationship(relationship));
  ++context_.counters.relationships_created;
  row[pattern.slot] = Datum::Relationship(context_.Adopt(std::move(relationship)));
  co_return absl::OkStatus();
}

Task<absl::Status> Writer::CreatePath(const PathPattern& path, Datum* row) {
  // Nodes named twice in a path are created at their first place.
  for (const NodePattern& node : path.nodes) {
    GRAPHDB_CO_RETURN_IF_ERROR(co_await CreateNode(node, row));
  }
  for (size_t i = 0; i < path.relationships.size(); ++i) {
    GRAPHDB_CO_RETURN_IF_ERROR(co_await CreateRelationship(path, i, row));
  }
  if (path.slot == kNoSlot) co_return absl::OkStatus();
  PathData value;
  for (const NodePattern& node : path.nodes) value.nodes.push_back(row[node.slot].node());
  for (const RelationshipPattern& relationship : path.relationships) {
    value.relationships.push_back(row[relationship.slot].relationship());
  }
  row[path.slot] = Datum::Path(std::move(value));
  co_return absl::OkStatus();
}

absl::Status Writer::SetProperty(graph::PropertyMap& properties, const std::string& key,
                                 const Datum& value) {
  if (value.is_null()) {
    context_.counters.properties_set += properties.erase(key);
    return absl::OkStatus();
  }
  GRAPHDB_ASSIGN_OR_RETURN(graph::Value stored, Storable(key, value));
  properties.insert_or_assign(key, std::move(stored));
  ++context_.counters.properties_set;
  return absl::OkStatus();
}

absl::Status Writer::SetProperties(graph::PropertyMap& properties, const Datum& value,
                                   bool replace) {
  DatumMap from;
  if (value.is_map()) {
    from = value.map();
  } else if (value.is_node() || value.is_relationship()) {
    const graph::PropertyMap& other = value.is_node()
                                          ? value.node()->node.properties
                                          : value.relationship()->relationship.properties;
    for (const auto& [key, item] : other) from.emplace(key, FromGraphValue(item));
  } else {
    return RuntimeError("TypeError", "InvalidArgumentType",
                        absl::StrCat("SET takes a map, a node or a relationship here, not ",
                                     WithArticle(value.kind())));
  }
  if (replace) {
    for (auto it = properties.begin(); it != properties.end();) {
      const bool stays = from.find(it->first) != from.end();
      if (!stays) ++context_.counters.properties_set;
      it = stays ? std::next(it) : properties.erase(it);
    }
  }
  for (const auto& [key, item] : from) {
    GRAPHDB_RETURN_IF_ERROR(SetProperty(properties, key, item));
  }
  return absl::OkStatus();
}

void Writer::SetLabels(const NodeRef& node, const std::vector<std::string>& labels, bool remove) {
  std::vector<std::string>& all = node->node.labels;
  for (const std::string& label : labels) {
    const auto it = std::lower_bound(all.begin(), all.end(), label);
    const bool has = it != all.end() && *it == label;
    if (remove && has) {
      all.erase(it);
      ++context_.counters.labels_removed;
    } else if (!remove && !has) {
      all.insert(it, label);
      ++context_.counters.labels_added;
    }
  }
}

Task<absl::Status> Writer::SetOne(const SetItem& item, bool remove, Datum* row) {
  GRAPHDB_CO_ASSIGN_OR_RETURN(const Datum target, co_await Value(*item.target, row));
  Datum value;
  if (item.value != nullptr) {
    GRAPHDB_CO_ASSIGN_OR_RETURN(value, co_await Value(*item.value, row));
  }
  if (target.is_null()) co_return absl::OkStatus();
  context_.WantAll(target);
  context_.WantAll(value);
  GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.FetchWanted());
  graph::PropertyMap* properties = nullptr;
  if (target.is_node()) {
    if (target.node()->deleted) co_return Deleted("node");
    properties = &target.node()->node.properties;
    dirty_nodes_[target.node()->node.id] = target.node();
  } else if (target.is_relationship() && item.kind != SetItem::Kind::kLabels) {
    if (target.relationship()->deleted) co_return Deleted("relationship");
    properties = &target.relationship()->relationship.properties;
    dirty_relationships_[target.relationship()->relationship.id] = target.relationship();
  } else {
    co_return RuntimeError(
        "TypeError", "InvalidArgumentType",
        absl::StrCat("SET and REMOVE can't change ", WithArticle(target.kind())));
  }
  switch (item.kind) {
    case SetItem::Kind::kProperty:
      co_return SetProperty(*properties, item.property, value);
    case SetItem::Kind::kReplace:
    case SetItem::Kind::kMerge:
      if (value.is_null()) co_return absl::OkStatus();
      co_return SetProperties(*properties, value, item.kind == SetItem::Kind::kReplace);
    case SetItem::Kind::kLabels:
      SetLabels(target.node(), item.labels, remove);
  }
  co_return absl::OkStatus();
}

Task<absl::Status> Writer::Set(const std::vector<SetItem>& items, bool remove, Datum* row) {
  for (const SetItem& item : items) {
    absl::Status status = co_await SetOne(item, remove, row);
    if (!status.ok()) co_return WithOffset(status, item.begin);
  }
  co_return absl::OkStatus();
}

Task<absl::Status> Writer::Flush() {
  for (const auto& [id, node] : dirty_nodes_) {
    if (node->deleted) continue;
    GRAPHDB_CO_RETURN_IF_ERROR((co_await context_.transaction().UpdateNode(node->node)).status());
  }
  for (const auto& [id, record] : dirty_relationships_) {
    if (record->deleted) continue;
    GRAPHDB_CO_RETURN_IF_ERROR(
        (co_await context_.transaction().UpdateRelationship(record->relationship)).status());
  }
  dirty_nodes_.clear();
  dirty_relationships_.clear();
  co_return absl::OkStatus();
}

}  // namespace graphdb::cypher
