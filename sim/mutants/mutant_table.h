// MutantTable: docs/mutants.md, how soon the default swarm profile finds each
// planted bug from three seed bases, and how small its failures become. It is
// what is known between one sitting and the next: written after each step, read
// back at the start.
//
// Plain value; thread-safe as such.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/mutants/known_mutants.h"

namespace graphdb::sim {

inline constexpr size_t kSeedBases = 3;
// First seed of each base, but for one: base k runs from FirstSeed(k) on.
constexpr uint64_t FirstSeed(size_t base) { return 1 + 1'000'000 * static_cast<uint64_t>(base); }

struct BaseResult {
  uint64_t tried = 0;  // seeds
  bool found = false;  // by the last of them
  double seconds = 0;  // of wall time
};

struct ShrinkResult {
  bool known = false;
  uint64_t faults_before = 0, faults_after = 0;
  uint64_t operations_before = 0, operations_after = 0;
  double seconds = 0;
};

struct MutantResult {
  std::array<BaseResult, kSeedBases> bases;
  std::string oracle;  // of the first base that found it
  ShrinkResult shrunk;

  bool found_everywhere() const;
  // The worst of the bases.
  uint64_t seeds() const;
  double seconds() const;
  bool Within(const TierLimit& limit) const;
};

class MutantTable {
 public:
  static MutantTable Parse(absl::string_view markdown);

  MutantResult& of(const std::string& id) { return results_[id]; }
  // Ids of kind swarm that weren't found from every base within their tier's limit.
  std::vector<std::string> Missing(const std::vector<KnownMutant>& mutants) const;
  std::string Markdown(const std::vector<KnownMutant>& mutants) const;

 private:
  std::map<std::string, MutantResult> results_;
};

}  // namespace graphdb::sim
