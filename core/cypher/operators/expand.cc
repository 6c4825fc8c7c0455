// One hop of a pattern: relationships of the nodes of a whole batch, in one call.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/cypher/co_status.h"
#include "core/cypher/error.h"
#include "core/cypher/operators/hops.h"
#include "core/cypher/operators/nodes.h"

namespace graphdb::cypher {

absl::Status CheckNodeOrNull(const Datum& value) {
  if (value.is_node() || value.is_null()) return absl::OkStatus();
  return RuntimeError("TypeError", "InvalidArgumentType",
                      absl::StrCat("a pattern takes a node here, not ", WithArticle(value.kind())));
}

bool UsedBefore(const Datum* row, const std::vector<int>& slots, RelationshipId id) {
  for (const int slot : slots) {
    const Datum& value = row[slot];
    if (value.is_relationship() && value.relationship()->relationship.id == id) return true;
    if (!value.is_list()) continue;
    for (const Datum& item : value.list()) {
      if (item.is_relationship() && item.relationship()->relationship.id == id) return true;
    }
  }
  return false;
}

std::string DescribeHop(graph::Direction direction, const std::vector<std::string>& types) {
  const std::string detail =
      types.empty() ? "" : absl::StrCat("[:", absl::StrJoin(types, "|"), "]");
  return absl::StrCat(direction == graph::Direction::kIncoming ? "<-" : "-", detail,
                      direction == graph::Direction::kOutgoing ? "->" : "-");
}

Task<absl::Status> Hop::Load(ExecutionContext& context, const std::vector<ElementId>& from,
                             graph::Direction direction, const std::vector<std::string>& types) {
  charge_.Clear();
  lists_.clear();
  index_.clear();
  txn::ExpandSpec spec;
  spec.direction = direction;
  spec.types = types;
  for (const ElementId id : from) {
    if (index_.emplace(id, spec.from.size()).second) spec.from.push_back(id);
  }
  if (spec.from.empty()) co_return absl::OkStatus();
  lists_.resize(spec.from.size());
  size_t total = 0;
  const txn::RelationshipSink take = [&](size_t i, graph::Relationship relationship) {
    if (i >= lists_.size()) return absl::InternalError("Expand: a relationship of no node");
    ++total;
    RelationshipRef record = context.Adopt(std::move(relationship));
    absl::Status charged = charge_.Add(context.BytesOf(record));
    lists_[i].push_back(std::move(record));
    return charged;
  };
  GRAPHDB_CO_RETURN_IF_ERROR(
      (co_await context.transaction().Expand(std::move(spec), take)).status());
  GRAPHDB_CO_RETURN_IF_ERROR(co_await context.Work(total));
  co_return absl::OkStatus();
}

const std::vector<RelationshipRef>& Hop::Of(ElementId id) const { return lists_[index_.at(id)]; }

namespace {

class Expand : public Operator {
 public:
  Expand(ExecutionContext& context, const ExpandNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)), hop_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    out->Reset(plan_.width);
    while (out->rows() < context_.limits().batch_rows) {
      if (row_ == rows_.rows()) {
        // Rows that are ready go on before more are read.
        if (!out->empty()) break;
        GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await Load());
        if (!more) co_return false;
        continue;
      }
      const Datum& from = rows_.row(row_)[plan_.from_slot];
      if (from.is_null()) {
        ++row_;
        continue;
      }
      const ElementId from_id = from.node()->node.id;
      const std::vector<RelationshipRef>& hop = hop_.Of(from_id);
      while (at_ < hop.size() && out->rows() < context_.limits().batch_rows) {
        Emit(from_id, hop[at_++], out);
      }
      if (at_ == hop.size()) {
        at_ = 0;
        ++row_;
      }
    }
    co_return true;
  }

 private:
  txn::AsyncOr<bool> Load() {
    row_ = 0;
    at_ = 0;
    GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows_));
    if (!more) {
      rows_.Reset(plan_.width);
      co_return false;
    }
    std::vector<ElementId> from;
    for (size_t i = 0; i < rows_.rows(); ++i) {
      const Datum& value = rows_.row(i)[plan_.from_slot];
      GRAPHDB_CO_RETURN_IF_ERROR(CheckNodeOrNull(value));
      if (value.is_node()) from.push_back(value.node()->node.id);
    }
    GRAPHDB_CO_RETURN_IF_ERROR(co_await hop_.Load(context_, from, plan_.direction, plan_.types));
    co_return true;
  }

  void Emit(ElementId from, const RelationshipRef& record, Batch* out) {
    const graph::Relationship& relationship = record->relationship;
    const Datum* row = rows_.row(row_);
    const ElementId to = relationship.start == from ? relationship.end : relationship.start;
    if (plan_.into) {
      const Datum& bound = row[plan_.to_slot];
      if (!bound.is_node() || bound.node()->node.id != to) return;
    }
    if (UsedBefore(row, plan_.unlike, relationship.id)) return;
    Datum* made = out->Add(row);
    made[plan_.relationship_slot] = Datum::Relationship(record);
    if (!plan_.into) made[plan_.to_slot] = Datum::Node(context_.NodeById(to));
  }

  const ExpandNode& plan_;
  const std::unique_ptr<Operator> input_;
  Batch rows_;
  Hop hop_;
  size_t row_ = 0;
  size_t at_ = 0;
};

