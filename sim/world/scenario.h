// Scenario: a run described in a text file (scenarios/README.md has the
// grammar):
//
//   # name: leader_crash
//   # about: the leader of a shard dies under load
//   # seed: 7
//   # rerun: tools/dev sim run --scenario scenarios/cluster/leader_crash.txt --seed 7
//   nodes 3
//   shards 3
//   duration 30s
//   workload bank clients=2
//   at 5s crash leader shard=1
//   at 9s restart all
//   expect ok
//
// Invariants:
//   1. A bad file gives an error with file, line, column, the value and what was
//      expected there; never a half-read scenario.
//   2. ParseScenario(WriteScenario(s)) gives s again, whatever its options.
//
// Pure functions; thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/world/run_options.h"

namespace graphdb::sim {

struct Scenario {
  enum class Expect { kOk, kViolation };
  RunOptions options;
  std::string about;
  std::string oracle;  // that failed when the run was found; for readers
  std::string mutant;  // that brings its bug back; not planted by itself
  Expect expect = Expect::kOk;

  friend bool operator==(const Scenario&, const Scenario&) = default;
};

inline constexpr size_t kScenarioBytesMax = 8u << 20;

// `file` is for messages alone. InvalidArgument.
absl::StatusOr<Scenario> ParseScenario(absl::string_view text, absl::string_view file);

// The file of a run, with `rerun` as its rerun line.
std::string WriteScenario(const Scenario& scenario, absl::string_view rerun);

}  // namespace graphdb::sim
