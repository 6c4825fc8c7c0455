#include "core/storage/elements.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace graphdb::storage {

void PutNode(env::KvBatch* batch, const graph::Node& node, Timestamp ts) {
  PutVersion(batch, NodeKey(node.id), ts, graph::EncodeNode(node));
}

void PutOut(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts) {
  PutVersion(batch, OutKey(r), ts, graph::EncodeRelationshipProperties(r.properties));
}

void PutIn(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts) {
  PutVersion(batch, InKey(r), ts, {});
}

void PutRelationshipRecord(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts) {
  PutVersion(batch, RelationshipKey(r.id), ts, graph::EncodeEnds({r.type, r.start, r.end}));
}

void PutRelationship(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts) {
  PutOut(batch, r, ts);
  PutIn(batch, r, ts);
  PutRelationshipRecord(batch, r, ts);
}

void DeleteRelationship(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts) {
  PutTombstone(batch, OutKey(r), ts);
  PutTombstone(batch, InKey(r), ts);
  PutTombstone(batch, RelationshipKey(r.id), ts);
}

absl::StatusOr<std::optional<At<graph::Node>>> ReadNode(const env::KvReader& reader, ElementId id,
                                                        Timestamp ts) {
  GRAPHDB_ASSIGN_OR_RETURN(const auto seen, ReadAt(reader, NodeKey(id), ts));
  if (!seen.has_value() || seen->tombstone) return std::optional<At<graph::Node>>();
  GRAPHDB_ASSIGN_OR_RETURN(graph::Node node, graph::DecodeNode(id, seen->value));
  return std::optional<At<graph::Node>>(At<graph::Node>{std::move(node), seen->ts});
}

absl::StatusOr<graph::Relationship> RelationshipFrom(absl::string_view logical_key,
                                                     absl::string_view value) {
  GRAPHDB_ASSIGN_OR_RETURN(LogicalKey key, ParseLogicalKey(logical_key));
  if (key.tag != Tag::kEdge) {
    return absl::DataLossError(absl::StrCat(DescribeKey(logical_key), ": expected an edge"));
  }
  graph::Relationship r{key.relationship, std::move(key.type), key.node, key.other, {}};
  if (!key.outgoing) {
    std::swap(r.start, r.end);
    if (value.empty()) return r;
    return absl::DataLossError(absl::StrCat(DescribeKey(logical_key), ": a pointer with a value"));
  }
  GRAPHDB_ASSIGN_OR_RETURN(r.properties, graph::DecodeRelationshipProperties(value));
  return r;
}

}  // namespace graphdb::storage
