// Grouping, DISTINCT and sorting: what has to see all rows.
#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/lookup_map.h"
#include "core/cypher/co_status.h"
#include "core/cypher/compare.h"
#include "core/cypher/error.h"
#include "core/cypher/evaluate.h"
#include "core/cypher/operators/aggregator.h"
#include "core/cypher/operators/nodes.h"

namespace graphdb::cypher {
namespace {

class Aggregate : public Operator {
 public:
  Aggregate(ExecutionContext& context, const AggregateNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)), charge_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    if (!started_) {
      started_ = true;
      GRAPHDB_CO_RETURN_IF_ERROR(co_await ReadAll());
    }
    out->Reset(plan_.width);
    for (; at_ < groups_.size() && out->rows() < context_.limits().batch_rows; ++at_) {
      Datum* row = out->Add();
      Group& group = groups_[at_];
      std::move(group.keys.begin(), group.keys.end(), row);
      for (size_t i = 0; i < plan_.calls.size(); ++i) {
        GRAPHDB_CO_ASSIGN_OR_RETURN(row[plan_.calls[i]->slot], group.calls[i]->Finish());
      }
    }
    co_return !out->empty();
  }

 private:
  struct Group {
    DatumList keys;
    std::vector<std::unique_ptr<Aggregator>> calls;
  };

  Task<absl::Status> ReadAll() {
    // Without keys there is one group, even of no rows.
    if (plan_.keys.empty()) NewGroup({});
    Batch rows;
    while (true) {
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&rows));
      if (!more) co_return absl::OkStatus();
      // All values first, then the groups: a row that has to wait for a fetch
      // must not change the order in which values arrive.
      MemoryCharge batch_charge(context_);
      std::vector<DatumList> values(rows.rows());
      GRAPHDB_CO_RETURN_IF_ERROR(co_await ForEachRow(context_, rows.rows(), [&](size_t i) {
        return Values(rows.row(i), values[i], batch_charge);
      }));
      for (DatumList& row : values) GRAPHDB_CO_RETURN_IF_ERROR(AddRow(row));
      GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(rows.rows()));
    }
  }

  // Keys, then the arguments of each call.
  absl::Status Values(Datum* row, DatumList& values, MemoryCharge& charge) {
    values.clear();
    for (const Expr* key : plan_.keys) {
      GRAPHDB_ASSIGN_OR_RETURN(Datum value, Evaluate(*key, row, context_.eval()));
      values.push_back(std::move(value));
    }
    for (const Expr* call : plan_.calls) {
      for (const ExprPtr& arg : call->args) {
        GRAPHDB_ASSIGN_OR_RETURN(Datum value, Evaluate(*arg, row, context_.eval()));
        values.push_back(std::move(value));
      }
    }
    size_t bytes = 0;
    for (const Datum& value : values) bytes += value.MemoryBytes();
    return charge.Add(bytes);
  }

  absl::Status AddRow(DatumList& values) {
    size_t group = 0;
    if (!plan_.keys.empty()) {
      key_.clear();
      for (size_t i = 0; i < plan_.keys.size(); ++i) AppendGroupKey(values[i], key_);
      if (const size_t* known = index_.Find(key_)) {
        group = *known;
      } else {
        group = groups_.size();
        GRAPHDB_RETURN_IF_ERROR(charge_.Add(key_.size() + 64 + values.size() * 96));
        index_.Insert(key_, group);
        NewGroup(
            DatumList(values.begin(), values.begin() + static_cast<int64_t>(plan_.keys.size())));
      }
    }
    size_t at = plan_.keys.size();
    for (size_t i = 0; i < plan_.calls.size(); ++i) {
      const Expr& call = *plan_.calls[i];
      absl::Status status = groups_[group].calls[i]->Add(values.data() + at, charge_);
      if (!status.ok()) return WithOffset(status, call.begin);
      at += call.args.size();
    }
    return absl::OkStatus();
  }

  void NewGroup(DatumList keys) {
    Group group;
    group.keys = std::move(keys);
    for (const Expr* call : plan_.calls) group.calls.push_back(NewAggregator(*call));
    groups_.push_back(std::move(group));
  }

  const AggregateNode& plan_;
  const std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
  LookupMap<std::string, size_t> index_;
  std::vector<Group> groups_;  // in the order of their first row
  std::string key_;
  size_t at_ = 0;
  bool started_ = false;
};

