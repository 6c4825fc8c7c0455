// graphdb-sim mutants: runs the default swarm profile on every planted bug and
// writes how soon it found each (docs/mutants.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/world/program.h"

namespace graphdb::sim {

struct MutantsArguments {
  uint64_t seeds = 200;    // from each base; those run before are not repeated
  uint32_t shrink_s = 60;  // for each that was found; 0: none
  uint32_t jobs = 0;       // 0: all cores
  std::string only;        // ids that begin so
  std::string table = "docs/mutants.md";
  bool forget = false;  // the profile has changed: all anew
};

// InvalidArgument: names the argument, its value and what was expected.
absl::StatusOr<MutantsArguments> ParseMutantsArguments(const std::vector<std::string>& args);

// Exit status: 0 all were found in time, 1 some were not, 2 usage.
int MutantsMain(const std::vector<std::string>& args, const ProgramFactory& factory,
                bool statements);

}  // namespace graphdb::sim
