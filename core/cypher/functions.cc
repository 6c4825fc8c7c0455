#include "core/cypher/functions.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/cypher/error.h"

namespace graphdb::cypher {
namespace {

constexpr FunctionSpec Aggregate(absl::string_view name, int args, StaticType result) {
  FunctionSpec spec;
  spec.name = name;
  spec.args_min = args;
  spec.args_max = args;
  spec.result = result;
  spec.kind = FunctionKind::kAggregate;
  return spec;
}

constexpr FunctionSpec kAggregates[] = {
    Aggregate("count", 1, TypeOf(kIntegerBit)),
    Aggregate("sum", 1, TypeOf(kAnyBits)),
    Aggregate("avg", 1, TypeOf(kAnyBits)),
    Aggregate("min", 1, TypeOf(kAnyBits)),
    Aggregate("max", 1, TypeOf(kAnyBits)),
    Aggregate("collect", 1, ListOf(kAnyBits)),
    Aggregate("stdev", 1, TypeOf(kNumberBits)),
    Aggregate("stdevp", 1, TypeOf(kNumberBits)),
    Aggregate("percentilecont", 2, TypeOf(kAnyBits)),
    Aggregate("percentiledisc", 2, TypeOf(kAnyBits)),
};

constexpr int kParts = 5;

absl::Span<const FunctionSpec> Part(int i) {
  switch (i) {
    case 0:
      return kAggregates;
    case 1:
      return GraphFunctions();
    case 2:
      return ListFunctions();
    case 3:
      return StringFunctions();
    default:
      return MathFunctions();
  }
}

}  // namespace

int FindFunction(absl::string_view name) {
  int index = 0;
  for (int part = 0; part < kParts; ++part) {
    for (const FunctionSpec& spec : Part(part)) {
      if (absl::EqualsIgnoreCase(spec.name, name)) return index;
      ++index;
    }
  }
  return -1;
}

const FunctionSpec& FunctionAt(int index) {
  auto left = static_cast<size_t>(index);
  for (int part = 0; part < kParts; ++part) {
    const absl::Span<const FunctionSpec> specs = Part(part);
    if (left < specs.size()) return specs[left];
    left -= specs.size();
  }
  GRAPHDB_CHECK(false) << "no function " << index;
  __builtin_unreachable();
}

absl::Status CountWork(EvalContext& context, uint64_t items) {
  context.work += items;
  if (context.work <= context.limits->expression_work_max) return absl::OkStatus();
  return LimitError("expression_work_max",
                    absl::StrCat("the expressions walk more list items than expression_work_max = ",
                                 context.limits->expression_work_max));
}

absl::Status NeedsFetch(EvalContext& context, const NodeRef& node) {
  context.wanted->push_back(node);
  return absl::Status(absl::StatusCode::kDataLoss, "");  // without text nothing is allocated
}

bool IsNeedsFetch(const absl::Status& status) {
  return status.code() == absl::StatusCode::kDataLoss;
}

}  // namespace graphdb::cypher
