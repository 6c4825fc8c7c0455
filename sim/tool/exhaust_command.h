// graphdb-sim exhaust: every run of a small scope.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/exhaustive/action.h"
#include "sim/exhaustive/model.h"

namespace graphdb::sim {

struct ExhaustArguments {
  Scope scope;
  uint64_t states_max = 200'000'000;  // of up to 40 bytes of memory each
  uint32_t seconds = 5400;
  std::string mutant;
  bool play = false;  // --path: that run alone, told step by step
  std::vector<Action> path;
};

// InvalidArgument: names the argument, its value and what was expected.
absl::StatusOr<ExhaustArguments> ParseExhaustArguments(const std::vector<std::string>& args);

// Exit status: 0 everything within the scope was seen and holds, 1 something
// fails (with the shortest path to it that was found), 2 usage, 3 cut off.
int ExhaustMain(const std::vector<std::string>& args);

}  // namespace graphdb::sim
