// Expressions, loosest operator first: OR, XOR, AND, NOT, comparison,
// predicates (IN, STARTS WITH, IS NULL ...), + -, * / %, ^, sign, postfix.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/lexer.h"
#include "core/cypher/parser_internal.h"

namespace graphdb::cypher {
namespace {

std::optional<Op> ComparisonOp(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return Op::kEqual;
    case TokenKind::kNotEqual:
      return Op::kNotEqual;
    case TokenKind::kLess:
      return Op::kLess;
    case TokenKind::kLessEqual:
      return Op::kLessEqual;
    case TokenKind::kGreater:
      return Op::kGreater;
    case TokenKind::kGreaterEqual:
      return Op::kGreaterEqual;
    default:
      return std::nullopt;
  }
}

constexpr int kAdditive = 0;
constexpr int kPowerLevel = 2;

std::optional<Op> ArithmeticOp(TokenKind kind, int level) {
  switch (kind) {
    case TokenKind::kPlus:
      return level == 0 ? std::optional(Op::kAdd) : std::nullopt;
    case TokenKind::kMinus:
      return level == 0 ? std::optional(Op::kSubtract) : std::nullopt;
    case TokenKind::kStar:
      return level == 1 ? std::optional(Op::kMultiply) : std::nullopt;
    case TokenKind::kSlash:
      return level == 1 ? std::optional(Op::kDivide) : std::nullopt;
    case TokenKind::kPercent:
      return level == 1 ? std::optional(Op::kModulo) : std::nullopt;
    case TokenKind::kCaret:
      return level == kPowerLevel ? std::optional(Op::kPower) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

ExprPtr Parser::NewExpr(ExprKind kind, uint32_t begin) const {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->begin = begin;
  return expr;
}

Parser::ExprOr Parser::Finish(ExprPtr expr, uint32_t inner) {
  expr->end = PreviousEnd();
  uint32_t depth = 1 + inner;
  for (const ExprPtr& arg : expr->args) {
    if (arg != nullptr) depth = std::max<uint32_t>(depth, 1u + arg->depth);
  }
  if (depth > limits_.nesting_depth_max) {
    return WithOffset(
        LimitError("nesting_depth_max", absl::StrCat("the expression is nested deeper than "
                                                     "nesting_depth_max = ",
                                                     limits_.nesting_depth_max)),
        expr->begin);
  }
  expr->depth = static_cast<uint16_t>(depth);
  deepest_ = std::max(deepest_, depth);
  return expr;
}

Parser::ExprOr Parser::ParseExpression() {
  NestingGuard guard(*this);
  GRAPHDB_RETURN_IF_ERROR(guard.Check());
  return ParseLogical(ExprKind::kOr);
}

Parser::ExprOr Parser::ParseLogical(ExprKind kind) {
  const Keyword keyword = kind == ExprKind::kOr    ? Keyword::kOr
                          : kind == ExprKind::kXor ? Keyword::kXor
                                                   : Keyword::kAnd;
  const auto operand = [&]() -> ExprOr {
    if (kind == ExprKind::kOr) return ParseLogical(ExprKind::kXor);
    if (kind == ExprKind::kXor) return ParseLogical(ExprKind::kAnd);
    return ParseNot();
  };
  const uint32_t begin = Peek().begin;
  GRAPHDB_ASSIGN_OR_RETURN(ExprPtr first, operand());
  if (!AtKeyword(keyword)) return first;
  ExprPtr chain = NewExpr(kind, begin);
  chain->args.push_back(std::move(first));
  while (TryKeyword(keyword)) {
    GRAPHDB_ASSIGN_OR_RETURN(ExprPtr next, operand());
    chain->args.push_back(std::move(next));
  }
  return Finish(std::move(chain));
}

Parser::ExprOr Parser::ParseNot() {
  std::vector<uint32_t> begins;
  while (AtKeyword(Keyword::kNot)) begins.push_back(Take().begin);
  GRAPHDB_ASSIGN_OR_RETURN(ExprPtr expr, ParseComparison());
  while (!begins.empty()) {
    ExprPtr outer = NewExpr(ExprKind::kNot, begins.back());
    begins.pop_back();
    outer->args.push_back(std::move(expr));
    GRAPHDB_ASSIGN_OR_RETURN(expr, Finish(std::move(outer)));
  }
  return expr;
}

Parser::ExprOr Parser::ParseComparison() {
  const uint32_t begin = Peek().begin;
  GRAPHDB_ASSIGN_OR_RETURN(ExprPtr first, ParsePredicate());
  if (!ComparisonOp(Peek().kind).has_value()) return first;
  ExprPtr chain = NewExpr(ExprKind::kComparison, begin);
  chain->args.push_back(std::move(first));
  while (const std::optional<Op> op = ComparisonOp(Peek().kind)) {
    Take();
    chain->ops.push_back(*op);
    GRAPHDB_ASSIGN_OR_RETURN(ExprPtr next, ParsePredicate());
    chain->args.push_back(std::move(next));
  }
  return Finish(std::move(chain));
}

Parser::ExprOr Parser::ParsePredicate() {
  const uint32_t begin = Peek().begin;
  GRAPHDB_ASSIGN_OR_RETURN(ExprPtr expr, ParseArithmetic(kAdditive));
  while (true) {
    ExprKind kind = ExprKind::kIn;
    bool binary = true;
    if (AtKeyword(Keyword::kIn)) {
      Take();
    } else if (TryKeyword(Keyword::kStarts)) {
      GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kWith, "WITH after STARTS"));
      kind = ExprKind::kStartsWith;
    } else if (TryKeyword(Keyword::kEnds)) {
      GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kWith, "WITH after ENDS"));
      kind = ExprKind::kEndsWith;
    } else if (TryKeyword(Keyword::kContains)) {
      kind = ExprKind::kContains;
    } else if (TryTake(TokenKind::kRegexMatch)) {
      kind = ExprKind::kRegex;
    } else if (TryKeyword(Keyword::kIs)) {
      binary = false;
      kind = TryKeyword(Keyword::kNot) ? ExprKind::kIsNotNull : ExprKind::kIsNull;
      GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kNull, "NULL or NOT NULL after IS"));
    } else {
      return expr;
    }
    ExprPtr predicate = NewExpr(kind, begin);
    predicate->args.push_back(std::move(expr));
    if (binary) {
      GRAPHDB_ASSIGN_OR_RETURN(ExprPtr right, ParseArithmetic(kAdditive));
      predicate->args.push_back(std::move(right));
    }
    GRAPHDB_ASSIGN_OR_RETURN(expr, Finish(std::move(predicate)));
  }
}

