// The ids that cross an API. One concept, one type; see docs/ARCHITECTURE.md
// (glossary) for the words.
#pragma once

#include <cstdint>

#include "core/base/strong_id.h"

namespace graphdb {

// A node's place in `raft.peers`, 0-based: node1 of the guide is NodeId(0).
using NodeId = StrongId<struct NodeIdTag, uint32_t>;
inline constexpr NodeId kNoNode{0xffffffffu};

// Identity of a node's disk, made at its first start; never 0, never reused.
using StoreId = StrongId<struct StoreIdTag, uint64_t>;

// One Raft group: a shard's or the meta group's.
using ShardId = StrongId<struct ShardIdTag, uint16_t>;
inline constexpr ShardId kMetaGroup{0xffffu};

// One replica of one group; never reused, so a replaced disk is another replica.
using ReplicaId = StrongId<struct ReplicaIdTag, uint64_t>;
inline constexpr ReplicaId kNoReplica{0};

using Term = StrongId<struct TermTag, uint64_t>;
using LogIndex = StrongId<struct LogIndexTag, uint64_t>;
using Epoch = StrongId<struct EpochTag, uint64_t>;

// A logical time of the one axis (design.md, Time and transactions): unique,
// issued by the oracle, no clock in it. 0 means "none".
using Timestamp = StrongId<struct TimestampTag, uint64_t>;
inline constexpr Timestamp kMaxTimestamp{~uint64_t{0}};

// A hash slot, 0..16383: top 14 bits of the mixed element id.
using Slot = StrongId<struct SlotTag, uint16_t>;
inline constexpr uint32_t kSlotCount = 16384;

using ElementId = StrongId<struct ElementIdTag, uint64_t>;  // graph node
using RelationshipId = StrongId<struct RelationshipIdTag, uint64_t>;

}  // namespace graphdb
