#include "sim/check/naive_value.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::sim {
namespace {

bool IsNan(const NaiveValue& v) { return v.As<double>() != nullptr && std::isnan(*v.As<double>()); }

// Holds all integers and all floats without rounding.
long double Exact(const NaiveValue& v) {
  if (const int64_t* integer = v.As<int64_t>()) return static_cast<long double>(*integer);
  return static_cast<long double>(*v.As<double>());
}

template <typename T>
int ThreeWay(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

// Nothing: the two don't compare.
std::optional<int> Comparable(const NaiveValue& a, const NaiveValue& b) {
  if (a.is_number() && b.is_number()) {
    if (IsNan(a) || IsNan(b)) return std::nullopt;
    return ThreeWay(Exact(a), Exact(b));
  }
  if (a.held.index() != b.held.index()) return std::nullopt;
  if (const bool* x = a.As<bool>()) return ThreeWay(*x, *b.As<bool>());
  if (const std::string* x = a.As<std::string>()) return ThreeWay(*x, *b.As<std::string>());
  const NaiveList* x = a.As<NaiveList>();
  const NaiveList* y = b.As<NaiveList>();
  if (x == nullptr) return std::nullopt;
  for (size_t i = 0; i < x->size() && i < y->size(); ++i) {
    const Truth same = NaiveEquals((*x)[i], (*y)[i]);
    if (!same) return std::nullopt;
    if (!*same) return Comparable((*x)[i], (*y)[i]);
  }
  return ThreeWay(x->size(), y->size());
}

// Each item is equal; one that is not known is enough to know nothing, unless
// another one differs.
template <typename Range, typename Same>
Truth AllEqual(const Range& a, const Range& b, Same same) {
  if (a.size() != b.size()) return false;
  Truth all = true;
  auto y = b.begin();
  for (auto x = a.begin(); x != a.end(); ++x, ++y) {
    const Truth one = same(*x, *y);
    if (one == Truth(false)) return false;
    if (!one) all = one;
  }
  return all;
}

// In the order of ORDER BY; what has no place there comes first.
int Rank(const NaiveValue& v) {
  if (v.is_null()) return 5;
  if (v.is_number()) return 4;
  if (v.As<bool>() != nullptr) return 3;
  if (v.As<std::string>() != nullptr) return 2;
  return v.As<NaiveList>() != nullptr ? 1 : 0;
}

bool Close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  return std::fabs(a - b) <= 1e-12 + 1e-9 * std::max(std::fabs(a), std::fabs(b));
}

}  // namespace

double NaiveValue::number() const {
  if (const int64_t* integer = As<int64_t>()) return static_cast<double>(*integer);
  GRAPHDB_CHECK(As<double>() != nullptr) << ToText(*this);
  return *As<double>();
}

Truth NaiveEquals(const NaiveValue& a, const NaiveValue& b) {
  if (a.is_null() || b.is_null()) return std::nullopt;
  if (a.is_number() && b.is_number()) return !IsNan(a) && !IsNan(b) && Exact(a) == Exact(b);
  if (a.held.index() != b.held.index()) return false;
  if (const NaiveList* x = a.As<NaiveList>()) return AllEqual(*x, *b.As<NaiveList>(), NaiveEquals);
  if (const NaiveMap* x = a.As<NaiveMap>()) {
    return AllEqual(*x, *b.As<NaiveMap>(), [](const auto& p, const auto& q) {
      return p.first == q.first ? NaiveEquals(p.second, q.second) : Truth(false);
    });
  }
  if (const NaiveNode* x = a.As<NaiveNode>()) return *x == *b.As<NaiveNode>();
  if (const NaiveEdge* x = a.As<NaiveEdge>()) return *x == *b.As<NaiveEdge>();
  if (const bool* x = a.As<bool>()) return *x == *b.As<bool>();
  return *a.As<std::string>() == *b.As<std::string>();
}

Truth NaiveCompares(const std::string& op, const NaiveValue& a, const NaiveValue& b) {
  if (a.is_number() && b.is_number() && (IsNan(a) || IsNan(b))) return false;
  const std::optional<int> order = Comparable(a, b);
  if (!order) return std::nullopt;
  if (op == "<") return *order < 0;
  if (op == "<=") return *order <= 0;
  return op == ">" ? *order > 0 : *order >= 0;
}

