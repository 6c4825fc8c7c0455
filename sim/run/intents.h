// Intents: in any applied state of a node every intent belongs to a transaction
// that is prepared there, and a prepared one has all of its intents. An intent
// that is left over keeps its key or range from being written for ever, one that
// is missing lets a conflict by; either may go unseen by every client.
//
// What it does not see: whether the transaction ought to be prepared still.
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>

#include "core/env/kv_engine.h"
#include "sim/check/history.h"

namespace graphdb::sim {

MaybeViolation CheckIntents(const env::KvReader& engine, uint32_t shards);

}  // namespace graphdb::sim