Parser::ExprOr Parser::ParseArithmetic(int level) {
  const auto operand = [&]() -> ExprOr {
    return level == kPowerLevel ? ParseUnary() : ParseArithmetic(level + 1);
  };
  const uint32_t begin = Peek().begin;
  GRAPHDB_ASSIGN_OR_RETURN(ExprPtr first, operand());
  if (!ArithmeticOp(Peek().kind, level).has_value()) return first;
  ExprPtr chain = NewExpr(ExprKind::kArithmetic, begin);
  chain->args.push_back(std::move(first));
  while (const std::optional<Op> op = ArithmeticOp(Peek().kind, level)) {
    Take();
    chain->ops.push_back(*op);
    GRAPHDB_ASSIGN_OR_RETURN(ExprPtr next, operand());
    chain->args.push_back(std::move(next));
  }
  return Finish(std::move(chain));
}

Parser::ExprOr Parser::ParseUnary() {
  std::vector<std::pair<ExprKind, uint32_t>> signs;
  while (At(TokenKind::kMinus) || At(TokenKind::kPlus)) {
    // The sign belongs to the literal: -9223372036854775808 has no positive.
    if (At(TokenKind::kMinus) &&
        (Peek(1).kind == TokenKind::kInteger || Peek(1).kind == TokenKind::kFloat)) {
      break;
    }
    signs.emplace_back(At(TokenKind::kMinus) ? ExprKind::kNegate : ExprKind::kUnaryPlus,
                       Peek().begin);
    Take();
  }
  GRAPHDB_ASSIGN_OR_RETURN(ExprPtr expr, ParsePostfix());
  while (!signs.empty()) {
    ExprPtr outer = NewExpr(signs.back().first, signs.back().second);
    signs.pop_back();
    outer->args.push_back(std::move(expr));
    GRAPHDB_ASSIGN_OR_RETURN(expr, Finish(std::move(outer)));
  }
  return expr;
}

