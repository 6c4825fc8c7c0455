// Edn: the part of Clojure's data notation in which Jepsen writes histories:
// nil, booleans, integers, strings, keywords and symbols, vectors, lists, maps
// (https://github.com/edn-format/edn). A list is read as a vector.
//
// What it does not read: floats, characters, sets, tagged elements, comments.
//
// Plain values; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::sim {

struct Edn {
  enum class Kind : uint8_t { kNil, kBool, kInt, kString, kWord, kVector, kMap };

  Kind kind = Kind::kNil;
  int64_t number = 0;      // kInt; kBool: 0 or 1
  std::string text;        // kString: its content; kWord: as written, ":ok"
  std::vector<Edn> items;  // kVector; kMap: key, value, key, value ...
  size_t column = 1;       // where it began, counted from 1

  bool IsNil() const { return kind == Kind::kNil; }
  bool IsWord(absl::string_view word) const { return kind == Kind::kWord && text == word; }
  // kMap: the value of the keyword `key`; null where there is none.
  const Edn* Get(absl::string_view key) const;
};

// For an error; of a vector or a map only what it is.
std::string ToText(const Edn& value);

// The one value that `text` holds. InvalidArgument: "COLUMN: expected ..., found ...".
absl::StatusOr<Edn> ParseEdn(absl::string_view text);

// All values of `text`, one after another.
absl::StatusOr<std::vector<Edn>> ParseEdnSequence(absl::string_view text);

}  // namespace graphdb::sim
