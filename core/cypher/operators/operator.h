// PlanNode and Operator: one step of a plan, and one run of it.
//
// A PlanNode is what the planner makes: immutable, shared by executions. Open
// makes the Operator that holds the state of one execution. To add an operator:
// a PlanNode in nodes.h, its body in a file of its own, a place in the planner.
//
// Invariants:
//   1. Next fills `out` with at least one row and returns true, or returns
//      false and is not called again.
//   2. Rows out of an operator are as wide as its plan node says.
//   3. An operator asks the graph once per batch, not once per row.
//
// Deterministic thread only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/cypher/execution.h"
#include "core/env/task.h"
#include "core/txn/graph_transaction.h"

namespace graphdb::cypher {

class Operator {
 public:
  explicit Operator(ExecutionContext& context) : context_(context) {}
  virtual ~Operator() = default;
  virtual txn::AsyncOr<bool> Next(Batch* out) = 0;

 protected:
  ExecutionContext& context_;
};

class PlanNode {
 public:
  virtual ~PlanNode() = default;
  virtual std::unique_ptr<Operator> Open(ExecutionContext& context) const = 0;
  virtual std::string Describe() const = 0;

  size_t width = 0;                                 // of the rows it gives
  std::vector<std::unique_ptr<PlanNode>> children;  // the first gives the input rows

  std::unique_ptr<Operator> OpenChild(ExecutionContext& context, size_t i = 0) const {
    return children[i]->Open(context);
  }
};

using PlanPtr = std::unique_ptr<PlanNode>;

// Reads all rows of an operator into batches; memory goes on `charge`.
Task<absl::Status> Drain(ExecutionContext& context, Operator& from, MemoryCharge& charge,
                         std::vector<Batch>& to);

// An operator that reads all its input before it gives the first row: writes,
// so that a clause doesn't see its own effects.
class EagerOperator : public Operator {
 public:
  EagerOperator(ExecutionContext& context, std::unique_ptr<Operator> input)
      : Operator(context), input_(std::move(input)), charge_(context) {}
  txn::AsyncOr<bool> Next(Batch* out) final;

 protected:
  // Works on all rows; may add and drop rows.
  virtual Task<absl::Status> Apply(std::vector<Batch>& batches) = 0;

 private:
  std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
  std::vector<Batch> batches_;
  size_t at_ = 0;
  bool started_ = false;
};

}  // namespace graphdb::cypher
