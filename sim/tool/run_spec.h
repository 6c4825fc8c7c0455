// RunSpec: what a command line asks to run: a scenario file or a draw of the swarm,
// with its seed and its mutant.
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "sim/tool/arguments.h"
#include "sim/world/scenario.h"

namespace graphdb::sim {

struct RunSpec {
  Arguments arguments;
  Scenario scenario;       // where arguments.scenario names one
  bool statements = true;  // the program answers them

  RunOptions OptionsFor(uint64_t seed) const;
  // The scenario is there to show a violation.
  bool ExpectsViolation() const {
    return !arguments.scenario.empty() && scenario.expect == Scenario::Expect::kViolation;
  }
};

// Reads the scenario file. InvalidArgument, with file, line and column.
absl::StatusOr<RunSpec> LoadRunSpec(Arguments arguments, bool statements);

}  // namespace graphdb::sim
