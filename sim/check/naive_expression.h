// Expression: a Cypher expression as a tree that can be drawn, written as text
// and evaluated, by the plainest means, on a naive graph.
//
// Every operator and function is a row of one table, NaiveFunctions(): how it is
// written, which types it takes and gives, what it comes to. An expression whose
// arguments have the types of its row never fails, but for numbers that need
// more than 64 bits.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sim/check/naive_graph.h"
#include "sim/check/naive_value.h"

namespace graphdb::sim {

enum class NaiveType : uint8_t {
  kBoolean,
  kInteger,
  kFloat,
  kText,
  kIntegers,  // a list; null may be in it
  kTexts,
  kAny,  // any of the above, a mixed list too
  kNode,
  kEdge,
  kPath,
  kMap,
};

struct NaiveContext {
  const NaiveGraph* graph = nullptr;
  bool failed = false;  // a number needed more than 64 bits
};

inline constexpr size_t kNaiveArgsMax = 4;

struct NaiveFunction {
  absl::string_view text;  // $0 stands for the first argument
  NaiveType result = NaiveType::kAny;
  NaiveType args[kNaiveArgsMax] = {};
  size_t arg_count = 0;
  NaiveValue (*body)(NaiveContext& context, const NaiveValue* args) = nullptr;
  bool takes_null = false;  // else null in any argument gives null
};
// In parts; naive_functions*.cc.
std::vector<absl::Span<const NaiveFunction>> NaiveFunctions();

// A step of a pattern, or several.
struct Hop {
  enum class Direction : uint8_t { kOut, kIn, kBoth };
  Direction direction = Direction::kOut;
  std::vector<std::string> types;  // one of these; none: any
  std::string name;                // of the relationship; may be empty
  bool stretched = false;          // least to most steps
  uint64_t least = 1, most = 1;
  NaiveMap properties;  // of each step
  int64_t e = 0;        // of one that MERGE creates; ON CREATE says so
};

// Whether a relationship has what the hop asks of each, whatever its ends.
bool Fits(const Hop& hop, const NaiveGraph::Edge& edge);

struct Expression {
  enum class Kind : uint8_t {
    kValue,     // value
    kVariable,  // name
    kProperty,  // args[0].name
    kHasLabel,  // args[0]:name
    kCall,      // function(args)
    kEach,      // each
    kHops,      // hops
  };
  // Over a list args[0], each item of which is `name`.
  enum class Each : uint8_t {
    kMap,  // [name IN args[0] WHERE args[1] | args[2]]
    kAll,  // all(name IN args[0] WHERE args[1])
    kAny,
    kNone,
    kSingle,
    kReduce,  // reduce(sum = args[1], name IN args[0] | args[2])
  };
  // Over what one hop from args[0] leads to, which is `name`; args[1] has to hold.
  enum class Hops : uint8_t {
    kPattern,   // (args[0])-->(); a predicate on its own
    kFunction,  // exists((args[0])-->())
    kBlock,     // exists { (args[0])-->(name) WHERE args[1] }
    kCount,     // size([(args[0])-->(name) WHERE args[1] | name.k])
  };

  Kind kind = Kind::kValue;
  Each each = Each::kMap;
  Hops hops = Hops::kPattern;
  bool parameter = false;  // kValue: not written as a literal
  NaiveValue value;
  std::string name;
  const NaiveFunction* function = nullptr;
  Hop hop;
  std::vector<Expression> args;
};

inline constexpr char kReduceName[] = "sum";

// What the variables of a row stand for.
using NaiveRow = std::vector<std::pair<std::string, NaiveValue>>;
const NaiveValue* Find(const NaiveRow& row, absl::string_view name);

NaiveValue Evaluate(const Expression& expression, const NaiveRow& row, NaiveContext& context);
// Null is no truth.
bool Holds(const Expression& expression, const NaiveRow& row, NaiveContext& context);

}  // namespace graphdb::sim
