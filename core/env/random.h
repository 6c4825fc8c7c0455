// Random: the only source of chance. A stream is a xoshiro256++ generator
// (Blackman and Vigna, 2019) of its own, so a new draw in one place shifts
// nothing elsewhere.
//
//   Random rng = source.Stream("raft.election", shard.value());
//   const Duration timeout = base + rng.UniformDuration(base);
//
// Rules of use: never two draws in one expression (evaluation order is the
// compiler's); never a std distribution (they differ between libraries).
//
// Not synchronised: deterministic thread only.
#pragma once

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/env/time.h"

namespace graphdb {

class Random {
 public:
  explicit Random(uint64_t seed);

  uint64_t Next();
  // Uniform in [0, bound); bound > 0. Unbiased (Lemire 2019).
  uint64_t Below(uint64_t bound);
  // Uniform in [low, high], both included.
  int64_t Between(int64_t low, int64_t high);
  // True with probability numerator / denominator.
  bool Chance(uint64_t numerator, uint64_t denominator);
  // Uniform in [0, bound).
  Duration UniformDuration(Duration bound);

 private:
  std::array<uint64_t, 4> state_;
};

// Mixes (seed, name, id) into the seed of a stream; the same on every platform.
uint64_t StreamSeed(uint64_t seed, absl::string_view name, uint64_t id);

}  // namespace graphdb

namespace graphdb::env {

// Contract: in the simulator a stream depends on the run's seed, the node's
// name and incarnation, `name` and `id` alone; in prod it is seeded by the
// system's entropy.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual Random Stream(absl::string_view name, uint64_t id) = 0;
};

}  // namespace graphdb::env
