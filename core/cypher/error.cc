#include "core/cypher/error.h"

#include <algorithm>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace graphdb::cypher {
namespace {

constexpr absl::string_view kPayload = "graphdb.cypher.Error";
constexpr size_t kExcerptWidth = 100;  // of a long line, around the error

absl::StatusCode CodeOf(const Error& error) {
  if (error.type == "ConstraintVerificationFailed") return absl::StatusCode::kFailedPrecondition;
  if (error.type == "LimitExceeded") return absl::StatusCode::kResourceExhausted;
  if (error.type == "NotSupported") return absl::StatusCode::kUnimplemented;
  if (error.type == "EntityNotFound") return absl::StatusCode::kNotFound;
  return absl::StatusCode::kInvalidArgument;
}

absl::Status Build(const Error& error, const std::string& shown) {
  absl::Status status(CodeOf(error), shown);
  const std::string payload = absl::StrCat(
      error.type, "\n", error.detail, "\n", error.phase == ErrorPhase::kRuntime ? 1 : 0, "\n",
      error.offset, "\n", error.line, "\n", error.column, "\n", error.message);
  // Through a view: of Cord's constructor from std::string gcc and clang make
  // different symbols.
  status.SetPayload(kPayload, absl::Cord(absl::string_view(payload)));
  return status;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

size_t CodePoints(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

// The line with the error, cut to a window around it, and a caret below.
std::string Excerpt(absl::string_view line, size_t at) {
  size_t from = at > kExcerptWidth * 3 / 4 ? at - kExcerptWidth * 3 / 4 : 0;
  while (from > 0 && IsContinuation(line[from])) --from;
  size_t to = std::min(line.size(), from + kExcerptWidth);
  while (to < line.size() && IsContinuation(line[to])) ++to;
  std::string shown(line.substr(from, to - from));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  std::replace(shown.begin(), shown.end(), '\r', ' ');
  const std::string lead = from > 0 ? "..." : "";
  const std::string tail = to < line.size() ? "..." : "";
  const size_t indent = lead.size() + CodePoints(line.substr(from, at - from));
  return absl::StrCat(lead, shown, tail, "\n", std::string(indent, ' '), "^");
}

}  // namespace

absl::Status MakeError(const Error& error) {
  return Build(error, absl::StrCat(error.type, " (", error.detail, "): ", error.message));
}

absl::Status SyntaxError(absl::string_view detail, uint32_t offset, std::string message) {
  Error error;
  error.type = "SyntaxError";
  error.detail = std::string(detail);
  error.message = std::move(message);
  error.offset = offset;
  return MakeError(error);
}

absl::Status NotSupported(uint32_t offset, absl::string_view what) {
  Error error;
  error.type = "NotSupported";
  error.detail = "NotSupported";
  error.message = absl::StrCat("not supported yet: ", what);
  error.offset = offset;
  return MakeError(error);
}

absl::Status RuntimeError(absl::string_view type, absl::string_view detail, std::string message,
                          uint32_t offset) {
  Error error;
  error.type = std::string(type);
  error.detail = std::string(detail);
  error.phase = ErrorPhase::kRuntime;
  error.message = std::move(message);
  error.offset = offset;
  return MakeError(error);
}

absl::Status LimitError(absl::string_view limit, std::string message) {
  return RuntimeError("LimitExceeded", limit, std::move(message));
}

absl::Status WithOffset(const absl::Status& status, uint32_t offset) {
  std::optional<Error> error = ErrorOf(status);
  if (!error.has_value() || error->offset != kNoOffset) return status;
  error->offset = offset;
  return MakeError(*error);
}

absl::Status RenderError(const absl::Status& status, absl::string_view text) {
  std::optional<Error> error = ErrorOf(status);
  if (!error.has_value() || error->line != 0 || error->offset == kNoOffset) return status;
  const size_t at = std::min<size_t>(error->offset, text.size());
  const absl::string_view before = text.substr(0, at);
  const size_t line_start =
      before.rfind('\n') == absl::string_view::npos ? 0 : before.rfind('\n') + 1;
  size_t line_end = text.find('\n', at);
  if (line_end == absl::string_view::npos) line_end = text.size();
  error->line = static_cast<uint32_t>(1 + std::count(before.begin(), before.end(), '\n'));
  error->column = static_cast<uint32_t>(1 + CodePoints(text.substr(line_start, at - line_start)));
  return Build(*error, absl::StrCat("line ", error->line, ", column ", error->column, ": ",
                                    error->message, " (", error->type, ": ", error->detail, ")\n",
                                    Excerpt(text.substr(line_start, line_end - line_start),
                                            at - line_start)));
}

std::optional<Error> ErrorOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  if (!payload.has_value()) return std::nullopt;
  const std::string flat(*payload);
  const std::vector<std::string> fields = absl::StrSplit(flat, absl::MaxSplits('\n', 6));
  if (fields.size() != 7) return std::nullopt;
  Error error;
  error.type = fields[0];
  error.detail = fields[1];
  error.phase = fields[2] == "1" ? ErrorPhase::kRuntime : ErrorPhase::kCompileTime;
  if (!absl::SimpleAtoi(fields[3], &error.offset) || !absl::SimpleAtoi(fields[4], &error.line) ||
      !absl::SimpleAtoi(fields[5], &error.column)) {
    return std::nullopt;
  }
  error.message = fields[6];
  return error;
}

}  // namespace graphdb::cypher
