// Expressions: names, kinds of operands, where aggregates and patterns may stand.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/functions.h"
#include "core/cypher/semantics_internal.h"

namespace graphdb::cypher {
namespace {

// Sets a flag for the time of a check and puts it back.
class Restore {
 public:
  Restore(bool& flag, bool value) : flag_(flag), old_(std::exchange(flag, value)) {}
  ~Restore() { flag_ = old_; }

 private:
  bool& flag_;
  const bool old_;
};

StaticType Union(const StaticType& a, const StaticType& b) {
  StaticType out;
  out.mask = a.mask | b.mask;
  out.element = ((a.mask & kListBit) != 0 ? a.element : KindMask{0}) |
                ((b.mask & kListBit) != 0 ? b.element : KindMask{0});
  return out;
}

constexpr StaticType kBooleanOrNull = TypeOf(kBooleanBit | kNullBit);

}  // namespace

bool HoldsSubquery(const Expr& expr) {
  if (expr.subquery != nullptr) return true;
  for (const ExprPtr& arg : expr.args) {
    if (arg != nullptr && HoldsSubquery(*arg)) return true;
  }
  return false;
}

bool HoldsPattern(const Expr& expr) {
  if (expr.pattern != nullptr || expr.subquery != nullptr) return true;
  return std::any_of(expr.args.begin(), expr.args.end(),
                     [](const ExprPtr& arg) { return arg != nullptr && HoldsPattern(*arg); });
}

bool HasAggregate(const Expr& expr) {
  if (expr.kind == ExprKind::kCountStar) return true;
  if (expr.kind == ExprKind::kFunction) {
    const int index = FindFunction(expr.name);
    if (index >= 0 && FunctionAt(index).kind == FunctionKind::kAggregate) return true;
  }
  for (const ExprPtr& arg : expr.args) {
    if (arg != nullptr && HasAggregate(*arg)) return true;
  }
  return false;
}

absl::Status Analyzer::Require(const StaticType& type, KindMask kinds, const Expr& expr,
                               absl::string_view what) {
  if (type.Admits(kinds)) return absl::OkStatus();
  return SyntaxError("InvalidArgumentType", expr.begin, absl::StrCat("expected ", what));
}

absl::Status Analyzer::CheckPredicate(Expr& expr) {
  const Restore no_aggregates(aggregates_allowed_, false);
  const Restore predicate(predicate_position_, true);
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(expr));
  return Require(type, kBooleanBit, expr, "a boolean");
}

Analyzer::TypeOr Analyzer::Check(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kAnd:
    case ExprKind::kOr:
    case ExprKind::kXor:
    case ExprKind::kNot:
    case ExprKind::kPatternPredicate:
      return CheckDispatch(expr);
    case ExprKind::kFunction: {
      // exists((a)-->()), the one function that takes a pattern, is that predicate.
      if (expr.args.size() == 1 && FindFunction(expr.name) == FindFunction("exists") &&
          expr.args[0]->kind == ExprKind::kPatternPredicate) {
        const Restore here(predicate_position_, true);
        const ExprPtr predicate = std::move(expr.args[0]);
        expr = std::move(*predicate);
        return CheckDispatch(expr);
      }
      break;
    }
    default:
      break;
  }
  const Restore elsewhere(predicate_position_, false);
  return CheckDispatch(expr);
}

Analyzer::TypeOr Analyzer::CheckDispatch(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kLiteral:
      return TypeOf(Bit(expr.literal.kind()));
    case ExprKind::kParameter:
    case ExprKind::kSlot:
      return StaticType();
    case ExprKind::kVariable:
      return CheckVariable(expr);
    case ExprKind::kProperty:
      return CheckProperty(expr);
    case ExprKind::kIndex:
    case ExprKind::kSlice: {
      GRAPHDB_ASSIGN_OR_RETURN(const StaticType base, CheckChildren(expr, StaticType()));
      return expr.kind == ExprKind::kSlice ? TypeOf(kListBit | kNullBit) : base;
    }
    case ExprKind::kList:
      return CheckList(expr);
    case ExprKind::kMap:
      return CheckChildren(expr, TypeOf(kMapBit));
    case ExprKind::kAnd:
    case ExprKind::kOr:
    case ExprKind::kXor:
    case ExprKind::kNot:
      return CheckBooleans(expr);
    case ExprKind::kArithmetic:
    case ExprKind::kNegate:
    case ExprKind::kUnaryPlus:
      return CheckArithmetic(expr);
    case ExprKind::kComparison:
    case ExprKind::kStartsWith:
    case ExprKind::kEndsWith:
    case ExprKind::kContains:
    case ExprKind::kIsNull:
    case ExprKind::kIsNotNull:
      return CheckChildren(expr, kBooleanOrNull);
    case ExprKind::kIn:
    case ExprKind::kHasLabels:
      return CheckOperand(expr);
    case ExprKind::kFunction:
      return CheckFunction(expr);
    case ExprKind::kCountStar:
      return CheckAggregate(expr);
    case ExprKind::kCase:
      return CheckCase(expr);
    case ExprKind::kListComprehension:
    case ExprKind::kQuantifier:
      return CheckComprehension(expr);
    case ExprKind::kReduce:
      return CheckReduce(expr);
    case ExprKind::kPatternPredicate:
      return CheckPatternPredicate(expr);
    case ExprKind::kPatternComprehension:
      return CheckPatternComprehension(expr);
    case ExprKind::kExists:
      return CheckExists(expr);
    case ExprKind::kRegex:
      return NotSupported(expr.begin, "=~");
    case ExprKind::kMapProjection:
      return NotSupported(expr.begin, "map projection");
  }
  return StaticType();
}

