// Functions of numbers.
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/cypher/error.h"
#include "core/cypher/functions.h"

namespace graphdb::cypher {
namespace {

using Result = absl::StatusOr<Datum>;

absl::Status NotNumber(const Datum& got) {
  return RuntimeError("TypeError", "InvalidArgumentType",
                      absl::StrCat("expected a number, got ", WithArticle(got.kind())));
}

template <double (*kFunction)(double)>
Result Apply(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_number()) return NotNumber(args[0]);
  return Datum::Float(kFunction(args[0].number()));
}

Result Abs(EvalContext&, const Datum* args, size_t) {
  if (args[0].is_float()) return Datum::Float(std::fabs(args[0].float_value()));
  if (!args[0].is_integer()) return NotNumber(args[0]);
  const int64_t value = args[0].integer();
  if (value == INT64_MIN) {
    return RuntimeError("ArithmeticError", "IntegerOverflow", "abs() overflows");
  }
  return Datum::Integer(value < 0 ? -value : value);
}

Result Sign(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_number()) return NotNumber(args[0]);
  const double value = args[0].number();
  return Datum::Integer(value > 0 ? 1 : value < 0 ? -1 : 0);
}

// Halves go up, as Cypher says, not away from zero.
double RoundHalfUp(double value) { return std::floor(value + 0.5); }
double Cotangent(double value) { return 1.0 / std::tan(value); }
double Haversine(double value) { return (1.0 - std::cos(value)) / 2.0; }
double Degrees(double value) { return value * 180.0 / M_PI; }
double Radians(double value) { return value * M_PI / 180.0; }

Result Atan2(EvalContext&, const Datum* args, size_t) {
  if (!args[0].is_number()) return NotNumber(args[0]);
  if (!args[1].is_number()) return NotNumber(args[1]);
  return Datum::Float(std::atan2(args[0].number(), args[1].number()));
}

Result Pi(EvalContext&, const Datum*, size_t) { return Datum::Float(M_PI); }
Result E(EvalContext&, const Datum*, size_t) { return Datum::Float(M_E); }

Result Rand(EvalContext& context, const Datum*, size_t) {
  if (context.random == nullptr) {
    return RuntimeError("NotSupported", "NotSupported", "rand() has no source of chance here");
  }
  constexpr uint64_t kSteps = uint64_t{1} << 53;
  return Datum::Float(static_cast<double>(context.random->Next() >> 11) /
                      static_cast<double>(kSteps));
}

constexpr FunctionSpec Spec(absl::string_view name, int args, FunctionBody body,
                            StaticType result = TypeOf(kFloatBit)) {
  FunctionSpec spec;
  spec.name = name;
  spec.args_min = args;
  spec.args_max = args;
  spec.first = kNumberBits;
  spec.others = kNumberBits;
  spec.result = result;
  spec.body = body;
  return spec;
}

constexpr FunctionSpec IsRandom(FunctionSpec spec) {
  spec.random = true;
  return spec;
}

constexpr FunctionSpec kSpecs[] = {
    Spec("abs", 1, Abs, TypeOf(kNumberBits)),
    Spec("sign", 1, Sign, TypeOf(kIntegerBit)),
    Spec("ceil", 1, Apply<std::ceil>),
    Spec("floor", 1, Apply<std::floor>),
    Spec("round", 1, Apply<RoundHalfUp>),
    Spec("sqrt", 1, Apply<std::sqrt>),
    Spec("exp", 1, Apply<std::exp>),
    Spec("log", 1, Apply<std::log>),
    Spec("log10", 1, Apply<std::log10>),
    Spec("sin", 1, Apply<std::sin>),
    Spec("cos", 1, Apply<std::cos>),
    Spec("tan", 1, Apply<std::tan>),
    Spec("cot", 1, Apply<Cotangent>),
    Spec("asin", 1, Apply<std::asin>),
    Spec("acos", 1, Apply<std::acos>),
    Spec("atan", 1, Apply<std::atan>),
    Spec("atan2", 2, Atan2),
    Spec("haversin", 1, Apply<Haversine>),
    Spec("degrees", 1, Apply<Degrees>),
    Spec("radians", 1, Apply<Radians>),
    Spec("pi", 0, Pi),
    Spec("e", 0, E),
    IsRandom(Spec("rand", 0, Rand)),
};

}  // namespace

absl::Span<const FunctionSpec> MathFunctions() { return kSpecs; }

}  // namespace graphdb::cypher
