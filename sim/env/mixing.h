// Mixing: the 64-bit mixing functions of the simulator. Everything the
// simulator decides is a function of (seed, stable id) through these, so they
// are ours and never change with a library.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace graphdb::sim {

// Folds the 128-bit product of its arguments: one multiplication, full avalanche.
inline uint64_t Mix(uint64_t a, uint64_t b) {
  const __uint128_t product = static_cast<__uint128_t>(a ^ 0x9e3779b97f4a7c15u) *
                              static_cast<__uint128_t>(b ^ 0xd1342543de82ef95u);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64) ^ (a + b);
}

inline uint64_t Mix(uint64_t a, uint64_t b, uint64_t c) { return Mix(Mix(a, b), c); }
inline uint64_t Mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  return Mix(Mix(Mix(a, b), c), d);
}

// Hash of bytes; depends on every byte, its place and the length.
inline uint64_t HashBytes(absl::string_view bytes) {
  uint64_t hash = Mix(bytes.size(), 0xa0761d6478bd642fu);
  const char* p = bytes.data();
  size_t left = bytes.size();
  uint64_t word;
  for (; left >= 8; p += 8, left -= 8) {
    std::memcpy(&word, p, 8);
    hash = Mix(hash, word);
  }
  word = 0;
  if (left > 0) std::memcpy(&word, p, left);
  return Mix(hash, word);
}

}  // namespace graphdb::sim