// IN and label predicates: what stands on the right, or before the colon.
Analyzer::TypeOr Analyzer::CheckOperand(Expr& expr) {
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType first, Check(*expr.args[0]));
  if (expr.kind == ExprKind::kHasLabels) {
    GRAPHDB_RETURN_IF_ERROR(
        Require(first, kNodeBit | kRelationshipBit, *expr.args[0], "a node or a relationship"));
    return kBooleanOrNull;
  }
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType list, Check(*expr.args[1]));
  GRAPHDB_RETURN_IF_ERROR(Require(list, kListBit, *expr.args[1], "a list"));
  return kBooleanOrNull;
}

// Checks the children and gives `result`; of an index, what its list holds.
Analyzer::TypeOr Analyzer::CheckChildren(Expr& expr, StaticType result) {
  for (size_t i = 0; i < expr.args.size(); ++i) {
    if (expr.args[i] == nullptr) continue;
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*expr.args[i]));
    if (i == 0 && expr.kind == ExprKind::kIndex && type.mask == kListBit && type.element != 0) {
      result.mask = type.element | kNullBit;
    }
  }
  return result;
}

absl::Status Analyzer::Undefined(const Expr& variable) {
  return SyntaxError("UndefinedVariable", variable.begin,
                     absl::StrCat("variable '", variable.name, "' is not defined"));
}

absl::StatusOr<int> Analyzer::Use(Symbol& symbol, uint32_t offset) {
  if (symbol.local && static_cast<size_t>(&symbol - scope_.data()) < local_barrier_) {
    for (Expr* comprehension : comprehensions_) {
      if (comprehension->kind == ExprKind::kReduce) {
        return NotSupported(offset, "a pattern or subquery inside reduce()");
      }
      comprehension->planned = true;
    }
  }
  if (symbol.carry) {
    GRAPHDB_ASSIGN_OR_RETURN(symbol.slot, Carry(symbol, *carrying_, offset));
    symbol.carry = false;
  }
  return symbol.slot;
}

Analyzer::TypeOr Analyzer::CheckVariable(Expr& expr) {
  Symbol* symbol = Find(expr.name);
  if (symbol == nullptr) return Undefined(expr);
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot, Use(*symbol, expr.begin));
  expr.local = symbol->local;
  return symbol->type;
}

Analyzer::TypeOr Analyzer::CheckProperty(Expr& expr) {
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType base, Check(*expr.args[0]));
  if (base.Admits(kMapBit | kNodeBit | kRelationshipBit)) return StaticType();
  Error error;
  error.type = base.mask == kPathBit ? "SyntaxError" : "TypeError";
  error.detail = "InvalidArgumentType";
  error.message =
      absl::StrCat("only nodes, relationships and maps have properties such as '", expr.name, "'");
  error.offset = expr.begin;
  return MakeError(error);
}

Analyzer::TypeOr Analyzer::CheckList(Expr& expr) {
  StaticType list = ListOf(0);
  for (ExprPtr& arg : expr.args) {
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType item, Check(*arg));
    list.element |= item.mask;
  }
  return list;
}

Analyzer::TypeOr Analyzer::CheckBooleans(Expr& expr) {
  for (ExprPtr& arg : expr.args) {
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*arg));
    GRAPHDB_RETURN_IF_ERROR(Require(type, kBooleanBit, *arg, "a boolean"));
  }
  return kBooleanOrNull;
}

