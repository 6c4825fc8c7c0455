// Patterns: paths, nodes, relationships.
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/cypher/error.h"
#include "core/cypher/parser_internal.h"

namespace graphdb::cypher {

absl::StatusOr<std::vector<PathPattern>> Parser::ParsePattern() {
  std::vector<PathPattern> paths;
  do {
    GRAPHDB_ASSIGN_OR_RETURN(PathPattern path, ParsePathPattern());
    paths.push_back(std::move(path));
  } while (TryTake(TokenKind::kComma));
  return paths;
}

absl::StatusOr<PathPattern> Parser::ParsePathPattern() {
  PathPattern path;
  path.begin = Peek().begin;
  if (AtVariable() && Peek(1).kind == TokenKind::kEqual) {
    GRAPHDB_ASSIGN_OR_RETURN(path.variable, TakeVariable());
    Take();
  }
  if (At(TokenKind::kIdentifier)) {
    const absl::string_view word = TextOf(Peek());
    if (word == "shortestPath" || word == "allShortestPaths") {
      return NotSupported(Peek().begin, word);
    }
  }
  GRAPHDB_RETURN_IF_ERROR(ParsePatternElement(path));
  return path;
}

absl::Status Parser::ParsePatternElement(PathPattern& path) {
  NestingGuard guard(*this);
  GRAPHDB_RETURN_IF_ERROR(guard.Check());
  // A whole path may stand in brackets.
  if (At(TokenKind::kLeftParen) && Peek(1).kind == TokenKind::kLeftParen) {
    Take();
    GRAPHDB_RETURN_IF_ERROR(ParsePatternElement(path));
    return Expect(TokenKind::kRightParen, "')'");
  }
  GRAPHDB_ASSIGN_OR_RETURN(NodePattern first, ParseNodePattern());
  path.nodes.push_back(std::move(first));
  while (At(TokenKind::kMinus) || At(TokenKind::kLess)) {
    GRAPHDB_ASSIGN_OR_RETURN(RelationshipPattern relationship, ParseRelationshipPattern());
    path.relationships.push_back(std::move(relationship));
    GRAPHDB_ASSIGN_OR_RETURN(NodePattern node, ParseNodePattern());
    path.nodes.push_back(std::move(node));
  }
  return absl::OkStatus();
}

absl::StatusOr<NodePattern> Parser::ParseNodePattern() {
  NodePattern node;
  node.begin = Peek().begin;
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kLeftParen, "a node pattern: '('"));
  if (AtVariable()) {
    GRAPHDB_ASSIGN_OR_RETURN(node.variable, TakeVariable());
  }
  GRAPHDB_ASSIGN_OR_RETURN(node.labels, ParseLabels());
  GRAPHDB_ASSIGN_OR_RETURN(node.properties, ParsePatternProperties());
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightParen, "a label, properties or ')'"));
  return node;
}

absl::StatusOr<std::vector<std::string>> Parser::ParseLabels() {
  std::vector<std::string> labels;
  while (TryTake(TokenKind::kColon)) {
    GRAPHDB_ASSIGN_OR_RETURN(std::string label, TakeName("a label"));
    labels.push_back(std::move(label));
  }
  return labels;
}

absl::StatusOr<ExprPtr> Parser::ParsePatternProperties() {
  if (At(TokenKind::kLeftBrace)) return ParseMap();
  if (At(TokenKind::kParameter)) return ParseAtom();
  return ExprPtr();
}

absl::StatusOr<RelationshipPattern> Parser::ParseRelationshipPattern() {
  RelationshipPattern relationship;
  relationship.begin = Peek().begin;
  const bool left = TryTake(TokenKind::kLess);
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kMinus, "'-' of a relationship"));
  if (TryTake(TokenKind::kLeftBracket)) {
    GRAPHDB_RETURN_IF_ERROR(ParseRelationshipDetail(relationship));
    GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kRightBracket, "']'"));
  }
  GRAPHDB_RETURN_IF_ERROR(Expect(TokenKind::kMinus, "'-' of a relationship"));
  const bool right = TryTake(TokenKind::kGreater);
  relationship.both_arrows = left && right;
  relationship.direction = left == right ? PatternDirection::kBoth
                           : left        ? PatternDirection::kLeft
                                         : PatternDirection::kRight;
  return relationship;
}

