#include "core/cypher/evaluate.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"

namespace graphdb::cypher {
namespace {

using Result = absl::StatusOr<Datum>;

absl::Status WrongType(absl::string_view message, const Datum& got) {
  return RuntimeError("TypeError", "InvalidArgumentType",
                      absl::StrCat(message, ", got ", WithArticle(got.kind())));
}

absl::StatusOr<Ternary> ToTernary(const Datum& value) {
  if (value.is_null()) return Ternary::kUnknown;
  if (value.is_boolean()) return FromBool(value.boolean());
  return WrongType("expected a boolean", value);
}

// AND stops at the first false, OR at the first true; unknown goes on.
Result EvaluateAndOr(const Expr& expr, Datum* row, EvalContext& context) {
  const Ternary decisive = expr.kind == ExprKind::kAnd ? Ternary::kFalse : Ternary::kTrue;
  Ternary result = Not(decisive);
  for (const ExprPtr& arg : expr.args) {
    GRAPHDB_ASSIGN_OR_RETURN(const Ternary one, EvaluatePredicate(*arg, row, context));
    if (one == decisive) return ToDatum(decisive);
    if (one == Ternary::kUnknown) result = one;
  }
  return ToDatum(result);
}

Result EvaluateXor(const Expr& expr, Datum* row, EvalContext& context) {
  Ternary result = Ternary::kFalse;
  for (const ExprPtr& arg : expr.args) {
    GRAPHDB_ASSIGN_OR_RETURN(const Ternary one, EvaluatePredicate(*arg, row, context));
    if (one == Ternary::kUnknown || result == Ternary::kUnknown) {
      result = Ternary::kUnknown;
    } else {
      result = FromBool(one != result);
    }
  }
  return ToDatum(result);
}

Ternary CompareWith(Op op, const Datum& left, const Datum& right) {
  switch (op) {
    case Op::kEqual:
      return Equals(left, right);
    case Op::kNotEqual:
      return Not(Equals(left, right));
    case Op::kLess:
      return Compare(Comparison::kLess, left, right);
    case Op::kLessEqual:
      return Compare(Comparison::kLessEqual, left, right);
    case Op::kGreater:
      return Compare(Comparison::kGreater, left, right);
    default:
      return Compare(Comparison::kGreaterEqual, left, right);
  }
}

// a < b < c is a < b AND b < c.
Result EvaluateComparison(const Expr& expr, Datum* row, EvalContext& context) {
  GRAPHDB_ASSIGN_OR_RETURN(Datum left, Evaluate(*expr.args[0], row, context));
  Ternary all = Ternary::kTrue;
  for (size_t i = 0; i < expr.ops.size(); ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(Datum right, Evaluate(*expr.args[i + 1], row, context));
    const Ternary one = CompareWith(expr.ops[i], left, right);
    if (one == Ternary::kFalse) return ToDatum(one);
    if (one == Ternary::kUnknown) all = one;
    left = std::move(right);
  }
  return ToDatum(all);
}

Result EvaluateArithmetic(const Expr& expr, Datum* row, EvalContext& context) {
  GRAPHDB_ASSIGN_OR_RETURN(Datum value, Evaluate(*expr.args[0], row, context));
  for (size_t i = 0; i < expr.ops.size(); ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(const Datum right, Evaluate(*expr.args[i + 1], row, context));
    GRAPHDB_ASSIGN_OR_RETURN(value, Arithmetic(expr.ops[i], value, right, context));
  }
  return value;
}

Result EvaluateNegate(const Datum& value) {
  if (value.is_null()) return value;
  if (value.is_float()) return Datum::Float(-value.float_value());
  if (!value.is_integer()) return WrongType("'-' takes a number", value);
  if (value.integer() == INT64_MIN) {
    return RuntimeError("ArithmeticError", "IntegerOverflow", "'-' needs more than 64 bits");
  }
  return Datum::Integer(-value.integer());
}

Result EvaluateIn(const Datum& item, const Datum& list, EvalContext& context) {
  if (list.is_null()) return list;
  if (!list.is_list()) return WrongType("IN takes a list", list);
  GRAPHDB_RETURN_IF_ERROR(CountWork(context, list.list().size()));
  Ternary found = Ternary::kFalse;
  for (const Datum& candidate : list.list()) {
    const Ternary one = Equals(item, candidate);
    if (one == Ternary::kTrue) return ToDatum(one);
    if (one == Ternary::kUnknown) found = one;
  }
  return ToDatum(found);
}

// What isn't a string gives null, not an error.
Result EvaluateTextPredicate(ExprKind kind, const Datum& text, const Datum& part) {
  if (!text.is_string() || !part.is_string()) return Datum();
  if (kind == ExprKind::kStartsWith) {
    return Datum::Boolean(absl::StartsWith(text.string(), part.string()));
  }
  if (kind == ExprKind::kEndsWith) {
    return Datum::Boolean(absl::EndsWith(text.string(), part.string()));
  }
  return Datum::Boolean(absl::StrContains(text.string(), part.string()));
}

Result EvaluateHasLabels(const Expr& expr, const Datum& element, EvalContext& context) {
  if (element.is_null()) return element;
  if (element.is_relationship()) {
    const std::string& type = element.relationship()->relationship.type;
    return Datum::Boolean(std::all_of(expr.names.begin(), expr.names.end(),
                                      [&](const std::string& name) { return name == type; }));
  }
  if (!element.is_node()) return WrongType("a label predicate takes a node", element);
  if (element.node()->deleted) {
    return RuntimeError("EntityNotFound", "DeletedEntityAccess",
                        "this node was deleted by this statement");
  }
  if (!element.node()->fetched) return NeedsFetch(context, element.node());
  const std::vector<std::string>& labels = element.node()->node.labels;
  return Datum::Boolean(
      std::all_of(expr.names.begin(), expr.names.end(), [&](const std::string& name) {
        return std::binary_search(labels.begin(), labels.end(), name);
      }));
}

Result EvaluateIndex(const Datum& base, const Datum& index, EvalContext& context) {
  if (base.is_null() || index.is_null()) return Datum();
  if (base.is_list()) {
    if (!index.is_integer()) return WrongType("the index of a list is an integer", index);
    const auto size = static_cast<int64_t>(base.list().size());
    int64_t at = index.integer();
    if (at < 0) at += size;
    if (at < 0 || at >= size) return Datum();
    return base.list()[static_cast<size_t>(at)];
  }
  if (!base.is_map() && !base.is_node() && !base.is_relationship()) {
    return WrongType("[...] takes a list, a map, a node or a relationship", base);
  }
  if (!index.is_string()) {
    return RuntimeError(
        "TypeError", "MapElementAccessByNonString",
        absl::StrCat("the key of a map is a string, not ", WithArticle(index.kind())));
  }
  return PropertyOf(base, index.string(), context);
}

Result EvaluateSlice(const Expr& expr, Datum* row, EvalContext& context) {
  GRAPHDB_ASSIGN_OR_RETURN(const Datum base, Evaluate(*expr.args[0], row, context));
  if (base.is_null()) return base;
  if (!base.is_list()) return WrongType("[..] takes a list", base);
  const auto size = static_cast<int64_t>(base.list().size());
  int64_t bounds[2] = {0, size};
  for (int i = 0; i < 2; ++i) {
    if (expr.args[static_cast<size_t>(i + 1)] == nullptr) continue;
    GRAPHDB_ASSIGN_OR_RETURN(const Datum bound,
                             Evaluate(*expr.args[static_cast<size_t>(i + 1)], row, context));
    if (bound.is_null()) return bound;
    if (!bound.is_integer()) return WrongType("the bounds of a slice are integers", bound);
    bounds[i] = bound.integer() < 0 ? bound.integer() + size : bound.integer();
    bounds[i] = std::clamp<int64_t>(bounds[i], 0, size);
  }
  if (bounds[0] >= bounds[1]) return Datum::List({});
  return Datum::List(DatumList(base.list().begin() + bounds[0], base.list().begin() + bounds[1]));
}

absl::Status CheckDepth(const Datum& value, const EvalContext& context) {
  if (value.depth() <= context.limits->nesting_depth_max) return absl::OkStatus();
  return LimitError("nesting_depth_max",
                    absl::StrCat("a value is nested deeper than nesting_depth_max = ",
                                 context.limits->nesting_depth_max));
}

Result EvaluateList(const Expr& expr, Datum* row, EvalContext& context) {
  DatumList items;
  items.reserve(expr.args.size());
  for (const ExprPtr& arg : expr.args) {
    GRAPHDB_ASSIGN_OR_RETURN(Datum item, Evaluate(*arg, row, context));
    items.push_back(std::move(item));
  }
  Datum list = Datum::List(std::move(items));
  GRAPHDB_RETURN_IF_ERROR(CheckDepth(list, context));
  return list;
}

Result EvaluateMap(const Expr& expr, Datum* row, EvalContext& context) {
  DatumMap entries;
  for (size_t i = 0; i < expr.args.size(); ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(Datum value, Evaluate(*expr.args[i], row, context));
    entries[expr.names[i]] = std::move(value);
  }
  Datum map = Datum::Map(std::move(entries));
  GRAPHDB_RETURN_IF_ERROR(CheckDepth(map, context));
  return map;
}

Result EvaluateFunction(const Expr& expr, Datum* row, EvalContext& context) {
  const FunctionSpec& spec = FunctionAt(expr.function);
  constexpr size_t kFew = 4;
  Datum few[kFew];
  DatumList many;
  Datum* args = few;
  if (expr.args.size() > kFew) {
    many.resize(expr.args.size());
    args = many.data();
  }
  for (size_t i = 0; i < expr.args.size(); ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(args[i], Evaluate(*expr.args[i], row, context));
    if (args[i].is_null() && !spec.takes_null) return Datum();
  }
  return spec.body(context, args, expr.args.size());
}

Result EvaluateCase(const Expr& expr, Datum* row, EvalContext& context) {
  size_t at = 0;
  Datum subject;
  if (expr.has_subject) {
    GRAPHDB_ASSIGN_OR_RETURN(subject, Evaluate(*expr.args[at++], row, context));
  }
  const size_t end = expr.args.size() - (expr.has_else ? 1 : 0);
  for (; at < end; at += 2) {
    Ternary taken = Ternary::kFalse;
    if (expr.has_subject) {
      GRAPHDB_ASSIGN_OR_RETURN(const Datum when, Evaluate(*expr.args[at], row, context));
      taken = Equals(subject, when);
    } else {
      GRAPHDB_ASSIGN_OR_RETURN(taken, EvaluatePredicate(*expr.args[at], row, context));
    }
    if (taken == Ternary::kTrue) return Evaluate(*expr.args[at + 1], row, context);
  }
  return expr.has_else ? Evaluate(*expr.args[end], row, context) : Result(Datum());
}

// The list of a comprehension or quantifier; nothing where it is null.
absl::StatusOr<std::optional<Datum>> ListOfExpr(const Expr& expr, Datum* row,
                                                EvalContext& context) {
  GRAPHDB_ASSIGN_OR_RETURN(Datum list, Evaluate(expr, row, context));
  if (list.is_null()) return std::optional<Datum>();
  if (!list.is_list()) return WrongType("expected a list", list);
  GRAPHDB_RETURN_IF_ERROR(CountWork(context, list.list().size()));
  return std::optional<Datum>(std::move(list));
}

Result EvaluateListComprehension(const Expr& expr, Datum* row, EvalContext& context) {
  if (expr.planned) return row[expr.result_slot];
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<Datum> list,
                           ListOfExpr(*expr.args[0], row, context));
  if (!list.has_value()) return Datum();
  DatumList items;
  for (const Datum& item : list->list()) {
    row[expr.slot] = item;
    if (expr.args[1] != nullptr) {
      GRAPHDB_ASSIGN_OR_RETURN(const Ternary keep, EvaluatePredicate(*expr.args[1], row, context));
      if (keep != Ternary::kTrue) continue;
    }
    if (expr.args[2] == nullptr) {
      items.push_back(item);
    } else {
      GRAPHDB_ASSIGN_OR_RETURN(Datum mapped, Evaluate(*expr.args[2], row, context));
      items.push_back(std::move(mapped));
    }
  }
  Datum result = Datum::List(std::move(items));
  GRAPHDB_RETURN_IF_ERROR(CheckDepth(result, context));
  return result;
}

Datum Quantify(const std::string& name, size_t trues, size_t falses, size_t unknowns) {
  const auto decide = [&](bool known, bool value) {
    return known ? Datum::Boolean(value) : unknowns > 0 ? Datum() : Datum::Boolean(!value);
  };
  if (name == "all") return decide(falses > 0, false);
  if (name == "any") return decide(trues > 0, true);
  if (name == "none") return decide(trues > 0, false);
  if (trues > 1) return Datum::Boolean(false);
  return unknowns > 0 ? Datum() : Datum::Boolean(trues == 1);
}

Result EvaluateQuantifier(const Expr& expr, Datum* row, EvalContext& context) {
  std::optional<Datum> list;
  if (expr.planned) {
    if (!row[expr.result_slot].is_null()) list = row[expr.result_slot];
  } else {
    GRAPHDB_ASSIGN_OR_RETURN(list, ListOfExpr(*expr.args[0], row, context));
  }
  if (!list.has_value()) return Datum();
  size_t trues = 0;
  size_t unknowns = 0;
  for (const Datum& item : list->list()) {
    Ternary one = Ternary::kUnknown;
    if (expr.planned) {
      GRAPHDB_ASSIGN_OR_RETURN(one, ToTernary(item));
    } else {
      row[expr.slot] = item;
      GRAPHDB_ASSIGN_OR_RETURN(one, EvaluatePredicate(*expr.args[1], row, context));
    }
    if (one == Ternary::kTrue) ++trues;
    if (one == Ternary::kUnknown) ++unknowns;
  }
  return Quantify(expr.name, trues, list->list().size() - trues - unknowns, unknowns);
}

Result EvaluateReduce(const Expr& expr, Datum* row, EvalContext& context) {
  GRAPHDB_ASSIGN_OR_RETURN(Datum accumulator, Evaluate(*expr.args[0], row, context));
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<Datum> list,
                           ListOfExpr(*expr.args[1], row, context));
  if (!list.has_value()) return Datum();
  for (const Datum& item : list->list()) {
    row[expr.slot2] = std::move(accumulator);
    row[expr.slot] = item;
    GRAPHDB_ASSIGN_OR_RETURN(accumulator, Evaluate(*expr.args[2], row, context));
  }
  return accumulator;
}