Parser::ExprOr Parser::ParsePostfix() {
  const uint32_t begin = Peek().begin;
  GRAPHDB_ASSIGN_OR_RETURN(ExprPtr expr, ParseAtom());
  while (true) {
    if (TryTake(TokenKind::kDot)) {
      ExprPtr property = NewExpr(ExprKind::kProperty, begin);
      GRAPHDB_ASSIGN_OR_RETURN(property->name, TakeName("a property key"));
      property->args.push_back(std::move(expr));
      GRAPHDB_ASSIGN_OR_RETURN(expr, Finish(std::move(property)));
    } else if (At(TokenKind::kLeftBracket)) {
      GRAPHDB_ASSIGN_OR_RETURN(expr, ParseSubscript(std::move(expr)));
    } else if (At(TokenKind::kColon)) {
      ExprPtr labels = NewExpr(ExprKind::kHasLabels, begin);
      GRAPHDB_ASSIGN_OR_RETURN(labels->names, ParseLabels());
      labels->args.push_back(std::move(expr));
      GRAPHDB_ASSIGN_OR_RETURN(expr, Finish(std::move(labels)));
    } else if (At(TokenKind::kLeftBrace) && expr->kind == ExprKind::kVariable) {
      GRAPHDB_ASSIGN_OR_RETURN(expr, ParseMapProjection(std::move(expr)));
    } else {
      return expr;
    }
  }
}

Parser::ExprOr Parser::ParseSubscript(ExprPtr base) {
  const uint32_t begin = base->begin;
  Take();
  ExprPtr first;
  if (!At(TokenKind::kDotDot)) {
    GRAPHDB_ASSIGN_OR_RETURN(first, ParseExpression());
  }
  ExprPtr subscript = NewExpr(ExprKind::kIndex, begin);
  subscript->args.push_back(std::move(base));
  subscript->args.push_back(std::move(first));
  if (TryTake(TokenKind::kDotDot)) {
    subscript->kind = ExprKind::kSlice;
    ExprPtr last;
    if (!At(TokenKind::kRightBracket)) {
      GRAPHDB_ASSIGN_OR_RETURN(last, ParseExpression());
    }
    subscript->args.push_back(std::move(last));
  }
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightBracket, "']'"));
  return Finish(std::move(subscript));
}

// The token of the number is next; a sign before it was taken.
Parser::ExprOr Parser::ParseNumber(bool negative) {
  const uint32_t begin = negative ? tokens_[at_ - 1].begin : Peek().begin;
  const Token& token = Take();
  const absl::string_view digits = TextOf(token);
  ExprPtr expr = NewExpr(ExprKind::kLiteral, begin);
  if (token.kind == TokenKind::kFloat) {
    double value = 0;
    if (!absl::SimpleAtod(digits, &value) || std::isinf(value)) {
      return SyntaxError("FloatingPointOverflow", token.begin,
                         absl::StrCat("'", digits, "' is too large for a float"));
    }
    expr->literal = Datum::Float(negative ? -value : value);
    return Finish(std::move(expr));
  }
  const bool prefixed =
      digits.size() > 1 && digits[0] == '0' && !('0' <= digits[1] && digits[1] <= '9');
  const int base = !prefixed ? 10 : (digits[1] == 'x' || digits[1] == 'X') ? 16 : 8;
  const std::string text(prefixed ? digits.substr(2) : digits);
  errno = 0;
  const unsigned long long value = std::strtoull(text.c_str(), nullptr, base);
  const uint64_t largest = (uint64_t{1} << 63) - (negative ? 0 : 1);
  if (errno == ERANGE || value > largest) {
    return SyntaxError("IntegerOverflow", token.begin,
                       absl::StrCat("'", digits, "' is too large for an integer of 64 bits"));
  }
  expr->literal = Datum::Integer(static_cast<int64_t>(negative ? 0 - value : value));
  return Finish(std::move(expr));
}

