#include "core/cypher/testing/memory_graph.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::cypher {

void MemoryGraph::RunPending() {
  while (!pending_.empty()) {
    std::function<void()> next = std::move(pending_.front());
    pending_.pop_front();
    next();
  }
}

Task<bool> MemoryTransaction::Turn() {
  if (!graph_.suspend) co_return true;
  Completion<bool> turn;
  graph_.Later([turn]() mutable { turn.Resolve(true); });
  co_return co_await turn;
}

txn::AsyncOr<std::vector<std::optional<graph::Node>>> MemoryTransaction::GetNodes(
    std::vector<ElementId> ids) {
  co_await Turn();
  ++counts.get_nodes;
  std::vector<std::optional<graph::Node>> nodes;
  for (const ElementId id : ids) {
    const auto it = state_.nodes.find(id);
    nodes.push_back(it == state_.nodes.end() ? std::nullopt : std::optional(it->second));
  }
  co_return nodes;
}

txn::AsyncOr<std::vector<std::optional<graph::Relationship>>> MemoryTransaction::GetRelationships(
    std::vector<RelationshipId> ids) {
  co_await Turn();
  std::vector<std::optional<graph::Relationship>> relationships;
  for (const RelationshipId id : ids) {
    const auto it = state_.relationships.find(id);
    relationships.push_back(it == state_.relationships.end() ? std::nullopt
                                                             : std::optional(it->second));
  }
  co_return relationships;
}

txn::AsyncOr<txn::NodePage> MemoryTransaction::ScanNodes(std::string label,
                                                         std::optional<std::string> cursor) {
  co_await Turn();
  ++counts.scan_pages;
  uint64_t from = 0;
  if (cursor.has_value()) GRAPHDB_CHECK(absl::SimpleAtoi(*cursor, &from)) << *cursor;
  txn::NodePage page;
  for (auto it = state_.nodes.lower_bound(ElementId(from)); it != state_.nodes.end(); ++it) {
    if (page.nodes.size() == graph_.page_size) {
      page.next = absl::StrCat(it->first.value());
      break;
    }
    if (label.empty() || it->second.HasLabel(label)) page.nodes.push_back(it->second);
  }
  co_return page;
}

txn::AsyncOr<bool> MemoryTransaction::Expand(txn::ExpandSpec spec, txn::RelationshipSink sink) {
  co_await Turn();
  ++counts.expands;
  counts.expanded_nodes += static_cast<int>(spec.from.size());
  size_t in_page = 0;
  for (size_t i = 0; i < spec.from.size(); ++i) {
    for (const auto& [id, relationship] : state_.relationships) {
      const bool out =
          relationship.start == spec.from[i] && spec.direction != graph::Direction::kIncoming;
      const bool in =
          relationship.end == spec.from[i] && spec.direction != graph::Direction::kOutgoing;
      const bool type = spec.types.empty() || std::find(spec.types.begin(), spec.types.end(),
                                                        relationship.type) != spec.types.end();
      if (!(out || in) || !type) continue;
      if (in_page++ == graph_.page_size) {
        in_page = 0;
        co_await Turn();
      }
      ++counts.relationships;
      const absl::Status taken = sink(i, relationship);
      if (!taken.ok()) co_return taken;
    }
  }
  co_return true;
}

txn::AsyncOr<ElementId> MemoryTransaction::CreateNode(graph::Node node) {
  co_await Turn();
  ++counts.writes;
  if (node.id == ElementId(0)) node.id = ElementId(graph_.next_id++);
  const ElementId id = node.id;
  GRAPHDB_CHECK(state_.nodes.emplace(id, std::move(node)).second);
  co_return id;
}

txn::AsyncOr<RelationshipId> MemoryTransaction::CreateRelationship(
    graph::Relationship relationship) {
  co_await Turn();
  ++counts.writes;
  if (relationship.id == RelationshipId(0)) relationship.id = RelationshipId(graph_.next_id++);
  const RelationshipId id = relationship.id;
  GRAPHDB_CHECK(state_.relationships.emplace(id, std::move(relationship)).second);
  co_return id;
}

txn::AsyncOr<bool> MemoryTransaction::UpdateNode(graph::Node node) {
  co_await Turn();
  ++counts.writes;
  const auto it = state_.nodes.find(node.id);
  GRAPHDB_CHECK(it != state_.nodes.end()) << "update of an unknown node";
  GRAPHDB_CHECK(std::is_sorted(node.labels.begin(), node.labels.end()));
  it->second = std::move(node);
  co_return true;
}

txn::AsyncOr<bool> MemoryTransaction::UpdateRelationship(graph::Relationship relationship) {
  co_await Turn();
  ++counts.writes;
  const auto it = state_.relationships.find(relationship.id);
  GRAPHDB_CHECK(it != state_.relationships.end()) << "update of an unknown relationship";
  it->second = std::move(relationship);
  co_return true;
}

txn::AsyncOr<bool> MemoryTransaction::DeleteNode(ElementId id) {
  co_await Turn();
  ++counts.writes;
  GRAPHDB_CHECK_EQ(state_.nodes.erase(id), 1u);
  co_return true;
}

txn::AsyncOr<bool> MemoryTransaction::DeleteRelationship(graph::Relationship relationship) {
  co_await Turn();
  ++counts.writes;
  GRAPHDB_CHECK_EQ(state_.relationships.erase(relationship.id), 1u);
  co_return true;
}

txn::AsyncOr<txn::CommitOutcome> MemoryTransaction::Commit() {
  co_await Turn();
  for (const auto& [id, relationship] : state_.relationships) {
    if (state_.nodes.count(relationship.start) == 0 || state_.nodes.count(relationship.end) == 0) {
      co_return absl::FailedPreconditionError("a relationship would lose its end");
    }
  }
  graph_.state = state_;
  co_return txn::CommitOutcome{Timestamp(++graph_.commits)};
}

}  // namespace graphdb::cypher
