// What the writing operators share: properties from expressions, creation of
// patterns, and changes that are sent to the transaction once per element.
//
// Deterministic thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/cypher/ast.h"
#include "core/cypher/execution.h"
#include "core/env/task.h"

namespace graphdb::cypher {

class Writer {
 public:
  explicit Writer(ExecutionContext& context) : context_(context) {}

  // Fetches, in few calls, what evaluating `exprs` on these rows will ask for.
  Task<absl::Status> Prefetch(std::vector<Batch>& batches, const std::vector<const Expr*>& exprs);
  // The value of `expr`, fetching where needed.
  txn::AsyncOr<Datum> Value(const Expr& expr, Datum* row);

  // Creates what is not bound and fills the slots of `row`.
  Task<absl::Status> CreatePath(const PathPattern& path, Datum* row);

  Task<absl::Status> Set(const std::vector<SetItem>& items, bool remove, Datum* row);
  // Sends the elements that Set changed.
  Task<absl::Status> Flush();

 private:
  Task<absl::Status> CreateNode(const NodePattern& pattern, Datum* row);
  Task<absl::Status> CreateRelationship(const PathPattern& path, size_t i, Datum* row);
  txn::AsyncOr<graph::PropertyMap> Properties(const Expr* expr, Datum* row);
  Task<absl::Status> SetOne(const SetItem& item, bool remove, Datum* row);
  absl::Status SetProperty(graph::PropertyMap& properties, const std::string& key,
                           const Datum& value);
  absl::Status SetProperties(graph::PropertyMap& properties, const Datum& value, bool replace);
  void SetLabels(const NodeRef& node, const std::vector<std::string>& labels, bool remove);

  ExecutionContext& context_;
  std::map<ElementId, NodeRef> dirty_nodes_;
  std::map<RelationshipId, RelationshipRef> dirty_relationships_;
};

// All expressions that `items` and `paths` evaluate.
void AppendExprs(const std::vector<SetItem>& items, std::vector<const Expr*>& to);
void AppendExprs(const PathPattern& path, std::vector<const Expr*>& to);

}  // namespace graphdb::cypher
