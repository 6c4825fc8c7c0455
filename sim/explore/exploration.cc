#include "sim/explore/exploration.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "core/env/random.h"
#include "sim/env/mixing.h"

namespace graphdb::sim {
namespace {

// 0, 1, 2, 4, 8 ...: how often matters by its magnitude.
int Magnitude(uint64_t count) { return 64 - (count == 0 ? 64 : __builtin_clzll(count)); }

void Add(absl::string_view what, Features* features) {
  features->push_back(static_cast<uint32_t>(HashBytes(what)));
}

}  // namespace

Features FeaturesOf(const RunResult& result) {
  Features features = result.constellations;
  for (const auto& [probe, count] : result.cover) {
    Add(absl::StrCat("probe ", probe, " ", Magnitude(count)), &features);
  }
  for (auto a = result.faults.begin(); a != result.faults.end(); ++a) {
    for (auto b = std::next(a); b != result.faults.end(); ++b) {
      Add(absl::StrCat("faults ", a->first, " ", b->first), &features);
    }
  }
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  return features;
}

Exploration::Round Exploration::Next() {
  Round round;
  while (round.size() < kRound && !exhausted_) {
    const bool guided = options_.guided && !corpus_.empty() && round.size() % 2 == 1;
    if (!guided) {
      round.push_back({next_seed_, next_seed_});
      exhausted_ = next_seed_++ == options_.last_seed;
      continue;
    }
    Random rng(StreamSeed(options_.first_seed, "explore.guided", guided_++));
    // The newer half of the corpus as often as all of it: what is new is near more.
    const size_t from = rng.Chance(1, 2) ? corpus_.size() / 2 : 0;
    round.push_back({corpus_[from + rng.Below(corpus_.size() - from)], rng.Next() >> 1});
  }
  return round;
}

Features Exploration::Take(const Trial& trial, const Features& features) {
  Features fresh;
  for (const uint32_t feature : features) {
    if (seen_.insert(feature).second) fresh.push_back(feature);
  }
  if (fresh.empty()) return fresh;
  if (corpus_.size() == kCorpusMax) corpus_.erase(corpus_.begin());
  if (corpus_.empty() || corpus_.back() != trial.profile) corpus_.push_back(trial.profile);
  return fresh;
}

}  // namespace graphdb::sim
