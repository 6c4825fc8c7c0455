#include "core/storage/adjacency_cache.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/storage/keys.h"

namespace graphdb::storage {
namespace {

constexpr size_t kPageEntries = 1024;

size_t BytesOf(const AdjacencyList& list) {
  size_t bytes = 0;
  for (const ScanEntry& entry : list.entries)
    bytes += entry.logical_key.size() + entry.value.size();
  return bytes;
}

absl::Status TooMany(ElementId node, size_t edges_max) {
  return absl::ResourceExhaustedError(
      absl::StrCat("node ", node.value(), " has more than ", edges_max, " relationships to list"));
}

}  // namespace

AdjacencyRef AdjacencyCache::Find(ElementId node, graph::Direction direction, Timestamp ts) {
  GRAPHDB_CHECK(direction != graph::Direction::kBoth);
  const Key key(node.value(), direction == graph::Direction::kOutgoing);
  const Lru::iterator* found = index_.Find(key);
  if (found == nullptr || (*found)->second->valid_from > ts) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  lru_.splice(lru_.begin(), lru_, *found);
  return lru_.front().second;
}

void AdjacencyCache::Insert(ElementId node, graph::Direction direction, AdjacencyRef list) {
  GRAPHDB_CHECK(direction != graph::Direction::kBoth);
  if (lists_max_ == 0) return;
  const Key key(node.value(), direction == graph::Direction::kOutgoing);
  Erase(key);
  if (lru_.size() >= lists_max_) {
    GRAPHDB_COVER("storage.adjacency_evicted");
    const Key oldest = lru_.back().first;
    Erase(oldest);
  }
  lru_.emplace_front(key, std::move(list));
  index_.Insert(key, lru_.begin());
}

void AdjacencyCache::OnWrite(absl::string_view logical_key) {
  if (lru_.empty() || logical_key.size() < kKeyHeadBytes) return;
  if (logical_key[kKeyHeadBytes - 1] != static_cast<char>(Tag::kEdge)) return;
  const absl::StatusOr<LogicalKey> key = ParseLogicalKey(logical_key);
  GRAPHDB_CHECK(key.ok()) << key.status().ToString();
  if (GRAPHDB_MUTANT("storage.stale-adjacency")) return;
  Erase(Key(key->node.value(), key->outgoing));
}

void AdjacencyCache::Clear() {
  index_.Clear();
  lru_.clear();
}

void AdjacencyCache::Erase(const Key& key) {
  const Lru::iterator* found = index_.Find(key);
  if (found == nullptr) return;
  lru_.erase(*found);
  index_.Erase(key);
}

absl::StatusOr<AdjacencyRef> ReadAdjacency(const env::KvEngine& engine, AdjacencyCache* cache,
                                           ElementId node, graph::Direction direction, Timestamp ts,
                                           size_t edges_max) {
  if (AdjacencyRef list = cache->Find(node, direction, ts); list != nullptr) {
    if (list->entries.size() > edges_max) return TooMany(node, edges_max);
    return list;
  }
  auto list = std::make_shared<AdjacencyList>();
  KeyRange range = EdgeRange(node, direction);
  ScanOptions options;
  options.ts = ts;
  options.entries_max = kPageEntries;
  for (bool complete = false; !complete;) {
    GRAPHDB_ASSIGN_OR_RETURN(ScanPage page, ScanAt(engine, range, options));
    list->valid_from = std::max(list->valid_from, page.newest);
    for (ScanEntry& entry : page.entries) list->entries.push_back(std::move(entry));
    if (list->entries.size() > edges_max) return TooMany(node, edges_max);
    complete = !page.next.has_value();
    if (!complete) range.begin = *std::move(page.next);
  }
  // A change newer than `ts` is not in the list: it would be stale at once.
  const bool current = list->valid_from <= ts;
  if (current && list->entries.size() <= AdjacencyCache::kListEdgesMax &&
      BytesOf(*list) <= AdjacencyCache::kListBytesMax) {
    cache->Insert(node, direction, list);
  }
  return AdjacencyRef(std::move(list));
}

}  // namespace graphdb::storage
