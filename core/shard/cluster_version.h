// The cluster's version: which behaviour the commands in the logs mean. It is state of
// meta and, once switched there, of each shard; a program knows all versions through its
// newest (docs/adr/0032-cluster-version.md).
//
// Invariants:
//   1. A command does what the version in the shard's own state says, whatever the program
//      that applies it knows beyond that: so replicas of different programs stay equal.
//   2. A program never goes on with state or commands above its newest.
//
// Pure functions.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace graphdb::shard {

// What every cluster is founded with; state that says nothing has it.
inline constexpr uint32_t kFirstClusterVersion = 1;
// What this program knows. Raise it with the first behaviour that depends on it.
inline constexpr uint32_t kNewestClusterVersion = 1;
// N + 1 for tests: its commands are counted in the shard's state. Only the simulator runs
// programs that say they know it, so no real cluster ever switches to it.
inline constexpr uint32_t kTestClusterVersion = kNewestClusterVersion + 1;

inline uint32_t VersionOf(uint32_t stored) {
  return stored < kFirstClusterVersion ? kFirstClusterVersion : stored;
}

// FailedPrecondition where `version` is above `newest`: names both and what to do.
// `what`: whose version it is.
absl::Status CheckClusterVersion(absl::string_view what, uint32_t version, uint32_t newest);
// Whether that was it.
bool IsTooOld(const absl::Status& status);

}  // namespace graphdb::shard
