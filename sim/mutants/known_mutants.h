// The bugs that can be planted, from mutants.txt.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::sim {

struct KnownMutant {
  // kSwarm: the default profile has to find it. kCount: it costs progress or work,
  // and no answer becomes wrong. kUnit: a unit test holds it (mutants.txt).
  enum class Kind { kSwarm, kCount, kUnit };

  std::string id;
  uint32_t tier = 2;
  std::string other_name;  // bug-R1; may be empty
  Kind kind = Kind::kSwarm;
  std::string takes_away;
  std::string why;  // the swarm need not find it; may be empty
};

const char* KindName(KnownMutant::Kind kind);

// How soon a tier has to be found.
struct TierLimit {
  uint64_t seeds = 0;
  uint32_t seconds = 0;
};
TierLimit LimitOf(uint32_t tier);

// InvalidArgument, with the line and what was expected.
absl::StatusOr<std::vector<KnownMutant>> ParseKnownMutants(absl::string_view text);
// Those that this program was built with, in the order of the file.
const std::vector<KnownMutant>& KnownMutants();
// The id of what is called so: an id as it is, or that of another name. Those of
// the toy store, which the tool itself is tested with, begin with `toy.`.
// InvalidArgument where there is none; of no name, none.
absl::StatusOr<std::string> MutantId(absl::string_view name);

}  // namespace graphdb::sim
