// Short ways to write batches of element operations and to read their results.
//
// What a result lacks or has in another shape reads as "nothing there": the
// oracle that gets it says what is wrong.
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/client.pb.h"
#include "sim/check/graph_symmetry.h"

namespace graphdb::sim {

void AddCreateNode(v1::BatchRequest* batch, uint64_t id, absl::string_view label,
                   absl::string_view property = "", int64_t value = 0);
void AddGetNode(v1::BatchRequest* batch, uint64_t id);
void AddSetInt(v1::BatchRequest* batch, uint64_t id, absl::string_view property, int64_t value);
void AddDelta(v1::BatchRequest* batch, uint64_t id, absl::string_view property, int64_t delta);
void AddAppend(v1::BatchRequest* batch, uint64_t id, absl::string_view property, int64_t item);
void AddDeleteNode(v1::BatchRequest* batch, uint64_t id, bool detach);
// The new relationship carries `tag` as property "tag".
void AddCreateEdge(v1::BatchRequest* batch, uint64_t start, uint64_t end, absl::string_view type,
                   int64_t tag);
void AddDeleteEdge(v1::BatchRequest* batch, uint64_t id);
void AddExpand(v1::BatchRequest* batch, uint64_t id, v1::Direction direction);

// The result of operation `place`; an empty one where there is none.
const v1::ElementResult& ResultAt(const v1::BatchResult& result, int place);
std::optional<int64_t> IntProperty(const v1::MapValue& properties, absl::string_view name);
std::vector<int64_t> IntList(const v1::Value& value);
std::vector<int64_t> ListProperty(const v1::NodeValue& node, absl::string_view name);
std::vector<ListedEdge> ListedEdges(const v1::EdgeList& list);

// The shard of `shards` that a node of this id lives on.
uint32_t ShardOf(uint64_t id, uint32_t shards);
// How many shards of `shards` the operations of a batch touch.
uint32_t ShardsTouched(const v1::BatchRequest& batch, uint32_t shards);

}  // namespace graphdb::sim
