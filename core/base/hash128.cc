#include "core/base/hash128.h"

#include "absl/strings/str_format.h"
#include "core/base/coding.h"

namespace graphdb {
namespace {

struct SipState {
  uint64_t v0, v1, v2, v3;

  static uint64_t Rotate(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

  void Round() {
    v0 += v1;
    v1 = Rotate(v1, 13);
    v1 ^= v0;
    v0 = Rotate(v0, 32);
    v2 += v3;
    v3 = Rotate(v3, 16);
    v3 ^= v2;
    v0 += v3;
    v3 = Rotate(v3, 21);
    v3 ^= v0;
    v2 += v1;
    v1 = Rotate(v1, 17);
    v1 ^= v2;
    v2 = Rotate(v2, 32);
  }
  void Absorb(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
  uint64_t Finish() {
    for (int i = 0; i < 4; ++i) Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

void Hash128::Add(const Hash128& other) {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
}

void Hash128::Subtract(const Hash128& other) {
  const uint64_t borrow = low < other.low ? 1 : 0;
  low -= other.low;
  high -= other.high + borrow;
}

std::string Hash128::ToHex() const { return absl::StrFormat("%016x%016x", high, low); }

Hash128 KeyedHash128(const Hash128& key, absl::string_view bytes) {
  SipState s{key.low ^ 0x736f6d6570736575u, key.high ^ 0x646f72616e646f6du ^ 0xee,
             key.low ^ 0x6c7967656e657261u, key.high ^ 0x7465646279746573u};
  const char* p = bytes.data();
  size_t rest = bytes.size();
  for (; rest >= 8; rest -= 8, p += 8) s.Absorb(LoadFixed64(p));
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  for (size_t i = 0; i < rest; ++i) last |= uint64_t{static_cast<uint8_t>(p[i])} << (8 * i);
  s.Absorb(last);
  s.v2 ^= 0xee;
  Hash128 out;
  out.low = s.Finish();
  s.v1 ^= 0xdd;
  out.high = s.Finish();
  return out;
}

}  // namespace graphdb
