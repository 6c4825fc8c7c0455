// The command line of graphdb-sim explore.
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/explore/exploration.h"

namespace graphdb::sim {

struct ExploreArguments {
  ExploreOptions options;
  uint32_t seconds = 0;  // 0: until the last seed
  uint32_t jobs = 0;     // 0: all cores
  uint32_t seed_timeout_s = 600;
  uint32_t shrink_s = 20;  // with a folder: spent on the first failure of each oracle; 0: none
  std::string json;        // a file
  std::string out;         // a folder
  std::string mutant;
  std::string commit;
};

// InvalidArgument: names the argument, its value and what was expected.
absl::StatusOr<ExploreArguments> ParseExploreArguments(const std::vector<std::string>& args);

}  // namespace graphdb::sim
