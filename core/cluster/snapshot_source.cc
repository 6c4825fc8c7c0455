#include "core/cluster/snapshot_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/graph/codec.h"
#include "core/storage/keys.h"

namespace graphdb::cluster {
namespace {

storage::KeyRange RangeOf(storage::Tag tag, const shard::SlotSpan& span) {
  return storage::LogicalRange(tag, storage::SlotRange{span.first, span.last});
}

// A planted bug.
void DropLast(SnapshotPage* page) {
  if (!page->nodes.empty()) page->nodes.pop_back();
  if (!page->relationships.empty()) page->relationships.pop_back();
}

}  // namespace

std::string SnapshotSource::BeginOfRange() const {
  const storage::Tag tag = phase_ == Phase::kNodes ? storage::Tag::kNode : storage::Tag::kEdge;
  return RangeOf(tag, map_.shards()[shard_].slots[span_]).begin;
}

std::string SnapshotSource::EndOfRange() const {
  const storage::Tag tag = phase_ == Phase::kNodes ? storage::Tag::kNode : storage::Tag::kEdge;
  return RangeOf(tag, map_.shards()[shard_].slots[span_]).end;
}

void SnapshotSource::NextRange() {
  resume_.clear();
  if (++span_ < map_.shards()[shard_].slots.size()) return;
  span_ = 0;
  if (++shard_ < map_.shards().size()) return;
  shard_ = 0;
  phase_ = phase_ == Phase::kNodes ? Phase::kRelationships : Phase::kDone;
}

absl::Status SnapshotSource::AddEntry(const v1::ReadEntry& entry, SnapshotPage* page) const {
  GRAPHDB_ASSIGN_OR_RETURN(const storage::LogicalKey key, storage::ParseLogicalKey(entry.key()));
  const Timestamp version(entry.version());
  if (key.tag == storage::Tag::kNode) {
    GRAPHDB_ASSIGN_OR_RETURN(graph::Node node, graph::DecodeNode(key.node, entry.value()));
    page->nodes.push_back({std::move(node), version});
    return absl::OkStatus();
  }
  if (!key.outgoing) return absl::OkStatus();  // the out edge owns the relationship
  graph::Relationship relationship;
  relationship.id = key.relationship;
  relationship.type = key.type;
  relationship.start = key.node;
  relationship.end = key.other;
  GRAPHDB_ASSIGN_OR_RETURN(relationship.properties,
                           graph::DecodeRelationshipProperties(entry.value()));
  page->relationships.push_back({std::move(relationship), version});
  return absl::OkStatus();
}

Task<absl::StatusOr<std::optional<SnapshotPage>>> SnapshotSource::Next() {
  if (phase_ == Phase::kDone) co_return std::optional<SnapshotPage>();
  SnapshotPage page;
  page.shard = map_.shards()[shard_].shard;
  v1::ShardRequest request;
  request.mutable_read()->set_read_ts(at_.value());
  if (GRAPHDB_MUTANT("prop-P7.at-one-timestamp")) {
    const absl::StatusOr<Timestamp> now = co_await router_.GetTimestamp();
    if (now.ok()) request.mutable_read()->set_read_ts(now->value());
  }
  v1::ReadRange* range = request.mutable_read()->add_ranges();
  range->set_limit(page_entries_);
  range->mutable_range()->set_begin(resume_.empty() ? BeginOfRange() : resume_);
  range->mutable_range()->set_end(EndOfRange());
  const absl::StatusOr<v1::ShardResponse> response =
      co_await router_.Send(page.shard, std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status() != v1::SHARD_OK || response->read().ranges_size() != 1) {
    co_return absl::UnavailableError(
        absl::StrCat("shard ", page.shard.value(), ": ", response->message()));
  }
  const v1::ReadRangeResult& result = response->read().ranges(0);
  for (const v1::ReadEntry& entry : result.entries()) {
    const absl::Status added = AddEntry(entry, &page);
    if (!added.ok()) co_return added;
  }
  if (GRAPHDB_MUTANT("prop-P7.page-boundary") && !result.resume().empty()) DropLast(&page);
  if (result.resume().empty()) {
    NextRange();
  } else {
    resume_ = result.resume();
  }
  co_return std::optional<SnapshotPage>(std::move(page));
}

}  // namespace graphdb::cluster