Parser::ExprOr Parser::ParseAtom() {
  const Token& token = Peek();
  switch (token.kind) {
    case TokenKind::kMinus:  // ParseUnary left it before a number
      Take();
      return ParseNumber(true);
    case TokenKind::kInteger:
    case TokenKind::kFloat:
      return ParseNumber(false);
    case TokenKind::kString: {
      ExprPtr expr = NewExpr(ExprKind::kLiteral, token.begin);
      GRAPHDB_ASSIGN_OR_RETURN(std::string text, UnquoteString(TextOf(token), token.begin));
      expr->literal = Datum::String(std::move(text));
      Take();
      return Finish(std::move(expr));
    }
    case TokenKind::kParameter: {
      ExprPtr expr = NewExpr(ExprKind::kParameter, token.begin);
      const absl::string_view name = TextOf(token).substr(1);
      expr->name = name[0] == '`' ? UnquoteIdentifier(name) : std::string(name);
      Take();
      return Finish(std::move(expr));
    }
    case TokenKind::kLeftParen: {
      if (AtRelationshipsPattern()) {
        DepthScope scope(*this);
        ExprPtr expr = NewExpr(ExprKind::kPatternPredicate, token.begin);
        expr->pattern = std::make_unique<PathPattern>();
        expr->pattern->begin = token.begin;
        GRAPHDB_RETURN_IF_ERROR(ParsePatternElement(*expr->pattern));
        return Finish(std::move(expr), scope.deepest());
      }
      Take();
      GRAPHDB_ASSIGN_OR_RETURN(ExprPtr inner, ParseExpression());
      GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "an operator or ')'"));
      return inner;
    }
    case TokenKind::kLeftBracket:
      return ParseBracketAtom();
    case TokenKind::kLeftBrace:
      return ParseMap();
    case TokenKind::kIdentifier:
    case TokenKind::kEscapedIdentifier:
      return ParseWordAtom();
    default:
      return Unexpected("an expression");
  }
}

Parser::ExprOr Parser::ParseWordAtom() {
  const Token& token = Peek();
  const auto literal = [&](Datum value) -> ExprOr {
    ExprPtr expr = NewExpr(ExprKind::kLiteral, token.begin);
    expr->literal = std::move(value);
    Take();
    return Finish(std::move(expr));
  };
  const bool call = Peek(1).kind == TokenKind::kLeftParen;
  switch (token.keyword) {
    case Keyword::kTrue:
      return literal(Datum::Boolean(true));
    case Keyword::kFalse:
      return literal(Datum::Boolean(false));
    case Keyword::kNull:
      return literal(Datum());
    case Keyword::kCase:
      return ParseCase();
    case Keyword::kExists:
      if (Peek(1).kind == TokenKind::kLeftBrace) return ParseExists();
      if (call) return ParseFunction();
      break;
    case Keyword::kCount:
      if (call && Peek(2).kind == TokenKind::kStar) {
        ExprPtr expr = NewExpr(ExprKind::kCountStar, token.begin);
        at_ += 3;
        GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "')'"));
        return Finish(std::move(expr));
      }
      break;
    case Keyword::kAll:
    case Keyword::kAny:
    case Keyword::kNone_:
    case Keyword::kSingle:
      if (call && AtVariable(2) && AtKeyword(Keyword::kIn, 3)) return ParseQuantifier();
      break;
    case Keyword::kReduce:
      if (call && AtVariable(2) && Peek(3).kind == TokenKind::kEqual) return ParseReduce();
      break;
    default:
      break;
  }
  // name(...), or name.space.name(...)
  size_t dots = 1;
  while (Peek(dots).kind == TokenKind::kDot && Peek(dots + 1).kind == TokenKind::kIdentifier) {
    dots += 2;
  }
  if (AtVariable() && Peek(dots).kind == TokenKind::kLeftParen) return ParseFunction();
  if (!AtVariable()) return Unexpected("an expression");
  ExprPtr expr = NewExpr(ExprKind::kVariable, token.begin);
  GRAPHDB_ASSIGN_OR_RETURN(expr->name, TakeVariable());
  return Finish(std::move(expr));
}

