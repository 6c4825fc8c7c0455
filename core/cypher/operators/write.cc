// CREATE, SET, REMOVE, DELETE and MERGE.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cypher/co_status.h"
#include "core/cypher/error.h"
#include "core/cypher/operators/nodes.h"
#include "core/cypher/operators/writer.h"
#include "core/txn/delete_in_parts.h"

namespace graphdb::cypher {
namespace {

class Create : public EagerOperator {
 public:
  Create(ExecutionContext& context, const CreateNode& plan)
      : EagerOperator(context, plan.OpenChild(context)), plan_(plan) {}

 protected:
  Task<absl::Status> Apply(std::vector<Batch>& batches) override {
    Writer writer(context_);
    if (plan_.paths.size() < kPrefetchPathsMax) {
      std::vector<const Expr*> exprs;
      for (const PathPattern* path : plan_.paths) AppendExprs(*path, exprs);
      GRAPHDB_CO_RETURN_IF_ERROR(co_await writer.Prefetch(batches, exprs));
    }
    for (Batch& batch : batches) {
      for (size_t i = 0; i < batch.rows(); ++i) {
        for (const PathPattern* path : plan_.paths) {
          GRAPHDB_CO_RETURN_IF_ERROR(co_await writer.CreatePath(*path, batch.row(i)));
        }
        GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(plan_.paths.size()));
      }
    }
    co_return absl::OkStatus();
  }

 private:
  // A long CREATE is data, not expressions over matched nodes.
  static constexpr size_t kPrefetchPathsMax = 64;

  const CreateNode& plan_;
};

class SetOrRemove : public EagerOperator {
 public:
  SetOrRemove(ExecutionContext& context, const SetNode& plan)
      : EagerOperator(context, plan.OpenChild(context)), plan_(plan) {}

 protected:
  Task<absl::Status> Apply(std::vector<Batch>& batches) override {
    Writer writer(context_);
    std::vector<const Expr*> exprs;
    AppendExprs(*plan_.items, exprs);
    GRAPHDB_CO_RETURN_IF_ERROR(co_await writer.Prefetch(batches, exprs));
    for (Batch& batch : batches) {
      for (size_t i = 0; i < batch.rows(); ++i) {
        GRAPHDB_CO_RETURN_IF_ERROR(co_await writer.Set(*plan_.items, plan_.remove, batch.row(i)));
      }
      GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(batch.rows()));
    }
    co_return co_await writer.Flush();
  }

 private:
  const SetNode& plan_;
};

class Delete : public EagerOperator {
 public:
  Delete(ExecutionContext& context, const DeleteNode& plan)
      : EagerOperator(context, plan.OpenChild(context)), plan_(plan), charge_(context) {}

 protected:
  // Relationships first, so that `DELETE n, r` leaves none at n.
  Task<absl::Status> Apply(std::vector<Batch>& batches) override {
    Writer writer(context_);
    for (Batch& batch : batches) {
      for (size_t i = 0; i < batch.rows(); ++i) {
        for (const Expr* target : plan_.targets) {
          GRAPHDB_CO_ASSIGN_OR_RETURN(const Datum value,
                                      co_await writer.Value(*target, batch.row(i)));
          absl::Status status = Collect(value);
          if (!status.ok()) co_return WithOffset(status, target->begin);
        }
      }
    }
    for (auto& [id, record] : relationships_) {
      GRAPHDB_CO_RETURN_IF_ERROR(co_await DeleteRelationship(record));
    }
    if (!nodes_.empty()) GRAPHDB_CO_RETURN_IF_ERROR(co_await DeleteNodes());
    co_return absl::OkStatus();
  }

 private:
  absl::Status Collect(const Datum& value) {
    switch (value.kind()) {
      case Datum::Kind::kNull:
        return absl::OkStatus();
      case Datum::Kind::kNode:
        if (!value.node()->deleted) nodes_[value.node()->node.id] = value.node();
        context_.WantAll(value);
        return absl::OkStatus();
      case Datum::Kind::kRelationship:
        relationships_[value.relationship()->relationship.id] = value.relationship();
        return absl::OkStatus();
      case Datum::Kind::kPath:
        for (const NodeRef& node : value.path().nodes) {
          GRAPHDB_RETURN_IF_ERROR(Collect(Datum::Node(node)));
        }
        for (const RelationshipRef& relationship : value.path().relationships) {
          GRAPHDB_RETURN_IF_ERROR(Collect(Datum::Relationship(relationship)));
        }
        return absl::OkStatus();
      default:
        return RuntimeError("TypeError", "InvalidArgumentType",
                            absl::StrCat("DELETE takes nodes, relationships and paths, not ",
                                         WithArticle(value.kind())));
    }
  }

  Task<absl::Status> DeleteRelationship(RelationshipRef record) {
    if (std::exchange(record->deleted, true)) co_return absl::OkStatus();
    context_.dangling.erase(record->relationship.id);
    ++context_.counters.relationships_deleted;
    co_return (co_await context_.transaction().DeleteRelationship(record->relationship)).status();
  }

  // The transaction's own limits only: those of the statement say what they are.
  absl::Status InParts(const absl::Status& status, ElementId node) const {
    if (!plan_.detach || ErrorOf(status).has_value()) return status;
    return txn::HintAtParts(status, node);
  }

