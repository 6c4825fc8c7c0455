// Intents: in any applied state of a node every intent belongs to a transaction
// that is prepared there, and a prepared one has all of its intents. An intent
// that is left over keeps its key or range from being written for ever, one that
// is missing lets a conflict by; either may go unseen by every client.
//
// CheckPrepared says whether a transaction may be prepared still, of states of all
// shards at one moment (rule T6): the one at its home is undecided, no writes of one are
// left that all have resolved as committed, and none began below the start_ts floor.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "core/env/kv_engine.h"
#include "sim/check/history.h"

namespace graphdb::sim {

MaybeViolation CheckIntents(const env::KvReader& engine, uint32_t shards);

// An engine that holds all that the shard has committed; null where none does.
using EngineOf = absl::FunctionRef<const env::KvReader*(ShardId)>;
MaybeViolation CheckPrepared(uint32_t shards, EngineOf engine_of);

// Whether a transaction is prepared on any shard.
bool AnyPrepared(const env::KvReader& engine, uint32_t shards);

}  // namespace graphdb::sim