int NaiveOrder(const NaiveValue& a, const NaiveValue& b) {
  if (Rank(a) != Rank(b)) return ThreeWay(Rank(a), Rank(b));
  if (a.is_number()) {
    if (IsNan(a) || IsNan(b)) return ThreeWay(IsNan(a), IsNan(b));
    return ThreeWay(Exact(a), Exact(b));
  }
  const NaiveList* x = a.As<NaiveList>();
  if (x == nullptr) return Comparable(a, b).value_or(0);
  const NaiveList& y = *b.As<NaiveList>();
  for (size_t i = 0; i < x->size() && i < y.size(); ++i) {
    if (const int order = NaiveOrder((*x)[i], y[i]); order != 0) return order;
  }
  return ThreeWay(x->size(), y.size());
}

bool NaiveSameGroup(const NaiveValue& a, const NaiveValue& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (IsNan(a) || IsNan(b)) return IsNan(a) && IsNan(b);
  const NaiveList* x = a.As<NaiveList>();
  const NaiveList* y = b.As<NaiveList>();
  if (x == nullptr || y == nullptr) return NaiveEquals(a, b).value_or(false);
  return AllEqual(*x, *y,
                  [](const auto& p, const auto& q) -> Truth { return NaiveSameGroup(p, q); })
      .value_or(false);
}

bool NaiveSameAnswer(const NaiveValue& a, const NaiveValue& b, bool loose) {
  if (a.is_number() && b.is_number()) {
    if (a.held.index() != b.held.index()) return loose && Exact(a) == Exact(b);
    if (a.As<double>() != nullptr) return Close(*a.As<double>(), *b.As<double>());
  }
  if (a.held.index() != b.held.index()) return false;
  const auto same = [loose](const NaiveValue& p, const NaiveValue& q) {
    return NaiveSameAnswer(p, q, loose);
  };
  if (const NaiveList* x = a.As<NaiveList>()) {
    const NaiveList& y = *b.As<NaiveList>();
    return std::equal(x->begin(), x->end(), y.begin(), y.end(), same);
  }
  if (const NaiveMap* x = a.As<NaiveMap>()) {
    const NaiveMap& y = *b.As<NaiveMap>();
    return std::equal(x->begin(), x->end(), y.begin(), y.end(), [&](const auto& p, const auto& q) {
      return p.first == q.first && same(p.second, q.second);
    });
  }
  return a.is_null() || NaiveEquals(a, b).value_or(false);
}

bool NaiveBefore(const NaiveValue& a, const NaiveValue& b) {
  if (a.is_number() && b.is_number()) return NaiveOrder(a, b) < 0;
  if (a.held.index() != b.held.index()) return a.held.index() < b.held.index();
  const NaiveMap* x = a.As<NaiveMap>();
  if (x == nullptr) {
    const NaiveList* list = a.As<NaiveList>();
    if (list == nullptr) return NaiveOrder(a, b) < 0;
    const NaiveList& other = *b.As<NaiveList>();
    return std::lexicographical_compare(list->begin(), list->end(), other.begin(), other.end(),
                                        NaiveBefore);
  }
  const NaiveMap& y = *b.As<NaiveMap>();
  return std::lexicographical_compare(
      x->begin(), x->end(), y.begin(), y.end(), [](const auto& p, const auto& q) {
        return p.first != q.first ? p.first < q.first : NaiveBefore(p.second, q.second);
      });
}

std::string ToText(const NaiveValue& value) {
  if (value.is_null()) return "null";
  if (const bool* v = value.As<bool>()) return *v ? "true" : "false";
  if (const int64_t* v = value.As<int64_t>()) return absl::StrCat(*v);
  if (const double* v = value.As<double>())
    return absl::StrCat(*v, *v == std::trunc(*v) ? ".0" : "");
  if (const std::string* v = value.As<std::string>())
    return absl::StrCat("'", absl::CHexEscape(*v), "'");
  if (const NaiveNode* v = value.As<NaiveNode>()) return absl::StrCat("node ", v->k);
  if (const NaiveEdge* v = value.As<NaiveEdge>()) return absl::StrCat("relationship ", v->e);
  std::string text;
  if (const NaiveList* list = value.As<NaiveList>()) {
    for (const NaiveValue& item : *list)
      absl::StrAppend(&text, text.empty() ? "" : ", ", ToText(item));
    return absl::StrCat("[", text, "]");
  }
  for (const auto& [key, item] : *value.As<NaiveMap>()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", key, ": ", ToText(item));
  }
  return absl::StrCat("{", text, "}");
}

}  // namespace graphdb::sim
