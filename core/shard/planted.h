// Planted: lets a unit test switch a mutant on in its own process (instead of
// //core/base:mutants_off), so that a directed test can show that it fails
// where its rule is removed; and counts the rare paths.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace graphdb {

// Holds until the next call; empty: none.
void PlantMutant(const std::string& id);
std::map<std::string, uint64_t>& CoverCounts();

// True where `rule` holds as it is and is found broken with the mutant planted.
template <typename Rule>
bool HoldsAndIsGuarded(const std::string& mutant, Rule rule) {
  PlantMutant("");
  const bool holds = rule();
  PlantMutant(mutant);
  const bool survives = rule();
  PlantMutant("");
  return holds && !survives;
}

}  // namespace graphdb
