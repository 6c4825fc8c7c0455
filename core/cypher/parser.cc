#include "core/cypher/parser.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/lexer.h"
#include "core/cypher/parser_internal.h"

namespace graphdb::cypher {

absl::Status Parser::NestingGuard::Check() const {
  if (parser_.nesting_ <= parser_.limits_.nesting_depth_max) return absl::OkStatus();
  return WithOffset(
      LimitError("nesting_depth_max",
                 absl::StrCat("the statement is nested deeper than nesting_depth_max = ",
                              parser_.limits_.nesting_depth_max)),
      parser_.Peek().begin);
}

const Token& Parser::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool Parser::TryTake(TokenKind kind) {
  if (!At(kind)) return false;
  Take();
  return true;
}

bool Parser::TryKeyword(Keyword keyword) {
  if (!AtKeyword(keyword)) return false;
  Take();
  return true;
}

absl::Status Parser::Expect(TokenKind kind, absl::string_view what) {
  return TryTake(kind) ? absl::OkStatus() : Unexpected(what);
}

absl::Status Parser::ExpectKeyword(Keyword keyword, absl::string_view what) {
  return TryKeyword(keyword) ? absl::OkStatus() : Unexpected(what);
}

absl::Status Parser::Unexpected(absl::string_view expected) const {
  constexpr size_t kShown = 40;
  const Token& token = Peek();
  std::string found = "end of the statement";
  if (token.kind != TokenKind::kEnd) {
    const absl::string_view word = TextOf(token);
    found = word.size() > kShown ? "a long token" : absl::StrCat("'", word, "'");
  }
  return SyntaxError("UnexpectedSyntax", token.begin,
                     absl::StrCat("unexpected ", found, ", expected ", expected));
}

bool Parser::AtVariable(size_t ahead) const {
  const Token& token = Peek(ahead);
  return token.kind == TokenKind::kEscapedIdentifier ||
         (token.kind == TokenKind::kIdentifier && !IsReserved(token.keyword));
}

bool Parser::AtName() const {
  return At(TokenKind::kIdentifier) || At(TokenKind::kEscapedIdentifier);
}

absl::StatusOr<std::string> Parser::TakeVariable() {
  if (!AtVariable()) return Unexpected("a variable");
  return TakeName("a variable");
}

absl::StatusOr<std::string> Parser::TakeName(absl::string_view what) {
  if (!AtName()) return Unexpected(what);
  const Token& token = Take();
  return token.kind == TokenKind::kEscapedIdentifier ? UnquoteIdentifier(TextOf(token))
                                                     : std::string(TextOf(token));
}

absl::StatusOr<std::unique_ptr<Statement>> Parser::ParseStatement() {
  auto statement = std::make_unique<Statement>();
  statement->text = std::string(text_);
  if (AtKeyword(Keyword::kExplain) || AtKeyword(Keyword::kProfile)) {
    (AtKeyword(Keyword::kExplain) ? statement->explain : statement->profile) = true;
    Take();
  }
  GRAPHDB_ASSIGN_OR_RETURN(statement->query, ParseQuery());
  TryTake(TokenKind::kSemicolon);
  if (!At(TokenKind::kEnd)) return Unexpected("the end of the statement");
  return statement;
}

absl::StatusOr<Query> Parser::ParseQuery() {
  NestingGuard guard(*this);
  GRAPHDB_RETURN_IF_ERROR(guard.Check());
  Query query;
  query.begin = Peek().begin;
  std::optional<bool> all;
  while (true) {
    GRAPHDB_ASSIGN_OR_RETURN(SingleQuery part, ParseSingleQuery());
    query.parts.push_back(std::move(part));
    const uint32_t at = Peek().begin;
    if (!TryKeyword(Keyword::kUnion)) break;
    const bool this_all = TryKeyword(Keyword::kAll);
    if (all.has_value() && *all != this_all) {
      return SyntaxError("InvalidClauseComposition", at, "UNION and UNION ALL can't be mixed");
    }
    all = this_all;
  }
  query.union_all = all.value_or(false);
  return query;
}

absl::StatusOr<SingleQuery> Parser::ParseSingleQuery() {
  SingleQuery query;
  while (true) {
    const bool more = At(TokenKind::kIdentifier) && !AtKeyword(Keyword::kUnion);
    if (!more && !query.clauses.empty()) break;
    if (++clauses_ > limits_.clauses_max) {
      return WithOffset(
          LimitError("clauses_max",
                     absl::StrCat("the statement has more clauses than clauses_max = ",
                                  limits_.clauses_max)),
          Peek().begin);
    }
    GRAPHDB_ASSIGN_OR_RETURN(Clause clause, ParseClause());
    query.clauses.push_back(std::move(clause));
    const auto* projection = std::get_if<ProjectionClause>(&query.clauses.back().body);
    if (projection != nullptr && projection->is_return) {
      const bool ends = At(TokenKind::kEnd) || At(TokenKind::kSemicolon) ||
                        At(TokenKind::kRightBrace) || AtKeyword(Keyword::kUnion);
      if (!ends) return Unexpected("the end of the query after RETURN");
      break;
    }
  }
  GRAPHDB_RETURN_IF_ERROR(CheckClauseOrder(query));
  return query;
}

// What the grammar says about the order of clauses: reading clauses after
// writing ones need a WITH between, and a query ends in RETURN or a write.
absl::Status Parser::CheckClauseOrder(const SingleQuery& query) const {
  bool wrote = false;
  for (const Clause& clause : query.clauses) {
    const auto* projection = std::get_if<ProjectionClause>(&clause.body);
    const bool reads = std::holds_alternative<MatchClause>(clause.body) ||
                       std::holds_alternative<UnwindClause>(clause.body) ||
                       std::holds_alternative<CallClause>(clause.body);
    if (projection != nullptr) {
      wrote = false;
    } else if (!reads) {
      wrote = true;
    } else if (wrote) {
      return SyntaxError("InvalidClauseComposition", clause.begin,
                         "WITH is required between a writing and a reading clause");
    }
  }
  const Clause& last = query.clauses.back();
  const auto* projection = std::get_if<ProjectionClause>(&last.body);
  const bool only_reads = std::holds_alternative<MatchClause>(last.body) ||
                          std::holds_alternative<UnwindClause>(last.body) ||
                          (projection != nullptr && !projection->is_return);
  if (only_reads && !in_exists_) {
    return SyntaxError("InvalidClauseComposition", last.begin,
                       "a query can't end with this clause, expected RETURN or a writing clause");
  }
  return absl::OkStatus();
}

absl::StatusOr<Clause> Parser::ParseClause() {
  Clause clause;
  clause.begin = Peek().begin;
  const auto put = [&](auto body) -> absl::StatusOr<Clause> {
    if (!body.ok()) return body.status();
    clause.body = *std::move(body);
    return std::move(clause);
  };
  if (At(TokenKind::kIdentifier)) {
    switch (Peek().keyword) {
      case Keyword::kOptional:
        Take();
        GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kMatch, "MATCH after OPTIONAL"));
        return put(ParseMatch(true));
      case Keyword::kMatch:
        Take();
        return put(ParseMatch(false));
      case Keyword::kUnwind:
        Take();
        return put(ParseUnwind());
      case Keyword::kCreate: {
        Take();
        CreateClause create;
        GRAPHDB_ASSIGN_OR_RETURN(create.paths, ParsePattern());
        return put(absl::StatusOr<CreateClause>(std::move(create)));
      }
      case Keyword::kMerge:
        Take();
        return put(ParseMerge());
      case Keyword::kSet: {
        Take();
        SetClause set;
        GRAPHDB_ASSIGN_OR_RETURN(set.items, ParseSetItems());
        return put(absl::StatusOr<SetClause>(std::move(set)));
      }
      case Keyword::kRemove:
        Take();
        return put(ParseRemove());
      case Keyword::kDetach:
        Take();
        GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kDelete, "DELETE after DETACH"));
        return put(ParseDelete(true));
      case Keyword::kDelete:
        Take();
        return put(ParseDelete(false));
      case Keyword::kCall:
        Take();
        return put(ParseCall());
      case Keyword::kWith:
        Take();
        return put(ParseProjection(false));
      case Keyword::kReturn:
        Take();
        return put(ParseProjection(true));
      case Keyword::kForeach:
        return NotSupported(Peek().begin, "FOREACH");
      case Keyword::kLoad:
        return NotSupported(Peek().begin, "LOAD CSV");
      default:
        break;
    }
  }
  return Unexpected("a clause such as MATCH, CREATE, WITH or RETURN");
}

