// RestoreProgram: `graphdb restore` in a node's slot of the world: the same
// core/migrate, on the slot's engine. When it has ended it sits there until the
// stage stops it.
//
// Deterministic thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/random.h"
#include "core/migrate/restore.h"
#include "sim/world/program.h"

namespace graphdb::sim {

// What the command was given, and what it said. Outlives the programs.
struct RestoreJob {
  std::string file;
  uint32_t read_error_percent = 0;
  uint32_t batch = 512;
  Random rng{0};
  std::optional<absl::StatusOr<storage::RestoreMarker>> result;
};

migrate::Restore::Limits LimitsOf(const RestoreJob& job);

std::unique_ptr<Program> MakeRestoreProgram(RestoreJob* job, env::Env& env);

// Nothing in the slot: a node that isn't to be started now.
std::unique_ptr<Program> MakeIdleProgram();

}  // namespace graphdb::sim
