// Search: every run of a Model within its scope, depth first; of a state that was
// seen before nothing is tried again.
//
// States are told apart by a hash of 64 bits: among ten million of them two are
// taken for one with a probability of about 3 in a million (n^2 / 2^65).
//
// What fails ends the process, as every check does; the path to it is in the
// text of the failure. Deterministic; one at a time in a process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/exhaustive/action.h"
#include "sim/exhaustive/model.h"

namespace graphdb::sim {

struct SearchResult {
  uint64_t states = 0;
  uint64_t steps = 0;    // taken, to new states and to known ones
  uint64_t deepest = 0;  // steps of the longest path
  uint64_t ends = 0;     // states in which nothing more can happen
  bool complete = false;
};

// Stops, incomplete, after `states_max`.
SearchResult SearchAll(const Scope& scope, uint64_t states_max);

// One run: steps that can't happen are left out. Each line of what the replicas
// do goes to `tell`, where there is one.
void PlayPath(const Scope& scope, const std::vector<Action>& path,
              void (*tell)(const std::string& line));

// What the search, or the run played, has done so far. For SetCheckContext.
std::string PathContext();
// The path in a text in which PathContext() stands; empty: there is none.
std::string PathIn(const std::string& text);

}  // namespace graphdb::sim
