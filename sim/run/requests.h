// Requests: what clients were told of their writes, held against the records that
// their commits left (rule T7). Of one request at most one commit has a record, on
// whichever shard; none where the client was told that it had no effect; and where
// it was told of a commit, that one.
//
// What it does not see: a record that is missing since its retention is over.
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "core/env/kv_engine.h"
#include "sim/check/history.h"
#include "sim/workload/driver.h"

namespace graphdb::sim {

// `all_kept`: no record has been dropped yet.
MaybeViolation CheckRequests(const env::KvReader& engine, uint32_t shards,
                             const std::vector<WriteOutcome>& writes, bool all_kept);

}  // namespace graphdb::sim
