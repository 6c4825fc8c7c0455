#include "core/storage/keys.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/base/status_macros.h"
#include "core/storage/mvcc.h"

namespace graphdb::storage {
namespace {

constexpr char kOut = 0;
constexpr char kIn = 1;
constexpr size_t kTypeBytesMax = 0xffff;
constexpr size_t kIdBytes = 8;
constexpr size_t kSlotBytes = 2;

constexpr Tag kLogicalTags[] = {Tag::kEdge, Tag::kNode, Tag::kRelationship};
constexpr Tag kWrappedTags[] = {Tag::kReadIntent, Tag::kWriteIntent};
constexpr Tag kSlotTags[] = {Tag::kDedupe, Tag::kRangeIntent, Tag::kTxnRecord, Tag::kSlotMeta};
constexpr Tag kShardTags[] = {Tag::kChangeLog, Tag::kShardMeta};
// Without keys of their own yet; laid out as slot-keyed, so they are owned and moved.
constexpr Tag kReservedTags[] = {Tag::kDegree, Tag::kPropertyIndex, Tag::kLabelIndex,
                                 Tag::kUniqueIndex};

template <size_t kCount>
bool IsOneOf(Tag tag, const Tag (&tags)[kCount]) {
  return std::find(std::begin(tags), std::end(tags), tag) != std::end(tags);
}

bool IsSlotTag(Tag tag) { return IsOneOf(tag, kSlotTags) || IsOneOf(tag, kReservedTags); }

std::string Head(Tag tag) {
  std::string key;
  PutBig16(&key, kGraphId);
  key.push_back(static_cast<char>(tag));
  return key;
}

std::string Head(Tag tag, Slot slot) {
  std::string key = Head(tag);
  PutBig16(&key, slot.value());
  return key;
}

KeyRange HeadSlotRange(std::string head, SlotRange slots) {
  KeyRange range{head, std::move(head)};
  PutBig16(&range.begin, slots.first.value());
  // Slots use 14 of the 16 bits, so one past the last is a slot number too.
  PutBig16(&range.end, static_cast<uint16_t>(slots.last.value() + 1));
  return range;
}

void AppendType(std::string* key, absl::string_view type) {
  GRAPHDB_CHECK_LE(type.size(), kTypeBytesMax);
  PutBig16(key, static_cast<uint16_t>(type.size()));
  key->append(type.data(), type.size());
}

std::string EdgePrefix(ElementId node) {
  std::string key = Head(Tag::kEdge, SlotOf(node));
  PutBig64(&key, node.value());
  return key;
}

std::string EdgeKey(ElementId node, char direction, absl::string_view type, ElementId other,
                    RelationshipId relationship) {
  std::string key = EdgePrefix(node);
  key.push_back(direction);
  AppendType(&key, type);
  PutBig64(&key, other.value());
  PutBig64(&key, relationship.value());
  return key;
}

absl::Status NotAKey(absl::string_view key, absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("key ", absl::BytesToHexString(key.substr(0, 64)), ": ", why));
}

bool ReadHead(ByteReader* in, Tag* tag) {
  uint16_t graph = 0;
  uint8_t byte = 0;
  if (!in->Big16(&graph) || graph != kGraphId) return false;
  if (!in->Fixed8(&byte)) return false;
  *tag = static_cast<Tag>(byte);
  return true;
}

// Direction, type, far end and id, after the node.
bool ReadEdgeRest(ByteReader* in, LogicalKey* out) {
  uint8_t direction = 0;
  uint16_t type_size = 0;
  absl::string_view type;
  uint64_t other = 0;
  uint64_t relationship = 0;
  if (!in->Fixed8(&direction) || direction > kIn) return false;
  if (!in->Big16(&type_size) || !in->Raw(type_size, &type)) return false;
  if (!in->Big64(&other) || !in->Big64(&relationship)) return false;
  out->outgoing = direction == kOut;
  out->type.assign(type.data(), type.size());
  out->other = ElementId(other);
  out->relationship = RelationshipId(relationship);
  return true;
}

// A logical key at the front of `in`.
absl::StatusOr<LogicalKey> ReadLogicalKey(absl::string_view key, ByteReader* in) {
  LogicalKey out;
  if (!ReadHead(in, &out.tag)) return NotAKey(key, "no graph id and tag");
  if (!IsOneOf(out.tag, kLogicalTags)) return NotAKey(key, "not the tag of an element");
  uint16_t slot = 0;
  uint64_t id = 0;
  if (!in->Big16(&slot)) return NotAKey(key, "no slot");
  if (!in->Big64(&id)) return NotAKey(key, "no id");
  out.slot = Slot(slot);
  if (out.slot != SlotOfRaw(id)) return NotAKey(key, "the slot isn't the id's");
  if (out.tag == Tag::kRelationship) {
    out.relationship = RelationshipId(id);
    return out;
  }
  out.node = ElementId(id);
  if (out.tag == Tag::kEdge && !ReadEdgeRest(in, &out)) return NotAKey(key, "an edge cut short");
  return out;
}

std::string DescribeLogical(const LogicalKey& key) {
  switch (key.tag) {
    case Tag::kNode:
      return absl::StrCat("node ", key.node.value());
    case Tag::kRelationship:
      return absl::StrCat("relationship ", key.relationship.value());
    default:
      return absl::StrCat(key.outgoing ? "out " : "in ", key.node.value(),
                          key.outgoing ? " -" : " <-", absl::Utf8SafeCEscape(key.type),
                          key.outgoing ? "-> " : "- ", key.other.value(), " #",
                          key.relationship.value());
  }
}

}  // namespace

