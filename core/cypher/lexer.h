// Lexer: turns a statement's text into tokens, in one linear pass.
//
// Invariants:
//   1. The last token is kEnd.
//   2. partner of an opening bracket is the index of the token that closes it,
//      or 0 where brackets don't match (the parser reports that in its words).
//
// Errors: SyntaxError with InvalidNumberLiteral, InvalidUnicodeLiteral,
// InvalidUnicodeCharacter or UnexpectedSyntax.
//
// Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/cypher/token.h"

namespace graphdb::cypher {

absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view text);

// The contents of a string literal or of an escaped identifier (token with its
// quotes). `offset` is where the token stands, for errors.
absl::StatusOr<std::string> UnquoteString(absl::string_view token, uint32_t offset);
std::string UnquoteIdentifier(absl::string_view token);

void AppendUtf8(uint32_t code_point, std::string& out);

}  // namespace graphdb::cypher
