// UTF-8, as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
//
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace graphdb {

struct CodePoint {
  uint32_t value = 0;
  uint32_t bytes = 0;  // 0: not UTF-8
};

// The first one of a text that is not empty.
CodePoint DecodeUtf8(absl::string_view text);

// Where the first byte is that begins no code point; unset: the text is UTF-8.
std::optional<size_t> FirstInvalidUtf8(absl::string_view text);

}  // namespace graphdb
