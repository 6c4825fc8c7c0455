// ReplicaScan: counts and digest of one replica of a shard at a timestamp.
//
//   ReplicaScan scan(options, env, router, group, ts);
//   status = co_await scan.SettleOnLeader();      // or WaitApplied(leader's index)
//   stats = co_await scan.Run();
//
// Invariants:
//   1. After SettleOnLeader nothing can be committed at or below the timestamp
//      on this shard any more: the read floor is above it, and every intent
//      that could have been is resolved.
//   2. A replica that has applied at least what the settled leader had shows
//      the same state at the timestamp.
//
// Deterministic thread only.
#pragma once

#include "absl/status/statusor.h"
#include "core/base/hash128.h"
#include "core/cluster/group_host.h"
#include "core/cluster/router.h"
#include "core/env/task.h"
#include "core/storage/slots.h"
#include "proto/client.pb.h"

namespace graphdb::cluster {

// 32 hex digits, as Hash128::ToHex writes them.
bool ParseHash128(absl::string_view hex, Hash128* out);

class ReplicaScan {
 public:
  static constexpr Duration kPoll = Duration::Milliseconds(20);
  static constexpr int kPollsMax = 500;

  ReplicaScan(const NodeOptions& options, env::Env& env, Router& router, const GroupHost& group,
              Timestamp ts);

  Task<absl::Status> SettleOnLeader();
  Task<absl::Status> WaitApplied(LogIndex index);
  Task<absl::StatusOr<v1::ShardStats>> Run();

 private:
  absl::StatusOr<bool> HasIntents() const;

  env::Env& env_;
  Router& router_;
  const GroupHost& group_;
  const Timestamp ts_;
  const uint32_t step_entries_;
  storage::SlotSet slots_;
};

}  // namespace graphdb::cluster
