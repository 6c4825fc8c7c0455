// ExecutionContext: everything one execution of a plan shares: transaction,
// parameters, element records, memory account, counters.
//
// Element records. A statement that only reads makes a record per value it
// reads; identity is the id. A statement that writes interns records by id, so
// that every row sees a change at once. A node that was only reached as the end
// of a relationship is known by id alone (NodeRecord::fetched is false) until
// an expression asks for more; then all such nodes of the batch are fetched in
// one call.
//
// Invariants:
//   1. Charge refuses what would take the memory in use above
//      Limits::memory_bytes_max; what interned records take is found out by the
//      next Work.
//   2. In a writing statement there is one record per element.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "core/base/lookup_map.h"
#include "core/cypher/datum.h"
#include "core/cypher/functions.h"
#include "core/cypher/limits.h"
#include "core/cypher/query.h"
#include "core/env/task.h"
#include "core/txn/graph_transaction.h"

namespace graphdb::cypher {

// Rows of one width, one after the other.
class Batch {
 public:
  explicit Batch(size_t width = 0) : width_(width) {}

  size_t width() const { return width_; }
  size_t rows() const { return rows_; }
  bool empty() const { return rows_ == 0; }
  Datum* row(size_t i) { return cells_.data() + i * width_; }
  const Datum* row(size_t i) const { return cells_.data() + i * width_; }
  void Reset(size_t width) {
    width_ = width;
    rows_ = 0;
    cells_.clear();
  }
  // A new row of nulls, or a copy of `from` (as wide as this batch).
  Datum* Add();
  Datum* Add(const Datum* from);
  // Keeps the rows whose flag is set.
  void Keep(const std::vector<bool>& flags);
  size_t MemoryBytes() const;

 private:
  size_t width_ = 0;
  size_t rows_ = 0;
  DatumList cells_;
};

class ExecutionContext {
 public:
  ExecutionContext(txn::GraphTransaction& transaction, const DatumMap& parameters, bool writes,
                   ExecuteOptions options);
  ExecutionContext(const ExecutionContext&) = delete;
  ExecutionContext& operator=(const ExecutionContext&) = delete;

  txn::GraphTransaction& transaction() { return transaction_; }
  EvalContext& eval() { return eval_; }
  const Limits& limits() const { return options_.limits; }
  bool writes() const { return writes_; }

  // Records.
  NodeRef NodeById(ElementId id);  // maybe not fetched
  NodeRef Adopt(graph::Node node);
  RelationshipRef Adopt(graph::Relationship relationship);
  // Fetches all of eval().wanted in one call, and forgets them.
  Task<absl::Status> FetchWanted();
  // Fetches every node inside `values` that is not yet.
  void WantAll(const Datum& value);

  // To be awaited once per batch of `rows` rows: yields, and stops a statement
  // that was killed.
  Task<absl::Status> Work(size_t rows);

  // What holding a record that Adopt gave takes. A statement that writes counts
  // its records once, when they are interned; then it is the reference.
  size_t BytesOf(const RelationshipRef& record) const;
  absl::Status Charge(size_t bytes);
  void Release(size_t bytes);
  size_t memory_peak() const { return memory_peak_; }

  // The rows an Apply gives to the leaf of its inner plan.
  void SetArgument(int id, const Batch* batch) { arguments_[id] = batch; }
  const Batch* argument(int id) const { return arguments_.at(id); }

  Counters counters;
  // Relationships that a DELETE without DETACH left at a deleted node: at the
  // end of the statement all of them must be gone.
  std::map<RelationshipId, uint32_t> dangling;  // to the offset of the DELETE

 private:
  static constexpr size_t kRecordBytes = 96;  // of an entry in a table of records

  void Keep(size_t bytes);  // until the end of the statement
  // startNode() and endNode(): the same record when the row is evaluated again.
  NodeRef EndById(ElementId id);
  absl::Status OutOfMemory() const;

  txn::GraphTransaction& transaction_;
  const DatumMap& parameters_;
  const bool writes_;
  const ExecuteOptions options_;
  EvalContext eval_;
  std::vector<NodeRef> wanted_;
  LookupMap<uint64_t, NodeRef> nodes_;
  LookupMap<uint64_t, NodeRef> ends_;  // that expressions of this batch asked for
  LookupMap<uint64_t, RelationshipRef> relationships_;
  std::map<int, const Batch*> arguments_;
  size_t memory_used_ = 0;
  size_t memory_peak_ = 0;
  size_t work_ = 0;
};

// Memory that is given back when the holder goes.
class MemoryCharge {
 public:
  explicit MemoryCharge(ExecutionContext& context) : context_(context) {}
  ~MemoryCharge() { context_.Release(bytes_); }
  MemoryCharge(const MemoryCharge&) = delete;
  MemoryCharge& operator=(const MemoryCharge&) = delete;
  absl::Status Add(size_t bytes) {
    absl::Status status = context_.Charge(bytes);
    if (status.ok()) bytes_ += bytes;
    return status;
  }
  void Clear() {
    context_.Release(bytes_);
    bytes_ = 0;
  }

 private:
  ExecutionContext& context_;
  size_t bytes_ = 0;
};

// Calls f(i) for i in [0, count). Where f says NeedsFetch (before it had any
// effect) the nodes of all such calls are fetched at once and f is called again.
template <typename F>
Task<absl::Status> ForEachRow(ExecutionContext& context, size_t count, F f) {
  std::vector<size_t> again;
  for (size_t i = 0; i < count; ++i) {
    absl::Status status = f(i);
    if (status.ok()) continue;
    if (!IsNeedsFetch(status)) co_return status;
    again.push_back(i);
  }
  while (!again.empty()) {
    absl::Status fetched = co_await context.FetchWanted();
    if (!fetched.ok()) co_return fetched;
    std::vector<size_t> rest;
    for (const size_t i : again) {
      absl::Status status = f(i);
      if (status.ok()) continue;
      if (!IsNeedsFetch(status)) co_return status;
      rest.push_back(i);
    }
    again = std::move(rest);
  }
  co_return absl::OkStatus();
}

}  // namespace graphdb::cypher
