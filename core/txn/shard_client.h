// ShardClient: how the gateway side of a node reaches shards, timestamps and
// ids. core/cluster implements it with routing, leader hints and retries.
//
// Contract of Send:
//   1. It goes to the leader of `shard`; `shard` and `epoch` of the request are
//      filled in here. NOT_LEADER and BUSY are tried again until the client's
//      own limit (about 2 s): every ShardRequest may safely be sent twice.
//   2. An error status means: no answer; the request may have had its effect,
//      or may have it later. A ShardResponse with any other status is final.
//
// Contract of all: every task ends, also when the node drains. Whether one ends
// inside the call that started it is left open.
//
// Deterministic thread only.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/random.h"
#include "core/env/task.h"
#include "core/env/time.h"
#include "core/shard/shard_map.h"
#include "proto/shard.pb.h"

namespace graphdb::txn {

// [first, first + count).
struct IdBlock {
  uint64_t first = 0;
  uint32_t count = 0;
};

class ShardClient {
 public:
  virtual ~ShardClient() = default;
  virtual Task<absl::StatusOr<v1::ShardResponse>> Send(ShardId shard, v1::ShardRequest request) = 0;
  // Issued after the call. kUnavailable.
  virtual Task<absl::StatusOr<Timestamp>> GetTimestamp() = 0;
  virtual Task<absl::StatusOr<IdBlock>> AllocateIds(uint32_t count) = 0;
  virtual Task<bool> Sleep(Duration duration) = 0;
  // The newest map this node knows of; not empty once the cluster is founded.
  virtual const shard::ShardMap& map() const = 0;
};

}  // namespace graphdb::txn
