// ShardPages: how much of one kind an entry of a shard's log reads or drops at
// once. All replicas need the same numbers: what one entry drops is part of the
// state.
//
// Plain value; thread-safe.
#pragma once

#include <cstdint>

namespace graphdb::shard {

struct ShardPages {
  uint32_t edge_entries = 1'000;     // of a look for relationships that are left
  uint32_t records_dropped = 2'000;  // by one RaiseFloors; the next one goes on

  friend bool operator==(const ShardPages&, const ShardPages&) = default;
};

}  // namespace graphdb::shard
