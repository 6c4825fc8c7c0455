// Elements in the engine: which keys a node or relationship has, and the element
// again from what is read there.
//
// A relationship is an out edge at its start (which owns the properties), an in
// edge at its end (a pointer) and a record at its own slot that finds it by id;
// the three may lie in three shards, so each has its own call.
//
// Errors: kDataLoss for bytes that are no element; the reader's own.
// Not synchronised: as its reader.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/kv_engine.h"
#include "core/graph/codec.h"
#include "core/graph/element.h"
#include "core/storage/keys.h"
#include "core/storage/mvcc.h"

namespace graphdb::storage {

void PutNode(env::KvBatch* batch, const graph::Node& node, Timestamp ts);
void PutOut(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts);
void PutIn(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts);
void PutRelationshipRecord(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts);
// All three, where one owner has all slots concerned.
void PutRelationship(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts);
void DeleteRelationship(env::KvBatch* batch, const graph::Relationship& r, Timestamp ts);

template <typename T>
struct At {
  T element;
  Timestamp ts;  // of the version
};

// Unset: not there at `ts`.
absl::StatusOr<std::optional<At<graph::Node>>> ReadNode(const env::KvReader& reader, ElementId id,
                                                        Timestamp ts);

// From an entry of a scan. An in edge has no properties: they are at the start.
absl::StatusOr<graph::Relationship> RelationshipFrom(absl::string_view logical_key,
                                                     absl::string_view value);

}  // namespace graphdb::storage
