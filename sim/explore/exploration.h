// Exploration: which runs are tried next. A trial takes its options from one seed
// (the profile) and everything else from another: of a uniform trial both are the
// same, a guided one runs a profile of the corpus again under a fresh seed.
//
//   Exploration exploration(options);
//   for (Round round = exploration.Next(); !round.empty(); round = exploration.Next()) {
//     ... run them; for each, in order: exploration.Take(trial, FeaturesOf(result));
//   }
//
// The corpus holds the profiles whose run showed what no run before it did: a
// rare path more often, another constellation of a group's replicas, another
// pair of faults. (Coverage-guided choice as in AFL, but by meanings instead of
// branches.)
//
// Invariants:
//   1. What is tried depends on the options and on the features taken, in their
//      order; not on how many processes ran it or how fast.
//   2. Every seed of a uniform exploration is tried exactly once.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "sim/run/run.h"

namespace graphdb::sim {

struct Trial {
  uint64_t profile = 0;
  uint64_t seed = 0;

  friend bool operator==(const Trial&, const Trial&) = default;
};

struct ExploreOptions {
  uint64_t first_seed = 1;
  uint64_t last_seed = ~uint64_t{0};
  bool guided = false;  // every second trial, once there is a corpus
};

using Features = std::vector<uint32_t>;  // hashes, sorted, each once

// What a run showed.
Features FeaturesOf(const RunResult& result);

class Exploration {
 public:
  using Round = std::vector<Trial>;
  static constexpr size_t kRound = 64;
  static constexpr size_t kCorpusMax = 4096;

  explicit Exploration(const ExploreOptions& options)
      : options_(options), next_seed_(options.first_seed) {}

  // Empty where every seed has been tried.
  Round Next();
  // Gives those that no trial before showed.
  Features Take(const Trial& trial, const Features& features);

  const std::vector<uint64_t>& corpus() const { return corpus_; }
  size_t features_seen() const { return seen_.size(); }

 private:
  const ExploreOptions options_;
  uint64_t next_seed_;
  bool exhausted_ = false;
  uint64_t guided_ = 0;
  std::set<uint32_t> seen_;
  std::vector<uint64_t> corpus_;  // profiles, oldest first
};

}  // namespace graphdb::sim
