// WITH and RETURN: columns, groups, order, windows.
#include <algorithm>
#include <cmath>
#include <set>

#include "sim/check/naive_query.h"

namespace graphdb::sim::naive {
namespace {

using Aggregate = NaiveItem::Aggregate;

struct Less {
  bool operator()(const NaiveValue& a, const NaiveValue& b) const { return NaiveOrder(a, b) < 0; }
};

NaiveValue Sum(const std::vector<NaiveValue>& values, NaiveContext& context) {
  __int128 exact = 0;
  double rounded = 0;
  bool floats = false;
  for (const NaiveValue& value : values) {
    rounded += value.number();
    floats = floats || value.As<double>() != nullptr;
    if (const int64_t* integer = value.As<int64_t>()) exact += *integer;
  }
  if (floats) return NaiveValue::Float(rounded);
  const auto sum = static_cast<int64_t>(exact);
  if (sum != exact) context.failed = true;
  return NaiveValue::Of(sum);
}

double Mean(const std::vector<NaiveValue>& values) {
  double sum = 0;
  for (const NaiveValue& value : values) sum += value.number();
  return sum / static_cast<double>(values.size());
}

NaiveValue Deviation(const std::vector<NaiveValue>& values, bool sample) {
  const auto count = static_cast<double>(values.size());
  const double divisor = sample ? count - 1 : count;
  if (divisor <= 0) return NaiveValue::Float(0);
  const double mean = Mean(values);
  double squares = 0;
  for (const NaiveValue& value : values) squares += std::pow(value.number() - mean, 2);
  return NaiveValue::Float(std::sqrt(squares / divisor));
}

NaiveValue Median(std::vector<NaiveValue> values) {
  if (values.empty()) return NaiveValue();
  std::sort(values.begin(), values.end(), Less());
  const size_t half = (values.size() - 1) / 2;
  const double low = values[half].number();
  if (values.size() % 2 == 1) return NaiveValue::Float(low);
  return NaiveValue::Float((low + values[half + 1].number()) / 2);
}

NaiveValue Quarter(std::vector<NaiveValue> values) {
  if (values.empty()) return NaiveValue();
  std::sort(values.begin(), values.end(), Less());
  return values[(values.size() + 3) / 4 - 1];
}

NaiveValue Aggregated(const NaiveItem& item, const std::vector<NaiveRow>& rows,
                      NaiveContext& context) {
  if (item.aggregate == Aggregate::kRows) return NaiveValue::Of(static_cast<int64_t>(rows.size()));
  std::vector<NaiveValue> values;
  for (const NaiveRow& row : rows) {
    NaiveValue value = Evaluate(item.of, row, context);
    const bool again = item.distinct && std::any_of(values.begin(), values.end(), [&](auto& other) {
                         return NaiveSameGroup(other, value);
                       });
    if (!value.is_null() && !again) values.push_back(std::move(value));
  }
  switch (item.aggregate) {
    case Aggregate::kCount:
      return NaiveValue::Of(static_cast<int64_t>(values.size()));
    case Aggregate::kSum:
      return Sum(values, context);
    case Aggregate::kAvg:
      return values.empty() ? NaiveValue() : NaiveValue::Float(Mean(values));
    case Aggregate::kMin:
    case Aggregate::kMax: {
      if (values.empty()) return NaiveValue();
      const auto [least, most] = std::minmax_element(values.begin(), values.end(), Less());
      return item.aggregate == Aggregate::kMin ? *least : *most;
    }
    case Aggregate::kCollect:
      return NaiveValue::List(std::move(values));
    case Aggregate::kStdev:
    case Aggregate::kStdevP:
      return Deviation(values, item.aggregate == Aggregate::kStdev);
    case Aggregate::kMedian:
      return Median(std::move(values));
    default:
      return Quarter(std::move(values));
  }
}

bool SameKeys(const NaiveRow& a, const NaiveRow& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return NaiveSameGroup(x.second, y.second);
  });
}

// A row of columns, and the rows before that it stands for.
struct Projected {
  NaiveRow columns;
  std::vector<NaiveRow> of;
};

std::vector<Projected> Columns(const NaiveClause& clause, const std::vector<NaiveRow>& rows,
                               NaiveContext& context) {
  const bool groups = std::any_of(clause.items.begin(), clause.items.end(), [](const auto& item) {
    return item.aggregate != Aggregate::kNone;
  });
  std::vector<Projected> made;
  bool keys = false;
  for (const NaiveItem& item : clause.items) keys = keys || item.aggregate == Aggregate::kNone;
  if (groups && !keys) made.emplace_back();  // one group, even of no rows
  for (const NaiveRow& row : rows) {
    NaiveRow key;
    for (const NaiveItem& item : clause.items) {
      if (item.aggregate != Aggregate::kNone) continue;
      key.emplace_back(item.name, Evaluate(item.of, row, context));
    }
    const bool may_join = groups || clause.distinct;
    const auto known = std::find_if(made.begin(), made.end(), [&](const Projected& other) {
      return may_join && SameKeys(other.columns, key);
    });
    const bool joins = known != made.end();
    if (!joins) made.push_back({std::move(key), {}});
    (joins ? *known : made.back()).of.push_back(row);
  }
  if (!groups) return made;
  for (Projected& group : made) {
    NaiveRow columns;
    size_t at = 0;
    for (const NaiveItem& item : clause.items) {
      const bool is_key = item.aggregate == Aggregate::kNone;
      columns.emplace_back(
          item.name, is_key ? group.columns[at++].second : Aggregated(item, group.of, context));
    }
    group.columns = std::move(columns);
  }
  return made;
}

}  // namespace

std::vector<NaiveRow> Project(const NaiveClause& clause, const std::vector<NaiveRow>& rows,
                              NaiveContext& context) {
  std::vector<Projected> made = Columns(clause, rows, context);
  std::vector<std::pair<NaiveList, NaiveRow>> sorted;
  for (Projected& row : made) {
    // ORDER BY and WHERE see what was before as well, where no row was joined with others.
    NaiveRow seen = row.of.size() == 1 ? row.of[0] : NaiveRow();
    seen.insert(seen.end(), row.columns.begin(), row.columns.end());
    NaiveList keys;
    for (const auto& [key, descending] : clause.order) keys.push_back(Evaluate(key, seen, context));
    sorted.emplace_back(std::move(keys), std::move(row.columns));
  }
  std::stable_sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
    for (size_t i = 0; i < clause.order.size(); ++i) {
      const int order = NaiveOrder(a.first[i], b.first[i]);
      if (order != 0) return clause.order[i].second ? order > 0 : order < 0;
    }
    return false;
  });
  std::vector<NaiveRow> out;
  const uint64_t first = clause.skip.value_or(0);
  const uint64_t most = clause.limit.value_or(UINT64_MAX);
  for (uint64_t i = first; i < sorted.size() && i - first < most; ++i) {
    out.push_back(std::move(sorted[i].second));
  }
  if (clause.where) {
    std::erase_if(out, [&](const NaiveRow& row) { return !Holds(*clause.where, row, context); });
  }
  return out;
}

}  // namespace graphdb::sim::naive