absl::Status Parser::ParseRelationshipDetail(RelationshipPattern& relationship) {
  if (AtVariable()) {
    GRAPHDB_ASSIGN_OR_RETURN(relationship.variable, TakeVariable());
  }
  if (TryTake(TokenKind::kColon)) {
    do {
      TryTake(TokenKind::kColon);  // the old form :A|:B
      GRAPHDB_ASSIGN_OR_RETURN(std::string type, TakeName("a relationship type"));
      relationship.types.push_back(std::move(type));
    } while (TryTake(TokenKind::kPipe));
  }
  if (At(TokenKind::kDotDot)) {
    return SyntaxError("InvalidRelationshipPattern", Peek().begin,
                       "the length of a relationship begins with '*'");
  }
  if (TryTake(TokenKind::kStar)) GRAPHDB_RETURN_IF_ERROR(ParseLength(relationship));
  GRAPHDB_ASSIGN_OR_RETURN(relationship.properties, ParsePatternProperties());
  return absl::OkStatus();
}

absl::Status Parser::ParseLength(RelationshipPattern& relationship) {
  relationship.variable_length = true;
  const auto number = [&](std::optional<uint64_t>& to) -> absl::Status {
    if (At(TokenKind::kMinus)) {
      return SyntaxError("InvalidRelationshipPattern", Peek().begin,
                         "the length of a relationship can't be negative");
    }
    if (!At(TokenKind::kInteger)) return absl::OkStatus();
    uint64_t value = 0;
    if (!absl::SimpleAtoi(TextOf(Peek()), &value)) {
      return SyntaxError("IntegerOverflow", Peek().begin, "the number is too large");
    }
    Take();
    to = value;
    return absl::OkStatus();
  };
  GRAPHDB_RETURN_IF_ERROR(number(relationship.min));
  if (TryTake(TokenKind::kDotDot)) {
    GRAPHDB_RETURN_IF_ERROR(number(relationship.max));
    if (!relationship.min.has_value()) relationship.min = 1;
  } else if (relationship.min.has_value()) {
    relationship.max = relationship.min;
  } else {
    relationship.min = 1;
  }
  return absl::OkStatus();
}

// A look ahead of a few tokens thanks to Token::partner: ( ... ) followed by
// the dash of a relationship and, at its other end, by another node. No
// backtracking, so parsing stays linear.
bool Parser::AtRelationshipsPattern(size_t ahead) const {
  const size_t open = at_ + ahead;
  if (open >= tokens_.size() || tokens_[open].kind != TokenKind::kLeftParen) return false;
  const uint32_t close = tokens_[open].partner;
  if (close == 0) return false;
  const auto kind = [&](size_t i) {
    return i < tokens_.size() ? tokens_[i].kind : TokenKind::kEnd;
  };
  const TokenKind inner = kind(open + 1);
  const bool node = inner == TokenKind::kRightParen || inner == TokenKind::kColon ||
                    inner == TokenKind::kLeftBrace || inner == TokenKind::kIdentifier ||
                    inner == TokenKind::kEscapedIdentifier;
  if (!node) return false;
  size_t i = close + 1;
  if (kind(i) == TokenKind::kLess) ++i;
  if (kind(i) != TokenKind::kMinus) return false;
  ++i;
  if (kind(i) == TokenKind::kLeftBracket) {
    if (tokens_[i].partner == 0) return false;
    i = tokens_[i].partner + 1;
  }
  if (kind(i) != TokenKind::kMinus) return false;
  ++i;
  if (kind(i) == TokenKind::kGreater) ++i;
  return kind(i) == TokenKind::kLeftParen;
}

}  // namespace graphdb::cypher
