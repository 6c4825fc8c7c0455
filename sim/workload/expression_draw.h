// ExpressionDraw: random expressions of a given type over the variables that a
// statement has bound.
//
// Which property has values of which type goes by its name (kProperties), so that
// what is drawn is sound whatever the graph holds.
//
// Deterministic thread only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/env/random.h"
#include "sim/check/naive_expression.h"

namespace graphdb::sim {

struct TypedName {
  const char* name;
  NaiveType type;
};
// Of nodes and relationships alike; "x" holds anything.
inline constexpr TypedName kProperties[] = {{"a", NaiveType::kInteger}, {"b", NaiveType::kInteger},
                                            {"f", NaiveType::kFloat},   {"s", NaiveType::kText},
                                            {"t", NaiveType::kBoolean}, {"l", NaiveType::kIntegers},
                                            {"x", NaiveType::kAny}};

class ExpressionDraw {
 public:
  using Scope = std::vector<std::pair<std::string, NaiveType>>;

  // `scope` and `rng` outlive it. With `parameters` half of the values are not
  // written as literals.
  ExpressionDraw(const Scope& scope, bool parameters, Random& rng)
      : scope_(scope), parameters_(parameters), rng_(rng) {}

  // `patterns`: it may look at the nodes around one. `depth` is how many calls it
  // has at most, one inside the other.
  Expression Draw(NaiveType type, int depth, bool patterns);
  // Text, numbers, truths and lists, mostly what few values are.
  NaiveValue DrawValue(NaiveType type);
  Expression Value(NaiveValue value);
  // What a statement may store in a property of this type: an integer that stays small.
  Expression Storable(NaiveType type);
  Hop DrawHop();
  // (node)-->(), or that it is not so; a predicate on its own.
  Expression DrawPattern(const std::string& node);

  static Expression Variable(std::string name);
  static Expression Property(std::string of, std::string name);
  static Expression Call(absl::string_view text, std::vector<Expression> args);

 private:
  Expression Leaf(NaiveType type);
  bool Has(NaiveType type) const;
  const std::string& AnyOf(NaiveType type);
  bool DrawEach(NaiveType type, int depth, Expression* out);
  bool DrawHops(NaiveType type, int depth, Expression* out);
  NaiveValue DrawAny();

  const Scope& scope_;
  const bool parameters_;
  Random& rng_;
  Scope locals_;  // of what is being drawn
};

}  // namespace graphdb::sim
