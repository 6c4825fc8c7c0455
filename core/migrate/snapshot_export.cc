#include "core/migrate/snapshot_export.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/storage/mvcc.h"

namespace graphdb::migrate {
namespace {

constexpr size_t kPageBytes = 1 << 20;

}  // namespace

absl::StatusOr<ElementPage> ReadElementPage(const env::KvReader& reader,
                                            const PageRequest& request) {
  storage::ScanOptions options;
  options.ts = GRAPHDB_MUTANT("prop-P7.at-one-timestamp") ? kMaxTimestamp : request.ts;
  options.entries_max = request.entries_max;
  options.bytes_max = kPageBytes;
  GRAPHDB_ASSIGN_OR_RETURN(storage::ScanPage scan, ScanAt(reader, request.range, options));
  if (GRAPHDB_MUTANT("prop-P7.page-boundary") && scan.next.has_value()) scan.entries.pop_back();
  ElementPage page;
  page.next = std::move(scan.next);
  for (const storage::ScanEntry& entry : scan.entries) {
    if (request.section == SnapshotSection::kNodes) {
      GRAPHDB_ASSIGN_OR_RETURN(graph::Node node, storage::NodeFrom(entry.logical_key, entry.value));
      page.nodes.push_back({std::move(node), entry.ts});
      continue;
    }
    GRAPHDB_ASSIGN_OR_RETURN(const storage::LogicalKey key,
                             storage::ParseLogicalKey(entry.logical_key));
    if (!key.outgoing) continue;  // the other half of an out edge somewhere
    GRAPHDB_ASSIGN_OR_RETURN(graph::Relationship relationship,
                             storage::RelationshipFrom(entry.logical_key, entry.value));
    page.relationships.push_back({std::move(relationship), entry.ts});
  }
  return page;
}

SnapshotExport::SnapshotExport(const SnapshotHeader& header,
                               const std::vector<storage::SlotRange>& slots, size_t page_entries)
    : writer_(header) {
  uint32_t next = 0;
  for (const storage::SlotRange& range : slots) {
    GRAPHDB_CHECK_EQ(range.first.value(), next) << "slots ascend without a gap";
    next = range.last.value() + 1u;
  }
  GRAPHDB_CHECK_EQ(next, kSlotCount);
  for (const SnapshotSection section : {SnapshotSection::kNodes, SnapshotSection::kEdges}) {
    const auto tag = section == SnapshotSection::kNodes ? storage::Tag::kNode : storage::Tag::kEdge;
    for (const storage::SlotRange& range : slots) {
      to_do_.push_back({section, storage::LogicalRange(tag, range), header.to_seq, page_entries});
    }
  }
  std::reverse(to_do_.begin(), to_do_.end());
}

std::optional<PageRequest> SnapshotExport::Next() const {
  if (to_do_.empty()) return std::nullopt;
  return to_do_.back();
}

absl::Status SnapshotExport::OnPage(const ElementPage& page) {
  GRAPHDB_CHECK(!to_do_.empty());
  for (const auto& node : page.nodes) {
    GRAPHDB_RETURN_IF_ERROR(writer_.Add(node.element, node.ts));
  }
  for (const auto& relationship : page.relationships) {
    GRAPHDB_RETURN_IF_ERROR(writer_.Add(relationship.element, relationship.ts));
  }
  if (page.next.has_value()) {
    to_do_.back().range.begin = *page.next;
  } else {
    to_do_.pop_back();
    if (to_do_.empty()) writer_.Finish();
  }
  return absl::OkStatus();
}

}  // namespace graphdb::migrate