Result EvaluateParameter(const Expr& expr, const EvalContext& context) {
  const auto it = context.parameters->find(expr.name);
  if (it != context.parameters->end()) return it->second;
  return RuntimeError("ParameterMissing", "MissingParameter",
                      absl::StrCat("parameter $", expr.name, " is not given"));
}

Result EvaluateBinary(const Expr& expr, Datum* row, EvalContext& context) {
  GRAPHDB_ASSIGN_OR_RETURN(const Datum left, Evaluate(*expr.args[0], row, context));
  GRAPHDB_ASSIGN_OR_RETURN(const Datum right, Evaluate(*expr.args[1], row, context));
  if (expr.kind == ExprKind::kIn) return EvaluateIn(left, right, context);
  if (expr.kind == ExprKind::kIndex) return EvaluateIndex(left, right, context);
  return EvaluateTextPredicate(expr.kind, left, right);
}

Result EvaluateUnary(const Expr& expr, Datum* row, EvalContext& context) {
  GRAPHDB_ASSIGN_OR_RETURN(Datum value, Evaluate(*expr.args[0], row, context));
  switch (expr.kind) {
    case ExprKind::kProperty:
      return PropertyOf(value, expr.name, context);
    case ExprKind::kNot: {
      GRAPHDB_ASSIGN_OR_RETURN(const Ternary truth, ToTernary(value));
      return ToDatum(Not(truth));
    }
    case ExprKind::kNegate:
      return EvaluateNegate(value);
    case ExprKind::kUnaryPlus:
      if (!value.is_null() && !value.is_number()) return WrongType("'+' takes a number", value);
      return value;
    case ExprKind::kIsNull:
      return Datum::Boolean(value.is_null());
    case ExprKind::kIsNotNull:
      return Datum::Boolean(!value.is_null());
    default:
      return EvaluateHasLabels(expr, value, context);
  }
}