class Distinct : public Operator {
 public:
  Distinct(ExecutionContext& context, const DistinctNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)), charge_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    while (true) {
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(out));
      if (!more) co_return false;
      std::vector<bool> keep(out->rows());
      for (size_t i = 0; i < out->rows(); ++i) {
        std::string key;
        for (size_t k = 0; k < plan_.columns; ++k) AppendGroupKey(out->row(i)[k], key);
        keep[i] = seen_.Insert(key, true);
        if (keep[i]) GRAPHDB_CO_RETURN_IF_ERROR(charge_.Add(key.size() + 48));
      }
      out->Keep(keep);
      GRAPHDB_CO_RETURN_IF_ERROR(co_await context_.Work(keep.size()));
      if (!out->empty()) co_return true;
    }
  }

 private:
  const DistinctNode& plan_;
  const std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
  LookupMap<std::string, bool> seen_;
};

class Sort : public Operator {
 public:
  Sort(ExecutionContext& context, const SortNode& plan)
      : Operator(context), plan_(plan), input_(plan.OpenChild(context)), charge_(context) {}

  txn::AsyncOr<bool> Next(Batch* out) override {
    if (!started_) {
      started_ = true;
      GRAPHDB_CO_RETURN_IF_ERROR(co_await ReadAll());
    }
    out->Reset(plan_.width);
    for (; at_ < order_.size() && out->rows() < context_.limits().batch_rows; ++at_) {
      out->Add(rows_.row(order_[at_]));
    }
    co_return !out->empty();
  }

 private:
  Task<absl::Status> ReadAll() {
    rows_.Reset(plan_.width);
    Batch batch;
    while (true) {
      GRAPHDB_CO_ASSIGN_OR_RETURN(const bool more, co_await input_->Next(&batch));
      if (!more) break;
      GRAPHDB_CO_RETURN_IF_ERROR(charge_.Add(batch.MemoryBytes()));
      for (size_t i = 0; i < batch.rows(); ++i) rows_.Add(batch.row(i));
    }
    const size_t count = plan_.keys.size();
    keys_.resize(rows_.rows() * count);
    GRAPHDB_CO_RETURN_IF_ERROR(charge_.Add(keys_.size() * sizeof(Datum)));
    GRAPHDB_CO_RETURN_IF_ERROR(
        co_await ForEachRow(context_, rows_.rows(), [&](size_t i) -> absl::Status {
          size_t bytes = 0;
          for (size_t k = 0; k < count; ++k) {
            GRAPHDB_ASSIGN_OR_RETURN(keys_[i * count + k],
                                     Evaluate(*plan_.keys[k], rows_.row(i), context_.eval()));
            bytes += keys_[i * count + k].MemoryBytes();
          }
          return charge_.Add(bytes);
        }));
    order_.resize(rows_.rows());
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) { return Before(a, b); });
    co_return co_await context_.Work(rows_.rows());
  }

  bool Before(size_t a, size_t b) const {
    const size_t count = plan_.keys.size();
    for (size_t k = 0; k < count; ++k) {
      const int order = OrderCompare(keys_[a * count + k], keys_[b * count + k]);
      if (order != 0) return plan_.descending[k] ? order > 0 : order < 0;
    }
    return a < b;  // as they came
  }

  const SortNode& plan_;
  const std::unique_ptr<Operator> input_;
  MemoryCharge charge_;
  Batch rows_;
  DatumList keys_;
  std::vector<size_t> order_;
  size_t at_ = 0;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<Operator> AggregateNode::Open(ExecutionContext& context) const {
  return std::make_unique<Aggregate>(context, *this);
}
std::string AggregateNode::Describe() const {
  return absl::StrCat("Aggregate (", keys.size(), " keys, ", calls.size(), " calls)");
}

std::unique_ptr<Operator> DistinctNode::Open(ExecutionContext& context) const {
  return std::make_unique<Distinct>(context, *this);
}
std::string DistinctNode::Describe() const { return "Distinct"; }

std::unique_ptr<Operator> SortNode::Open(ExecutionContext& context) const {
  return std::make_unique<Sort>(context, *this);
}
std::string SortNode::Describe() const { return absl::StrCat("Sort (", keys.size(), ")"); }

}  // namespace graphdb::cypher
