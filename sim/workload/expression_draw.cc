#include "sim/workload/expression_draw.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::sim {
namespace {

constexpr int64_t kValues = 6;  // integers are from 0 to 5: comparisons hit
// Halves and quarters, whose sums are exact; none is whole.
constexpr double kFloats[] = {0.5, 1.5, 2.25, -3.75, 1e-5, 12345678.5, 4.5, 0.125};
constexpr const char* kTexts[] = {
    "", "a", "b", "ab", "\xc3\xa9", "12", "1.5", " x ", "A", "aa", "b\\", "it's", "true", "-7",
    "\n", "\xf0\x9f\x98\x80z",
    // Letters of several bytes, at the begin, in the middle and at the end.
    "\xc3\xa9t\xc3\xa9", "a\xc3\xa9\x62", "z\xe4\xb8\xad\xe6\x96\x87"};

bool IsScalar(NaiveType type) {
  return type == NaiveType::kBoolean || type == NaiveType::kInteger || type == NaiveType::kFloat ||
         type == NaiveType::kText;
}

}  // namespace

bool ExpressionDraw::Has(NaiveType type) const {
  const auto is = [type](const auto& entry) { return entry.second == type; };
  return std::any_of(scope_.begin(), scope_.end(), is) ||
         std::any_of(locals_.begin(), locals_.end(), is);
}

// REQUIRES: Has(type).
const std::string& ExpressionDraw::AnyOf(NaiveType type) {
  std::vector<const std::string*> names;
  for (const Scope* scope : {&scope_, static_cast<const Scope*>(&locals_)}) {
    for (const auto& [name, its] : *scope) {
      if (its == type) names.push_back(&name);
    }
  }
  return *names[rng_.Below(names.size())];
}

Expression ExpressionDraw::Variable(std::string name) {
  Expression e;
  e.kind = Expression::Kind::kVariable;
  e.name = std::move(name);
  return e;
}

Expression ExpressionDraw::Property(std::string of, std::string name) {
  Expression e;
  e.kind = Expression::Kind::kProperty;
  e.name = std::move(name);
  e.args.push_back(Variable(std::move(of)));
  return e;
}

// The first row of the table that is written so and takes as many arguments.
Expression ExpressionDraw::Call(absl::string_view text, std::vector<Expression> args) {
  Expression e;
  e.kind = Expression::Kind::kCall;
  for (const auto& part : NaiveFunctions()) {
    for (const NaiveFunction& row : part) {
      if (e.function == nullptr && row.text == text) e.function = &row;
    }
  }
  GRAPHDB_CHECK(e.function != nullptr) << text;
  e.args = std::move(args);
  return e;
}

Expression ExpressionDraw::Value(NaiveValue value) {
  Expression e;
  e.value = std::move(value);
  e.parameter = parameters_ && rng_.Chance(1, 2);
  return e;
}

NaiveValue ExpressionDraw::DrawAny() {
  constexpr NaiveType kScalars[] = {NaiveType::kBoolean, NaiveType::kInteger, NaiveType::kFloat,
                                    NaiveType::kText};
  const NaiveType type = kScalars[rng_.Below(std::size(kScalars))];
  if (!rng_.Chance(1, 4)) return DrawValue(type);
  NaiveList list;
  const uint64_t items = rng_.Below(4);
  for (uint64_t i = 0; i < items; ++i) {
    const NaiveType item = kScalars[rng_.Below(std::size(kScalars))];
    list.push_back(DrawValue(item));
  }
  return NaiveValue::List(std::move(list));
}

