// MemoryGraph: a graph in two maps, and GraphTransactions on it, for tests of
// the query engine.
//
//   MemoryGraph graph;
//   MemoryTransaction transaction(graph);
//   ... co_await transaction.Commit();
//
// Invariants:
//   1. A transaction sees the graph as it was when it began, plus its writes.
//   2. Commit refuses (kFailedPrecondition) what leaves a relationship without
//      its ends, and then changes nothing.
//   3. Calls complete at once, or, with `suspend`, only in a later turn of
//      RunPending: so that nothing leans on completion within the call.
//
// Tests only; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/txn/graph_transaction.h"

namespace graphdb::cypher {

struct GraphState {
  std::map<ElementId, graph::Node> nodes;
  std::map<RelationshipId, graph::Relationship> relationships;
};

class MemoryGraph {
 public:
  GraphState state;
  uint64_t next_id = 1;
  uint64_t commits = 0;
  bool suspend = false;
  size_t page_size = 3;  // small: scans of tests have several pages

  // Resumes what waits, in order, until nothing does.
  void RunPending();
  void Later(std::function<void()> f) { pending_.push_back(std::move(f)); }

 private:
  std::deque<std::function<void()>> pending_;
};

// How often each call was made.
struct CallCounts {
  int get_nodes = 0;
  int scan_pages = 0;
  int expands = 0;
  int expanded_nodes = 0;
  int relationships = 0;  // that expands gave
  int writes = 0;
};

class MemoryTransaction : public txn::GraphTransaction {
 public:
  explicit MemoryTransaction(MemoryGraph& graph) : graph_(graph), state_(graph.state) {}

  txn::AsyncOr<std::vector<std::optional<graph::Node>>> GetNodes(
      std::vector<ElementId> ids) override;
  txn::AsyncOr<std::vector<std::optional<graph::Relationship>>> GetRelationships(
      std::vector<RelationshipId> ids) override;
  txn::AsyncOr<txn::NodePage> ScanNodes(std::string label,
                                        std::optional<std::string> cursor) override;
  txn::AsyncOr<bool> Expand(txn::ExpandSpec spec, txn::RelationshipSink sink) override;
  txn::AsyncOr<ElementId> CreateNode(graph::Node node) override;
  txn::AsyncOr<RelationshipId> CreateRelationship(graph::Relationship relationship) override;
  txn::AsyncOr<bool> UpdateNode(graph::Node node) override;
  txn::AsyncOr<bool> UpdateRelationship(graph::Relationship relationship) override;
  txn::AsyncOr<bool> DeleteNode(ElementId id) override;
  txn::AsyncOr<bool> DeleteRelationship(graph::Relationship relationship) override;
  bool has_writes() const override { return counts.writes > 0; }
  txn::AsyncOr<txn::CommitOutcome> Commit() override;
  Timestamp start_ts() const override { return Timestamp(graph_.commits + 1); }

  CallCounts counts;

 private:
  Task<bool> Turn();  // suspends once where the graph wants that

  MemoryGraph& graph_;
  GraphState state_;
};

}  // namespace graphdb::cypher