Parser::ExprOr Parser::ParseFunction() {
  ExprPtr expr = NewExpr(ExprKind::kFunction, Peek().begin);
  GRAPHDB_ASSIGN_OR_RETURN(expr->name, TakeName("a function"));
  while (TryTake(TokenKind::kDot)) {
    GRAPHDB_ASSIGN_OR_RETURN(const std::string part, TakeName("a function"));
    absl::StrAppend(&expr->name, ".", part);
  }
  Take();
  expr->distinct = TryKeyword(Keyword::kDistinct);
  if (!At(TokenKind::kRightParen)) {
    do {
      GRAPHDB_ASSIGN_OR_RETURN(ExprPtr arg, ParseExpression());
      expr->args.push_back(std::move(arg));
    } while (TryTake(TokenKind::kComma));
  }
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "an operator, ',' or ')'"));
  return Finish(std::move(expr));
}

Parser::ExprOr Parser::ParseBracketAtom() {
  const uint32_t begin = Take().begin;
  if (AtVariable() && AtKeyword(Keyword::kIn, 1)) return ParseListComprehension(begin);
  const bool named = AtVariable() && Peek(1).kind == TokenKind::kEqual;
  if (AtRelationshipsPattern(named ? 2 : 0)) return ParsePatternComprehension(begin);
  ExprPtr expr = NewExpr(ExprKind::kList, begin);
  if (!At(TokenKind::kRightBracket)) {
    do {
      GRAPHDB_ASSIGN_OR_RETURN(ExprPtr item, ParseExpression());
      expr->args.push_back(std::move(item));
    } while (TryTake(TokenKind::kComma));
  }
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightBracket, "an operator, ',' or ']'"));
  return Finish(std::move(expr));
}

Parser::ExprOr Parser::ParseListComprehension(uint32_t begin) {
  ExprPtr expr = NewExpr(ExprKind::kListComprehension, begin);
  expr->args.resize(3);
  GRAPHDB_ASSIGN_OR_RETURN(expr->name, TakeVariable());
  Take();  // IN
  GRAPHDB_ASSIGN_OR_RETURN(expr->args[0], ParseExpression());
  if (TryKeyword(Keyword::kWhere)) {
    GRAPHDB_ASSIGN_OR_RETURN(expr->args[1], ParseExpression());
  }
  if (TryTake(TokenKind::kPipe)) {
    GRAPHDB_ASSIGN_OR_RETURN(expr->args[2], ParseExpression());
  }
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightBracket, "WHERE, '|' or ']'"));
  return Finish(std::move(expr));
}

Parser::ExprOr Parser::ParsePatternComprehension(uint32_t begin) {
  DepthScope scope(*this);
  ExprPtr expr = NewExpr(ExprKind::kPatternComprehension, begin);
  expr->pattern = std::make_unique<PathPattern>();
  GRAPHDB_ASSIGN_OR_RETURN(*expr->pattern, ParsePathPattern());
  expr->args.resize(2);
  if (TryKeyword(Keyword::kWhere)) {
    GRAPHDB_ASSIGN_OR_RETURN(expr->args[0], ParseExpression());
  }
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kPipe, "WHERE or '|'"));
  GRAPHDB_ASSIGN_OR_RETURN(expr->args[1], ParseExpression());
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightBracket, "']'"));
  return Finish(std::move(expr), scope.deepest());
}

Parser::ExprOr Parser::ParseMap() {
  ExprPtr expr = NewExpr(ExprKind::kMap, Take().begin);
  if (!At(TokenKind::kRightBrace)) {
    do {
      GRAPHDB_ASSIGN_OR_RETURN(std::string key, TakeName("a key or '}'"));
      GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kColon, "':' and a value"));
      GRAPHDB_ASSIGN_OR_RETURN(ExprPtr value, ParseExpression());
      expr->names.push_back(std::move(key));
      expr->args.push_back(std::move(value));
    } while (TryTake(TokenKind::kComma));
  }
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightBrace, "an operator, ',' or '}'"));
  return Finish(std::move(expr));
}