NaiveValue ExpressionDraw::DrawValue(NaiveType type) {
  switch (type) {
    case NaiveType::kBoolean:
      return NaiveValue::Boolean(rng_.Chance(1, 2));
    case NaiveType::kInteger:
      return NaiveValue::Of(rng_.Chance(1, 12) ? -1 : rng_.Between(0, kValues - 1));
    case NaiveType::kFloat:
      return NaiveValue::Float(kFloats[rng_.Below(std::size(kFloats))]);
    case NaiveType::kText:
      return NaiveValue::Text(kTexts[rng_.Below(std::size(kTexts))]);
    case NaiveType::kIntegers:
    case NaiveType::kTexts: {
      NaiveList list;
      const uint64_t items = rng_.Below(4);
      for (uint64_t i = 0; i < items; ++i) {
        list.push_back(
            DrawValue(type == NaiveType::kIntegers ? NaiveType::kInteger : NaiveType::kText));
      }
      return NaiveValue::List(std::move(list));
    }
    default:
      return DrawAny();
  }
}

Expression ExpressionDraw::Leaf(NaiveType type) {
  const uint64_t dice = rng_.Below(12);
  if (dice == 0 && type != NaiveType::kNode && type != NaiveType::kEdge) {
    return Value(NaiveValue());
  }
  if (dice < 4 && Has(type)) return Variable(AnyOf(type));
  if (type == NaiveType::kNode || type == NaiveType::kEdge || type == NaiveType::kPath) {
    return Variable(AnyOf(type));
  }
  const bool nodes = Has(NaiveType::kNode), edges = Has(NaiveType::kEdge);
  if (dice < 10 && (nodes || edges)) {
    const bool of_edge = edges && (!nodes || rng_.Chance(1, 3));
    std::string of = AnyOf(of_edge ? NaiveType::kEdge : NaiveType::kNode);
    if (type == NaiveType::kInteger && dice == 9) {
      return Property(std::move(of), of_edge ? "e" : "k");
    }
    std::vector<const char*> fitting;
    for (const TypedName& property : kProperties) {
      if (property.type == type) fitting.push_back(property.name);
    }
    if (!fitting.empty()) return Property(std::move(of), fitting[rng_.Below(fitting.size())]);
  }
  return Value(DrawValue(type));
}

bool ExpressionDraw::DrawEach(NaiveType type, int depth, Expression* out) {
  using Each = Expression::Each;
  if (type == NaiveType::kIntegers) {
    out->each = Each::kMap;
  } else if (type == NaiveType::kBoolean) {
    out->each = static_cast<Each>(
        rng_.Between(static_cast<int>(Each::kAll), static_cast<int>(Each::kSingle)));
  } else if (type == NaiveType::kInteger) {
    out->each = Each::kReduce;
  } else {
    return false;
  }
  out->kind = Expression::Kind::kEach;
  out->name = absl::StrCat("v", locals_.size());
  out->args.push_back(Draw(NaiveType::kIntegers, depth - 1, false));
  const bool reduces = out->each == Each::kReduce;
  if (reduces) out->args.push_back(Draw(NaiveType::kInteger, 0, false));
  const size_t before = locals_.size();
  locals_.emplace_back(out->name, NaiveType::kInteger);
  if (!reduces && rng_.Chance(1, 2)) {
    // One that looks at the item: of some items alone it holds.
    std::vector<Expression> both;
    both.push_back(Variable(out->name));
    both.push_back(Draw(NaiveType::kInteger, 0, false));
    out->args.push_back(Call(rng_.Chance(1, 2) ? "($0 = $1)" : "($0 < $1)", std::move(both)));
  } else if (!reduces) {
    out->args.push_back(Draw(NaiveType::kBoolean, depth - 1, false));
  }
  if (out->each == Each::kMap) out->args.push_back(Draw(NaiveType::kInteger, depth - 1, false));
  if (reduces) {
    const bool times = rng_.Chance(1, 3);
    Expression item = Variable(out->name);
    // Order matters: sum * 2 - item, in the table's terms.
    Expression sum = Variable(kReduceName);
    Expression more = times ? Call("($0 % 3)", {std::move(sum)}) : std::move(sum);
    std::vector<Expression> both;
    both.push_back(std::move(more));
    both.push_back(std::move(item));
    out->args.push_back(Call(times ? "($0 - $1)" : "($0 + $1)", std::move(both)));
  }
  locals_.resize(before);
  return true;
}