Analyzer::TypeOr Analyzer::CheckArithmetic(Expr& expr) {
  bool only_numbers = true;
  bool lists = false;
  StaticType all = TypeOf(0);
  for (size_t i = 0; i < expr.args.size(); ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*expr.args[i]));
    // `+` also joins strings and lists, and a list with anything.
    const bool adds =
        expr.kind == ExprKind::kArithmetic && (i == 0 ? expr.ops[0] : expr.ops[i - 1]) == Op::kAdd;
    if (!adds) {
      GRAPHDB_RETURN_IF_ERROR(Require(type, kNumberBits, *expr.args[i], "a number"));
    }
    only_numbers = only_numbers && (type.mask & ~(kNumberBits | kNullBit)) == 0;
    lists = lists || type.mask == kListBit;
    all.mask |= type.mask;
  }
  if (only_numbers) return TypeOf(kNumberBits | (all.mask & kNullBit));
  if (lists) return TypeOf(kListBit | kNullBit);
  return StaticType();
}

Analyzer::TypeOr Analyzer::CheckFunction(Expr& expr) {
  expr.function = FindFunction(expr.name);
  if (expr.function < 0) {
    return SyntaxError("UnknownFunction", expr.begin,
                       absl::StrCat("there is no function ", expr.name, "()"));
  }
  const FunctionSpec& spec = FunctionAt(expr.function);
  const int count = static_cast<int>(expr.args.size());
  if (count < spec.args_min || count > spec.args_max) {
    return SyntaxError(
        "InvalidNumberOfArguments", expr.begin,
        absl::StrCat(expr.name, "() takes ", spec.args_min,
                     spec.args_max == spec.args_min ? "" : " or more", " arguments, not ", count));
  }
  if (spec.kind == FunctionKind::kAggregate) return CheckAggregate(expr);
  if (expr.distinct) {
    return SyntaxError(
        "UnexpectedSyntax", expr.begin,
        absl::StrCat("DISTINCT is for aggregating functions, ", expr.name, "() is none"));
  }
  if (inside_aggregate_ && spec.random) {
    return SyntaxError("NonConstantExpression", expr.begin,
                       absl::StrCat(expr.name, "() can't be aggregated"));
  }
  StaticType first;
  for (size_t i = 0; i < expr.args.size(); ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*expr.args[i]));
    if (i == 0) first = type;
    if (type.Admits(i == 0 ? spec.first : spec.others)) continue;
    return SyntaxError(
        "InvalidArgumentType", expr.args[i]->begin,
        absl::StrCat("argument ", i + 1, " of ", expr.name, "() is of another type"));
  }
  StaticType result = spec.result;
  result.mask |= kNullBit;
  if (spec.name == "tail" || spec.name == "reverse") result.element = first.element;
  return result;
}

Analyzer::TypeOr Analyzer::CheckAggregate(Expr& expr) {
  if (inside_aggregate_) {
    return SyntaxError("NestedAggregation", expr.begin,
                       "an aggregating function can't be inside another");
  }
  if (!aggregates_allowed_) {
    return SyntaxError("InvalidAggregation", expr.begin,
                       "aggregating functions can stand in WITH and RETURN only");
  }
  const Restore inside(inside_aggregate_, true);
  StaticType argument;
  for (size_t i = 0; i < expr.args.size(); ++i) {
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType type, Check(*expr.args[i]));
    if (i == 0) argument = type;
  }
  if (expr.kind == ExprKind::kCountStar) return TypeOf(kIntegerBit);
  StaticType result = FunctionAt(expr.function).result;
  if (FunctionAt(expr.function).name == "collect") result.element = argument.mask;
  return result;
}

Analyzer::TypeOr Analyzer::CheckComprehension(Expr& expr) {
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType list, Check(*expr.args[0]));
  GRAPHDB_RETURN_IF_ERROR(Require(list, kListBit, *expr.args[0], "a list"));
  const Restore no_aggregates(aggregates_allowed_, false);
  const bool quantifier = expr.kind == ExprKind::kQuantifier;
  StaticType item;
  if (list.mask == kListBit && list.element != 0) item.mask = list.element;
  const size_t scope_size = scope_.size();
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot,
                           Declare(quantifier ? expr.names[0] : expr.name, item, expr.begin, true));
  StaticType mapped = item;
  comprehensions_.push_back(&expr);
  if (expr.args[1] != nullptr) GRAPHDB_RETURN_IF_ERROR(CheckPredicate(*expr.args[1]));
  if (!quantifier && expr.args[2] != nullptr) {
    GRAPHDB_ASSIGN_OR_RETURN(mapped, Check(*expr.args[2]));
  }
  comprehensions_.pop_back();
  scope_.resize(scope_size);
  if (expr.planned) {
    GRAPHDB_ASSIGN_OR_RETURN(expr.slot2, NewSlot(expr.begin));
    GRAPHDB_ASSIGN_OR_RETURN(expr.result_slot, NewSlot(expr.begin));
  }
  return quantifier ? kBooleanOrNull : StaticType{kListBit | kNullBit, mapped.mask};
}

