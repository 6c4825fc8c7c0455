// The simulator's answers for GRAPHDB_MUTANT and GRAPHDB_COVER: the mutant that
// the world has switched on, and how often each rare path was reached.
//
// One run at a time in a process; deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"

namespace graphdb::sim {

// Empty: none. Holds until the next call.
void SetActiveMutant(absl::string_view id);

// Counts by name since the last reset.
std::map<std::string, uint64_t> CoverCounts();
void ResetCoverCounts();
// Hears every hit from now on; null: nobody. It must not reach a probe itself.
void SetCoverListener(absl::AnyInvocable<void(const char* name)> listener);

}  // namespace graphdb::sim
