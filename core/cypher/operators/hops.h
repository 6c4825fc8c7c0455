// What Expand and VarExpand share: the relationships of many nodes, read at once.
//
// Deterministic thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/cypher/execution.h"
#include "core/env/task.h"

namespace graphdb::cypher {

class Hop {
 public:
  explicit Hop(ExecutionContext& context) : charge_(context) {}
  // One Expand for all of `from`, each node asked once. What it gives is charged
  // as it comes: a list that is too long is never there as a whole.
  Task<absl::Status> Load(ExecutionContext& context, const std::vector<ElementId>& from,
                          graph::Direction direction, const std::vector<std::string>& types);
  // Of a node that was in `from`.
  const std::vector<RelationshipRef>& Of(ElementId id) const;

 private:
  MemoryCharge charge_;
  std::map<ElementId, size_t> index_;
  std::vector<std::vector<RelationshipRef>> lists_;
};

// TypeError unless it is a node or null.
absl::Status CheckNodeOrNull(const Datum& value);
// Is the relationship in one of these slots, alone or in a list?
bool UsedBefore(const Datum* row, const std::vector<int>& slots, RelationshipId id);
// "-[:A|B]->" for EXPLAIN.
std::string DescribeHop(graph::Direction direction, const std::vector<std::string>& types);

}  // namespace graphdb::cypher
