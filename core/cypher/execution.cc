#include "core/cypher/execution.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/cypher/co_status.h"
#include "core/cypher/error.h"

namespace graphdb::cypher {

Datum* Batch::Add() {
  cells_.resize(cells_.size() + width_);
  return row(rows_++);
}

Datum* Batch::Add(const Datum* from) {
  cells_.insert(cells_.end(), from, from + width_);
  return row(rows_++);
}

void Batch::Keep(const std::vector<bool>& flags) {
  size_t kept = 0;
  for (size_t i = 0; i < rows_; ++i) {
    if (!flags[i]) continue;
    if (kept != i) std::move(row(i), row(i) + width_, row(kept));
    ++kept;
  }
  rows_ = kept;
  cells_.resize(kept * width_);
}

size_t Batch::MemoryBytes() const {
  size_t total = cells_.size() * sizeof(Datum);
  for (const Datum& cell : cells_) total += cell.MemoryBytes();
  return total;
}

ExecutionContext::ExecutionContext(txn::GraphTransaction& transaction, const DatumMap& parameters,
                                   bool writes, ExecuteOptions options)
    : transaction_(transaction),
      parameters_(parameters),
      writes_(writes),
      options_(std::move(options)) {
  eval_.parameters = &parameters_;
  eval_.limits = &options_.limits;
  eval_.random = options_.random;
  eval_.wanted = &wanted_;
  eval_.owner = this;
  eval_.unfetched = [](void* owner, ElementId id) {
    return static_cast<ExecutionContext*>(owner)->EndById(id);
  };
}

void ExecutionContext::Keep(size_t bytes) {
  memory_used_ += bytes;
  memory_peak_ = std::max(memory_peak_, memory_used_);
}

NodeRef ExecutionContext::NodeById(ElementId id) {
  if (writes_) {
    if (NodeRef* known = nodes_.Find(id.value())) return *known;
  }
  auto record = std::make_shared<NodeRecord>();
  record->node.id = id;
  record->fetched = false;
  if (writes_) nodes_.Insert(id.value(), record);
  if (writes_) Keep(kRecordBytes);
  return record;
}

NodeRef ExecutionContext::EndById(ElementId id) {
  if (NodeRef* known = ends_.Find(id.value())) return *known;
  NodeRef record = NodeById(id);
  ends_.Insert(id.value(), NodeRef(record));
  return record;
}

NodeRef ExecutionContext::Adopt(graph::Node node) {
  if (writes_) {
    if (NodeRef* known = nodes_.Find(node.id.value())) {
      if (!(*known)->fetched && !(*known)->deleted) {
        (*known)->node = std::move(node);
        (*known)->fetched = true;
      }
      return *known;
    }
  }
  auto record = std::make_shared<NodeRecord>();
  const uint64_t id = node.id.value();
  record->node = std::move(node);
  if (writes_) nodes_.Insert(id, record);
  if (writes_) Keep(kRecordBytes + Datum::Node(record).MemoryBytes());
  return record;
}

RelationshipRef ExecutionContext::Adopt(graph::Relationship relationship) {
  const uint64_t id = relationship.id.value();
  if (writes_) {
    if (RelationshipRef* known = relationships_.Find(id)) return *known;
  }
  auto record = std::make_shared<RelationshipRecord>();
  record->relationship = std::move(relationship);
  if (writes_) relationships_.Insert(id, record);
  if (writes_) Keep(kRecordBytes + Datum::Relationship(record).MemoryBytes());
  return record;
}

size_t ExecutionContext::BytesOf(const RelationshipRef& record) const {
  if (writes_) return sizeof(RelationshipRef);
  return kRecordBytes + Datum::Relationship(record).MemoryBytes();
}

Task<absl::Status> ExecutionContext::FetchWanted() {
  std::vector<NodeRef> wanted = std::exchange(wanted_, {});
  std::erase_if(wanted, [](const NodeRef& node) { return node->fetched; });
  if (wanted.empty()) co_return absl::OkStatus();
  std::sort(wanted.begin(), wanted.end(),
            [](const NodeRef& a, const NodeRef& b) { return a->node.id < b->node.id; });
  std::vector<ElementId> ids;
  for (const NodeRef& node : wanted) {
    if (ids.empty() || ids.back() != node->node.id) ids.push_back(node->node.id);
  }
  auto nodes = co_await transaction_.GetNodes(ids);
  if (!nodes.ok()) co_return nodes.status();
  if (nodes->size() != ids.size()) co_return absl::InternalError("GetNodes: one answer per id");
  size_t at = 0;
  for (const NodeRef& node : wanted) {
    while (ids[at] != node->node.id) ++at;
    const std::optional<graph::Node>& found = (*nodes)[at];
    node->fetched = true;
    if (found.has_value()) {
      node->node = *found;
    } else {
      node->deleted = true;
    }
  }
  co_return absl::OkStatus();
}

void ExecutionContext::WantAll(const Datum& value) {
  switch (value.kind()) {
    case Datum::Kind::kNode:
      if (!value.node()->fetched) wanted_.push_back(value.node());
      return;
    case Datum::Kind::kPath:
      for (const NodeRef& node : value.path().nodes) {
        if (!node->fetched) wanted_.push_back(node);
      }
      return;
    case Datum::Kind::kList:
      for (const Datum& item : value.list()) WantAll(item);
      return;
    case Datum::Kind::kMap:
      for (const auto& [key, item] : value.map()) WantAll(item);
      return;
    default:
      return;
  }
}

Task<absl::Status> ExecutionContext::Work(size_t rows) {
  eval_.work = 0;
  ends_.Clear();
  if (memory_used_ > options_.limits.memory_bytes_max) co_return OutOfMemory();
  work_ += rows;
  if (work_ < options_.limits.yield_rows) co_return absl::OkStatus();
  work_ = 0;
  if (!options_.yield) co_return absl::OkStatus();
  absl::Status status = co_await options_.yield();
  co_return status;
}

absl::Status ExecutionContext::OutOfMemory() const {
  return LimitError("memory_bytes_max",
                    absl::StrCat("the statement needs more memory than memory_bytes_max = ",
                                 options_.limits.memory_bytes_max, " bytes"));
}

absl::Status ExecutionContext::Charge(size_t bytes) {
  const size_t most = options_.limits.memory_bytes_max;
  if (memory_used_ > most || bytes > most - memory_used_) return OutOfMemory();
  memory_used_ += bytes;
  memory_peak_ = std::max(memory_peak_, memory_used_);
  return absl::OkStatus();
}

void ExecutionContext::Release(size_t bytes) {
  GRAPHDB_CHECK_LE(bytes, memory_used_);
  memory_used_ -= bytes;
}

}  // namespace graphdb::cypher
