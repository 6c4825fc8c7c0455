#include "prod/exit/exit_code.h"

#include "prod/rpc/errors.h"
#include "proto/client.pb.h"

namespace graphdb::prod {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
      return kUsage;
    default:
      return kRefused;
  }
}

ExitCode ExitCodeOfAnswer(const absl::Status& status) {
  if (status.ok()) return kOk;
  switch (ToErrorInfo(status).reason()) {
    case v1::OUTCOME_UNKNOWN:
      return kUnknown;
    case v1::NOT_LEADER:
    case v1::FORMING:
    case v1::UNAVAILABLE_SHARD:
    case v1::TIMED_OUT:
    case v1::DRAINING:
      return kUnavailable;
    default:
      break;
  }
  const bool road = status.code() == absl::StatusCode::kUnavailable ||
                    status.code() == absl::StatusCode::kDeadlineExceeded;
  return road ? kUnavailable : kRefused;
}

}  // namespace graphdb::prod