absl::StatusOr<MatchClause> Parser::ParseMatch(bool optional) {
  MatchClause match;
  match.optional = optional;
  GRAPHDB_ASSIGN_OR_RETURN(match.paths, ParsePattern());
  if (TryKeyword(Keyword::kWhere)) {
    GRAPHDB_ASSIGN_OR_RETURN(match.where, ParseExpression());
  }
  return match;
}

absl::StatusOr<UnwindClause> Parser::ParseUnwind() {
  UnwindClause unwind;
  GRAPHDB_ASSIGN_OR_RETURN(unwind.list, ParseExpression());
  GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kAs, "AS and a variable"));
  GRAPHDB_ASSIGN_OR_RETURN(unwind.variable, TakeVariable());
  return unwind;
}

absl::StatusOr<MergeClause> Parser::ParseMerge() {
  MergeClause merge;
  GRAPHDB_ASSIGN_OR_RETURN(merge.path, ParsePathPattern());
  while (TryKeyword(Keyword::kOn)) {
    const bool on_match = AtKeyword(Keyword::kMatch);
    if (!on_match && !AtKeyword(Keyword::kCreate)) return Unexpected("MATCH or CREATE after ON");
    Take();
    GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kSet, "SET"));
    GRAPHDB_ASSIGN_OR_RETURN(std::vector<SetItem> items, ParseSetItems());
    std::vector<SetItem>& to = on_match ? merge.on_match : merge.on_create;
    for (SetItem& item : items) to.push_back(std::move(item));
  }
  return merge;
}

