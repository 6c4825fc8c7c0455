#include "core/base/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/escaping.h"

namespace graphdb {
namespace {

constexpr int kRounds = 64;
constexpr size_t kLengthBytes = 8;

// The first 32 bits of the fractional part of the n-th root of a prime, as the
// standard defines its constants; computed, so that no table can be mistyped.
constexpr bool IsPrime(uint32_t n) {
  for (uint32_t d = 2; d * d <= n; ++d) {
    if (n % d == 0) return false;
  }
  return true;
}

// floor(root(prime) * 2^32) modulo 2^32, by bisection on integers.
constexpr uint32_t RootFraction(uint32_t prime, int degree) {
  using Wide = unsigned __int128;
  uint64_t low = 0;
  uint64_t high = uint64_t{1} << 37;  // no root of a prime below 312 reaches 32
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    // middle^degree <= prime * 2^(32 * degree)? Cubes are compared after a
    // division, which is exact enough: floor(m^2 / 2^32) * m would round.
    bool below = false;
    if (degree == 2) {
      below = Wide{middle} * middle <= Wide{prime} << 64;
    } else {
      const Wide square = Wide{middle} * middle;           // < 2^74
      const Wide upper = (square >> 32) * middle;          // < 2^79
      const Wide lower = (square & 0xffffffffu) * middle;  // < 2^69
      // square * middle = upper * 2^32 + lower, to compare with prime * 2^96.
      const Wide carried = upper + (lower >> 32);
      const Wide bound = Wide{prime} << 64;
      below = carried < bound || (carried == bound && (lower & 0xffffffffu) == 0);
    }
    (below ? low : high) = middle;
  }
  return static_cast<uint32_t>(low);
}

template <size_t kCount>
constexpr std::array<uint32_t, kCount> Roots(int degree) {
  std::array<uint32_t, kCount> out{};
  uint32_t prime = 2;
  for (size_t i = 0; i < kCount; ++prime) {
    if (IsPrime(prime)) out[i++] = RootFraction(prime, degree);
  }
  return out;
}

constexpr std::array<uint32_t, 8> kInitial = Roots<8>(2);
constexpr std::array<uint32_t, kRounds> kConstants = Roots<kRounds>(3);
static_assert(kInitial[0] == 0x6a09e667u && kInitial[7] == 0x5be0cd19u);
static_assert(kConstants[0] == 0x428a2f98u && kConstants[63] == 0xc67178f2u);

uint32_t Big32At(const uint8_t* p) {
  return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | uint32_t{p[3]};
}

}  // namespace

std::string Sha256Digest::ToHex() const {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Sha256::Sha256() : state_(kInitial) {}

void Sha256::Block(const uint8_t* block) {
  uint32_t w[kRounds];
  for (int i = 0; i < 16; ++i) w[i] = Big32At(block + 4 * i);
  for (int i = 16; i < kRounds; ++i) {
    const uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (int i = 0; i < kRounds; ++i) {
    const uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + kConstants[i] + w[i];
    const uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const uint32_t result[] = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < state_.size(); ++i) state_[i] += result[i];
}

void Sha256::Update(absl::string_view bytes) {
  total_bytes_ += bytes.size();
  const auto* p = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t rest = bytes.size();
  if (partial_bytes_ > 0) {
    const size_t taken = std::min(rest, kBlockBytes - partial_bytes_);
    std::memcpy(partial_.data() + partial_bytes_, p, taken);
    partial_bytes_ += taken;
    p += taken;
    rest -= taken;
    if (partial_bytes_ < kBlockBytes) return;
    Block(partial_.data());
    partial_bytes_ = 0;
  }
  for (; rest >= kBlockBytes; rest -= kBlockBytes, p += kBlockBytes) Block(p);
  if (rest > 0) std::memcpy(partial_.data(), p, rest);
  partial_bytes_ = rest;
}

Sha256Digest Sha256::Finish() {
  const uint64_t bits = total_bytes_ * 8;
  std::string tail(1, '\x80');
  const size_t used = (partial_bytes_ + 1) % kBlockBytes;
  tail.append((2 * kBlockBytes - kLengthBytes - used) % kBlockBytes, '\0');
  for (int shift = 56; shift >= 0; shift -= 8) tail.push_back(static_cast<char>(bits >> shift));
  Update(tail);
  Sha256Digest digest;
  for (size_t i = 0; i < state_.size(); ++i) {
    for (size_t k = 0; k < 4; ++k) {
      digest.bytes[4 * i + k] = static_cast<uint8_t>(state_[i] >> (24 - 8 * k));
    }
  }
  return digest;
}

Sha256Digest Sha256Of(absl::string_view bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.Finish();
}

}  // namespace graphdb
