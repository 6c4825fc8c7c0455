// GraphTransaction: what a query or a batch of element operations sees of the
// graph: one snapshot at start_ts with its own writes on top, and a buffer of
// writes that commits as a whole or not at all.
//
// The distributed implementation is DistributedTransaction (this package); the
// query engine is tested against an in-memory one.
//
// Invariants:
//   1. Every read sees the snapshot plus this transaction's earlier writes.
//   2. What a read touched is remembered: commit validates it (rule T1).
//   3. After an error of kAborted (conflict) the transaction has no effect and
//      the caller runs it again from the start.
//
// Errors of every call: kAborted (serialization conflict), kUnavailable (no
// leader in time, no effect), kDeadlineExceeded, kResourceExhausted (a named
// limit), kFailedPrecondition (a graph constraint, see Commit).
//
// Deterministic thread only. A call may suspend the coroutine that makes it;
// one call at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/task.h"
#include "core/graph/element.h"

namespace graphdb::txn {

template <typename T>
using AsyncOr = Task<absl::StatusOr<T>>;

// A page of a scan: elements in a fixed order and where to go on.
struct NodePage {
  std::vector<graph::Node> nodes;
  std::optional<std::string> next;  // unset: the scan is complete
};

struct ExpandSpec {
  std::vector<ElementId> from;
  graph::Direction direction = graph::Direction::kBoth;
  std::vector<std::string> types;  // empty: every type
};

// Takes one relationship of spec.from[i]; an error ends the call with it.
using RelationshipSink = std::function<absl::Status(size_t i, graph::Relationship relationship)>;

struct CommitOutcome {
  Timestamp commit_ts;  // of a read-only transaction: its start_ts
};

class GraphTransaction {
 public:
  virtual ~GraphTransaction() = default;

  // One per id, unset where there is no such node.
  virtual AsyncOr<std::vector<std::optional<graph::Node>>> GetNodes(std::vector<ElementId> ids) = 0;
  virtual AsyncOr<std::vector<std::optional<graph::Relationship>>> GetRelationships(
      std::vector<RelationshipId> ids) = 0;
  // All nodes, or those with `label` (empty: all). `cursor` is unset at first.
  virtual AsyncOr<NodePage> ScanNodes(std::string label, std::optional<std::string> cursor) = 0;
  // Gives `sink` the relationships of every element of `from`, properties
  // included, page by page as they are read: what they may take in memory is for
  // the sink to say. A loop (start == end) comes once, also for kBoth. The sink
  // is not called after Expand has returned.
  virtual AsyncOr<bool> Expand(ExpandSpec spec, RelationshipSink sink) = 0;

  // Writes are buffered. New ids come from the cluster, or are the caller's.
  virtual AsyncOr<ElementId> CreateNode(graph::Node node) = 0;  // node.id 0: choose one
  virtual AsyncOr<RelationshipId> CreateRelationship(graph::Relationship relationship) = 0;
  // Replace labels and properties (type and ends of a relationship are fixed).
  // The element must have been read or created by this transaction.
  virtual AsyncOr<bool> UpdateNode(graph::Node node) = 0;
  virtual AsyncOr<bool> UpdateRelationship(graph::Relationship relationship) = 0;
  // kFailedPrecondition at commit where relationships remain; Cypher deletes
  // relationships and node in any order within one statement.
  virtual AsyncOr<bool> DeleteNode(ElementId id) = 0;
  virtual AsyncOr<bool> DeleteRelationship(graph::Relationship relationship) = 0;

  virtual bool has_writes() const = 0;
  virtual AsyncOr<CommitOutcome> Commit() = 0;
  virtual Timestamp start_ts() const = 0;
};

}  // namespace graphdb::txn