Result Dispatch(const Expr& expr, Datum* row, EvalContext& context) {
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return expr.literal;
    case ExprKind::kParameter:
      return EvaluateParameter(expr, context);
    case ExprKind::kVariable:
    case ExprKind::kSlot:
    case ExprKind::kPatternPredicate:
    case ExprKind::kPatternComprehension:
    case ExprKind::kExists:
      return row[expr.slot];
    case ExprKind::kSlice:
      return EvaluateSlice(expr, row, context);
    case ExprKind::kList:
      return EvaluateList(expr, row, context);
    case ExprKind::kMap:
      return EvaluateMap(expr, row, context);
    case ExprKind::kAnd:
    case ExprKind::kOr:
      return EvaluateAndOr(expr, row, context);
    case ExprKind::kXor:
      return EvaluateXor(expr, row, context);
    case ExprKind::kComparison:
      return EvaluateComparison(expr, row, context);
    case ExprKind::kArithmetic:
      return EvaluateArithmetic(expr, row, context);
    case ExprKind::kIndex:
    case ExprKind::kStartsWith:
    case ExprKind::kEndsWith:
    case ExprKind::kContains:
    case ExprKind::kIn:
      return EvaluateBinary(expr, row, context);
    case ExprKind::kProperty:
    case ExprKind::kNot:
    case ExprKind::kNegate:
    case ExprKind::kUnaryPlus:
    case ExprKind::kIsNull:
    case ExprKind::kIsNotNull:
    case ExprKind::kHasLabels:
      return EvaluateUnary(expr, row, context);
    case ExprKind::kFunction:
      return EvaluateFunction(expr, row, context);
    case ExprKind::kCase:
      return EvaluateCase(expr, row, context);
    case ExprKind::kListComprehension:
      return EvaluateListComprehension(expr, row, context);
    case ExprKind::kQuantifier:
      return EvaluateQuantifier(expr, row, context);
    case ExprKind::kReduce:
      return EvaluateReduce(expr, row, context);
    case ExprKind::kRegex:
    case ExprKind::kMapProjection:
    case ExprKind::kCountStar:
      break;
  }
  GRAPHDB_CHECK(false) << "an expression of kind " << static_cast<int>(expr.kind)
                       << " reached evaluation";
  __builtin_unreachable();
}

}  // namespace

Result Evaluate(const Expr& expr, Datum* row, EvalContext& context) {
  Result result = Dispatch(expr, row, context);
  if (!result.ok() && !IsNeedsFetch(result.status())) {
    return WithOffset(result.status(), expr.begin);
  }
  return result;
}

absl::StatusOr<Ternary> EvaluatePredicate(const Expr& expr, Datum* row, EvalContext& context) {
  GRAPHDB_ASSIGN_OR_RETURN(const Datum value, Evaluate(expr, row, context));
  absl::StatusOr<Ternary> truth = ToTernary(value);
  if (!truth.ok()) return WithOffset(truth.status(), expr.begin);
  return truth;
}

}  // namespace graphdb::cypher
