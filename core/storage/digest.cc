#include "core/storage/digest.h"

#include <algorithm>
#include <string>

#include "core/base/coding.h"
#include "core/base/status_macros.h"
#include "core/graph/element_digest.h"
#include "core/storage/elements.h"

namespace graphdb::storage {
namespace {

Hash128 EndsDigest(const Hash128& key, RelationshipId id, const graph::RelationshipEnds& ends,
                   Timestamp ts) {
  std::string bytes(1, 'h');
  PutFixed64(&bytes, id.value());
  PutFixed64(&bytes, ts.value());
  PutBytes(&bytes, ends.type);
  PutFixed64(&bytes, ends.start.value());
  PutFixed64(&bytes, ends.end.value());
  return KeyedHash128(key, bytes);
}

}  // namespace

void GraphDigest::AddNode(const Hash128& key, const graph::Node& node, Timestamp version) {
  exact.Add(graph::NodeDigest(key, node, version));
  content.Add(graph::NodeDigest(key, node, std::nullopt));
  ++nodes;
}

void GraphDigest::AddRelationship(const Hash128& key, const graph::Relationship& r,
                                  Timestamp version) {
  exact.Add(graph::RelationshipDigest(key, r, version));
  content.Add(graph::RelationshipDigest(key, r, std::nullopt));
  out_ends.Add(EndsDigest(key, r.id, {r.type, r.start, r.end}, version));
  ++edges;
}

void GraphDigest::Add(const GraphDigest& other) {
  exact.Add(other.exact);
  content.Add(other.content);
  nodes += other.nodes;
  edges += other.edges;
  out_ends.Add(other.out_ends);
  in_ends.Add(other.in_ends);
  record_ends.Add(other.record_ends);
}

DigestScan::DigestScan(const env::KvReader& reader, const SlotSet& slots, Timestamp ts,
                       const Hash128& key)
    : reader_(reader), ts_(ts), key_(key) {
  for (const Tag tag : {Tag::kNode, Tag::kEdge, Tag::kRelationship}) {
    for (const SlotRange& range : slots.ranges()) ranges_.push_back(LogicalRange(tag, range));
  }
  std::reverse(ranges_.begin(), ranges_.end());
}

absl::StatusOr<bool> DigestScan::Step(size_t entries_max) {
  if (ranges_.empty()) return true;
  ScanOptions options;
  options.ts = ts_;
  options.entries_max = entries_max;
  GRAPHDB_ASSIGN_OR_RETURN(ScanPage page, ScanAt(reader_, ranges_.back(), options));
  for (const ScanEntry& entry : page.entries) GRAPHDB_RETURN_IF_ERROR(AddEntry(entry));
  if (page.next.has_value()) {
    ranges_.back().begin = *std::move(page.next);
  } else {
    ranges_.pop_back();
  }
  return ranges_.empty();
}

absl::Status DigestScan::AddEntry(const ScanEntry& entry) {
  GRAPHDB_ASSIGN_OR_RETURN(const LogicalKey key, ParseLogicalKey(entry.logical_key));
  if (key.tag == Tag::kNode) {
    GRAPHDB_ASSIGN_OR_RETURN(const graph::Node node, graph::DecodeNode(key.node, entry.value));
    result_.AddNode(key_, node, entry.ts);
    return absl::OkStatus();
  }
  if (key.tag == Tag::kRelationship) {
    GRAPHDB_ASSIGN_OR_RETURN(const auto ends, graph::DecodeEnds(entry.value));
    result_.record_ends.Add(EndsDigest(key_, key.relationship, ends, entry.ts));
    return absl::OkStatus();
  }
  GRAPHDB_ASSIGN_OR_RETURN(const graph::Relationship r,
                           RelationshipFrom(entry.logical_key, entry.value));
  if (key.outgoing) {
    result_.AddRelationship(key_, r, entry.ts);
  } else {
    result_.in_ends.Add(EndsDigest(key_, r.id, {r.type, r.start, r.end}, entry.ts));
  }
  return absl::OkStatus();
}

}  // namespace graphdb::storage
