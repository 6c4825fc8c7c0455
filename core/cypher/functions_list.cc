// Functions of lists, and those that convert between kinds.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/functions.h"

namespace graphdb::cypher {
namespace {

using Result = absl::StatusOr<Datum>;

absl::Status BadArgument(absl::string_view function, const Datum& got) {
  return RuntimeError("TypeError", "InvalidArgumentValue",
                      absl::StrCat(function, " can't take ", WithArticle(got.kind())));
}

int64_t CodePoints(const std::string& text) {
  int64_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

Result Size(EvalContext&, const Datum* args, size_t) {
  if (args[0].is_list()) return Datum::Integer(static_cast<int64_t>(args[0].list().size()));
  if (args[0].is_string()) return Datum::Integer(CodePoints(args[0].string()));
  return BadArgument("size()", args[0]);
}

Result Head(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_list()) return BadArgument("head()", args[0]);
  return args[0].list().empty() ? Datum() : args[0].list().front();
}

Result Last(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_list()) return BadArgument("last()", args[0]);
  return args[0].list().empty() ? Datum() : args[0].list().back();
}

Result Tail(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_list()) return BadArgument("tail()", args[0]);
  const DatumList& list = args[0].list();
  if (list.empty()) return args[0];
  return Datum::List(DatumList(list.begin() + 1, list.end()));
}

Result Reverse(EvalContext&, const Datum* args, size_t) {
  if (args[0].is_list()) {
    return Datum::List(DatumList(args[0].list().rbegin(), args[0].list().rend()));
  }
  if (!args[0].is_string()) return BadArgument("reverse()", args[0]);
  const std::string& text = args[0].string();
  std::string out;
  out.reserve(text.size());
  for (size_t end = text.size(); end > 0;) {
    size_t begin = end - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
    out.append(text, begin, end - begin);
    end = begin;
  }
  return Datum::String(std::move(out));
}

Result Range(EvalContext& context, const Datum* args, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (!args[i].is_integer()) {
      return RuntimeError(
          "ArgumentError", "InvalidArgumentType",
          absl::StrCat("range() takes integers, not ", WithArticle(args[i].kind())));
    }
  }
  const int64_t start = args[0].integer();
  const int64_t end = args[1].integer();
  const int64_t step = count > 2 ? args[2].integer() : 1;
  if (step == 0) {
    return RuntimeError("ArgumentError", "NumberOutOfRange", "the step of range() can't be 0");
  }
  DatumList items;
  if (step > 0 ? start <= end : start >= end) {
    const uint64_t span = step > 0 ? static_cast<uint64_t>(end) - static_cast<uint64_t>(start)
                                   : static_cast<uint64_t>(start) - static_cast<uint64_t>(end);
    const uint64_t stride =
        step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
    const uint64_t steps = span / stride;
    if (steps >= context.limits->list_items_max) {
      return LimitError("list_items_max", absl::StrCat("range() would make more items than "
                                                       "list_items_max = ",
                                                       context.limits->list_items_max));
    }
    GRAPHDB_RETURN_IF_ERROR(CountWork(context, steps + 1));
    items.reserve(steps + 1);
    for (uint64_t i = 0; i <= steps; ++i) {
      items.push_back(Datum::Integer(
          static_cast<int64_t>(static_cast<uint64_t>(start) + static_cast<uint64_t>(step) * i)));
    }
  }
  return Datum::List(std::move(items));
}

Result Coalesce(EvalContext&, const Datum* args, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (!args[i].is_null()) return args[i];
  }
  return Datum();
}

Result ToBoolean(EvalContext&, const Datum* args, size_t) {
  if (args[0].is_boolean()) return args[0];
  if (args[0].is_integer()) return Datum::Boolean(args[0].integer() != 0);
  if (!args[0].is_string()) return BadArgument("toBoolean()", args[0]);
  const std::string text = absl::AsciiStrToLower(absl::StripAsciiWhitespace(args[0].string()));
  if (text == "true") return Datum::Boolean(true);
  if (text == "false") return Datum::Boolean(false);
  return Datum();
}

