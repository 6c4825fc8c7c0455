#include "core/cypher/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "absl/strings/string_view.h"

namespace graphdb::cypher {
namespace {

int Sign(int v) { return v < 0 ? -1 : v > 0 ? 1 : 0; }
template <typename T>
int ThreeWay(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

constexpr double kTwo63 = 9223372036854775808.0;

// Exact: no integer is rounded. `b` is not NaN.
int CompareIntegerFloat(int64_t a, double b) {
  if (b >= kTwo63) return -1;
  if (b < -kTwo63) return 1;
  const double whole = std::trunc(b);
  const int first = ThreeWay(a, static_cast<int64_t>(whole));
  if (first != 0) return first;
  return ThreeWay(whole, b);
}

// Neither is NaN.
int CompareNumbers(const Datum& a, const Datum& b) {
  if (a.is_integer()) {
    return b.is_integer() ? ThreeWay(a.integer(), b.integer())
                          : CompareIntegerFloat(a.integer(), b.float_value());
  }
  return b.is_integer() ? -CompareIntegerFloat(b.integer(), a.float_value())
                        : ThreeWay(a.float_value(), b.float_value());
}

bool IsNan(const Datum& a) { return a.is_float() && std::isnan(a.float_value()); }

Ternary EqualLists(const DatumList& a, const DatumList& b) {
  if (a.size() != b.size()) return Ternary::kFalse;
  Ternary all = Ternary::kTrue;
  for (size_t i = 0; i < a.size(); ++i) {
    const Ternary one = Equals(a[i], b[i]);
    if (one == Ternary::kFalse) return one;
    if (one == Ternary::kUnknown) all = one;
  }
  return all;
}

Ternary EqualMaps(const DatumMap& a, const DatumMap& b) {
  if (a.size() != b.size()) return Ternary::kFalse;
  Ternary all = Ternary::kTrue;
  for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y) {
    if (x->first != y->first) return Ternary::kFalse;
    const Ternary one = Equals(x->second, y->second);
    if (one == Ternary::kFalse) return one;
    if (one == Ternary::kUnknown) all = one;
  }
  return all;
}

bool SamePath(const PathData& a, const PathData& b) {
  if (a.nodes.size() != b.nodes.size()) return false;
  if (a.nodes[0]->node.id != b.nodes[0]->node.id) return false;
  for (size_t i = 0; i < a.relationships.size(); ++i) {
    if (a.relationships[i]->relationship.id != b.relationships[i]->relationship.id) return false;
    if (a.nodes[i + 1]->node.id != b.nodes[i + 1]->node.id) return false;
  }
  return true;
}

// The order of two values of kinds that compare, or nothing where it is
// unknown; NaN is handled by the caller.
std::optional<int> ComparableOrder(const Datum& a, const Datum& b);

std::optional<int> CompareLists(const DatumList& a, const DatumList& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const Ternary same = Equals(a[i], b[i]);
    if (same == Ternary::kTrue) continue;
    if (same == Ternary::kUnknown) return std::nullopt;
    return ComparableOrder(a[i], b[i]);
  }
  return ThreeWay(a.size(), b.size());
}

std::optional<int> ComparableOrder(const Datum& a, const Datum& b) {
  if (a.is_number() && b.is_number()) {
    if (IsNan(a) || IsNan(b)) return std::nullopt;
    return CompareNumbers(a, b);
  }
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Datum::Kind::kBoolean:
      return ThreeWay(a.boolean(), b.boolean());
    case Datum::Kind::kString:
      return Sign(a.string().compare(b.string()));
    case Datum::Kind::kBytes:
      return Sign(a.bytes().compare(b.bytes()));
    case Datum::Kind::kList:
      return CompareLists(a.list(), b.list());
    default:
      return std::nullopt;
  }
}

