// NaiveValue: a value of a property or of an expression, and what Cypher says of
// equality, comparison and order, written down once more and as plainly as
// possible: what the engine answers is compared with it.
//
//   NaiveEquals(NaiveValue::Of(1), NaiveValue::Of(1.0));   // true
//   NaiveEquals(NaiveValue(), NaiveValue());               // nothing: unknown
//
// A node is its name (NaiveGraph), a relationship its number, a path the list of
// its nodes and relationships.
//
// What it does not know: bytes (the workload of elements does).
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace graphdb::sim {

struct NaiveValue;
using NaiveList = std::vector<NaiveValue>;
using NaiveMap = std::map<std::string, NaiveValue>;

struct NaiveNode {
  int64_t k = 0;
  friend bool operator==(NaiveNode, NaiveNode) = default;
};
struct NaiveEdge {
  int64_t e = 0;
  friend bool operator==(NaiveEdge, NaiveEdge) = default;
};

struct NaiveValue {
  std::variant<std::monostate, bool, int64_t, double, std::string, NaiveList, NaiveMap, NaiveNode,
               NaiveEdge>
      held;

  // Of a whole number an integer: Of(1) would be ambiguous otherwise.
  static NaiveValue Of(int64_t v) { return {v}; }
  static NaiveValue Boolean(bool v) { return {v}; }
  static NaiveValue Float(double v) { return {v}; }
  static NaiveValue Text(std::string v) { return {std::move(v)}; }
  static NaiveValue List(NaiveList v) { return {std::move(v)}; }
  static NaiveValue Map(NaiveMap v) { return {std::move(v)}; }
  static NaiveValue Node(int64_t k) { return {NaiveNode{k}}; }
  static NaiveValue Edge(int64_t e) { return {NaiveEdge{e}}; }

  bool is_null() const { return held.index() == 0; }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&held);
  }
  bool is_number() const { return As<int64_t>() != nullptr || As<double>() != nullptr; }
  // REQUIRES: is_number().
  double number() const;
};

// Cypher's three-valued logic: nothing is neither true nor false.
using Truth = std::optional<bool>;

Truth NaiveEquals(const NaiveValue& a, const NaiveValue& b);
// `op` is one of < <= > >=.
Truth NaiveCompares(const std::string& op, const NaiveValue& a, const NaiveValue& b);
// ORDER BY, min and max: negative, 0 or positive. Of lists, text, booleans,
// numbers and null.
int NaiveOrder(const NaiveValue& a, const NaiveValue& b);
// DISTINCT, groups: null is null, 1 is 1.0.
bool NaiveSameGroup(const NaiveValue& a, const NaiveValue& b);

// Whether an answer is what was expected: kinds count, floats may differ in their
// last digits, for who sums in another order rounds otherwise. `loose`: of 1 and
// 1.0 either may stand for both.
bool NaiveSameAnswer(const NaiveValue& a, const NaiveValue& b, bool loose);
// Any total order that puts same answers side by side.
bool NaiveBefore(const NaiveValue& a, const NaiveValue& b);

std::string ToText(const NaiveValue& value);

}  // namespace graphdb::sim
