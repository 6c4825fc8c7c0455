// The query engine's front: text to plan, plan to rows.
//
//   auto plan = Prepare("MATCH (n:P) WHERE n.x > $x RETURN n.x AS x", {});
//   CollectRows rows;
//   auto summary = co_await Execute(*plan, parameters, transaction, rows, {});
//   if (summary.ok()) co_await transaction.Commit();
//
// Execute never commits: a statement is one transaction and the caller commits
// it, or, on kAborted (a conflict, from Execute or Commit), throws rows away and
// runs the same plan again with a fresh transaction.
//
// Invariants:
//   1. A plan is immutable: any number of executions may share it.
//   2. The reads of a clause happen before its writes.
//   3. Rows reach the sink only while Execute runs; on error the rows given so
//      far are void.
//   4. Memory in use stays below Limits::memory_bytes_max or the statement
//      fails with that name.
//
// Errors: error.h says which; what the transaction returns passes unchanged.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/cypher/datum.h"
#include "core/cypher/error.h"
#include "core/cypher/limits.h"
#include "core/env/random.h"
#include "core/env/task.h"
#include "core/txn/graph_transaction.h"

namespace graphdb::cypher {

class PlanNode;
class ProcedureRegistry;
struct Statement;

// What a statement changed. The names are those of v1::QueryCounters.
struct Counters {
  uint64_t nodes_created = 0;
  uint64_t nodes_deleted = 0;
  uint64_t relationships_created = 0;
  uint64_t relationships_deleted = 0;
  uint64_t properties_set = 0;
  uint64_t labels_added = 0;
  uint64_t labels_removed = 0;
};

class Plan {
 public:
  Plan();
  ~Plan();

  const std::string& text() const;
  const std::vector<std::string>& columns() const { return columns_; }  // empty: no rows
  bool is_write() const { return is_write_; }
  bool explain() const;  // EXPLAIN: Execute yields Describe() as rows of one column
  // One line per operator, the result first, inputs indented.
  std::string Describe() const;

 private:
  friend absl::StatusOr<std::shared_ptr<const Plan>> Prepare(absl::string_view,
                                                             const struct PrepareOptions&);
  friend class PlanRunner;

  std::unique_ptr<Statement> statement_;
  std::unique_ptr<PlanNode> root_;
  std::vector<std::string> columns_;
  bool is_write_ = false;
  size_t width_ = 0;  // of the result rows
};

struct PrepareOptions {
  Limits limits;
  const ProcedureRegistry* procedures = nullptr;  // outlives the plan
};

absl::StatusOr<std::shared_ptr<const Plan>> Prepare(absl::string_view text,
                                                    const PrepareOptions& options);

class RowSink {
 public:
  virtual ~RowSink() = default;
  // One value per column. An error ends the statement.
  virtual absl::Status OnRow(DatumList row) = 0;
};

class CollectRows : public RowSink {
 public:
  absl::Status OnRow(DatumList row) override {
    rows.push_back(std::move(row));
    return absl::OkStatus();
  }
  std::vector<DatumList> rows;
};

struct ExecuteOptions {
  Limits limits;
  // Called every Limits::yield_rows rows of work; may suspend, and ends the
  // statement with the error it returns (killed, timed out).
  std::function<Task<absl::Status>()> yield;
  Random* random = nullptr;  // of rand(); unset: rand() is refused
};

struct QuerySummary {
  Counters counters;
  uint64_t rows = 0;
  uint64_t memory_bytes_peak = 0;
};

// `transaction`, `sink` and what `options` points to outlive the task.
Task<absl::StatusOr<QuerySummary>> Execute(std::shared_ptr<const Plan> plan, DatumMap parameters,
                                           txn::GraphTransaction& transaction, RowSink& sink,
                                           ExecuteOptions options);

}  // namespace graphdb::cypher
