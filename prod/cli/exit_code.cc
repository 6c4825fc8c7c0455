#include "prod/cli/exit_code.h"

#include "prod/rpc/errors.h"

namespace graphdb::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kOk;
  switch (prod::ToErrorInfo(status).reason()) {
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

}  // namespace graphdb::cli
