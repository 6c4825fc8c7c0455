#include "core/cypher/lexer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/base/utf8.h"
#include "core/cypher/error.h"

namespace graphdb::cypher {
namespace {

struct Word {
  absl::string_view text;
  Keyword keyword;
};

// Sorted by text.
constexpr Word kWords[] = {
    Word{"ALL", Keyword::kAll},
    Word{"AND", Keyword::kAnd},
    Word{"ANY", Keyword::kAny},
    Word{"AS", Keyword::kAs},
    Word{"ASC", Keyword::kAsc},
    Word{"ASCENDING", Keyword::kAscending},
    Word{"BY", Keyword::kBy},
    Word{"CALL", Keyword::kCall},
    Word{"CASE", Keyword::kCase},
    Word{"CONTAINS", Keyword::kContains},
    Word{"COUNT", Keyword::kCount},
    Word{"CREATE", Keyword::kCreate},
    Word{"DELETE", Keyword::kDelete},
    Word{"DESC", Keyword::kDesc},
    Word{"DESCENDING", Keyword::kDescending},
    Word{"DETACH", Keyword::kDetach},
    Word{"DISTINCT", Keyword::kDistinct},
    Word{"ELSE", Keyword::kElse},
    Word{"END", Keyword::kEnd},
    Word{"ENDS", Keyword::kEnds},
    Word{"EXISTS", Keyword::kExists},
    Word{"EXPLAIN", Keyword::kExplain},
    Word{"FALSE", Keyword::kFalse},
    Word{"FOREACH", Keyword::kForeach},
    Word{"IN", Keyword::kIn},
    Word{"INF", Keyword::kInf},
    Word{"IS", Keyword::kIs},
    Word{"LIMIT", Keyword::kLimit},
    Word{"LOAD", Keyword::kLoad},
    Word{"MATCH", Keyword::kMatch},
    Word{"MERGE", Keyword::kMerge},
    Word{"NAN", Keyword::kNan},
    Word{"NONE", Keyword::kNone_},
    Word{"NOT", Keyword::kNot},
    Word{"NULL", Keyword::kNull},
    Word{"ON", Keyword::kOn},
    Word{"OPTIONAL", Keyword::kOptional},
    Word{"OR", Keyword::kOr},
    Word{"ORDER", Keyword::kOrder},
    Word{"PROFILE", Keyword::kProfile},
    Word{"REDUCE", Keyword::kReduce},
    Word{"REMOVE", Keyword::kRemove},
    Word{"RETURN", Keyword::kReturn},
    Word{"SET", Keyword::kSet},
    Word{"SINGLE", Keyword::kSingle},
    Word{"SKIP", Keyword::kSkip},
    Word{"STARTS", Keyword::kStarts},
    Word{"THEN", Keyword::kThen},
    Word{"TRUE", Keyword::kTrue},
    Word{"UNION", Keyword::kUnion},
    Word{"UNWIND", Keyword::kUnwind},
    Word{"WHEN", Keyword::kWhen},
    Word{"WHERE", Keyword::kWhere},
    Word{"WITH", Keyword::kWith},
    Word{"XOR", Keyword::kXor},
    Word{"YIELD", Keyword::kYield},
};

constexpr size_t kLongestWord = 10;

bool IsUnicodeSpace(uint32_t c) {
  return c == 0xa0 || c == 0x1680 || c == 0x180e || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
         c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

// Without a table of Unicode classes: everything outside ASCII is a letter but
// for the blocks of punctuation and of controls.
bool IsUnicodeLetter(uint32_t c) {
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c == 0xd7 || c == 0xf7) return false;
  if (c >= 0x2000 && c <= 0x206f) return c == 0x203f || c == 0x2040 || c == 0x2054;
  return !(c >= 0x2190 && c <= 0x2bff) && !(c >= 0x3000 && c <= 0x3004) &&
         !(c >= 0x3008 && c <= 0x3020) && !(c >= 0xe000 && c <= 0xf8ff) && c < 0xf0000;
}

bool IsIdentifierStart(char c) { return absl::ascii_isalpha(c) || c == '_'; }
bool IsIdentifierPart(char c) { return absl::ascii_isalnum(c) || c == '_'; }

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Token>> Run() {
    tokens_.reserve(text_.size() / 3 + 8);
    while (true) {
      GRAPHDB_RETURN_IF_ERROR(SkipSpace());
      begin_ = at_;
      if (at_ == text_.size()) break;
      GRAPHDB_RETURN_IF_ERROR(Next());
    }
    Add(TokenKind::kEnd);
    MatchBrackets();
    return std::move(tokens_);
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void Add(TokenKind kind, Keyword keyword = Keyword::kNone) {
    Token token;
    token.kind = kind;
    token.keyword = keyword;
    token.begin = static_cast<uint32_t>(begin_);
    token.end = static_cast<uint32_t>(at_);
    tokens_.push_back(token);
  }

  absl::Status SkipSpace() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (absl::ascii_isspace(c) || (c >= 0x1c && c <= 0x1f)) {
        ++at_;
      } else if (c == '/' && Peek(1) == '/') {
        const size_t end = text_.find('\n', at_);
        at_ = end == absl::string_view::npos ? text_.size() : end;
      } else if (c == '/' && Peek(1) == '*') {
        const size_t end = text_.find("*/", at_ + 2);
        if (end == absl::string_view::npos) {
          return SyntaxError("UnexpectedSyntax", static_cast<uint32_t>(at_),
                             "the comment is not closed, expected '*/'");
        }
        at_ = end + 2;
      } else if (static_cast<unsigned char>(c) >= 0x80) {
        const CodePoint point = DecodeUtf8(text_.substr(at_));
        if (point.bytes == 0 || !IsUnicodeSpace(point.value)) return absl::OkStatus();
        at_ += point.bytes;
      } else {
        return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

  absl::Status Next() {
    const char c = Peek();
    if (IsIdentifierStart(c) || static_cast<unsigned char>(c) >= 0x80) return Identifier();
    if (absl::ascii_isdigit(c) || (c == '.' && absl::ascii_isdigit(Peek(1)) && !AfterOperand())) {
      return Number();
    }
    if (c == '\'' || c == '"') return Quoted(c, TokenKind::kString);
    if (c == '`') return Quoted(c, TokenKind::kEscapedIdentifier);
    if (c == '$') return Parameter();
    return Punctuation();
  }

  // `.5` is a number, but not in `list[1].5` or `n.5`.
  bool AfterOperand() const {
    if (tokens_.empty()) return false;
    switch (tokens_.back().kind) {
      case TokenKind::kIdentifier:
        return tokens_.back().keyword == Keyword::kNone;
      case TokenKind::kEscapedIdentifier:
      case TokenKind::kParameter:
      case TokenKind::kRightParen:
      case TokenKind::kRightBracket:
      case TokenKind::kRightBrace:
        return true;
      default:
        return false;
    }
  }

  absl::Status ScanIdentifier() {
    while (at_ < text_.size()) {
      if (IsIdentifierPart(text_[at_])) {
        ++at_;
        continue;
      }
      if (static_cast<unsigned char>(text_[at_]) < 0x80) break;
      const CodePoint point = DecodeUtf8(text_.substr(at_));
      if (point.bytes != 0 && IsUnicodeSpace(point.value)) break;
      if (point.bytes == 0 || !IsUnicodeLetter(point.value)) {
        return SyntaxError("InvalidUnicodeCharacter", static_cast<uint32_t>(at_),
                           point.bytes == 0 ? "the text is not valid UTF-8 here"
                                            : "this character can't be used here");
      }
      at_ += point.bytes;
    }
    return absl::OkStatus();
  }

  absl::Status Identifier() {
    GRAPHDB_RETURN_IF_ERROR(ScanIdentifier());
    Add(TokenKind::kIdentifier, KeywordOf(text_.substr(begin_, at_ - begin_)));
    return absl::OkStatus();
  }

  absl::Status Number() {
    TokenKind kind = TokenKind::kInteger;
    if (Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X' || Peek(1) == 'o' || Peek(1) == 'O')) {
      const bool hex = Peek(1) == 'x' || Peek(1) == 'X';
      at_ += 2;
      const size_t digits = at_;
      while (hex ? absl::ascii_isxdigit(Peek()) : Peek() >= '0' && Peek() <= '7') ++at_;
      if (at_ == digits) return BadNumber();
    } else {
      while (absl::ascii_isdigit(Peek())) ++at_;
      if (Peek() == '.' && absl::ascii_isdigit(Peek(1))) {
        kind = TokenKind::kFloat;
        ++at_;
        while (absl::ascii_isdigit(Peek())) ++at_;
      }
      if (Peek() == 'e' || Peek() == 'E') {
        const size_t sign = Peek(1) == '-' || Peek(1) == '+' ? 1 : 0;
        if (!absl::ascii_isdigit(Peek(1 + sign))) return BadNumber();
        kind = TokenKind::kFloat;
        at_ += 1 + sign;
        while (absl::ascii_isdigit(Peek())) ++at_;
      }
    }
    if (IsIdentifierPart(Peek())) return BadNumber();
    Add(kind);
    return absl::OkStatus();
  }

  absl::Status BadNumber() {
    size_t end = at_;
    while (end < text_.size() && IsIdentifierPart(text_[end])) ++end;
    return SyntaxError("InvalidNumberLiteral", static_cast<uint32_t>(begin_),
                       absl::StrCat("'", text_.substr(begin_, end - begin_), "' is not a number"));
  }

  absl::Status Quoted(char quote, TokenKind kind) {
    ++at_;
    while (at_ < text_.size()) {
      if (text_[at_] == '\\' && quote != '`') {
        at_ += 2;
      } else if (text_[at_] == quote && quote == '`' && Peek(1) == '`') {
        at_ += 2;
      } else if (text_[at_] == quote) {
        ++at_;
        Add(kind);
        return absl::OkStatus();
      } else {
        const CodePoint point = DecodeUtf8(text_.substr(at_));
        if (point.bytes == 0) {
          return SyntaxError("InvalidUnicodeCharacter", static_cast<uint32_t>(at_),
                             "the text is not valid UTF-8 here");
        }
        at_ += point.bytes;
      }
    }
    return SyntaxError("UnexpectedSyntax", static_cast<uint32_t>(begin_),
                       absl::StrCat("the ", quote == '`' ? "name" : "string",
                                    " is not closed, expected ", std::string(1, quote)));
  }

  absl::Status Parameter() {
    ++at_;
    if (Peek() == '`') {
      const size_t dollar = begin_;
      GRAPHDB_RETURN_IF_ERROR(Quoted('`', TokenKind::kParameter));
      begin_ = dollar;
      return absl::OkStatus();
    }
    const size_t name = at_;
    if (absl::ascii_isdigit(Peek())) {
      while (absl::ascii_isdigit(Peek())) ++at_;
    } else {
      GRAPHDB_RETURN_IF_ERROR(ScanIdentifier());
    }
    if (at_ == name) {
      return SyntaxError("UnexpectedSyntax", static_cast<uint32_t>(begin_),
                         "expected a parameter name after '$'");
    }
    Add(TokenKind::kParameter);
    return absl::OkStatus();
  }

  absl::Status Punctuation() {
    static constexpr std::pair<absl::string_view, TokenKind> kSymbols[] = {
        {"..", TokenKind::kDotDot},     {"<>", TokenKind::kNotEqual},
        {"<=", TokenKind::kLessEqual},  {">=", TokenKind::kGreaterEqual},
        {"=~", TokenKind::kRegexMatch}, {"+=", TokenKind::kPlusEqual},
        {"(", TokenKind::kLeftParen},   {")", TokenKind::kRightParen},
        {"[", TokenKind::kLeftBracket}, {"]", TokenKind::kRightBracket},
        {"{", TokenKind::kLeftBrace},   {"}", TokenKind::kRightBrace},
        {",", TokenKind::kComma},       {";", TokenKind::kSemicolon},
        {":", TokenKind::kColon},       {".", TokenKind::kDot},
        {"|", TokenKind::kPipe},        {"+", TokenKind::kPlus},
        {"-", TokenKind::kMinus},       {"*", TokenKind::kStar},
        {"/", TokenKind::kSlash},       {"%", TokenKind::kPercent},
        {"^", TokenKind::kCaret},       {"=", TokenKind::kEqual},
        {"<", TokenKind::kLess},        {">", TokenKind::kGreater},
    };
    const absl::string_view rest = text_.substr(at_);
    for (const auto& [symbol, kind] : kSymbols) {
      if (rest.substr(0, symbol.size()) != symbol) continue;
      at_ += symbol.size();
      Add(kind);
      return absl::OkStatus();
    }
    const char c = text_[at_];
    return SyntaxError("UnexpectedSyntax", static_cast<uint32_t>(at_),
                       absl::ascii_isprint(c)
                           ? absl::StrCat("unexpected '", std::string(1, c), "'")
                           : absl::StrCat("unexpected control character ", int{c}));
  }

  void MatchBrackets() {
    std::vector<uint32_t> open;
    for (uint32_t i = 0; i < tokens_.size(); ++i) {
      const TokenKind kind = tokens_[i].kind;
      if (kind == TokenKind::kLeftParen || kind == TokenKind::kLeftBracket ||
          kind == TokenKind::kLeftBrace) {
        open.push_back(i);
      } else if (kind == TokenKind::kRightParen || kind == TokenKind::kRightBracket ||
                 kind == TokenKind::kRightBrace) {
        const auto opener = static_cast<TokenKind>(static_cast<int>(kind) - 1);
        if (open.empty() || tokens_[open.back()].kind != opener) return;
        tokens_[open.back()].partner = i;
        open.pop_back();
      }
    }
  }

  const absl::string_view text_;
  size_t at_ = 0;
  size_t begin_ = 0;
  std::vector<Token> tokens_;
};

absl::StatusOr<uint32_t> HexEscape(absl::string_view digits, size_t size, uint32_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    if (i >= digits.size() || !absl::ascii_isxdigit(digits[i])) {
      return SyntaxError("InvalidUnicodeLiteral", offset,
                         absl::StrCat("expected ", size, " hexadecimal digits here"));
    }
    const char c = absl::ascii_tolower(digits[i]);
    value = value << 4 | static_cast<uint32_t>(absl::ascii_isdigit(c) ? c - '0' : c - 'a' + 10);
  }
  return value;
}

}  // namespace

Keyword KeywordOf(absl::string_view word) {
  if (word.size() > kLongestWord + 1 || word.size() < 2) return Keyword::kNone;
  char upper[kLongestWord + 1];
  for (size_t i = 0; i < word.size(); ++i) upper[i] = absl::ascii_toupper(word[i]);
  const absl::string_view key(upper, word.size());
  const auto it = std::lower_bound(std::begin(kWords), std::end(kWords), key,
                                   [](const Word& w, absl::string_view k) { return w.text < k; });
  return it != std::end(kWords) && it->text == key ? it->keyword : Keyword::kNone;
}

absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view text) { return Lexer(text).Run(); }

