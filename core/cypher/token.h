// Token: one word of a statement's text; the text itself stays where it is.
//
// Value type.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace graphdb::cypher {

enum class TokenKind : uint8_t {
  kEnd,
  kIdentifier,  // or a keyword: see Token::keyword
  kEscapedIdentifier,
  kInteger,
  kFloat,
  kString,
  kParameter,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kSemicolon,
  kColon,
  kDot,
  kDotDot,
  kPipe,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kCaret,
  kEqual,
  kNotEqual,
  kLess,
  kGreater,
  kLessEqual,
  kGreaterEqual,
  kRegexMatch,
  kPlusEqual,
};

// Words with a meaning somewhere in the grammar. Those from kAll to kXor are
// reserved: they can't name a variable without backticks.
enum class Keyword : uint8_t {
  kNone,
  kAll,
  kAnd,
  kAs,
  kAsc,
  kAscending,
  kBy,
  kCase,
  kContains,
  kCreate,
  kDelete,
  kDesc,
  kDescending,
  kDetach,
  kDistinct,
  kElse,
  kEnd,
  kEnds,
  kExists,
  kFalse,
  kIn,
  kIs,
  kLimit,
  kMatch,
  kMerge,
  kNot,
  kNull,
  kOn,
  kOptional,
  kOr,
  kOrder,
  kRemove,
  kReturn,
  kSet,
  kSkip,
  kStarts,
  kThen,
  kTrue,
  kUnion,
  kUnwind,
  kWhen,
  kWhere,
  kWith,
  kXor,
  // Not reserved.
  kAny,
  kCall,
  kCount,
  kExplain,
  kForeach,
  kInf,
  kLoad,
  kNan,
  kNone_,
  kProfile,
  kReduce,
  kSingle,
  kYield,
};

constexpr bool IsReserved(Keyword keyword) {
  return keyword >= Keyword::kAll && keyword <= Keyword::kXor;
}

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Keyword keyword = Keyword::kNone;
  uint32_t begin = 0;  // byte offsets into the text
  uint32_t end = 0;
  uint32_t partner = 0;  // of a bracket: index of the token that closes it; 0: none
};

// The keyword that `word` is, in any case of letters.
Keyword KeywordOf(absl::string_view word);

}  // namespace graphdb::cypher