absl::StatusOr<DeleteClause> Parser::ParseDelete(bool detach) {
  DeleteClause clause;
  clause.detach = detach;
  do {
    GRAPHDB_ASSIGN_OR_RETURN(ExprPtr target, ParseExpression());
    clause.targets.push_back(std::move(target));
  } while (TryTake(TokenKind::kComma));
  return clause;
}

absl::StatusOr<RemoveClause> Parser::ParseRemove() {
  RemoveClause remove;
  do {
    GRAPHDB_ASSIGN_OR_RETURN(SetItem item, ParseSetItem(true));
    remove.items.push_back(std::move(item));
  } while (TryTake(TokenKind::kComma));
  return remove;
}

absl::StatusOr<std::vector<SetItem>> Parser::ParseSetItems() {
  std::vector<SetItem> items;
  do {
    GRAPHDB_ASSIGN_OR_RETURN(SetItem item, ParseSetItem(false));
    items.push_back(std::move(item));
  } while (TryTake(TokenKind::kComma));
  return items;
}

absl::StatusOr<SetItem> Parser::ParseSetItem(bool remove) {
  SetItem item;
  item.begin = Peek().begin;
  GRAPHDB_ASSIGN_OR_RETURN(ExprPtr target, ParsePostfix());
  if (target->kind == ExprKind::kHasLabels) {
    item.kind = SetItem::Kind::kLabels;
    item.labels = std::move(target->names);
    item.target = std::move(target->args[0]);
    if (item.target->kind != ExprKind::kVariable) return Unexpected("a variable before the label");
    return item;
  }
  if (target->kind == ExprKind::kProperty) {
    item.kind = SetItem::Kind::kProperty;
    item.property = target->name;
    item.target = std::move(target->args[0]);
    if (remove) return item;
    GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kEqual, "'=' and a value"));
    GRAPHDB_ASSIGN_OR_RETURN(item.value, ParseExpression());
    return item;
  }
  if (remove) return Unexpected("a property or a label to remove");
  if (target->kind != ExprKind::kVariable) {
    return SyntaxError("UnexpectedSyntax", item.begin,
                       "SET takes a property, a variable or a variable with labels");
  }
  item.target = std::move(target);
  if (TryTake(TokenKind::kPlusEqual)) {
    item.kind = SetItem::Kind::kMerge;
  } else {
    GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kEqual, "'=', '+=', a property or a label"));
    item.kind = SetItem::Kind::kReplace;
  }
  GRAPHDB_ASSIGN_OR_RETURN(item.value, ParseExpression());
  return item;
}

absl::StatusOr<CallClause> Parser::ParseCall() {
  CallClause call;
  call.begin = Peek().begin;
  if (At(TokenKind::kLeftBrace)) return NotSupported(call.begin, "CALL { subquery }");
  GRAPHDB_ASSIGN_OR_RETURN(call.procedure, TakeName("the name of a procedure"));
  while (TryTake(TokenKind::kDot)) {
    GRAPHDB_ASSIGN_OR_RETURN(const std::string part, TakeName("the name of a procedure"));
    absl::StrAppend(&call.procedure, ".", part);
  }
  if (TryTake(TokenKind::kLeftParen)) {
    call.has_arguments = true;
    while (!At(TokenKind::kRightParen)) {
      GRAPHDB_ASSIGN_OR_RETURN(ExprPtr argument, ParseExpression());
      call.arguments.push_back(std::move(argument));
      if (!TryTake(TokenKind::kComma)) break;
      if (At(TokenKind::kRightParen)) return Unexpected("an argument");
    }
    GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "',' or ')'"));
  }
  GRAPHDB_RETURN_IF_ERROR(ParseYields(call));
  return call;
}

