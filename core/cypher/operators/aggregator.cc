#include "core/cypher/operators/aggregator.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/lookup_map.h"
#include "core/base/status_macros.h"
#include "core/cypher/compare.h"
#include "core/cypher/error.h"
#include "core/cypher/evaluate.h"
#include "core/cypher/functions.h"

namespace graphdb::cypher {
namespace {

class CountStar : public Aggregator {
 public:
  absl::Status Add(const Datum*, MemoryCharge&) override {
    ++count_;
    return absl::OkStatus();
  }
  absl::StatusOr<Datum> Finish() override { return Datum::Integer(count_); }

 private:
  int64_t count_ = 0;
};

class Count : public Aggregator {
 public:
  absl::Status Add(const Datum* args, MemoryCharge&) override {
    count_ += args[0].is_null() ? 0 : 1;
    return absl::OkStatus();
  }
  absl::StatusOr<Datum> Finish() override { return Datum::Integer(count_); }

 private:
  int64_t count_ = 0;
};

absl::Status CheckNumber(absl::string_view function, const Datum& value) {
  if (value.is_number()) return absl::OkStatus();
  return RuntimeError("TypeError", "InvalidArgumentType",
                      absl::StrCat(function, " takes numbers, not ", WithArticle(value.kind())));
}

class Sum : public Aggregator {
 public:
  explicit Sum(bool average) : average_(average) {}
  absl::Status Add(const Datum* args, MemoryCharge&) override {
    if (args[0].is_null()) return absl::OkStatus();
    GRAPHDB_RETURN_IF_ERROR(CheckNumber(average_ ? "avg()" : "sum()", args[0]));
    ++count_;
    float_sum_ += args[0].number();
    if (args[0].is_float()) {
      floats_ = true;
    } else if (!floats_ && __builtin_add_overflow(sum_, args[0].integer(), &sum_)) {
      if (!average_) {
        return RuntimeError("ArithmeticError", "IntegerOverflow", "sum() needs more than 64 bits");
      }
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Datum> Finish() override {
    if (average_) {
      return count_ == 0 ? Datum() : Datum::Float(float_sum_ / static_cast<double>(count_));
    }
    return floats_ ? Datum::Float(float_sum_) : Datum::Integer(sum_);
  }

 private:
  const bool average_;
  bool floats_ = false;
  int64_t sum_ = 0;
  double float_sum_ = 0;
  int64_t count_ = 0;
};

class Extreme : public Aggregator {
 public:
  explicit Extreme(bool largest) : largest_(largest) {}
  absl::Status Add(const Datum* args, MemoryCharge&) override {
    if (args[0].is_null()) return absl::OkStatus();
    const int order = best_.is_null() ? 0 : OrderCompare(args[0], best_);
    if (best_.is_null() || (largest_ ? order > 0 : order < 0)) best_ = args[0];
    return absl::OkStatus();
  }
  absl::StatusOr<Datum> Finish() override { return std::move(best_); }

 private:
  const bool largest_;
  Datum best_;
};

class Collect : public Aggregator {
 public:
  absl::Status Add(const Datum* args, MemoryCharge& charge) override {
    if (args[0].is_null()) return absl::OkStatus();
    items_.push_back(args[0]);
    return charge.Add(sizeof(Datum) + args[0].MemoryBytes());
  }
  absl::StatusOr<Datum> Finish() override { return Datum::List(std::move(items_)); }

 private:
  DatumList items_;
};

// Welford's method: one pass, and stable.
class Deviation : public Aggregator {
 public:
  explicit Deviation(bool sample) : sample_(sample) {}
  absl::Status Add(const Datum* args, MemoryCharge&) override {
    if (args[0].is_null()) return absl::OkStatus();
    GRAPHDB_RETURN_IF_ERROR(CheckNumber("stDev()", args[0]));
    ++count_;
    const double delta = args[0].number() - mean_;
    mean_ += delta / count_;
    squares_ += delta * (args[0].number() - mean_);
    return absl::OkStatus();
  }
  absl::StatusOr<Datum> Finish() override {
    const double divisor = sample_ ? count_ - 1 : count_;
    return Datum::Float(divisor <= 0 ? 0 : std::sqrt(squares_ / divisor));
  }

 private:
  const bool sample_;
  double count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

class Percentile : public Aggregator {
 public:
  explicit Percentile(bool discrete) : discrete_(discrete) {}
  absl::Status Add(const Datum* args, MemoryCharge& charge) override {
    GRAPHDB_RETURN_IF_ERROR(CheckNumber("a percentile", args[1]));
    fraction_ = args[1].number();
    if (!(fraction_ >= 0 && fraction_ <= 1)) {
      return RuntimeError(
          "ArgumentError", "NumberOutOfRange",
          absl::StrCat("a percentile lies between 0.0 and 1.0, not at ", args[1].ToString()));
    }
    if (args[0].is_null()) return absl::OkStatus();
    GRAPHDB_RETURN_IF_ERROR(CheckNumber("a percentile", args[0]));
    values_.push_back(args[0]);
    return charge.Add(sizeof(Datum));
  }
  absl::StatusOr<Datum> Finish() override {
    if (values_.empty()) return Datum();
    std::sort(values_.begin(), values_.end(),
              [](const Datum& a, const Datum& b) { return OrderCompare(a, b) < 0; });
    const auto size = static_cast<double>(values_.size());
    if (discrete_) {
      const double rank = std::max(1.0, std::ceil(fraction_ * size));
      return values_[static_cast<size_t>(rank) - 1];
    }
    const double rank = fraction_ * (size - 1);
    const auto below = static_cast<size_t>(std::floor(rank));
    const size_t above = std::min(below + 1, values_.size() - 1);
    const double low = values_[below].number();
    return Datum::Float(low + (values_[above].number() - low) * (rank - std::floor(rank)));
  }

 private:
  const bool discrete_;
  double fraction_ = 0;
  DatumList values_;
};

class DistinctAggregator : public Aggregator {
 public:
  explicit DistinctAggregator(std::unique_ptr<Aggregator> inner) : inner_(std::move(inner)) {}
  absl::Status Add(const Datum* args, MemoryCharge& charge) override {
    std::string key;
    AppendGroupKey(args[0], key);
    if (!seen_.Insert(key, true)) return absl::OkStatus();
    GRAPHDB_RETURN_IF_ERROR(charge.Add(key.size() + 48));
    return inner_->Add(args, charge);
  }
  absl::StatusOr<Datum> Finish() override { return inner_->Finish(); }

 private:
  const std::unique_ptr<Aggregator> inner_;
  LookupMap<std::string, bool> seen_;
};

std::unique_ptr<Aggregator> NewPlain(absl::string_view name) {
  if (name == "count") return std::make_unique<Count>();
  if (name == "sum") return std::make_unique<Sum>(false);
  if (name == "avg") return std::make_unique<Sum>(true);
  if (name == "min") return std::make_unique<Extreme>(false);
  if (name == "max") return std::make_unique<Extreme>(true);
  if (name == "collect") return std::make_unique<Collect>();
  if (name == "stdev") return std::make_unique<Deviation>(true);
  if (name == "stdevp") return std::make_unique<Deviation>(false);
  if (name == "percentilecont") return std::make_unique<Percentile>(false);
  if (name == "percentiledisc") return std::make_unique<Percentile>(true);
  GRAPHDB_CHECK(false) << "no aggregator " << std::string(name);
  __builtin_unreachable();
}

}  // namespace

std::unique_ptr<Aggregator> NewAggregator(const Expr& call) {
  if (call.kind == ExprKind::kCountStar) return std::make_unique<CountStar>();
  std::unique_ptr<Aggregator> plain = NewPlain(FunctionAt(call.function).name);
  if (!call.distinct) return plain;
  return std::make_unique<DistinctAggregator>(std::move(plain));
}

}  // namespace graphdb::cypher
