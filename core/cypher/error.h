// Error: what went wrong in a statement, in the words of openCypher's TCK, and
// where in the text.
//
// It travels inside absl::Status: MakeError puts it there as a payload,
// RenderError adds "line L, column C: ... <line> ^" once the text is at hand,
// and ErrorOf gets it out again. A status without the payload comes from the
// transaction (conflict, no leader, ...) and passes through unchanged.
//
// Status codes: kInvalidArgument for what the statement or its parameters got
// wrong, kFailedPrecondition for a constraint of the graph, kResourceExhausted
// for a limit (its name is in `detail`), kUnimplemented for parts of the
// language that are not executed yet, kNotFound for EntityNotFound.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace graphdb::cypher {

enum class ErrorPhase : uint8_t { kCompileTime, kRuntime };

inline constexpr uint32_t kNoOffset = 0xffffffffu;

struct Error {
  std::string type;    // SyntaxError, TypeError, ArgumentError, ...
  std::string detail;  // UndefinedVariable, InvalidArgumentType, ...
  ErrorPhase phase = ErrorPhase::kCompileTime;
  std::string message;  // without position
  uint32_t offset = kNoOffset;
  uint32_t line = 0;  // 1-based; 0 before RenderError, or without a position
  uint32_t column = 0;
};

absl::Status MakeError(const Error& error);
// Shorthands.
absl::Status SyntaxError(absl::string_view detail, uint32_t offset, std::string message);
absl::Status NotSupported(uint32_t offset, absl::string_view what);
absl::Status RuntimeError(absl::string_view type, absl::string_view detail, std::string message,
                          uint32_t offset = kNoOffset);
absl::Status LimitError(absl::string_view limit, std::string message);

// Gives a runtime error the position of the expression that raised it, unless
// it has one.
absl::Status WithOffset(const absl::Status& status, uint32_t offset);
// Adds line, column and caret excerpt to the message; any other status as is.
absl::Status RenderError(const absl::Status& status, absl::string_view text);
std::optional<Error> ErrorOf(const absl::Status& status);

}  // namespace graphdb::cypher