KeyRange PrefixRange(std::string prefix) {
  std::string end = prefix;
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xff) end.pop_back();
  GRAPHDB_CHECK(!end.empty()) << "no end above this prefix";
  end.back() = static_cast<char>(end.back() + 1);
  return KeyRange{std::move(prefix), std::move(end)};
}

std::string NodeKey(ElementId id) {
  std::string key = Head(Tag::kNode, SlotOf(id));
  PutBig64(&key, id.value());
  return key;
}

std::string OutKey(const graph::Relationship& r) {
  return EdgeKey(r.start, kOut, r.type, r.end, r.id);
}

std::string InKey(const graph::Relationship& r) {
  return EdgeKey(r.end, kIn, r.type, r.start, r.id);
}

std::string RelationshipKey(RelationshipId id) {
  std::string key = Head(Tag::kRelationship, SlotOf(id));
  PutBig64(&key, id.value());
  return key;
}

KeyRange LogicalRange(Tag tag, SlotRange slots) {
  GRAPHDB_CHECK(IsOneOf(tag, kLogicalTags)) << static_cast<char>(tag);
  return HeadSlotRange(Head(tag), slots);
}

KeyRange EdgeRange(ElementId node, graph::Direction direction) {
  std::string prefix = EdgePrefix(node);
  if (direction != graph::Direction::kBoth) {
    prefix.push_back(direction == graph::Direction::kOutgoing ? kOut : kIn);
  }
  return PrefixRange(std::move(prefix));
}

KeyRange EdgeRange(ElementId node, graph::Direction direction, absl::string_view type) {
  GRAPHDB_CHECK(direction != graph::Direction::kBoth);
  std::string prefix = EdgePrefix(node);
  prefix.push_back(direction == graph::Direction::kOutgoing ? kOut : kIn);
  AppendType(&prefix, type);
  return PrefixRange(std::move(prefix));
}

bool IsEdgeList(const KeyRange& range) {
  ByteReader in(range.begin);
  Tag tag{};
  uint16_t slot = 0;
  uint64_t node = 0;
  uint8_t direction = 0;
  if (!ReadHead(&in, &tag) || tag != Tag::kEdge) return false;
  if (!in.Big16(&slot) || !in.Big64(&node)) return false;
  if (!in.Fixed8(&direction) || direction > kIn) return false;
  uint16_t type_size = 0;
  absl::string_view type;
  if (!in.empty() && (!in.Big16(&type_size) || !in.Raw(type_size, &type))) return false;
  return in.empty() && range.end == PrefixRange(range.begin).end;
}

absl::StatusOr<EdgeLists> EdgeListsOf(absl::string_view edge_key) {
  GRAPHDB_ASSIGN_OR_RETURN(const LogicalKey key, ParseLogicalKey(edge_key));
  if (key.tag != Tag::kEdge) return NotAKey(edge_key, "not an edge");
  constexpr size_t kAllTypesBytes = kKeyHeadBytes + kSlotBytes + kIdBytes + 1;
  const size_t one_type_bytes = kAllTypesBytes + sizeof(uint16_t) + key.type.size();
  return EdgeLists{edge_key.substr(0, kAllTypesBytes), edge_key.substr(0, one_type_bytes)};
}

std::string LogicalKey::Encode() const {
  switch (tag) {
    case Tag::kNode:
      return NodeKey(node);
    case Tag::kRelationship:
      return RelationshipKey(relationship);
    default:
      GRAPHDB_CHECK(tag == Tag::kEdge);
      return EdgeKey(node, outgoing ? kOut : kIn, type, other, relationship);
  }
}

absl::StatusOr<LogicalKey> ParseLogicalKey(absl::string_view key) {
  ByteReader in(key);
  GRAPHDB_ASSIGN_OR_RETURN(LogicalKey out, ReadLogicalKey(key, &in));
  if (!in.empty()) return NotAKey(key, "bytes after the key");
  return out;
}

absl::StatusOr<size_t> LogicalKeyLength(absl::string_view key) {
  ByteReader in(key);
  GRAPHDB_ASSIGN_OR_RETURN(const LogicalKey out, ReadLogicalKey(key, &in));
  return key.size() - in.rest().size();
}

Slot SlotOfKey(absl::string_view logical_key) {
  ByteReader in(logical_key.substr(std::min(kKeyHeadBytes, logical_key.size())));
  uint16_t slot = 0;
  GRAPHDB_CHECK(in.Big16(&slot)) << absl::BytesToHexString(logical_key);
  return Slot(slot);
}

