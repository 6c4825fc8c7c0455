// Patterns of variable length: all trails of a batch of rows, one call per step.
#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cypher/co_status.h"
#include "core/cypher/compare.h"
#include "core/cypher/evaluate.h"
#include "core/cypher/operators/hops.h"
#include "core/cypher/operators/nodes.h"

namespace graphdb::cypher {
namespace {

// The last step of a trail; the earlier ones are reached through `before`.
struct Step {
  std::shared_ptr<Step> before;
  RelationshipRef relationship;

  Step(std::shared_ptr<Step> b, RelationshipRef r)
      : before(std::move(b)), relationship(std::move(r)) {}
  // Trails are as long as the graph is wide: no recursion.
  ~Step() {
    std::shared_ptr<Step> next = std::move(before);
    while (next != nullptr && next.use_count() == 1) {
      std::shared_ptr<Step> after = std::move(next->before);
      next = std::move(after);
    }
  }
};
using StepRef = std::shared_ptr<Step>;

struct Trail {
  size_t row = 0;
  ElementId end;
  StepRef last;
};

class VarExpand : public Operator {
 public:
  VarExpand(ExecutionContext& context, const VarExpandNode& plan)
      : Operator(context),
        plan_(plan),
        input_(plan.OpenChild(context)),
        charge_(context),
        hop_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    out->Reset(plan_.width);
    while (true) {
      const size_t most = context_.limits().batch_rows;
      while (ready_at_ < ready_.size() && out->rows() < most) Emit(ready_[ready_at_++], out);
      if (!out->empty()) co_return true;
      ready_.clear();
      ready_at_ = 0;
      if (frontier_.empty()) {
        GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await Load());
        if (!more) co_return false;
      } else {
        GRAPHDB_CO_RETURN_IF_ERROR(co_await Walk());
      }
    }
  }

 private:
  txn::AsyncOr<bool> Load() {
    charge_.Clear();
    GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows_));
    if (!more) co_return false;
    depth_ = 0;
    wanted_.assign(rows_.rows(), Datum());
    if (plan_.properties != nullptr) {
      GRAPHDB_CO_RETURN_IF_ERROR(
          co_await ForEachRow(context_, rows_.rows(), [&](size_t i) -> absl::Status {
            GRAPHDB_ASSIGN_OR_RETURN(wanted_[i],
                                     Evaluate(*plan_.properties, rows_.row(i), context_.eval()));
            return absl::OkStatus();
          }));
    }
    for (size_t i = 0; i < rows_.rows(); ++i) {
      const Datum& from = rows_.row(i)[plan_.from_slot];
      GRAPHDB_CO_RETURN_IF_ERROR(CheckNodeOrNull(from));
      if (from.is_null()) continue;
      frontier_.push_back({i, from.node()->node.id, nullptr});
      if (plan_.min == 0) ready_.push_back(frontier_.back());
    }
    if (plan_.max.has_value() && *plan_.max == 0) frontier_.clear();
    co_return true;
  }

  // All trails of the frontier, one relationship further.
  Task<absl::Status> Walk() {
    std::vector<ElementId> from;
    for (const Trail& trail : frontier_) from.push_back(trail.end);
    GRAPHDB_CO_RETURN_IF_ERROR(co_await hop_.Load(context_, from, plan_.direction, plan_.types));
    ++depth_;
    std::vector<Trail> next;
    for (const Trail& trail : frontier_) {
      // Each relationship is compared with every step of the trail.
      GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(hop_.Of(trail.end).size() * depth_));
      for (const RelationshipRef& record : hop_.Of(trail.end)) {
        if (!Fits(trail, record)) continue;
        GRAPHDB_CO_RETURN_IF_ERROR(charge_.Add(sizeof(Trail) + sizeof(Step) + 32));
        const graph::Relationship& relationship = record->relationship;
        const ElementId end =
            relationship.start == trail.end ? relationship.end : relationship.start;
        next.push_back({trail.row, end, std::make_shared<Step>(trail.last, record)});
        if (depth_ >= plan_.min) ready_.push_back(next.back());
      }
    }
    if (plan_.max.has_value() && depth_ >= *plan_.max) next.clear();
    frontier_ = std::move(next);
    co_return absl::OkStatus();
  }

  bool Fits(const Trail& trail, const RelationshipRef& record) const {
    const RelationshipId id = record->relationship.id;
    for (const Step* step = trail.last.get(); step != nullptr; step = step->before.get()) {
      if (step->relationship->relationship.id == id) return false;
    }
    if (UsedBefore(rows_.row(trail.row), plan_.unlike, id)) return false;
    if (plan_.properties == nullptr) return true;
    for (const auto& [key, value] : wanted_[trail.row].map()) {
      const auto it = record->relationship.properties.find(key);
      if (it == record->relationship.properties.end()) return false;
      if (Equals(FromGraphValue(it->second), value) != Ternary::kTrue) return false;
    }
    return true;
  }

  void Emit(const Trail& trail, Batch* out) {
    const Datum* row = rows_.row(trail.row);
    if (plan_.into) {
      const Datum& bound = row[plan_.to_slot];
      if (!bound.is_node() || bound.node()->node.id != trail.end) return;
    }
    DatumList relationships;
    for (const Step* step = trail.last.get(); step != nullptr; step = step->before.get()) {
      relationships.push_back(Datum::Relationship(step->relationship));
    }
    if (!plan_.reversed) std::reverse(relationships.begin(), relationships.end());
    Datum list = Datum::List(std::move(relationships));
    if (plan_.same_list && Equals(row[plan_.relationships_slot], list) != Ternary::kTrue) return;
    Datum* made = out->Add(row);
    made[plan_.relationships_slot] = std::move(list);
    if (plan_.into) return;
    made[plan_.to_slot] =
        trail.last == nullptr ? row[plan_.from_slot] : Datum::Node(context_.NodeById(trail.end));
  }

  const VarExpandNode& plan_;
  const std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
  Batch rows_;
  std::vector<Datum> wanted_;  // per row, the properties each relationship needs
  Hop hop_;
  uint64_t depth_ = 0;
  std::vector<Trail> frontier_;
  std::vector<Trail> ready_;
  size_t ready_at_ = 0;
};

}  // namespace

std::unique_ptr<Operator> VarExpandNode::Open(ExecutionContext& context) const {
  return std::make_unique<VarExpand>(context, *this);
}
std::string VarExpandNode::Describe() const {
  return absl::StrCat(into ? "VarExpandInto " : "VarExpand ", DescribeHop(direction, types), " ",
                      min, "..", max.has_value() ? absl::StrCat(*max) : "");
}

}  // namespace graphdb::cypher