Analyzer::TypeOr Analyzer::CheckReduce(Expr& expr) {
  GRAPHDB_RETURN_IF_ERROR(Check(*expr.args[0]).status());
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType list, Check(*expr.args[1]));
  GRAPHDB_RETURN_IF_ERROR(Require(list, kListBit, *expr.args[1], "a list"));
  const Restore no_aggregates(aggregates_allowed_, false);
  const size_t scope_size = scope_.size();
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot2, Declare(expr.names[0], StaticType(), expr.begin, true));
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot, Declare(expr.names[1], StaticType(), expr.begin, true));
  comprehensions_.push_back(&expr);
  GRAPHDB_RETURN_IF_ERROR(Check(*expr.args[2]).status());
  comprehensions_.pop_back();
  scope_.resize(scope_size);
  return StaticType();
}

Analyzer::TypeOr Analyzer::CheckCase(Expr& expr) {
  size_t at = 0;
  if (expr.has_subject) GRAPHDB_RETURN_IF_ERROR(Check(*expr.args[at++]).status());
  const size_t end = expr.args.size() - (expr.has_else ? 1 : 0);
  StaticType result = StaticType{expr.has_else ? KindMask{0} : kNullBit, 0};
  for (; at < end; at += 2) {
    if (expr.has_subject) {
      GRAPHDB_RETURN_IF_ERROR(Check(*expr.args[at]).status());
    } else {
      const Restore predicate(predicate_position_, true);
      GRAPHDB_RETURN_IF_ERROR(Check(*expr.args[at]).status());
    }
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType then, Check(*expr.args[at + 1]));
    result = Union(result, then);
  }
  if (expr.has_else) {
    GRAPHDB_ASSIGN_OR_RETURN(const StaticType otherwise, Check(*expr.args[end]));
    result = Union(result, otherwise);
  }
  return result;
}

Analyzer::TypeOr Analyzer::CheckPatternPredicate(Expr& expr) {
  if (!predicate_position_) {
    return SyntaxError("UnexpectedSyntax", expr.begin,
                       "a pattern can be used as a predicate only, or inside [ ... | ... ]");
  }
  const Restore no_aggregates(aggregates_allowed_, false);
  const size_t barrier = std::exchange(local_barrier_, scope_.size());
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot, NewSlot(expr.begin));
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot2, NewSlot(expr.begin));
  GRAPHDB_RETURN_IF_ERROR(CheckPath(*expr.pattern, PatternMode::kPredicate));
  GRAPHDB_RETURN_IF_ERROR(CheckMatchProperties(*expr.pattern));
  local_barrier_ = barrier;
  return TypeOf(kBooleanBit);
}

Analyzer::TypeOr Analyzer::CheckPatternComprehension(Expr& expr) {
  const Restore no_aggregates(aggregates_allowed_, false);
  const size_t barrier = std::exchange(local_barrier_, scope_.size());
  const size_t scope_size = scope_.size();
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot, NewSlot(expr.begin));
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot2, NewSlot(expr.begin));
  GRAPHDB_RETURN_IF_ERROR(CheckPath(*expr.pattern, PatternMode::kComprehension));
  GRAPHDB_RETURN_IF_ERROR(CheckMatchProperties(*expr.pattern));
  if (expr.args[0] != nullptr) GRAPHDB_RETURN_IF_ERROR(CheckPredicate(*expr.args[0]));
  GRAPHDB_ASSIGN_OR_RETURN(const StaticType item, Check(*expr.args[1]));
  scope_.resize(scope_size);
  local_barrier_ = barrier;
  return ListOf(item.mask);
}

Analyzer::TypeOr Analyzer::CheckExists(Expr& expr) {
  const Restore no_aggregates(aggregates_allowed_, false);
  const Restore no_outer_aggregate(inside_aggregate_, false);
  const size_t barrier = std::exchange(local_barrier_, scope_.size());
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot, NewSlot(expr.begin));
  GRAPHDB_ASSIGN_OR_RETURN(expr.slot2, NewSlot(expr.begin));
  const std::vector<std::string> columns = analysis_.columns;
  ProjectionClause* const carrying = std::exchange(carrying_, nullptr);
  if (carrying != nullptr) {
    // Nothing tells before which outer names the subquery will use.
    for (Symbol& symbol : scope_) {
      if (!symbol.carry) continue;
      GRAPHDB_ASSIGN_OR_RETURN(symbol.slot, Carry(symbol, *carrying, expr.begin));
      symbol.carry = false;
    }
  }
  const int clause = clause_number_;
  ++subqueries_;
  GRAPHDB_RETURN_IF_ERROR(AnalyzeQuery(*expr.subquery, false));
  --subqueries_;
  clause_number_ = clause;
  carrying_ = carrying;
  analysis_.columns = columns;
  local_barrier_ = barrier;
  return TypeOf(kBooleanBit);
}

}  // namespace graphdb::cypher
