// Hash128: a keyed 128-bit hash (SipHash-2-4 with 128-bit output; Aumasson and
// Bernstein, 2012) and the sum modulo 2^128 that digests are built from.
//
//   Hash128 sum; sum.Add(KeyedHash128(key, canonical_bytes));
//
// Invariants:
//   1. The result depends on key and bytes alone: not on process, platform or
//      endianness.
//   2. Add and Subtract commute and are inverse, so a digest is a multiset.
//
// Immutable functions and a value type; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace graphdb {

struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;

  void Add(const Hash128& other);
  void Subtract(const Hash128& other);
  std::string ToHex() const;  // 32 lower-case hex digits

  friend bool operator==(const Hash128&, const Hash128&) = default;
};

Hash128 KeyedHash128(const Hash128& key, absl::string_view bytes);

}  // namespace graphdb
