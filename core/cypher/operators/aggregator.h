// Aggregator: the running state of count, sum, collect, ... over one group.
//
// Nulls never reach a value; DISTINCT is handled here for all of them.
//
// Deterministic thread only.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/cypher/ast.h"
#include "core/cypher/execution.h"

namespace graphdb::cypher {

class Aggregator {
 public:
  virtual ~Aggregator() = default;
  // The arguments of one row. What it keeps goes on `charge`.
  virtual absl::Status Add(const Datum* args, MemoryCharge& charge) = 0;
  virtual absl::StatusOr<Datum> Finish() = 0;
};

std::unique_ptr<Aggregator> NewAggregator(const Expr& call);

}  // namespace graphdb::cypher
