#include "core/cypher/functions.h"

#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/cypher/error.h"

namespace graphdb::cypher {
namespace {

FunctionSpec Aggregate(absl::string_view name, int args, KindMask first, StaticType result) {
  FunctionSpec spec;
  spec.name = name;
  spec.args_min = args;
  spec.args_max = args;
  spec.first = first;
  spec.result = result;
  spec.kind = FunctionKind::kAggregate;
  return spec;
}

struct Table {
  std::vector<FunctionSpec> specs;
  std::map<std::string, int, std::less<>> by_name;

  Table() {
    specs = {
        Aggregate("count", 1, kAnyBits, TypeOf(kIntegerBit)),
        Aggregate("sum", 1, kAnyBits, TypeOf(kAnyBits)),
        Aggregate("avg", 1, kAnyBits, TypeOf(kAnyBits)),
        Aggregate("min", 1, kAnyBits, TypeOf(kAnyBits)),
        Aggregate("max", 1, kAnyBits, TypeOf(kAnyBits)),
        Aggregate("collect", 1, kAnyBits, ListOf(kAnyBits)),
        Aggregate("stdev", 1, kAnyBits, TypeOf(kNumberBits)),
        Aggregate("stdevp", 1, kAnyBits, TypeOf(kNumberBits)),
        Aggregate("percentilecont", 2, kAnyBits, TypeOf(kAnyBits)),
        Aggregate("percentiledisc", 2, kAnyBits, TypeOf(kAnyBits)),
    };
    for (const auto* part :
         {&GraphFunctions(), &ListFunctions(), &StringFunctions(), &MathFunctions()}) {
      specs.insert(specs.end(), part->begin(), part->end());
    }
    for (size_t i = 0; i < specs.size(); ++i) {
      by_name.emplace(std::string(specs[i].name), static_cast<int>(i));
    }
  }
};

const Table& Functions() {
  static const Table& table = *new Table();
  return table;
}

}  // namespace

int FindFunction(absl::string_view name) {
  const Table& table = Functions();
  const auto it = table.by_name.find(absl::AsciiStrToLower(name));
  return it == table.by_name.end() ? -1 : it->second;
}

const FunctionSpec& FunctionAt(int index) { return Functions().specs[static_cast<size_t>(index)]; }

absl::Status CountWork(EvalContext& context, uint64_t items) {
  context.work += items;
  if (context.work <= context.limits->expression_work_max) return absl::OkStatus();
  return LimitError("expression_work_max",
                    absl::StrCat("the expressions walk more list items than expression_work_max = ",
                                 context.limits->expression_work_max));
}

absl::Status NeedsFetch(EvalContext& context, const NodeRef& node) {
  context.wanted->push_back(node);
  static const absl::Status& status =
      *new absl::Status(absl::StatusCode::kDataLoss, "graphdb.cypher: a node is not fetched");
  return status;
}

bool IsNeedsFetch(const absl::Status& status) {
  return status.code() == absl::StatusCode::kDataLoss;
}

}  // namespace graphdb::cypher