absl::Status Parser::ParseYields(CallClause& call) {
  if (!TryKeyword(Keyword::kYield)) return absl::OkStatus();
  call.has_yield = true;
  if (TryTake(TokenKind::kStar)) {
    call.yield_star = true;
    return absl::OkStatus();
  }
  if (TryTake(TokenKind::kMinus)) return absl::OkStatus();
  do {
    CallClause::Yield yield;
    yield.begin = Peek().begin;
    GRAPHDB_ASSIGN_OR_RETURN(yield.field, TakeVariable());
    yield.variable = yield.field;
    if (TryKeyword(Keyword::kAs)) {
      GRAPHDB_ASSIGN_OR_RETURN(yield.variable, TakeVariable());
    }
    call.yields.push_back(std::move(yield));
  } while (TryTake(TokenKind::kComma));
  if (TryKeyword(Keyword::kWhere)) {
    GRAPHDB_ASSIGN_OR_RETURN(call.where, ParseExpression());
  }
  return absl::OkStatus();
}

absl::StatusOr<ProjectionClause> Parser::ParseProjection(bool is_return) {
  ProjectionClause projection;
  projection.is_return = is_return;
  projection.distinct = TryKeyword(Keyword::kDistinct);
  GRAPHDB_RETURN_IF_ERROR(ParseReturnItems(projection));
  if (TryKeyword(Keyword::kOrder)) {
    GRAPHDB_RETURN_IF_ERROR(ExpectKeyword(Keyword::kBy, "BY after ORDER"));
    do {
      SortItem item;
      GRAPHDB_ASSIGN_OR_RETURN(item.expr, ParseExpression());
      if (TryKeyword(Keyword::kDesc) || TryKeyword(Keyword::kDescending)) {
        item.descending = true;
      } else if (!TryKeyword(Keyword::kAsc)) {
        TryKeyword(Keyword::kAscending);
      }
      projection.order_by.push_back(std::move(item));
    } while (TryTake(TokenKind::kComma));
  }
  if (TryKeyword(Keyword::kSkip)) {
    GRAPHDB_ASSIGN_OR_RETURN(projection.skip, ParseExpression());
  }
  if (TryKeyword(Keyword::kLimit)) {
    GRAPHDB_ASSIGN_OR_RETURN(projection.limit, ParseExpression());
  }
  if (!is_return && TryKeyword(Keyword::kWhere)) {
    GRAPHDB_ASSIGN_OR_RETURN(projection.where, ParseExpression());
  }
  return projection;
}

absl::Status Parser::ParseReturnItems(ProjectionClause& projection) {
  if (TryTake(TokenKind::kStar)) {
    projection.star = true;
    if (!TryTake(TokenKind::kComma)) return absl::OkStatus();
  }
  do {
    ReturnItem item;
    item.begin = Peek().begin;
    GRAPHDB_ASSIGN_OR_RETURN(item.expr, ParseExpression());
    if (TryKeyword(Keyword::kAs)) {
      item.has_alias = true;
      GRAPHDB_ASSIGN_OR_RETURN(item.alias, TakeVariable());
    } else if (item.expr->kind == ExprKind::kVariable) {
      item.has_alias = true;
      item.alias = item.expr->name;
    } else {
      item.alias = std::string(text_.substr(item.begin, PreviousEnd() - item.begin));
    }
    projection.items.push_back(std::move(item));
  } while (TryTake(TokenKind::kComma));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Statement>> Parse(absl::string_view text, const Limits& limits) {
  if (text.size() > limits.query_bytes_max) {
    return LimitError("query_bytes_max",
                      absl::StrCat("the statement has ", text.size(),
                                   " bytes, more than query_bytes_max = ", limits.query_bytes_max));
  }
  absl::StatusOr<std::vector<Token>> tokens = Tokenize(text);
  if (!tokens.ok()) return RenderError(tokens.status(), text);
  Parser parser(text, *std::move(tokens), limits);
  auto statement = parser.ParseStatement();
  if (!statement.ok()) return RenderError(statement.status(), text);
  return statement;
}

}  // namespace graphdb::cypher