void AppendUtf8(uint32_t c, std::string& out) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

absl::StatusOr<std::string> UnquoteString(absl::string_view token, uint32_t offset) {
  const absl::string_view body = token.substr(1, token.size() - 2);
  std::string out;
  out.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      out.push_back(body[i]);
      continue;
    }
    const uint32_t here = offset + 1 + static_cast<uint32_t>(i);
    const char escape = ++i < body.size() ? body[i] : '\0';
    static constexpr absl::string_view kEscapes = "bfnrt\\'\"`";
    static constexpr absl::string_view kMeanings = "\b\f\n\r\t\\'\"`";
    if (const size_t known = kEscapes.find(escape); known != absl::string_view::npos) {
      out.push_back(kMeanings[known]);
    } else if (escape == 'u' || escape == 'U') {
      const size_t size = escape == 'u' ? 4 : 8;
      GRAPHDB_ASSIGN_OR_RETURN(uint32_t point, HexEscape(body.substr(i + 1), size, here));
      i += size;
      if (point >= 0xd800 && point < 0xdc00 && body.substr(i + 1, 2) == "\\u") {
        GRAPHDB_ASSIGN_OR_RETURN(const uint32_t low, HexEscape(body.substr(i + 3), 4, here));
        if (low >= 0xdc00 && low < 0xe000) {
          point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
          i += 6;
        }
      }
      if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
        return SyntaxError("InvalidUnicodeLiteral", here, "this is not a Unicode character");
      }
      AppendUtf8(point, out);
    } else {
      return SyntaxError("UnexpectedSyntax", here,
                         "unknown escape, expected one of \\b \\f \\n \\r \\t \\\\ \\' \\\" \\u");
    }
  }
  return out;
}

std::string UnquoteIdentifier(absl::string_view token) {
  const absl::string_view body = token.substr(1, token.size() - 2);
  std::string out;
  for (size_t i = 0; i < body.size(); ++i) {
    out.push_back(body[i]);
    if (body[i] == '`') ++i;  // doubled
  }
  return out;
}

}  // namespace graphdb::cypher
