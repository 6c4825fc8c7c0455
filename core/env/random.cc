#include "core/env/random.h"

#include "core/base/check.h"

namespace graphdb {
namespace {

// SplitMix64 (Steele, Lea and Flood, 2014): spreads a seed over a state.
uint64_t SplitMix64(uint64_t* state) {
  *state += 0x9e3779b97f4a7c15u;
  uint64_t z = *state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t Rotate(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

}  // namespace

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix64(&seed);
}

uint64_t Random::Next() {
  const uint64_t result = Rotate(state_[0] + state_[3], 23) + state_[0];
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = Rotate(state_[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t bound) {
  GRAPHDB_CHECK(bound > 0) << "an empty range has no element to draw";
  for (;;) {  // ends with probability > 1/2 per round
    const __uint128_t product = static_cast<__uint128_t>(Next()) * bound;
    const auto low = static_cast<uint64_t>(product);
    // The exact threshold is below `bound`, and costs a division that is rarely needed.
    if (low >= bound || low >= (0 - bound) % bound) return static_cast<uint64_t>(product >> 64);
  }
}

int64_t Random::Between(int64_t low, int64_t high) {
  GRAPHDB_CHECK_LE(low, high);
  const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  const uint64_t offset = width == 0 ? Next() : Below(width);
  return static_cast<int64_t>(static_cast<uint64_t>(low) + offset);
}

bool Random::Chance(uint64_t numerator, uint64_t denominator) {
  return Below(denominator) < numerator;
}

Duration Random::UniformDuration(Duration bound) {
  return Duration::Nanoseconds(
      static_cast<int64_t>(Below(static_cast<uint64_t>(bound.nanoseconds()))));
}

uint64_t StreamSeed(uint64_t seed, absl::string_view name, uint64_t id) {
  uint64_t state = seed;
  uint64_t mixed = SplitMix64(&state);
  for (const char c : name) {
    state = mixed ^ static_cast<uint8_t>(c);
    mixed = SplitMix64(&state);
  }
  state = mixed ^ id;
  return SplitMix64(&state);
}

}  // namespace graphdb
