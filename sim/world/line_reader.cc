#include "sim/world/line_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "core/base/status_macros.h"

namespace graphdb::sim {
namespace {

constexpr int64_t kDurationMaxNs = 3'600'000'000'000;

bool IsPunctuation(char c) { return c == '{' || c == '}' || c == '|'; }

// Digits alone: no sign, no space.
template <typename T>
bool ParseDigits(absl::string_view text, T* value) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9' && absl::SimpleAtoi(text, value);
}

bool ParseDuration(absl::string_view text, Duration* duration) {
  static constexpr std::pair<const char*, int64_t> kUnits[] = {
      {"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}};
  const bool negative = absl::ConsumePrefix(&text, "-");
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  int64_t count = 0;
  if (digits == 0 || !absl::SimpleAtoi(text.substr(0, digits), &count)) return false;
  for (const auto& [unit, ns] : kUnits) {
    if (text.substr(digits) != unit) continue;
    if (count > kDurationMaxNs / ns) return false;
    *duration = Duration::Nanoseconds(negative ? -count * ns : count * ns);
    return true;
  }
  return false;
}

// "drop=" in front of what is expected.
std::string Expected(absl::string_view key, absl::string_view what) {
  return key.empty() ? std::string(what) : absl::StrCat(key, "=", what);
}

}  // namespace

std::vector<LineReader::Token> LineReader::Tokens(absl::string_view line) {
  std::vector<Token> tokens;
  size_t i = 0;
  while (i < line.size()) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (!IsPunctuation(line[i])) {
      while (end < line.size() && line[end] != ' ' && line[end] != '\t' &&
             !IsPunctuation(line[end])) {
        ++end;
      }
    }
    tokens.push_back({line.substr(i, end - i), i + 1});
    i = end;
  }
  return tokens;
}

LineReader::LineReader(absl::string_view file, size_t line, absl::string_view text)
    : file_(file), line_(line), end_column_(text.size() + 1), tokens_(Tokens(text)) {}

absl::string_view LineReader::Take() {
  const absl::string_view text = Peek();
  if (!done()) ++next_;
  return text;
}

bool LineReader::TakeIf(absl::string_view text) {
  if (Peek() != text) return false;
  ++next_;
  return true;
}

absl::Status LineReader::Error(absl::string_view expected) const {
  const size_t column = done() ? end_column_ : tokens_[next_].column;
  const std::string value = done() ? "the end of the line" : absl::StrCat("'", Peek(), "'");
  return absl::InvalidArgumentError(
      absl::StrCat(file_, ":", line_, ":", column, ": ", value, ": expected ", expected));
}

absl::Status LineReader::AtEnd() const {
  return done() ? absl::OkStatus() : Error("the end of the line");
}

absl::StatusOr<absl::string_view> LineReader::ValueOf(absl::string_view key) const {
  absl::string_view text = Peek();
  if (key.empty()) return text;
  if (!absl::ConsumePrefix(&text, absl::StrCat(key, "="))) {
    return Error(absl::StrCat(key, "=..."));
  }
  return text;
}

absl::StatusOr<uint64_t> LineReader::TakeNumber(uint64_t low, uint64_t high) {
  uint64_t value = 0;
  if (!ParseDigits(Peek(), &value) || value < low || value > high) {
    return Error(absl::StrCat("a number from ", low, " to ", high));
  }
  Take();
  return value;
}

absl::StatusOr<Duration> LineReader::TakeDuration(bool may_be_negative) {
  Duration duration;
  if (!ParseDuration(Peek(), &duration) || (!may_be_negative && duration < Duration())) {
    return Error("a time such as 500ms or 5s, at most 3600s");
  }
  Take();
  return duration;
}

absl::StatusOr<uint64_t> LineReader::TakeNumberOf(absl::string_view key, uint64_t low,
                                                  uint64_t high) {
  if (key.empty()) return TakeNumber(low, high);
  GRAPHDB_ASSIGN_OR_RETURN(const absl::string_view text, ValueOf(key));
  uint64_t value = 0;
  if (!ParseDigits(text, &value) || value < low || value > high) {
    return Error(absl::StrCat(key, "=N with N from ", low, " to ", high));
  }
  Take();
  return value;
}

absl::StatusOr<Duration> LineReader::TakeDurationOf(absl::string_view key, Duration low) {
  GRAPHDB_ASSIGN_OR_RETURN(const absl::string_view text, ValueOf(key));
  Duration duration;
  if (!ParseDuration(text, &duration) || duration < low) {
    if (key.empty()) return Error("a time such as 500ms or 5s, at most 3600s");
    return Error(absl::StrCat(key, "=TIME such as ", key, "=2ms"));
  }
  Take();
  return duration;
}

absl::StatusOr<uint32_t> LineReader::TakeRateOf(absl::string_view key) {
  GRAPHDB_ASSIGN_OR_RETURN(absl::string_view text, ValueOf(key));
  const uint32_t scale = absl::ConsumeSuffix(&text, "%") ? 10'000 : 1;
  if (scale == 1 && !absl::ConsumeSuffix(&text, "ppm")) {
    return Error(absl::StrCat(Expected(key, "N%"), " or ", Expected(key, "Nppm")));
  }
  uint32_t value = 0;
  if (!ParseDigits(text, &value) || value > 1'000'000 / scale) {
    return Error(absl::StrCat(Expected(key, "N%"), " with N from 0 to 100"));
  }
  Take();
  return value * scale;
}

absl::StatusOr<uint64_t> LineReader::TakePartsPerBillionOf(absl::string_view key, uint64_t high) {
  GRAPHDB_ASSIGN_OR_RETURN(absl::string_view text, ValueOf(key));
  const uint64_t scale = absl::ConsumeSuffix(&text, "ppm") ? 1'000 : 1;
  const bool unit = scale != 1 || absl::ConsumeSuffix(&text, "ppb");
  uint64_t value = 0;
  if (!unit || !ParseDigits(text, &value) || value > high / scale) {
    return Error(absl::StrCat(Expected(key, "Nppm"), " with N from 0 to ", high / 1'000, ", or ",
                              Expected(key, "Nppb")));
  }
  Take();
  return value * scale;
}

absl::StatusOr<uint64_t> LineReader::TakeWordOf(absl::string_view key, const char* const* words,
                                                uint64_t count) {
  GRAPHDB_ASSIGN_OR_RETURN(const absl::string_view text, ValueOf(key));
  for (uint64_t i = 0; i < count; ++i) {
    if (text != words[i]) continue;
    Take();
    return i;
  }
  return Error(Expected(key, absl::StrJoin(absl::MakeSpan(words, count), " or ")));
}

}  // namespace graphdb::sim
