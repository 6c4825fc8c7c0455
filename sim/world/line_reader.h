// LineReader: one line of a scenario file, read word by word. Whatever it
// refuses it names with file, line, column, the value and what was expected.
//
// `{`, `}` and `|` are words of their own.
//
// Deterministic; one thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/time.h"

namespace graphdb::sim {

class LineReader {
 public:
  LineReader(absl::string_view file, size_t line, absl::string_view text);

  bool done() const { return next_ == tokens_.size(); }
  // The next word; empty at the end.
  absl::string_view Peek() const { return done() ? absl::string_view() : tokens_[next_].text; }
  absl::string_view Take();
  bool TakeIf(absl::string_view text);

  // About the word that comes next.
  absl::Status Error(absl::string_view expected) const;
  absl::Status AtEnd() const;

  absl::StatusOr<uint64_t> TakeNumber(uint64_t low, uint64_t high);
  absl::StatusOr<Duration> TakeDuration(bool may_be_negative = false);
  // KEY=VALUE; where `key` is empty, the value alone.
  absl::StatusOr<uint64_t> TakeNumberOf(absl::string_view key, uint64_t low, uint64_t high);
  absl::StatusOr<Duration> TakeDurationOf(absl::string_view key, Duration low);
  // "2%" or "150ppm", in parts per million.
  absl::StatusOr<uint32_t> TakeRateOf(absl::string_view key);
  // "200ppm" or "123ppb", in parts per billion.
  absl::StatusOr<uint64_t> TakePartsPerBillionOf(absl::string_view key, uint64_t high);
  // The place of the value among `count` words.
  absl::StatusOr<uint64_t> TakeWordOf(absl::string_view key, const char* const* words,
                                      uint64_t count);

 private:
  struct Token {
    absl::string_view text;
    size_t column = 1;
  };

  static std::vector<Token> Tokens(absl::string_view line);
  absl::StatusOr<absl::string_view> ValueOf(absl::string_view key) const;

  const absl::string_view file_;
  const size_t line_;
  const size_t end_column_;
  const std::vector<Token> tokens_;
  size_t next_ = 0;
};

}  // namespace graphdb::sim
