#include "prod/client/retry_policy.h"

#include "absl/status/status.h"

namespace graphdb::client {
namespace {

Next AfterRefusal(const v1::ErrorInfo& error) {
  switch (error.reason()) {
    case v1::CONFLICT:
      return Next::kAgain;
    case v1::NOT_LEADER:
    case v1::FORMING:
    case v1::UNAVAILABLE_SHARD:
    case v1::TIMED_OUT:
    case v1::DRAINING:
      return Next::kElsewhere;
    case v1::OUTCOME_UNKNOWN:
      return Next::kSettle;
    default:
      return Next::kFail;
  }
}

// The road broke: the code is gRPC's.
Next AfterBreak(const Attempt& attempt) {
  switch (static_cast<absl::StatusCode>(attempt.error.code())) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return attempt.maybe_ran ? Next::kSettle : Next::kElsewhere;
    default:
      return Next::kFail;
  }
}

}  // namespace

Next WhatNext(const Attempt& attempt, bool write) {
  if (attempt.error.code() == 0) return Next::kDone;
  const Next next = attempt.said_by_node ? AfterRefusal(attempt.error) : AfterBreak(attempt);
  // A read has no effect, whatever became of it.
  if (next == Next::kSettle && !write) return Next::kElsewhere;
  return next;
}

}  // namespace graphdb::client
