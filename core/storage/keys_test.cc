#include "core/storage/keys.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "core/env/random.h"
#include "core/storage/mvcc.h"
#include "core/storage/restore_marker.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace graphdb::storage {
namespace {

using graph::Direction;
using graph::Relationship;

std::string Hex(absl::string_view key) { return absl::BytesToHexString(key); }

Relationship Rel(uint64_t id, std::string type, uint64_t start, uint64_t end) {
  return {RelationshipId(id), std::move(type), ElementId(start), ElementId(end), {}};
}

TEST(SlotsTest, GoldenMixNeverChanges) {
  EXPECT_EQ(MixId(0), 0u);
  EXPECT_EQ(MixId(1), 0x5692161d100b05e5u);
  EXPECT_EQ(SlotOf(ElementId(1)).value(), 5540);
  EXPECT_EQ(SlotOf(ElementId(2)).value(), MixId(2) >> 50);
}

TEST(SlotsTest, EvenShareCoversEverySlotOnce) {
  for (const uint32_t count : {1u, 2u, 9u, 1000u, kSlotCount}) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const SlotSet share = SlotSet::EvenShare(ShardId(static_cast<uint16_t>(i)), count);
      ASSERT_EQ(share.ranges().size(), 1u);
      EXPECT_EQ(share.ranges()[0].first.value(), next);
      next = share.ranges()[0].last.value() + 1u;
    }
    EXPECT_EQ(next, kSlotCount);
  }
}

TEST(SlotsTest, SetJoinsAndFinds) {
  const SlotSet set({{Slot(20), Slot(30)}, {Slot(5), Slot(9)}, {Slot(10), Slot(12)}});
  EXPECT_EQ(set.ToString(), "5-12,20-30");
  EXPECT_TRUE(set.Contains(Slot(12)));
  EXPECT_FALSE(set.Contains(Slot(13)));
  EXPECT_FALSE(set.Contains(Slot(4)));
  EXPECT_TRUE(set.Contains(Slot(30)));
  EXPECT_FALSE(SlotSet().Contains(Slot(0)));
}

TEST(SlotsTest, FloorKeepsTheTwoKindsOfIdsApart) {
  uint64_t counter = 1;
  const uint64_t placed = NextPlacedId(Slot(7), &counter);
  EXPECT_TRUE(IsPlacedId(placed));
  EXPECT_EQ(SlotOfRaw(placed), Slot(7));
  IdFloor floor;
  floor.Cover(12);
  floor.Cover(placed);
  EXPECT_EQ(floor.plain, 12u);
  EXPECT_EQ(floor.counter, counter - 1);
}

RC_GTEST_PROP(SlotsProperty, MixIsABijection, (uint64_t id, uint64_t counter)) {
  RC_ASSERT(UnmixId(MixId(id)) == id);
  RC_ASSERT(MixId(UnmixId(id)) == id);
  const Slot slot(static_cast<uint16_t>(id % kSlotCount));
  const uint64_t made = UnmixToId(slot, counter & kCounterMax);
  RC_ASSERT(SlotOfRaw(made) == slot);
  RC_ASSERT(CounterOf(made) == (counter & kCounterMax));
}

// docs/formats/keys.md shows the same bytes.
TEST(KeysTest, GoldenBytes) {
  const Relationship r = Rel(3, "KNOWS", 1, 2);
  EXPECT_EQ(Hex(NodeKey(ElementId(1))), "00004e15a40000000000000001");
  EXPECT_EQ(Hex(OutKey(r)),
            "00004515a40000000000000001000005"
            "4b4e4f5753"
            "00000000000000020000000000000003");
  EXPECT_EQ(Hex(InKey(r)),
            "00004536f40000000000000002010005"
            "4b4e4f5753"
            "00000000000000010000000000000003");
  EXPECT_EQ(Hex(RelationshipKey(r.id)), "00005207940000000000000003");
  EXPECT_EQ(Hex(VersionedKey(NodeKey(ElementId(1)), Timestamp(256))),
            "00004e15a40000000000000001fffffffffffffeff");
  EXPECT_EQ(Hex(WrapKey(Tag::kWriteIntent, NodeKey(ElementId(1)), "s")),
            "0000574e15a4000000000000000173");
  EXPECT_EQ(Hex(SlotKey(Tag::kTxnRecord, Slot(258), "t")), "000054010274");
  EXPECT_EQ(Hex(AppliedKey(ShardId(3))), "00004d00036170706c696564");
  EXPECT_EQ(Hex(NodeLocalKey("x")), "00005a78");
}