Parser::ExprOr Parser::ParseMapProjection(ExprPtr base) {
  return NotSupported(Peek().begin, "map projection");
}

Parser::ExprOr Parser::ParseCase() {
  ExprPtr expr = NewExpr(ExprKind::kCase, Take().begin);
  if (!AtKeyword(Keyword::kWhen)) {
    expr->has_subject = true;
    GRAPHDB_ASSIGN_OR_RETURN(ExprPtr subject, ParseExpression());
    expr->args.push_back(std::move(subject));
  }
  GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kWhen, "WHEN"));
  do {
    GRAPHDB_ASSIGN_OR_RETURN(ExprPtr when, ParseExpression());
    GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kThen, "THEN"));
    GRAPHDB_ASSIGN_OR_RETURN(ExprPtr then, ParseExpression());
    expr->args.push_back(std::move(when));
    expr->args.push_back(std::move(then));
  } while (TryKeyword(Keyword::kWhen));
  if (TryKeyword(Keyword::kElse)) {
    expr->has_else = true;
    GRAPHDB_ASSIGN_OR_RETURN(ExprPtr otherwise, ParseExpression());
    expr->args.push_back(std::move(otherwise));
  }
  GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kEnd, "WHEN, ELSE or END"));
  return Finish(std::move(expr));
}

Parser::ExprOr Parser::ParseQuantifier() {
  const Token& word = Take();
  ExprPtr expr = NewExpr(ExprKind::kQuantifier, word.begin);
  expr->name = word.keyword == Keyword::kAll     ? "all"
               : word.keyword == Keyword::kAny   ? "any"
               : word.keyword == Keyword::kNone_ ? "none"
                                                 : "single";
  Take();  // (
  GRAPHDB_ASSIGN_OR_RETURN(std::string variable, TakeVariable());
  expr->names.push_back(std::move(variable));
  Take();  // IN
  expr->args.resize(2);
  GRAPHDB_ASSIGN_OR_RETURN(expr->args[0], ParseExpression());
  GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kWhere, "WHERE"));
  GRAPHDB_ASSIGN_OR_RETURN(expr->args[1], ParseExpression());
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "')'"));
  return Finish(std::move(expr));
}

Parser::ExprOr Parser::ParseReduce() {
  ExprPtr expr = NewExpr(ExprKind::kReduce, Take().begin);
  Take();  // (
  expr->args.resize(3);
  GRAPHDB_ASSIGN_OR_RETURN(std::string accumulator, TakeVariable());
  Take();  // =
  GRAPHDB_ASSIGN_OR_RETURN(expr->args[0], ParseExpression());
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kComma, "','"));
  GRAPHDB_ASSIGN_OR_RETURN(std::string variable, TakeVariable());
  expr->names = {std::move(accumulator), std::move(variable)};
  GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kIn, "IN"));
  GRAPHDB_ASSIGN_OR_RETURN(expr->args[1], ParseExpression());
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kPipe, "'|'"));
  GRAPHDB_ASSIGN_OR_RETURN(expr->args[2], ParseExpression());
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "')'"));
  return Finish(std::move(expr));
}

// exists { pattern WHERE ... } or exists { a whole query }.
Parser::ExprOr Parser::ParseExists() {
  DepthScope scope(*this);
  ExprPtr expr = NewExpr(ExprKind::kExists, Take().begin);
  Take();  // {
  expr->subquery = std::make_unique<Query>();
  const bool outer = std::exchange(in_exists_, true);
  if (At(TokenKind::kLeftParen) || (AtVariable() && Peek(1).kind == TokenKind::kEqual)) {
    NestingGuard guard(*this);
    GRAPHDB_RETURN_IF_ERROR(guard.Check());
    Clause clause;
    clause.begin = Peek().begin;
    GRAPHDB_ASSIGN_OR_RETURN(clause.body, ParseMatch(false));
    expr->subquery->parts.emplace_back().clauses.push_back(std::move(clause));
  } else {
    GRAPHDB_ASSIGN_OR_RETURN(*expr->subquery, ParseQuery());
  }
  in_exists_ = outer;
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightBrace, "'}'"));
  return Finish(std::move(expr), scope.deepest());
}

}  // namespace graphdb::cypher