// The whole text as a number, or null.
Datum ParseFloat(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  double value = 0;
  if (text.empty() || !absl::SimpleAtod(text, &value)) return Datum();
  return Datum::Float(value);
}

constexpr double kTwo63 = 9223372036854775808.0;

Datum FloatToInteger(double value) {
  if (std::isnan(value) || value >= kTwo63 || value < -kTwo63) return Datum();
  return Datum::Integer(static_cast<int64_t>(value));
}

Result ToInteger(EvalContext&, const Datum* args, size_t) {
  if (args[0].is_integer()) return args[0];
  if (args[0].is_boolean()) return Datum::Integer(args[0].boolean() ? 1 : 0);
  if (args[0].is_float()) return FloatToInteger(args[0].float_value());
  if (!args[0].is_string()) return BadArgument("toInteger()", args[0]);
  int64_t value = 0;
  if (absl::SimpleAtoi(absl::StripAsciiWhitespace(args[0].string()), &value)) {
    return Datum::Integer(value);
  }
  const Datum as_float = ParseFloat(args[0].string());
  return as_float.is_null() ? as_float : FloatToInteger(as_float.float_value());
}

Result ToFloat(EvalContext&, const Datum* args, size_t) {
  if (args[0].is_float()) return args[0];
  if (args[0].is_integer()) return Datum::Float(static_cast<double>(args[0].integer()));
  if (!args[0].is_string()) return BadArgument("toFloat()", args[0]);
  return ParseFloat(args[0].string());
}

Result ToString(EvalContext&, const Datum* args, size_t) {
  switch (args[0].kind()) {
    case Datum::Kind::kString:
      return args[0];
    case Datum::Kind::kBoolean:
    case Datum::Kind::kInteger:
    case Datum::Kind::kFloat:
      return Datum::String(args[0].ToString());
    default:
      return BadArgument("toString()", args[0]);
  }
}

constexpr FunctionSpec Spec(absl::string_view name, int args_min, int args_max, KindMask first,
                            StaticType result, FunctionBody body) {
  FunctionSpec spec;
  spec.name = name;
  spec.args_min = args_min;
  spec.args_max = args_max;
  spec.first = first;
  spec.result = result;
  spec.body = body;
  return spec;
}

constexpr FunctionSpec TakesNull(FunctionSpec spec) {
  spec.takes_null = true;
  return spec;
}

constexpr FunctionSpec kSpecs[] = {
    Spec("size", 1, 1, kListBit | kStringBit, TypeOf(kIntegerBit), Size),
    Spec("head", 1, 1, kListBit, TypeOf(kAnyBits), Head),
    Spec("last", 1, 1, kListBit, TypeOf(kAnyBits), Last),
    Spec("tail", 1, 1, kListBit, ListOf(kAnyBits), Tail),
    Spec("reverse", 1, 1, kListBit | kStringBit, TypeOf(kAnyBits), Reverse),
    Spec("range", 2, 3, kAnyBits, ListOf(kIntegerBit), Range),
    Spec("toboolean", 1, 1, kAnyBits, TypeOf(kBooleanBit | kNullBit), ToBoolean),
    Spec("tointeger", 1, 1, kAnyBits, TypeOf(kIntegerBit | kNullBit), ToInteger),
    Spec("tofloat", 1, 1, kAnyBits, TypeOf(kFloatBit | kNullBit), ToFloat),
    Spec("tostring", 1, 1, kAnyBits, TypeOf(kStringBit | kNullBit), ToString),
    TakesNull(Spec("coalesce", 1, 1'000'000, kAnyBits, TypeOf(kAnyBits), Coalesce)),
};

}  // namespace

absl::Span<const FunctionSpec> ListFunctions() { return kSpecs; }

}  // namespace graphdb::cypher