// docs/formats/restore-marker.md.
TEST(RestoreMarkerTest, GoldenBytes) {
  RestoreMarker marker;
  marker.state = RestoreMarker::State::kComplete;
  marker.snapshot_id = "ab";
  marker.source_cluster = "c";
  marker.to_seq = Timestamp(258);
  marker.id_bound = 3;
  marker.nodes = 4;
  marker.edges = 5;
  marker.digest = "d";
  const std::string bytes = EncodeRestoreMarker(marker);
  EXPECT_EQ(Hex(bytes),
            "0102026162016302010000000000000300000000000000"
            "040000000000000005000000000000000164");
  EXPECT_EQ(*DecodeRestoreMarker(bytes), marker);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeRestoreMarker(bytes.substr(0, size)).ok());
  }
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_EQ(DecodeRestoreMarker(newer).status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(CheckRestoreFinished(marker).ok());
  marker.state = RestoreMarker::State::kInProgress;
  EXPECT_EQ(CheckRestoreFinished(marker).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(KeysTest, DescribesForPeople) {
  const Relationship r = Rel(3, "KNOWS", 1, 2);
  EXPECT_EQ(DescribeKey(NodeKey(ElementId(1))), "node 1");
  EXPECT_EQ(DescribeKey(VersionedKey(OutKey(r), Timestamp(9))), "out 1 -KNOWS-> 2 #3 @9");
  EXPECT_EQ(DescribeKey(InKey(r)), "in 2 <-KNOWS- 1 #3");
  EXPECT_EQ(DescribeKey(WrapKey(Tag::kReadIntent, RelationshipKey(r.id), "\x01")),
            "read intent on relationship 3 01");
  EXPECT_EQ(DescribeKey(AppliedKey(ShardId(3))), "M shard 3 applied");
  EXPECT_EQ(DescribeKey("\x01"), "? 01");
}

TEST(KeysTest, RefusesAWrongSlotAndStrayBytes) {
  std::string key = NodeKey(ElementId(1));
  EXPECT_TRUE(ParseLogicalKey(key).ok());
  EXPECT_FALSE(ParseLogicalKey(key + "x").ok());
  EXPECT_FALSE(ParseLogicalKey(key.substr(0, key.size() - 1)).ok());
  key[4] = static_cast<char>(key[4] ^ 1);
  EXPECT_EQ(ParseLogicalKey(key).status().code(), absl::StatusCode::kDataLoss);
}

TEST(KeysTest, OwnedRangesAreDisjointAndHoldEveryKeyOfTheGroup) {
  const std::vector<KeyRange> mine = OwnedRanges(ShardId(2), SlotSet::EvenShare(ShardId(2), 3));
  for (size_t i = 1; i < mine.size(); ++i) EXPECT_LE(mine[i - 1].end, mine[i].begin);
  const auto owned = [&](const std::string& key) {
    for (const KeyRange& range : mine) {
      if (range.Contains(key)) return true;
    }
    return false;
  };
  uint64_t counter = 1;
  const Slot last(kSlotCount - 1);
  const ElementId in(NextPlacedId(last, &counter));
  const ElementId out(NextPlacedId(Slot(0), &counter));
  const Relationship r{RelationshipId(in.value()), "T", in, in, {}};
  for (const std::string& key : {NodeKey(in), OutKey(r), InKey(r), RelationshipKey(r.id)}) {
    EXPECT_TRUE(owned(VersionedKey(key, Timestamp(1))));
    EXPECT_TRUE(owned(WrapKey(Tag::kWriteIntent, key, "s")));
    EXPECT_TRUE(owned(WrapKey(Tag::kReadIntent, key)));
  }
  EXPECT_TRUE(owned(SlotKey(Tag::kTxnRecord, last, "t")));
  EXPECT_TRUE(owned(AppliedKey(ShardId(2))));
  EXPECT_FALSE(owned(AppliedKey(ShardId(1))));
  EXPECT_FALSE(owned(NodeKey(out)));
  EXPECT_FALSE(owned(WrapKey(Tag::kWriteIntent, NodeKey(out))));
  EXPECT_FALSE(owned(NodeLocalKey("x")));
}

LogicalKey RandomKey(Random* random) {
  static constexpr const char* kTypes[] = {"", "A", "AB", "B", "A\x01", "\xff\xff"};
  const ElementId a(1 + random->Below(4));
  const ElementId b(1 + random->Below(4));
  const RelationshipId id(1 + random->Below(4));
  LogicalKey key;
  switch (random->Below(4)) {
    case 0:
      key.tag = Tag::kNode;
      key.node = a;
      break;
    case 1:
      key.tag = Tag::kRelationship;
      key.relationship = id;
      break;
    default:
      key.tag = Tag::kEdge;
      key.node = a;
      key.outgoing = random->Chance(1, 2);
      key.type = kTypes[random->Below(6)];
      key.other = b;
      key.relationship = id;
  }
  key.slot = key.tag == Tag::kRelationship ? SlotOf(id) : SlotOf(a);
  return key;
}

RC_GTEST_PROP(KeysProperty, ParseIsTheInverseAndNoKeyIsAPrefix, (uint64_t seed)) {
  Random rng(seed);
  const LogicalKey a = RandomKey(&rng);
  const LogicalKey b = RandomKey(&rng);
  const std::string x = a.Encode();
  const std::string y = b.Encode();
  const auto parsed = ParseLogicalKey(x);
  RC_ASSERT(parsed.ok());
  RC_ASSERT(*parsed == a);
  RC_ASSERT((x == y) == (a == b));
  RC_ASSERT(x == y || (y.rfind(x, 0) != 0 && x.rfind(y, 0) != 0));
  RC_ASSERT((x < y) == (WrapKey(Tag::kWriteIntent, x) < WrapKey(Tag::kWriteIntent, y)));
  const auto unwrapped = UnwrapKey(WrapKey(Tag::kReadIntent, x, "suffix"));
  RC_ASSERT(unwrapped.ok());
  RC_ASSERT(unwrapped->logical_key == x);
  RC_ASSERT(unwrapped->suffix == "suffix");
  RC_ASSERT(SlotOfKey(x) == a.slot);
}

RC_GTEST_PROP(KeysProperty, EdgeRangesHoldExactlyTheirEdges, (uint64_t seed)) {
  Random rng(seed);
  const LogicalKey key = RandomKey(&rng);
  const LogicalKey query = RandomKey(&rng);
  const std::string x = VersionedKey(key.Encode(), Timestamp(rng.Next() | 1));
  const bool is_edge_of = key.tag == Tag::kEdge && key.node == query.node;
  const Direction direction = query.outgoing ? Direction::kOutgoing : Direction::kIncoming;
  RC_PRE(query.tag == Tag::kEdge);
  RC_ASSERT(EdgeRange(query.node, Direction::kBoth).Contains(x) == is_edge_of);
  RC_ASSERT(EdgeRange(query.node, direction).Contains(x) ==
            (is_edge_of && key.outgoing == query.outgoing));
  RC_ASSERT(EdgeRange(query.node, direction, query.type).Contains(x) ==
            (is_edge_of && key.outgoing == query.outgoing && key.type == query.type));
}

}  // namespace
}  // namespace graphdb::storage
