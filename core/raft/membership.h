// Membership changes as pure functions over configs: joint consensus only.
//
//   founding -> EnterJoint(target) -> LeaveJoint() -> ...
//
// Errors are FailedPrecondition or InvalidArgument, with the reason.
//
// Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "core/raft/types.h"

namespace graphdb::raft {

// The joint config on the way from `current` to target.voters and
// target.learners. A voter that becomes a learner stays one of the outgoing
// half's voters until the joint config is left (learners_next).
absl::StatusOr<Config> EnterJoint(const Config& current, const Config& target, bool auto_leave);
absl::StatusOr<Config> LeaveJoint(const Config& current);

// Invariants of a config; OK where it could be stored.
absl::Status ValidateConfig(const Config& config);

}  // namespace graphdb::raft