std::string SlotKey(Tag tag, Slot slot, absl::string_view suffix) {
  GRAPHDB_CHECK(IsSlotTag(tag)) << static_cast<char>(tag);
  return absl::StrCat(Head(tag, slot), suffix);
}

KeyRange SlotKeyRange(Tag tag, SlotRange slots) {
  GRAPHDB_CHECK(IsSlotTag(tag)) << static_cast<char>(tag);
  return HeadSlotRange(Head(tag), slots);
}

std::string ShardKey(Tag tag, ShardId shard, absl::string_view suffix) {
  GRAPHDB_CHECK(IsOneOf(tag, kShardTags)) << static_cast<char>(tag);
  std::string key = Head(tag);
  PutBig16(&key, shard.value());
  return absl::StrCat(key, suffix);
}

KeyRange ShardKeyRange(Tag tag, ShardId shard) { return PrefixRange(ShardKey(tag, shard, {})); }

std::string AppliedKey(ShardId shard) { return ShardKey(Tag::kShardMeta, shard, "applied"); }

std::string NodeLocalKey(absl::string_view suffix) {
  return absl::StrCat(Head(Tag::kNodeLocal), suffix);
}

std::string WrapKey(Tag tag, absl::string_view logical_key, absl::string_view suffix) {
  GRAPHDB_CHECK(IsOneOf(tag, kWrappedTags)) << static_cast<char>(tag);
  GRAPHDB_CHECK_GE(logical_key.size(), kKeyHeadBytes);
  return absl::StrCat(Head(tag), logical_key.substr(kKeyHeadBytes - 1), suffix);
}

KeyRange WrapRange(Tag tag, const KeyRange& logical) {
  return KeyRange{WrapKey(tag, logical.begin), WrapKey(tag, logical.end)};
}

absl::StatusOr<Unwrapped> UnwrapKey(absl::string_view key) {
  ByteReader in(key);
  Tag tag{};
  if (!ReadHead(&in, &tag)) return NotAKey(key, "no graph id and tag");
  if (!IsOneOf(tag, kWrappedTags)) return NotAKey(key, "not the tag of an intent");
  std::string logical;
  PutBig16(&logical, kGraphId);
  absl::StrAppend(&logical, in.rest());
  GRAPHDB_ASSIGN_OR_RETURN(const size_t length, LogicalKeyLength(logical));
  Unwrapped out;
  out.suffix = logical.substr(length);
  logical.resize(length);
  out.logical_key = std::move(logical);
  return out;
}

std::vector<KeyRange> OwnedRanges(ShardId shard, const SlotSet& slots) {
  std::vector<KeyRange> out;
  for (const Tag tag : kShardTags) out.push_back(ShardKeyRange(tag, shard));
  for (const SlotRange& range : slots.ranges()) {
    for (const Tag tag : kSlotTags) out.push_back(SlotKeyRange(tag, range));
    for (const Tag tag : kReservedTags) out.push_back(SlotKeyRange(tag, range));
    for (const Tag tag : kLogicalTags) {
      const KeyRange logical = LogicalRange(tag, range);
      for (const Tag wrapped : kWrappedTags) out.push_back(WrapRange(wrapped, logical));
      out.push_back(logical);
    }
  }
  std::sort(out.begin(), out.end(),
            [](const KeyRange& a, const KeyRange& b) { return a.begin < b.begin; });
  return out;
}

std::string DescribeKey(absl::string_view key) {
  ByteReader in(key);
  Tag tag{};
  if (!ReadHead(&in, &tag)) return absl::StrCat("? ", absl::BytesToHexString(key));
  const std::string letter(1, static_cast<char>(tag));
  if (IsOneOf(tag, kLogicalTags)) {
    if (const auto whole = ParseLogicalKey(key); whole.ok()) return DescribeLogical(*whole);
    absl::string_view logical;
    Timestamp ts;
    if (SplitVersionedKey(key, &logical, &ts)) {
      if (const auto parsed = ParseLogicalKey(logical); parsed.ok()) {
        return absl::StrCat(DescribeLogical(*parsed), " @", ts.value());
      }
    }
  } else if (IsOneOf(tag, kWrappedTags)) {
    if (const auto unwrapped = UnwrapKey(key); unwrapped.ok()) {
      return absl::StrCat(tag == Tag::kWriteIntent ? "write" : "read", " intent on ",
                          DescribeKey(unwrapped->logical_key), " ",
                          absl::BytesToHexString(unwrapped->suffix));
    }
  } else if (IsSlotTag(tag) || IsOneOf(tag, kShardTags)) {
    uint16_t number = 0;
    if (in.Big16(&number)) {
      return absl::StrCat(letter, IsSlotTag(tag) ? " slot " : " shard ", number, " ",
                          absl::CHexEscape(in.rest()));
    }
  } else if (tag == Tag::kNodeLocal) {
    return absl::StrCat("local ", absl::CHexEscape(in.rest()));
  }
  return absl::StrCat("? ", absl::BytesToHexString(key));
}

}  // namespace graphdb::storage
