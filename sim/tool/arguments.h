// The command line of graphdb-sim.
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/time.h"

namespace graphdb::sim {

enum class LogDetail { kNone, kShort, kFull };

inline constexpr char kUnknownCommit[] = "unknown";

struct Arguments {
  bool help = false;
  bool explain = false;  // the command: one run, told in words
  std::string scenario;  // a file; empty: the swarm draws
  bool seed_given = false;
  uint64_t seed = 1;
  bool profile_given = false;
  uint64_t profile = 1;  // whose draw of the swarm; default: the seed
  bool many = false;     // --seeds
  uint64_t first_seed = 1;
  uint64_t last_seed = 1;
  uint32_t jobs = 0;  // 0: all cores
  bool reverse = false;
  bool fail_fast = false;
  std::string mutant;
  std::string hashes;        // write seed,hash lines
  std::string check_hashes;  // compare with such a file
  std::string history;       // a folder for the histories as EDN
  std::string html;          // explain: write the page there
  uint32_t lines = 20;       // explain: of each part of the story
  LogDetail log = LogDetail::kShort;
  std::string write_scenario;  // the run as a file
  bool tape = false;           // with what happened beside the plan
  std::string commit;          // of this program
  std::string at;              // of the program that the run is of
  bool force = false;          // although they differ
  Duration until;              // stop there; 0: never
  std::string break_on;        // stop where a line of the trace has this; empty: never
  uint32_t seed_timeout_s = 600;
};

// The text of --help.
absl::string_view Usage();

// InvalidArgument: names the argument, its value and what was expected.
absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& args);

// FailedPrecondition where the run is of another commit than this program, as far
// as both are known.
absl::Status CheckCommit(const Arguments& arguments);

// The one line that runs this seed again from a clone.
std::string ReplayLine(const Arguments& arguments, uint64_t seed);

}  // namespace graphdb::sim