Hop ExpressionDraw::DrawHop() {
  Hop hop;
  hop.direction = static_cast<Hop::Direction>(rng_.Below(3));
  const uint64_t types = rng_.Below(6);
  if (types < 2) hop.types = {"R"};
  if (types == 2) hop.types = {"S"};
  if (types == 3) hop.types = {"S", "R"};
  return hop;
}

bool ExpressionDraw::DrawHops(NaiveType type, int depth, Expression* out) {
  if (!Has(NaiveType::kNode)) return false;
  if (type != NaiveType::kBoolean && type != NaiveType::kInteger) return false;
  out->kind = Expression::Kind::kHops;
  out->hops = type == NaiveType::kInteger ? Expression::Hops::kCount
              : rng_.Chance(1, 2)         ? Expression::Hops::kFunction
                                          : Expression::Hops::kBlock;
  out->name = absl::StrCat("m", locals_.size());
  out->args.push_back(Variable(AnyOf(NaiveType::kNode)));
  out->hop = DrawHop();
  if (out->hops == Expression::Hops::kFunction) return true;
  const size_t before = locals_.size();
  locals_.emplace_back(out->name, NaiveType::kNode);
  out->args.push_back(Draw(NaiveType::kBoolean, depth - 1, false));
  locals_.resize(before);
  return true;
}

Expression ExpressionDraw::DrawPattern(const std::string& node) {
  Expression e;
  e.kind = Expression::Kind::kHops;
  e.hops = Expression::Hops::kPattern;
  e.args.push_back(Variable(node));
  e.hop = DrawHop();
  if (rng_.Chance(1, 2)) return e;
  std::vector<Expression> args;
  args.push_back(std::move(e));
  return Call("(NOT $0)", std::move(args));
}

Expression ExpressionDraw::Draw(NaiveType type, int depth, bool patterns) {
  if (depth <= 0 || rng_.Chance(1, 4)) return Leaf(type);
  Expression e;
  const uint64_t dice = rng_.Below(20);
  if (dice == 0 && DrawEach(type, depth, &e)) return e;
  if (dice == 1 && patterns && DrawHops(type, depth, &e)) return e;
  if (dice == 2 && type == NaiveType::kBoolean && Has(NaiveType::kNode)) {
    e.kind = Expression::Kind::kHasLabel;
    e.name = std::string(1, rng_.Chance(1, 2) ? 'X' : 'Y');
    e.args.push_back(Variable(AnyOf(NaiveType::kNode)));
    return e;
  }
  std::vector<const NaiveFunction*> fitting;
  for (const auto& part : NaiveFunctions()) {
    for (const NaiveFunction& row : part) {
      bool all = row.result == type ||
                 (type == NaiveType::kAny && IsScalar(row.result) && rng_.Chance(1, 8));
      for (size_t i = 0; all && i < row.arg_count; ++i) {
        const bool bound = row.args[i] == NaiveType::kNode || row.args[i] == NaiveType::kEdge ||
                           row.args[i] == NaiveType::kPath;
        all = !bound || Has(row.args[i]);
      }
      if (all) fitting.push_back(&row);
    }
  }
  if (fitting.empty()) return Leaf(type);
  e.kind = Expression::Kind::kCall;
  e.function = fitting[rng_.Below(fitting.size())];
  for (size_t i = 0; i < e.function->arg_count; ++i) {
    e.args.push_back(Draw(e.function->args[i], depth - 1, patterns));
  }
  return e;
}

Expression ExpressionDraw::Storable(NaiveType type) {
  switch (type) {
    case NaiveType::kInteger: {
      std::vector<Expression> args;
      args.push_back(Draw(type, 2, false));
      return Call("($0 % -4)", std::move(args));
    }
    case NaiveType::kFloat:
    case NaiveType::kAny:
      return Leaf(type);
    case NaiveType::kText: {
      std::vector<Expression> args;
      args.push_back(Draw(type, 1, false));
      args.push_back(Value(NaiveValue::Of(3)));
      return Call("left($0, abs($1 % 4))", std::move(args));
    }
    default:
      return Draw(type, 1, false);
  }
}

}  // namespace graphdb::sim
