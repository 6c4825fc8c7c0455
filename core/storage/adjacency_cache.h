// AdjacencyCache: the edges of recently expanded nodes, as read from the engine,
// least recently used first out. `storage.cache_size` counts its lists.
//
//   GRAPHDB_ASSIGN_OR_RETURN(AdjacencyRef list,
//       ReadAdjacency(engine, &cache, node, Direction::kOutgoing, ts));
//   cache.OnWrite(logical_key);        // whoever writes a version says so
//
// A list holds what is visible from the newest change of the list on; so it
// answers every read at or above that timestamp until the next change, and no
// read below it.
//
// Invariants:
//   1. A list is complete, and nothing is newer than it: it was read from the
//      engine's present state (never from an older snapshot), and `valid_from`
//      is the newest version among its keys, tombstones included.
//   2. Every version written to an edge key is followed by OnWrite before the
//      next read through the cache; replacing the engine's content (snapshot
//      install, move) by Clear.
//   3. No more than `lists_max` lists, none longer than kListEdgesMax
//      or kListBytesMax: a supernode is streamed, not cached.
//   4. What a caller sees is the same with and without the cache.
//
// Deterministic thread only; one cache per engine.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/base/lookup_map.h"
#include "core/env/kv_engine.h"
#include "core/graph/element.h"
#include "core/storage/mvcc.h"

namespace graphdb::storage {

struct AdjacencyList {
  Timestamp valid_from;            // newest version among the keys; 0: there is none
  std::vector<ScanEntry> entries;  // in key order: by type, far end, id
};
using AdjacencyRef = std::shared_ptr<const AdjacencyList>;

class AdjacencyCache {
 public:
  static constexpr size_t kListEdgesMax = 4096;
  static constexpr size_t kListBytesMax = 1 << 20;

  // 0: caches nothing.
  explicit AdjacencyCache(size_t lists_max) : lists_max_(lists_max) {}

  // Null: read the engine. Counts a hit or a miss.
  AdjacencyRef Find(ElementId node, graph::Direction direction, Timestamp ts);
  void Insert(ElementId node, graph::Direction direction, AdjacencyRef list);
  // A version of this logical key was written (any key; only edges matter).
  void OnWrite(absl::string_view logical_key);
  void Clear();

  size_t lists() const { return lru_.size(); }
  uint64_t hits() const { return hits_; }
  uint64_t misses() const { return misses_; }

 private:
  using Key = std::pair<uint64_t, bool>;                // node, outgoing
  using Lru = std::list<std::pair<Key, AdjacencyRef>>;  // newest first
  void Erase(const Key& key);

  const size_t lists_max_;
  Lru lru_;
  LookupMap<Key, Lru::iterator> index_;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

// The edges of `node` visible at `ts` in one direction (CHECKs that it isn't
// kBoth), from the cache or else from the engine, and then kept if invariant 1
// allows. kResourceExhausted where there are more than `edges_max`: page with
// ScanAt instead.
absl::StatusOr<AdjacencyRef> ReadAdjacency(const env::KvEngine& engine, AdjacencyCache* cache,
                                           ElementId node, graph::Direction direction, Timestamp ts,
                                           size_t edges_max);

}  // namespace graphdb::storage
