// Keys: the one place that knows the bytes of a key (docs/formats/keys.md).
//
// Every key starts with the graph id (u16, 0) and a tag. What belongs to a slot
// goes on with the slot, so a shard is a handful of contiguous ranges; numbers
// are big-endian, so keys sort as their fields do.
//
//   logical key (versioned; core/storage/mvcc.h appends the inverted timestamp)
//     node          0 'N' slot node
//     out edge      0 'E' slot start 0 type end   relationship
//     in edge       0 'E' slot end   1 type start relationship
//     by id         0 'R' slot relationship
//   slot-keyed      0 tag slot suffix       what moves with a slot, suffix by its owner
//   wrapped         0 tag <logical key from its tag on> suffix    intents on a key
//   shard-keyed     0 tag shard suffix      what belongs to a group
//   node-keyed      0 'Z' suffix            what belongs to this disk, not replicated
//
// A type stands as u16 length and its bytes: all edges of a node, of a node and
// direction, and of a node, direction and type are each one prefix (ADR 0020).
//
// Invariants:
//   1. No logical key is a prefix of another.
//   2. Wrapping keeps order: a range of logical keys is a range of wrapped ones.
//   3. Parse accepts exactly what the constructors make.
//
// Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/graph/element.h"
#include "core/storage/slots.h"

namespace graphdb::storage {

// Sorted by byte. A tag is never given a second meaning.
enum class Tag : char {
  kChangeLog = 'C',      // shard-keyed
  kDedupe = 'D',         // slot-keyed: (session, sequence) -> result (rule T7)
  kEdge = 'E',           // logical
  kDegree = 'G',         // reserved
  kPropertyIndex = 'I',  // reserved
  kLabelIndex = 'L',     // reserved
  kShardMeta = 'M',      // shard-keyed
  kNode = 'N',           // logical
  kReadIntent = 'P',     // wrapped
  kRangeIntent = 'Q',    // slot-keyed
  kRelationship = 'R',   // logical
  kTxnRecord = 'T',      // slot-keyed, by the slot of the home key (rule T6)
  kUniqueIndex = 'U',    // reserved
  kWriteIntent = 'W',    // wrapped
  kSlotMeta = 'X',       // slot-keyed: floors and whatever else moves with a slot
  kNodeLocal = 'Z',      // node-keyed
};

inline constexpr uint16_t kGraphId = 0;
inline constexpr size_t kKeyHeadBytes = 3;  // graph id and tag

// [begin, end) of keys.
struct KeyRange {
  std::string begin;
  std::string end;
  bool Contains(absl::string_view key) const { return begin <= key && key < end; }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

// Everything that starts with `prefix`. CHECKs that it isn't all 0xff.
KeyRange PrefixRange(std::string prefix);

// Logical keys.
std::string NodeKey(ElementId id);
std::string OutKey(const graph::Relationship& r);  // at the start node's slot
std::string InKey(const graph::Relationship& r);   // at the end node's slot
std::string RelationshipKey(RelationshipId id);

// Ranges of logical keys. kBoth: out edges first, then in edges.
KeyRange LogicalRange(Tag tag, SlotRange slots);  // kNode, kEdge or kRelationship
inline KeyRange NodeRange(SlotRange slots) { return LogicalRange(Tag::kNode, slots); }
KeyRange EdgeRange(ElementId node, graph::Direction direction);
// CHECKs direction != kBoth: of one type they are two ranges.
KeyRange EdgeRange(ElementId node, graph::Direction direction, absl::string_view type);

// Is it an EdgeRange of one direction, whole?
bool IsEdgeList(const KeyRange& range);
// The begins of the two such ranges that an edge key lies in. Views into the key.
struct EdgeLists {
  absl::string_view all_types;
  absl::string_view one_type;
};
absl::StatusOr<EdgeLists> EdgeListsOf(absl::string_view edge_key);

struct LogicalKey {
  Tag tag = Tag::kNode;  // kNode, kEdge or kRelationship
  Slot slot;
  ElementId node;               // kNode, kEdge: whose slot it is
  bool outgoing = false;        // kEdge
  std::string type;             // kEdge
  ElementId other;              // kEdge: the far end
  RelationshipId relationship;  // kEdge, kRelationship

  std::string Encode() const;
  friend bool operator==(const LogicalKey&, const LogicalKey&) = default;
};

// kDataLoss for anything that isn't a whole logical key, a wrong slot included.
absl::StatusOr<LogicalKey> ParseLogicalKey(absl::string_view key);
// How many bytes at the front of `key` are a logical key; kDataLoss if none.
absl::StatusOr<size_t> LogicalKeyLength(absl::string_view key);
// The slot of a logical key that we built.
Slot SlotOfKey(absl::string_view logical_key);

// Keys of other records.
std::string SlotKey(Tag tag, Slot slot, absl::string_view suffix);
KeyRange SlotKeyRange(Tag tag, SlotRange slots);
std::string ShardKey(Tag tag, ShardId shard, absl::string_view suffix);
KeyRange ShardKeyRange(Tag tag, ShardId shard);
std::string NodeLocalKey(absl::string_view suffix);

std::string WrapKey(Tag tag, absl::string_view logical_key, absl::string_view suffix = {});
KeyRange WrapRange(Tag tag, const KeyRange& logical);
struct Unwrapped {
  std::string logical_key;
  std::string suffix;
};
absl::StatusOr<Unwrapped> UnwrapKey(absl::string_view key);

// Where a group keeps how far it has applied its log (core/cluster).
std::string AppliedKey(ShardId shard);

// Every key that belongs to a group: what a snapshot of it carries, a move
// copies and the state hash covers. Sorted and disjoint.
std::vector<KeyRange> OwnedRanges(ShardId shard, const SlotSet& slots);

// For traces and error messages; never fails.
std::string DescribeKey(absl::string_view key);

}  // namespace graphdb::storage
