#include "core/storage/adjacency_cache.h"

#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"

namespace graphdb::storage {
namespace {

size_t BytesOf(const AdjacencyList& list) {
  size_t bytes = 0;
  for (const ScanEntry& entry : list.entries) {
    bytes += sizeof(ScanEntry) + entry.logical_key.size() + entry.value.size();
  }
  return bytes;
}

bool IsEdgeKey(absl::string_view key) {
  return key.size() >= kKeyHeadBytes && key[kKeyHeadBytes - 1] == static_cast<char>(Tag::kEdge);
}

bool TouchesEdges(absl::string_view begin, absl::string_view end) {
  const KeyRange edges = LogicalRange(Tag::kEdge, {Slot(0), Slot(kSlotCount - 1)});
  return begin < edges.end && end > edges.begin;
}

// As ScanAt pages a range.
ScanPage PageOf(const AdjacencyList& list, const ScanOptions& options) {
  ScanPage page;
  page.newest = list.valid_from;
  size_t bytes = 0;
  for (const ScanEntry& entry : list.entries) {
    if (page.entries.size() >= options.entries_max || bytes >= options.bytes_max) {
      page.next = entry.logical_key;
      break;
    }
    bytes += entry.logical_key.size() + entry.value.size();
    page.entries.push_back(entry);
  }
  return page;
}

}  // namespace

AdjacencyRef AdjacencyCache::Find(absl::string_view prefix, Timestamp ts) {
  const Lru::iterator* found = index_.Find(prefix);
  if (found == nullptr || (*found)->list->valid_from > ts) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  lru_.splice(lru_.begin(), lru_, *found);
  return lru_.front().list;
}

void AdjacencyCache::Insert(absl::string_view prefix, AdjacencyRef list) {
  Erase(prefix);
  const size_t bytes = BytesOf(*list);
  if (lists_max_ == 0 || list->entries.size() > list_edges_max_ || bytes > kListBytesMax) return;
  while (lru_.size() >= lists_max_ || bytes_ + bytes > kBytesMax) {
    GRAPHDB_COVER("storage.adjacency_evicted");
    const std::string oldest = lru_.back().prefix;
    Erase(oldest);
  }
  lru_.push_front({std::string(prefix), std::move(list), bytes});
  bytes_ += bytes;
  index_.Insert(lru_.front().prefix, lru_.begin());
}

void AdjacencyCache::OnWrite(absl::string_view logical_key) {
  if (lru_.empty() || !IsEdgeKey(logical_key)) return;
  const absl::StatusOr<EdgeLists> lists = EdgeListsOf(logical_key);
  GRAPHDB_CHECK(lists.ok()) << lists.status().ToString();
  if (GRAPHDB_MUTANT("storage.stale-adjacency")) return;
  Erase(lists->all_types);
  Erase(lists->one_type);
}

void AdjacencyCache::OnBatch(const env::KvBatch& batch) {
  if (lru_.empty()) return;
  for (const env::KvBatch::Op& op : batch.ops()) {
    if (op.kind == env::KvBatch::Kind::kDeleteRange) {
      // No command of a serving shard deletes a range of edges.
      if (TouchesEdges(op.key, op.value)) Clear();
      continue;
    }
    absl::string_view logical_key;
    Timestamp ts;
    if (IsEdgeKey(op.key) && SplitVersionedKey(op.key, &logical_key, &ts)) OnWrite(logical_key);
  }
}

void AdjacencyCache::Clear() {
  index_.Clear();
  lru_.clear();
  bytes_ = 0;
}

void AdjacencyCache::Erase(absl::string_view prefix) {
  const Lru::iterator* found = index_.Find(prefix);
  if (found == nullptr) return;
  const Lru::iterator at = *found;
  index_.Erase(prefix);
  bytes_ -= at->bytes;
  lru_.erase(at);
}

absl::StatusOr<ScanPage> ScanThrough(const env::KvEngine& engine, AdjacencyCache* cache,
                                     const KeyRange& range, const ScanOptions& options) {
  if (!IsEdgeList(range)) return ScanAt(engine, range, options);
  if (AdjacencyRef list = cache->Find(range.begin, options.ts); list != nullptr) {
    return PageOf(*list, options);
  }
  GRAPHDB_ASSIGN_OR_RETURN(ScanPage page, ScanAt(engine, range, options));
  // A page is not the list, and a change newer than `ts` is not in it: the list
  // would be stale at once.
  if (page.next.has_value() || page.newest > options.ts) return page;
  cache->Insert(range.begin, std::make_shared<AdjacencyList>(page.newest, page.entries));
  return page;
}

}  // namespace graphdb::storage
