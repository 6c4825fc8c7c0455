// The parser's state and its methods; parser.cc holds the clauses,
// parser_pattern.cc patterns, parser_expression.cc expressions.
//
// Invariant: every method that can recurse holds a NestingGuard.
//
// One object per statement; not thread-safe.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/cypher/ast.h"
#include "core/cypher/limits.h"
#include "core/cypher/token.h"

namespace graphdb::cypher {

class Parser {
 public:
  Parser(absl::string_view text, std::vector<Token> tokens, const Limits& limits)
      : text_(text), tokens_(std::move(tokens)), limits_(limits) {}

  absl::StatusOr<std::unique_ptr<Statement>> ParseStatement();

 private:
  using ExprOr = absl::StatusOr<ExprPtr>;

  class NestingGuard {
   public:
    explicit NestingGuard(Parser& parser) : parser_(parser) { ++parser_.nesting_; }
    ~NestingGuard() { --parser_.nesting_; }
    absl::Status Check() const;

   private:
    Parser& parser_;
  };

  // Tokens.
  const Token& Peek(size_t ahead = 0) const;
  bool At(TokenKind kind) const { return Peek().kind == kind; }
  bool AtKeyword(Keyword keyword, size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kIdentifier && Peek(ahead).keyword == keyword;
  }
  const Token& Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool TryTake(TokenKind kind);
  bool TryKeyword(Keyword keyword);
  absl::Status Expect(TokenKind kind, absl::string_view what);
  absl::Status ExpectKeyword(Keyword keyword, absl::string_view what);
  absl::Status Unexpected(absl::string_view expected) const;
  absl::string_view TextOf(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  uint32_t PreviousEnd() const { return at_ == 0 ? 0 : tokens_[at_ - 1].end; }
  bool AtVariable(size_t ahead = 0) const;
  bool AtName() const;  // any word, reserved or not
  absl::StatusOr<std::string> TakeVariable();
  absl::StatusOr<std::string> TakeName(absl::string_view what);

  // Clauses (parser.cc).
  absl::StatusOr<Query> ParseQuery();
  absl::StatusOr<SingleQuery> ParseSingleQuery();
  absl::StatusOr<Clause> ParseClause();
  absl::Status CheckClauseOrder(const SingleQuery& query) const;
  absl::StatusOr<MatchClause> ParseMatch(bool optional);
  absl::StatusOr<UnwindClause> ParseUnwind();
  absl::StatusOr<MergeClause> ParseMerge();
  absl::StatusOr<DeleteClause> ParseDelete(bool detach);
  absl::StatusOr<RemoveClause> ParseRemove();
  absl::StatusOr<CallClause> ParseCall();
  absl::Status ParseYields(CallClause& call);
  absl::StatusOr<ProjectionClause> ParseProjection(bool is_return);
  absl::Status ParseReturnItems(ProjectionClause& projection);
  absl::StatusOr<std::vector<SetItem>> ParseSetItems();
  absl::StatusOr<SetItem> ParseSetItem(bool remove);

  // Patterns (parser_pattern.cc).
  absl::StatusOr<std::vector<PathPattern>> ParsePattern();
  absl::StatusOr<PathPattern> ParsePathPattern();
  absl::Status ParsePatternElement(PathPattern& path);
  absl::StatusOr<NodePattern> ParseNodePattern();
  absl::StatusOr<RelationshipPattern> ParseRelationshipPattern();
  absl::Status ParseRelationshipDetail(RelationshipPattern& relationship);
  absl::Status ParseLength(RelationshipPattern& relationship);
  absl::StatusOr<std::vector<std::string>> ParseLabels();
  absl::StatusOr<ExprPtr> ParsePatternProperties();
  // Does a pattern with at least one relationship begin here?
  bool AtRelationshipsPattern(size_t ahead = 0) const;

  // Expressions (parser_expression.cc).
  ExprOr ParseExpression();
  ExprOr ParseLogical(ExprKind kind);
  ExprOr ParseNot();
  ExprOr ParseComparison();
  ExprOr ParsePredicate();
  ExprOr ParseArithmetic(int level);
  ExprOr ParseUnary();
  ExprOr ParsePostfix();
  ExprOr ParseSubscript(ExprPtr base);
  ExprOr ParseAtom();
  ExprOr ParseWordAtom();
  ExprOr ParseNumber(bool negative);
  ExprOr ParseBracketAtom();
  ExprOr ParseListComprehension(uint32_t begin);
  ExprOr ParsePatternComprehension(uint32_t begin);
  ExprOr ParseMap();
  ExprOr ParseMapProjection(ExprPtr base);
  ExprOr ParseCase();
  ExprOr ParseQuantifier();
  ExprOr ParseReduce();
  ExprOr ParseExists();
  ExprOr ParseFunction();
  ExprPtr NewExpr(ExprKind kind, uint32_t begin) const;
  // Sets end and depth, and checks depth; `inner` is what a pattern or subquery
  // inside adds.
  ExprOr Finish(ExprPtr expr, uint32_t inner = 0);

  // Within its life, deepest() is the greatest depth of an expression parsed.
  class DepthScope {
   public:
    explicit DepthScope(Parser& parser) : parser_(parser), outer_(parser.deepest_) {
      parser_.deepest_ = 0;
    }
    ~DepthScope() { parser_.deepest_ = std::max(outer_, parser_.deepest_); }
    uint32_t deepest() const { return parser_.deepest_; }

   private:
    Parser& parser_;
    const uint32_t outer_;
  };

  const absl::string_view text_;
  const std::vector<Token> tokens_;
  const Limits& limits_;
  size_t at_ = 0;
  uint32_t nesting_ = 0;
  uint32_t clauses_ = 0;
  uint32_t deepest_ = 0;
  bool in_exists_ = false;  // a subquery may end with a reading clause
};

}  // namespace graphdb::cypher
