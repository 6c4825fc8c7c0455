// Value: a property value or a value of a query: null, boolean, integer, float,
// string, bytes, list or map. (Temporal and spatial values join later as kinds
// of their own.)
//
//   Value v = Value::List({Value::Integer(1), Value::String("a")});
//   if (v.is_list()) for (const Value& item : v.list()) ...
//
// Invariants:
//   1. A map's keys are sorted by bytes; its order is part of no result.
//   2. operator== is *identity of content* (kinds differ => different; NaN
//      equals NaN, -0.0 differs from 0.0), as tests and ledgers need it.
//      Cypher's equality and ordering are core/cypher's.
//
// Value type; thread-safe as any value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"

namespace graphdb::graph {

class Value;
using ValueList = std::vector<Value>;
using PropertyMap = std::map<std::string, Value, std::less<>>;

struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

class Value {
 public:
  enum class Kind : uint8_t {
    kNull = 0,
    kBoolean = 1,
    kInteger = 2,
    kFloat = 3,
    kString = 4,
    kBytes = 5,
    kList = 6,
    kMap = 7,
  };

  Value() = default;  // null
  static Value Null() { return Value(); }
  static Value Boolean(bool v) { return Value(Rep(v)); }
  static Value Integer(int64_t v) { return Value(Rep(v)); }
  static Value Float(double v) { return Value(Rep(v)); }
  static Value String(std::string v) { return Value(Rep(std::move(v))); }
  static Value OfBytes(std::string v) { return Value(Rep(Bytes{std::move(v)})); }
  static Value List(ValueList v);
  static Value Map(PropertyMap v);

  Kind kind() const { return static_cast<Kind>(rep_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_boolean() const { return kind() == Kind::kBoolean; }
  bool is_integer() const { return kind() == Kind::kInteger; }
  bool is_float() const { return kind() == Kind::kFloat; }
  bool is_number() const { return is_integer() || is_float(); }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_bytes() const { return kind() == Kind::kBytes; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_map() const { return kind() == Kind::kMap; }

  // Each CHECKs the kind.
  bool boolean() const;
  int64_t integer() const;
  double float_value() const;
  const std::string& string() const;
  const std::string& bytes() const;
  const ValueList& list() const;
  const PropertyMap& map() const;

  friend bool operator==(const Value& a, const Value& b);

  // For messages and tests: Cypher-like text, strings quoted.
  std::string ToString() const;

 private:
  using Rep = std::variant<std::monostate, bool, int64_t, double, std::string, Bytes,
                           std::shared_ptr<const ValueList>, std::shared_ptr<const PropertyMap>>;
  explicit Value(Rep rep) : rep_(std::move(rep)) {}
  Rep rep_;
};

// "Null", "Boolean", "Integer", ... as in error messages.
absl::string_view KindName(Value::Kind kind);

// Can it be stored as a property? Null, maps and lists that hold null, maps or
// lists can't.
bool IsStorable(const Value& value);

}  // namespace graphdb::graph
