// Plans inside plans: OPTIONAL MATCH, pattern predicates, exists { }, pattern
// comprehensions; and UNION and CALL.
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cypher/co_status.h"
#include "core/cypher/compare.h"
#include "core/cypher/error.h"
#include "core/cypher/evaluate.h"
#include "core/cypher/operators/nodes.h"

namespace graphdb::cypher {
namespace {

class Apply : public Operator {
 public:
  Apply(ExecutionContext& context, const ApplyNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)), charge_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    while (true) {
      while (at_ < results_.size()) {
        Batch& ready = results_[at_++];
        if (ready.empty()) continue;
        *out = std::move(ready);
        co_return true;
      }
      results_.clear();
      at_ = 0;
      charge_.Clear();
      Batch outer;
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&outer));
      if (!more) co_return false;
      GRAPHDB_CO_RETURN_IF_ERROR(co_await Run(outer));
    }
  }

 private:
  Task<absl::Status> Run(Batch& outer) {
    if (plan_.row_by_row) co_return co_await RunRows(outer);
    for (size_t i = 0; i < outer.rows(); ++i) {
      outer.row(i)[plan_.row_slot] = Datum::Integer(static_cast<int64_t>(i));
    }
    context_.SetArgument(plan_.argument, &outer);
    const std::unique_ptr<Operator> inner = plan_.OpenChild(context_, 1);
    std::vector<Batch> found;
    GRAPHDB_CO_RETURN_IF_ERROR(co_await Drain(context_, *inner, charge_, found));
    if (plan_.mode == ApplyNode::Mode::kOptional) {
      JoinOptional(outer, found);
      co_return absl::OkStatus();
    }
    std::vector<DatumList> lists(outer.rows());
    std::vector<bool> exists(outer.rows(), false);
    for (Batch& batch : found) {
      GRAPHDB_CO_RETURN_IF_ERROR(co_await Collect(batch, lists, exists));
    }
    for (size_t i = 0; i < outer.rows(); ++i) {
      outer.row(i)[plan_.result_slot] = plan_.mode == ApplyNode::Mode::kExists
                                            ? Datum::Boolean(exists[i])
                                            : Datum::List(std::move(lists[i]));
    }
    if (plan_.list != nullptr) GRAPHDB_CO_RETURN_IF_ERROR(co_await CheckLists(outer));
    results_.push_back(std::move(outer));
    co_return absl::OkStatus();
  }

  Task<absl::Status> CheckLists(Batch& outer) {
    co_return co_await ForEachRow(context_, outer.rows(), [&](size_t i) -> absl::Status {
      GRAPHDB_ASSIGN_OR_RETURN(const Datum list,
                               Evaluate(*plan_.list, outer.row(i), context_.eval()));
      if (list.is_null()) outer.row(i)[plan_.result_slot] = Datum();
      if (list.is_null() || list.is_list()) return absl::OkStatus();
      return RuntimeError("TypeError", "InvalidArgumentType", "expected a list", plan_.list->begin);
    });
  }

  Task<absl::Status> Collect(Batch& batch, std::vector<DatumList>& lists,
                             std::vector<bool>& exists) {
    DatumList items(batch.rows());
    if (plan_.item != nullptr) {
      GRAPHDB_CO_RETURN_IF_ERROR(
          co_await ForEachRow(context_, batch.rows(), [&](size_t i) -> absl::Status {
            GRAPHDB_ASSIGN_OR_RETURN(items[i],
                                     Evaluate(*plan_.item, batch.row(i), context_.eval()));
            return absl::OkStatus();
          }));
    }
    for (size_t i = 0; i < batch.rows(); ++i) {
      const auto row = static_cast<size_t>(batch.row(i)[plan_.row_slot].integer());
      exists[row] = true;
      if (plan_.item != nullptr) lists[row].push_back(std::move(items[i]));
    }
    co_return absl::OkStatus();
  }

  // Per outer row its matches, or the row itself, in the order of outer rows.
  void JoinOptional(const Batch& outer, const std::vector<Batch>& found) {
    std::vector<std::vector<const Datum*>> matches(outer.rows());
    for (const Batch& batch : found) {
      for (size_t i = 0; i < batch.rows(); ++i) {
        matches[static_cast<size_t>(batch.row(i)[plan_.row_slot].integer())].push_back(
            batch.row(i));
      }
    }
    const size_t most = context_.limits().batch_rows;
    for (size_t i = 0; i < outer.rows(); ++i) {
      if (matches[i].empty()) matches[i].push_back(outer.row(i));
      for (const Datum* row : matches[i]) {
        if (results_.empty() || results_.back().rows() >= most) {
          results_.emplace_back(plan_.width);
        }
        results_.back().Add(row);
      }
    }
  }

  // exists { } with projections inside: one run per row, until its first row.
  Task<absl::Status> RunRows(Batch& outer) {
    for (size_t i = 0; i < outer.rows(); ++i) {
      Batch one(outer.width());
      one.Add(outer.row(i));
      context_.SetArgument(plan_.argument, &one);
      const std::unique_ptr<Operator> inner = plan_.OpenChild(context_, 1);
      Batch first;
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool any, co_await inner->Next(&first));
      outer.row(i)[plan_.result_slot] = Datum::Boolean(any);
    }
    results_.push_back(std::move(outer));
    co_return absl::OkStatus();
  }

  const ApplyNode& plan_;
  const std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
  std::vector<Batch> results_;
  size_t at_ = 0;
};