// Ascending order of kinds in ORDER BY.
int OrderRank(const Datum& datum) {
  switch (datum.kind()) {
    case Datum::Kind::kMap:
      return 0;
    case Datum::Kind::kNode:
      return 1;
    case Datum::Kind::kRelationship:
      return 2;
    case Datum::Kind::kList:
      return 3;
    case Datum::Kind::kPath:
      return 4;
    case Datum::Kind::kBytes:
      return 5;
    case Datum::Kind::kString:
      return 6;
    case Datum::Kind::kBoolean:
      return 7;
    case Datum::Kind::kInteger:
    case Datum::Kind::kFloat:
      return 8;
    case Datum::Kind::kNull:
      return 9;
  }
  return 9;
}

int OrderPaths(const PathData& a, const PathData& b) {
  if (const int c = ThreeWay(a.nodes[0]->node.id, b.nodes[0]->node.id); c != 0) return c;
  for (size_t i = 0; i < std::min(a.relationships.size(), b.relationships.size()); ++i) {
    const int c =
        ThreeWay(a.relationships[i]->relationship.id, b.relationships[i]->relationship.id);
    if (c != 0) return c;
  }
  return ThreeWay(a.nodes.size(), b.nodes.size());
}

int OrderMaps(const DatumMap& a, const DatumMap& b) {
  auto x = a.begin();
  auto y = b.begin();
  for (; x != a.end() && y != b.end(); ++x, ++y) {
    if (const int c = Sign(x->first.compare(y->first)); c != 0) return c;
    if (const int c = OrderCompare(x->second, y->second); c != 0) return c;
  }
  return ThreeWay(a.size(), b.size());
}

int OrderLists(const DatumList& a, const DatumList& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const int c = OrderCompare(a[i], b[i]); c != 0) return c;
  }
  return ThreeWay(a.size(), b.size());
}

void AppendFixed(uint64_t value, std::string& out) {
  char bytes[8];
  std::memcpy(bytes, &value, sizeof(bytes));
  out.append(bytes, sizeof(bytes));
}

void AppendSized(absl::string_view text, std::string& out) {
  AppendFixed(text.size(), out);
  out.append(text.data(), text.size());
}

// One key for 1 and 1.0: a float that is an integer is written as one.
void AppendNumberKey(const Datum& datum, std::string& out) {
  if (datum.is_float()) {
    const double v = datum.float_value();
    const bool whole = v >= -kTwo63 && v < kTwo63 && std::trunc(v) == v;
    if (!whole) {
      uint64_t bits = 0;
      const double canonical = std::isnan(v) ? std::nan("") : v;
      std::memcpy(&bits, &canonical, sizeof(bits));
      out += 'f';
      AppendFixed(bits, out);
      return;
    }
    out += 'i';
    AppendFixed(static_cast<uint64_t>(static_cast<int64_t>(v)), out);
    return;
  }
  out += 'i';
  AppendFixed(static_cast<uint64_t>(datum.integer()), out);
}

void AppendPathKey(const PathData& path, std::string& out) {
  AppendFixed(path.relationships.size(), out);
  AppendFixed(path.nodes[0]->node.id.value(), out);
  for (const RelationshipRef& r : path.relationships) AppendFixed(r->relationship.id.value(), out);
}

}  // namespace

Datum ToDatum(Ternary v) {
  return v == Ternary::kUnknown ? Datum() : Datum::Boolean(v == Ternary::kTrue);
}

