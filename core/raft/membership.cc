#include "core/raft/membership.h"

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace graphdb::raft {

absl::Status ValidateConfig(const Config& config) {
  for (const auto& [replica, node] : config.outgoing) {
    const auto it = config.voters.find(replica);
    if (it != config.voters.end() && it->second != node) {
      return absl::InvalidArgumentError(
          absl::StrCat("replica ", replica.value(), " is on two nodes"));
    }
  }
  for (const auto& [replica, node] : config.learners) {
    if (config.IsVoter(replica)) {
      return absl::InvalidArgumentError(
          absl::StrCat("replica ", replica.value(), " is both voter and learner"));
    }
  }
  for (const auto& [replica, node] : config.learners_next) {
    if (config.outgoing.count(replica) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("replica ", replica.value(), " is a next learner but not outgoing"));
    }
    if (config.voters.count(replica) > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("replica ", replica.value(), " is both voter and next learner"));
    }
  }
  if (config.joint() && config.voters.empty()) {
    return absl::InvalidArgumentError("a joint config needs voters");
  }
  if (config.auto_leave && !config.joint()) {
    return absl::InvalidArgumentError("auto_leave without a joint config");
  }
  return absl::OkStatus();
}

absl::StatusOr<Config> EnterJoint(const Config& current, const Config& target, bool auto_leave) {
  if (current.joint()) return absl::FailedPreconditionError("config is already joint");
  if (current.voters.empty()) {
    return absl::FailedPreconditionError("can't make a zero-voter config joint");
  }
  if (target.voters.empty()) return absl::InvalidArgumentError("removed all voters");
  Config joint;
  joint.voters = target.voters;
  joint.outgoing = current.voters;
  for (const auto& [replica, node] : target.learners) {
    if (target.voters.count(replica) > 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("replica ", replica.value(), " is both voter and learner"));
    }
    // Voters of the outgoing half vote until the end.
    MemberSet& set = current.voters.count(replica) > 0 ? joint.learners_next : joint.learners;
    set.emplace(replica, node);
  }
  joint.auto_leave = auto_leave;
  GRAPHDB_RETURN_IF_ERROR(ValidateConfig(joint));
  return joint;
}

absl::StatusOr<Config> LeaveJoint(const Config& current) {
  if (!current.joint()) return absl::FailedPreconditionError("can't leave a non-joint config");
  Config next;
  next.voters = current.voters;
  next.learners = current.learners;
  next.learners.insert(current.learners_next.begin(), current.learners_next.end());
  GRAPHDB_RETURN_IF_ERROR(ValidateConfig(next));
  return next;
}

}  // namespace graphdb::raft