class Union : public Operator {
 public:
  Union(ExecutionContext& context, const UnionNode& plan) : Operator(context), plan_(plan) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    while (child_ < plan_.children.size()) {
      if (current_ == nullptr) current_ = plan_.OpenChild(context_, child_);
      Batch rows;
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await current_->Next(&rows));
      if (!more) {
        current_.reset();
        ++child_;
        continue;
      }
      out->Reset(plan_.width);
      for (size_t i = 0; i < rows.rows(); ++i) {
        Datum* to = out->Add();
        std::move(rows.row(i), rows.row(i) + plan_.columns, to);
      }
      co_return true;
    }
    co_return false;
  }

 private:
  const UnionNode& plan_;
  std::unique_ptr<Operator> current_;
  size_t child_ = 0;
};

class Call : public Operator {
 public:
  Call(ExecutionContext& context, const CallNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    out->Reset(plan_.width);
    while (out->empty()) {
      Batch rows;
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows));
      if (!more) co_return false;
      std::vector<DatumList> arguments(rows.rows());
      GRAPHDB_CO_RETURN_IF_ERROR(co_await ForEachRow(
          context_, rows.rows(), [&](size_t i) { return Arguments(rows.row(i), arguments[i]); }));
      for (size_t i = 0; i < rows.rows(); ++i) {
        GRAPHDB_CO_RETURN_IF_ERROR(Emit(rows.row(i), arguments[i], out));
      }
      GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(rows.rows()));
    }
    co_return true;
  }

 private:
  absl::Status Arguments(Datum* row, DatumList& arguments) {
    arguments.clear();
    for (const ExprPtr& expr : plan_.call->arguments) {
      GRAPHDB_ASSIGN_OR_RETURN(Datum value, Evaluate(*expr, row, context_.eval()));
      arguments.push_back(std::move(value));
    }
    return absl::OkStatus();
  }

  absl::Status Emit(const Datum* row, const DatumList& arguments, Batch* out) {
    GRAPHDB_ASSIGN_OR_RETURN(const std::vector<DatumList> results,
                             plan_.procedure->Call(arguments));
    // A procedure that yields nothing is called for its effect: rows go on.
    if (plan_.procedure->results().empty()) {
      out->Add(row);
      return absl::OkStatus();
    }
    for (const DatumList& result : results) {
      Datum* made = out->Add(row);
      for (const CallClause::Yield& yield : plan_.call->yields) {
        made[yield.slot] = result[static_cast<size_t>(yield.field_index)];
      }
    }
    return absl::OkStatus();
  }

  const CallNode& plan_;
  const std::unique_ptr<Operator> input_;
};

}  // namespace

std::unique_ptr<Operator> ApplyNode::Open(ExecutionContext& context) const {
  return std::make_unique<Apply>(context, *this);
}
std::string ApplyNode::Describe() const {
  static constexpr absl::string_view kNames[] = {"OptionalApply", "SemiApply", "CollectApply"};
  return absl::StrCat(kNames[static_cast<size_t>(mode)], row_by_row ? " (row by row)" : "");
}

std::unique_ptr<Operator> UnionNode::Open(ExecutionContext& context) const {
  return std::make_unique<Union>(context, *this);
}
std::string UnionNode::Describe() const { return "Union"; }

std::unique_ptr<Operator> CallNode::Open(ExecutionContext& context) const {
  return std::make_unique<Call>(context, *this);
}
std::string CallNode::Describe() const { return absl::StrCat("Call ", call->procedure); }

}  // namespace graphdb::cypher