Ternary Equals(const Datum& a, const Datum& b) {
  if (a.is_null() || b.is_null()) return Ternary::kUnknown;
  if (a.is_number() && b.is_number()) {
    if (IsNan(a) || IsNan(b)) return Ternary::kFalse;
    return FromBool(CompareNumbers(a, b) == 0);
  }
  if (a.kind() != b.kind()) return Ternary::kFalse;
  switch (a.kind()) {
    case Datum::Kind::kBoolean:
      return FromBool(a.boolean() == b.boolean());
    case Datum::Kind::kString:
      return FromBool(a.string() == b.string());
    case Datum::Kind::kBytes:
      return FromBool(a.bytes() == b.bytes());
    case Datum::Kind::kList:
      return EqualLists(a.list(), b.list());
    case Datum::Kind::kMap:
      return EqualMaps(a.map(), b.map());
    case Datum::Kind::kNode:
      return FromBool(a.node()->node.id == b.node()->node.id);
    case Datum::Kind::kRelationship:
      return FromBool(a.relationship()->relationship.id == b.relationship()->relationship.id);
    case Datum::Kind::kPath:
      return FromBool(SamePath(a.path(), b.path()));
    default:
      return Ternary::kUnknown;
  }
}

Ternary Compare(Comparison op, const Datum& a, const Datum& b) {
  if ((IsNan(a) && b.is_number()) || (IsNan(b) && a.is_number())) return Ternary::kFalse;
  const std::optional<int> order = ComparableOrder(a, b);
  if (!order.has_value()) return Ternary::kUnknown;
  switch (op) {
    case Comparison::kLess:
      return FromBool(*order < 0);
    case Comparison::kLessEqual:
      return FromBool(*order <= 0);
    case Comparison::kGreater:
      return FromBool(*order > 0);
    case Comparison::kGreaterEqual:
      return FromBool(*order >= 0);
  }
  return Ternary::kUnknown;
}

int OrderCompare(const Datum& a, const Datum& b) {
  if (const int c = ThreeWay(OrderRank(a), OrderRank(b)); c != 0) return c;
  switch (a.kind()) {
    case Datum::Kind::kNull:
      return 0;
    case Datum::Kind::kInteger:
    case Datum::Kind::kFloat:
      if (IsNan(a) || IsNan(b)) return ThreeWay(IsNan(a), IsNan(b));
      return CompareNumbers(a, b);
    case Datum::Kind::kMap:
      return OrderMaps(a.map(), b.map());
    case Datum::Kind::kNode:
      return ThreeWay(a.node()->node.id, b.node()->node.id);
    case Datum::Kind::kRelationship:
      return ThreeWay(a.relationship()->relationship.id, b.relationship()->relationship.id);
    case Datum::Kind::kList:
      return OrderLists(a.list(), b.list());
    case Datum::Kind::kPath:
      return OrderPaths(a.path(), b.path());
    default:
      return ComparableOrder(a, b).value_or(0);
  }
}

void AppendGroupKey(const Datum& datum, std::string& out) {
  switch (datum.kind()) {
    case Datum::Kind::kNull:
      out += '0';
      return;
    case Datum::Kind::kBoolean:
      out += datum.boolean() ? 't' : 'u';
      return;
    case Datum::Kind::kInteger:
    case Datum::Kind::kFloat:
      AppendNumberKey(datum, out);
      return;
    case Datum::Kind::kString:
      out += 's';
      AppendSized(datum.string(), out);
      return;
    case Datum::Kind::kBytes:
      out += 'b';
      AppendSized(datum.bytes(), out);
      return;
    case Datum::Kind::kList:
      out += '[';
      AppendFixed(datum.list().size(), out);
      for (const Datum& item : datum.list()) AppendGroupKey(item, out);
      return;
    case Datum::Kind::kMap:
      out += '{';
      AppendFixed(datum.map().size(), out);
      for (const auto& [key, value] : datum.map()) {
        AppendSized(key, out);
        AppendGroupKey(value, out);
      }
      return;
    case Datum::Kind::kNode:
      out += 'n';
      AppendFixed(datum.node()->node.id.value(), out);
      return;
    case Datum::Kind::kRelationship:
      out += 'r';
      AppendFixed(datum.relationship()->relationship.id.value(), out);
      return;
    case Datum::Kind::kPath:
      out += 'p';
      AppendPathKey(datum.path(), out);
      return;
  }
}

}  // namespace graphdb::cypher
