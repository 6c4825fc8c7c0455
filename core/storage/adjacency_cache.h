// AdjacencyCache: the edges of recently expanded nodes, as read from the engine,
// least recently used first out. `storage.cache_size` counts its lists.
//
//   cache.OnBatch(batch);                    // whoever writes says so
//   GRAPHDB_ASSIGN_OR_RETURN(ScanPage page, ScanThrough(engine, &cache, range, options));
//
// A list is what one EdgeRange holds: the edges of a node in one direction, of
// all types or of one. It holds what is visible from the newest change of the
// range on; so it answers every read at or above that timestamp until the next
// change, and no read below it.
//
// Invariants:
//   1. A list is complete, and nothing is newer than it: it was read from the
//      engine's present state (never from an older snapshot), and `valid_from`
//      is the newest version among its keys, tombstones included.
//   2. Every version written to an edge key is followed by OnWrite or OnBatch
//      before the next read through the cache; replacing the engine's content
//      (snapshot install, move) by Clear.
//   3. No more than `lists_max` lists and kBytesMax bytes, none longer than
//      `list_edges_max` or kListBytesMax: a supernode is streamed, not cached.
//   4. What a caller sees is the same with and without the cache, but for where
//      pages end.
//
// Deterministic thread only; one cache per engine.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/base/lookup_map.h"
#include "core/env/kv_engine.h"
#include "core/storage/keys.h"
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
  static constexpr size_t kBytesMax = size_t{256} << 20;

  // 0: caches nothing.
  explicit AdjacencyCache(size_t lists_max, size_t list_edges_max = kListEdgesMax)
      : lists_max_(lists_max), list_edges_max_(list_edges_max) {}

  // Null: read the engine. Counts a hit or a miss. `prefix` is the begin of an
  // edge range.
  AdjacencyRef Find(absl::string_view prefix, Timestamp ts);
  // Not kept where it is longer than the limits.
  void Insert(absl::string_view prefix, AdjacencyRef list);
  // A version of this logical key was written (any key; only edges matter).
  void OnWrite(absl::string_view logical_key);
  // What the batch changes among the edges; it is about to be written.
  void OnBatch(const env::KvBatch& batch);
  void Clear();

  size_t lists() const { return lru_.size(); }
  size_t bytes() const { return bytes_; }
  uint64_t hits() const { return hits_; }
  uint64_t misses() const { return misses_; }

 private:
  struct Kept {
    std::string prefix;
    AdjacencyRef list;
    size_t bytes;
  };
  using Lru = std::list<Kept>;  // newest first
  void Erase(absl::string_view prefix);

  const size_t lists_max_;
  const size_t list_edges_max_;
  Lru lru_;
  size_t bytes_ = 0;
  LookupMap<std::string, Lru::iterator> index_;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

// ScanAt of the engine's present state; where `range` is all edges of a node in
// one direction, of all types or of one, the list comes from the cache, or else
// from the engine and is then kept if invariant 1 allows.
absl::StatusOr<ScanPage> ScanThrough(const env::KvEngine& engine, AdjacencyCache* cache,
                                     const KeyRange& range, const ScanOptions& options);

}  // namespace graphdb::storage