  Task<absl::Status> DeleteNodes() {
    GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.FetchWanted());
    txn::ExpandSpec spec;
    spec.direction = graph::Direction::kBoth;
    for (const auto& [id, node] : nodes_) spec.from.push_back(id);
    std::vector<RelationshipRef> left;
    const txn::RelationshipSink take = [&](size_t, graph::Relationship relationship) {
      if (!plan_.detach) {
        context_.dangling.emplace(relationship.id, plan_.offset);
        return context_.Charge(kDanglingBytes);
      }
      left.push_back(context_.Adopt(std::move(relationship)));
      return charge_.Add(context_.BytesOf(left.back()));
    };
    const absl::Status expanded =
        (co_await context_.transaction().Expand(std::move(spec), take)).status();
    GRAPHDB_CO_RETURN_IF_ERROR(InParts(expanded, nodes_.begin()->first));
    for (RelationshipRef& record : left) {
      const ElementId start = record->relationship.start;
      const ElementId node = nodes_.count(start) > 0 ? start : record->relationship.end;
      const absl::Status deleted = co_await DeleteRelationship(std::move(record));
      GRAPHDB_CO_RETURN_IF_ERROR(InParts(deleted, node));
    }
    for (auto& [id, node] : nodes_) {
      node->deleted = true;
      ++context_.counters.nodes_deleted;
      GRAPHDB_CO_RETURN_IF_ERROR((co_await context_.transaction().DeleteNode(id)).status());
    }
    co_return absl::OkStatus();
  }

  static constexpr size_t kDanglingBytes = 64;  // of an entry, until the statement ends

  const DeleteNode& plan_;
  MemoryCharge charge_;
  std::map<ElementId, NodeRef> nodes_;
  std::map<RelationshipId, RelationshipRef> relationships_;
};

// Row by row: what one row creates the next one matches.
class Merge : public EagerOperator {
 public:
  Merge(ExecutionContext& context, const MergeNode& plan)
      : EagerOperator(context, plan.OpenChild(context)), plan_(plan), charge_(context) {}

 protected:
  Task<absl::Status> Apply(std::vector<Batch>& batches) override {
    std::vector<Batch> results;
    for (Batch& batch : batches) {
      for (size_t i = 0; i < batch.rows(); ++i) {
        GRAPHDB_CO_RETURN_IF_ERROR(co_await MergeRow(batch.row(i), results));
        GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(1));
      }
    }
    batches = std::move(results);
    co_return absl::OkStatus();
  }

 private:
  Task<absl::Status> MergeRow(const Datum* row, std::vector<Batch>& results) {
    Writer writer(context_);
    const MergeClause& merge = *plan_.merge;
    Batch one(plan_.width);
    one.Add(row);
    GRAPHDB_CO_RETURN_IF_ERROR(co_await CheckProperties(writer, one.row(0)));
    context_.SetArgument(plan_.argument, &one);
    std::vector<Batch> found;
    const std::unique_ptr<Operator> match = plan_.OpenChild(context_, 1);
    GRAPHDB_CO_RETURN_IF_ERROR(co_await Drain(context_, *match, charge_, found));
    if (found.empty()) {
      GRAPHDB_CO_RETURN_IF_ERROR(co_await writer.CreatePath(merge.path, one.row(0)));
      GRAPHDB_CO_RETURN_IF_ERROR(co_await writer.Set(merge.on_create, false, one.row(0)));
      found.push_back(std::move(one));
    } else {
      for (Batch& batch : found) {
        for (size_t i = 0; i < batch.rows(); ++i) {
          GRAPHDB_CO_RETURN_IF_ERROR(co_await writer.Set(merge.on_match, false, batch.row(i)));
        }
      }
    }
    for (Batch& batch : found) {
      for (size_t i = 0; i < batch.rows(); ++i) {
        if (results.empty() || results.back().rows() >= context_.limits().batch_rows) {
          results.emplace_back(plan_.width);
        }
        results.back().Add(batch.row(i));
      }
    }
    co_return co_await writer.Flush();
  }

  // Null equals nothing: such a MERGE would create a new element every time.
  Task<absl::Status> CheckProperties(Writer& writer, Datum* row) {
    std::vector<const Expr*> exprs;
    AppendExprs(plan_.merge->path, exprs);
    for (const Expr* expr : exprs) {
      GRAPHDB_CO_ASSIGN_OR_RETURN(const Datum value, co_await writer.Value(*expr, row));
      for (const auto& [key, item] : value.map()) {
        if (!item.is_null()) continue;
        co_return RuntimeError("SemanticError", "MergeReadOwnWrites",
                               absl::StrCat("MERGE can't use null for property '", key, "'"),
                               expr->begin);
      }
    }
    co_return absl::OkStatus();
  }

  const MergeNode& plan_;
  MemoryCharge charge_;
};

}  // namespace

std::unique_ptr<Operator> CreateNode::Open(ExecutionContext& context) const {
  return std::make_unique<Create>(context, *this);
}
std::string CreateNode::Describe() const { return absl::StrCat("Create (", paths.size(), ")"); }

std::unique_ptr<Operator> SetNode::Open(ExecutionContext& context) const {
  return std::make_unique<SetOrRemove>(context, *this);
}
std::string SetNode::Describe() const { return remove ? "Remove" : "Set"; }

std::unique_ptr<Operator> DeleteNode::Open(ExecutionContext& context) const {
  return std::make_unique<Delete>(context, *this);
}
std::string DeleteNode::Describe() const { return detach ? "DetachDelete" : "Delete"; }

std::unique_ptr<Operator> MergeNode::Open(ExecutionContext& context) const {
  return std::make_unique<Merge>(context, *this);
}
std::string MergeNode::Describe() const { return "Merge"; }

}  // namespace graphdb::cypher
