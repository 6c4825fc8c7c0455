// graphdb-sim check: judges a recorded history.
//
//   graphdb-sim check FILE --model register|kv|append [--budget STEPS]
//
// Prints `linearizable=true|false|unknown` first (of transactions, for append:
// strictly serializable), then what proves a `false`. `-` reads standard input.
//
// One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::sim {

struct CheckArguments {
  std::string file;
  std::string model;
  uint64_t budget = 100'000'000;  // steps of the search per key
};

// InvalidArgument: names the argument, its value and what was expected.
absl::StatusOr<CheckArguments> ParseCheckArguments(const std::vector<std::string>& args);

// The answer to the whole command, exit status first: 0 true, 1 false, 3 unknown.
struct CheckAnswer {
  int status = 0;
  std::string text;
};
// InvalidArgument: `text` is no such history; FILE:LINE:COLUMN leads.
absl::StatusOr<CheckAnswer> CheckHistory(const CheckArguments& arguments, absl::string_view text);

// Everything after the word `check`; returns the exit status.
int CheckMain(const std::vector<std::string>& args);

}  // namespace graphdb::sim
