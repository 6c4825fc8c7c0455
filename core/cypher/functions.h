// The table of functions: names, arities, kinds of arguments, and bodies.
//
// A new scalar function is a row of the table in functions.cc or one of its
// siblings; an aggregating one is a row here and an Aggregator.
//
// Pure; thread-safe.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/cypher/datum.h"
#include "core/cypher/limits.h"
#include "core/cypher/static_type.h"
#include "core/env/random.h"

namespace graphdb::cypher {

// What evaluation may use beside the row.
struct EvalContext {
  const DatumMap* parameters = nullptr;
  const Limits* limits = nullptr;
  Random* random = nullptr;
  uint64_t work = 0;  // see Limits::expression_work_max; set back once per batch
  // Records that were asked for something nobody has fetched yet.
  std::vector<NodeRef>* wanted = nullptr;
  // The record of a node of which only the id is known.
  NodeRef (*unfetched)(void* owner, ElementId id) = nullptr;
  void* owner = nullptr;
};

// Counts `items` of work; LimitExceeded above expression_work_max.
absl::Status CountWork(EvalContext& context, uint64_t items);

// Says that `node` is not fetched: it is added to `wanted`, and the caller
// fetches all of those at once and evaluates again.
absl::Status NeedsFetch(EvalContext& context, const NodeRef& node);
bool IsNeedsFetch(const absl::Status& status);

using FunctionBody = absl::StatusOr<Datum> (*)(EvalContext& context, const Datum* args,
                                               size_t count);

enum class FunctionKind : uint8_t { kScalar, kAggregate };

struct FunctionSpec {
  absl::string_view name;  // lower case
  int args_min = 0;
  int args_max = 0;
  KindMask first = kAnyBits;  // kinds of the first argument
  KindMask others = kAnyBits;
  StaticType result;
  FunctionBody body = nullptr;  // of a scalar function
  FunctionKind kind = FunctionKind::kScalar;
  bool random = false;      // may differ from call to call
  bool takes_null = false;  // else null in any argument gives null
};

// Index in the table, or -1; the case of letters doesn't matter.
int FindFunction(absl::string_view name);
const FunctionSpec& FunctionAt(int index);

// The parts of the table (functions_*.cc).
absl::Span<const FunctionSpec> GraphFunctions();
absl::Span<const FunctionSpec> ListFunctions();
absl::Span<const FunctionSpec> StringFunctions();
absl::Span<const FunctionSpec> MathFunctions();

}  // namespace graphdb::cypher