// Which way round the ends may be.
class Endpoints : public Operator {
 public:
  Endpoints(ExecutionContext& context, const EndpointsNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    out->Reset(plan_.width);
    while (out->empty()) {
      Batch rows;
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows));
      if (!more) co_return false;
      for (size_t i = 0; i < rows.rows(); ++i) {
        GRAPHDB_CO_RETURN_IF_ERROR(Emit(rows.row(i), out));
      }
    }
    co_return true;
  }

 private:
  absl::Status Emit(const Datum* row, Batch* out) {
    const Datum& value = row[plan_.relationship_slot];
    if (value.is_null()) return absl::OkStatus();
    if (!value.is_relationship()) {
      return RuntimeError(
          "TypeError", "InvalidArgumentType",
          absl::StrCat("a pattern takes a relationship here, not ", WithArticle(value.kind())));
    }
    const graph::Relationship& relationship = value.relationship()->relationship;
    const bool type_fits = plan_.types.empty() || std::find(plan_.types.begin(), plan_.types.end(),
                                                            relationship.type) != plan_.types.end();
    if (!type_fits || UsedBefore(row, plan_.unlike, relationship.id)) return absl::OkStatus();
    if (plan_.direction != PatternDirection::kLeft) {
      Try(row, relationship.start, relationship.end, out);
    }
    const bool loop = relationship.start == relationship.end;
    if (plan_.direction != PatternDirection::kRight &&
        !(loop && plan_.direction == PatternDirection::kBoth)) {
      Try(row, relationship.end, relationship.start, out);
    }
    return absl::OkStatus();
  }

  void Try(const Datum* row, ElementId left, ElementId right, Batch* out) {
    const auto fits = [&](bool bound, int slot, ElementId id) {
      return !bound || (row[slot].is_node() && row[slot].node()->node.id == id);
    };
    if (!fits(plan_.left_bound, plan_.left_slot, left)) return;
    if (!fits(plan_.right_bound, plan_.right_slot, right)) return;
    if (!plan_.left_bound && plan_.left_slot == plan_.right_slot && left != right) return;
    Datum* made = out->Add(row);
    if (!plan_.left_bound) made[plan_.left_slot] = Datum::Node(context_.NodeById(left));
    if (!plan_.right_bound) made[plan_.right_slot] = Datum::Node(context_.NodeById(right));
  }

  const EndpointsNode& plan_;
  const std::unique_ptr<Operator> input_;
};

}  // namespace

std::unique_ptr<Operator> ExpandNode::Open(ExecutionContext& context) const {
  return std::make_unique<Expand>(context, *this);
}
std::string ExpandNode::Describe() const {
  return absl::StrCat(into ? "ExpandInto " : "Expand ", DescribeHop(direction, types));
}

std::unique_ptr<Operator> EndpointsNode::Open(ExecutionContext& context) const {
  return std::make_unique<Endpoints>(context, *this);
}
std::string EndpointsNode::Describe() const { return "Endpoints"; }

}  // namespace graphdb::cypher
