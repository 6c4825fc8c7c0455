#include "core/storage/mvcc.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/status_macros.h"
#include "core/env/random.h"
#include "core/graph/element_digest.h"
#include "core/graph/random_element.h"
#include "core/storage/adjacency_cache.h"
#include "core/storage/digest.h"
#include "core/storage/elements.h"
#include "core/storage/memory_kv.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace graphdb::storage {
namespace {

// The whole scan at once.
absl::StatusOr<GraphDigest> ComputeDigest(const env::KvReader& reader, const SlotSet& slots,
                                          Timestamp ts, const Hash128& key) {
  DigestScan scan(reader, slots, ts, key);
  for (bool done = false; !done;) {
    GRAPHDB_ASSIGN_OR_RETURN(done, scan.Step(7));
  }
  return scan.result();
}

using graph::Direction;

void Write(MemoryKv* kv, env::KvBatch batch) {
  ASSERT_TRUE(kv->Write(ShardId(0), LogIndex(1), std::move(batch)).ok());
}

// Versions of a few logical keys, as plain maps.
struct Model {
  std::map<std::string, std::map<uint64_t, std::optional<std::string>>> keys;

  std::optional<Versioned> At(const std::string& key, uint64_t ts) const {
    auto it = keys.find(key);
    if (it == keys.end()) return std::nullopt;
    auto after = it->second.upper_bound(ts);
    if (after == it->second.begin()) return std::nullopt;
    const auto& [found, value] = *std::prev(after);
    return Versioned{Timestamp(found), !value.has_value(), value.value_or("")};
  }
};

struct Op {
  std::string key;
  uint64_t ts;
  std::optional<std::string> value;
};

std::vector<Op> RandomOps(Random* random) {
  std::vector<Op> ops;
  const uint64_t count = random->Below(40);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t id = 1 + random->Below(6);
    Op op;
    op.key = random->Chance(1, 3) ? RelationshipKey(RelationshipId(id)) : NodeKey(ElementId(id));
    op.ts = 1 + i;  // unique: commit timestamps are
    if (random->Chance(3, 4)) op.value = std::to_string(i);
    ops.push_back(std::move(op));
  }
  return ops;
}

void Put(env::KvBatch* batch, const Op& op) {
  if (op.value.has_value()) {
    PutVersion(batch, op.key, Timestamp(op.ts), *op.value);
  } else {
    PutTombstone(batch, op.key, Timestamp(op.ts));
  }
}

RC_GTEST_PROP(MvccProperty, AgreesWithAMapOfVersions, (uint64_t seed)) {
  Random rng(seed);
  MemoryKv kv;
  Model model;
  env::KvBatch batch;
  const std::vector<Op> ops = RandomOps(&rng);
  for (const Op& op : ops) {
    Put(&batch, op);
    model.keys[op.key][op.ts] = op.value;
  }
  Write(&kv, std::move(batch));
  const uint64_t ts = rng.Below(ops.size() + 2);
  for (uint64_t id = 1; id <= 7; ++id) {
    const std::string key = NodeKey(ElementId(id));
    RC_ASSERT(*ReadAt(kv, key, Timestamp(ts)) == model.At(key, ts));
    RC_ASSERT(*NewestVersion(kv, key) == model.At(key, ~uint64_t{0}));
  }
  // All nodes, in pages of any size.
  ScanOptions options;
  options.ts = Timestamp(ts);
  options.entries_max = 1 + rng.Below(3);
  options.visits_max = 1 + rng.Below(3);
  if (rng.Chance(1, 2)) options.bytes_max = 1 + rng.Below(50);
  KeyRange range = NodeRange({Slot(0), Slot(kSlotCount - 1)});
  const KeyRange whole = range;
  std::map<std::string, std::string> seen;
  for (bool done = false; !done;) {
    const auto page = ScanAt(kv, range, options);
    RC_ASSERT(page.ok());
    RC_ASSERT(page->entries.size() <= options.entries_max);
    for (const ScanEntry& entry : page->entries) {
      RC_ASSERT(seen.emplace(entry.logical_key, entry.value).second);
    }
    done = !page->next.has_value();
    if (!done) range.begin = *page->next;
  }
  std::map<std::string, std::string> expected;
  bool any_after = false;
  for (const auto& [key, versions] : model.keys) {
    if (!whole.Contains(key)) continue;
    const auto visible = model.At(key, ts);
    if (visible.has_value() && !visible->tombstone) expected[key] = visible->value;
    any_after = any_after || versions.rbegin()->first > ts;
  }
  RC_ASSERT(seen == expected);
  RC_ASSERT(*AnyVersionAfter(kv, whole, Timestamp(ts)) == any_after);
}

// Rule M1: a set union, so order and repeats don't matter.
RC_GTEST_PROP(MvccProperty, OrderAndRepeatsDontMatter, (uint64_t seed)) {
  Random rng(seed);
  std::vector<Op> ops = RandomOps(&rng);
  MemoryKv a;
  env::KvBatch first;
  for (const Op& op : ops) Put(&first, op);
  Write(&a, std::move(first));
  for (size_t i = ops.size(); i > 1; --i) std::swap(ops[i - 1], ops[rng.Below(i)]);
  MemoryKv b;
  for (const Op& op : ops) {
    env::KvBatch batch;
    Put(&batch, op);
    if (rng.Chance(1, 4)) Put(&batch, ops[rng.Below(ops.size())]);
    Write(&b, std::move(batch));
  }
  RC_ASSERT(a.map() == b.map());
}

// docs/formats/keys.md.
TEST(MvccTest, GoldenBytesOfVersions) {
  MemoryKv kv;
  const std::string key = NodeKey(ElementId(1));
  env::KvBatch batch;
  PutVersion(&batch, key, Timestamp(256), "node");
  PutTombstone(&batch, key, Timestamp(257));
  Write(&kv, std::move(batch));
  EXPECT_EQ(kv.map().at(VersionedKey(key, Timestamp(256))), std::string("\x01node"));
  EXPECT_EQ(kv.map().at(VersionedKey(key, Timestamp(257))), std::string(1, '\0'));
}

TEST(MvccTest, ExtremeTimestampsAndDamage) {
  MemoryKv kv;
  const std::string key = NodeKey(ElementId(1));
  env::KvBatch batch;
  PutVersion(&batch, key, Timestamp(1), "old");
  PutVersion(&batch, key, kMaxTimestamp, "last");
  Write(&kv, std::move(batch));
  EXPECT_EQ((*ReadAt(kv, key, Timestamp(0))), std::nullopt);
  EXPECT_EQ((*ReadAt(kv, key, Timestamp(1)))->value, "old");
  EXPECT_EQ((*NewestVersion(kv, key))->value, "last");
  kv.mutable_map()[VersionedKey(key, Timestamp(5))] = "\x07payload";
  EXPECT_EQ(ReadAt(kv, key, Timestamp(6)).status().code(), absl::StatusCode::kDataLoss);
  kv.mutable_map()[VersionedKey(key, Timestamp(5))] = "";
  EXPECT_EQ(ReadAt(kv, key, Timestamp(6)).status().code(), absl::StatusCode::kDataLoss);
}

// A small random graph with history, written in one go; all in one owner.
struct SmallGraph {
  MemoryKv kv;
  GraphDigest expected;

  explicit SmallGraph(Random* random) {
    env::KvBatch batch;
    for (uint64_t id = 1; id <= 5; ++id) {
      const graph::Node old_state = graph::RandomNode(random, ElementId(id));
      const graph::Node node = graph::RandomNode(random, ElementId(id));
      PutNode(&batch, old_state, Timestamp(id));
      PutNode(&batch, node, Timestamp(10 + id));
      PutTombstone(&batch, NodeKey(node.id), Timestamp(100));
      expected.AddNode(graph::kDefaultDigestKey, node, Timestamp(10 + id));
    }
    for (uint64_t id = 1; id <= 6; ++id) {
      const ElementId start(1 + random->Below(5));
      const ElementId end(1 + random->Below(5));
      const graph::Relationship r =
          graph::RandomRelationship(random, RelationshipId(id), start, end);
      PutRelationship(&batch, r, Timestamp(20 + id));
      if (id % 3 == 0) {
        DeleteRelationship(&batch, r, Timestamp(40));
      } else {
        expected.AddRelationship(graph::kDefaultDigestKey, r, Timestamp(20 + id));
      }
    }
    Write(&kv, std::move(batch));
  }
};

RC_GTEST_PROP(DigestProperty, SumOfTheShardsIsTheDigestOfTheElements, (uint64_t seed)) {
  Random rng(seed);
  SmallGraph graph(&rng);
  const uint32_t shards = 1 + static_cast<uint32_t>(rng.Below(5));
  GraphDigest total;
  for (uint32_t i = 0; i < shards; ++i) {
    DigestScan scan(graph.kv, SlotSet::EvenShare(ShardId(static_cast<uint16_t>(i)), shards),
                    Timestamp(50), graph::kDefaultDigestKey);
    for (bool done = false; !done;) {
      const auto step = scan.Step(1 + rng.Below(3));
      RC_ASSERT(step.ok());
      done = *step;
    }
    total.Add(scan.result());
  }
  RC_ASSERT(total.exact == graph.expected.exact);
  RC_ASSERT(total.content == graph.expected.content);
  RC_ASSERT(total.nodes == 5u);
  RC_ASSERT(total.edges == 4u);
  RC_ASSERT(total.symmetric());
  RC_ASSERT(total.out_ends == graph.expected.out_ends);
}

// The halves and the record of a relationship agree in every field, or it is seen.
TEST(DigestTest, HalvesThatDifferInAnyFieldAreNotSymmetric) {
  const graph::Relationship r{RelationshipId(9), "T", ElementId(1), ElementId(2), {}};
  std::vector<graph::Relationship> others(4, r);
  others[0].id = RelationshipId(8);
  others[1].type = "U";
  others[2].start = ElementId(3);
  others[3].end = ElementId(3);
  const auto symmetric = [&](const graph::Relationship& in, const graph::Relationship& record,
                             uint64_t ts) {
    MemoryKv kv;
    env::KvBatch batch;
    PutOut(&batch, r, Timestamp(5));
    PutIn(&batch, in, Timestamp(ts));
    PutRelationshipRecord(&batch, record, Timestamp(5));
    Write(&kv, std::move(batch));
    return ComputeDigest(kv, SlotSet::All(), Timestamp(9), graph::kDefaultDigestKey)->symmetric();
  };
  EXPECT_TRUE(symmetric(r, r, 5));
  EXPECT_FALSE(symmetric(r, r, 4));
  for (const graph::Relationship& other : others) {
    EXPECT_FALSE(symmetric(other, r, 5)) << other.id << other.type << other.start << other.end;
    EXPECT_FALSE(symmetric(r, other, 5)) << other.id << other.type << other.start << other.end;
  }
}

// P31 at the level of the engine: any one flipped bit, missing or extra key is
// seen by the digest or refused, if it is visible there.
RC_GTEST_PROP(DigestProperty, OneChangedKeyIsSeen, (uint64_t seed)) {
  Random rng(seed);
  SmallGraph graph(&rng);
  auto& map = graph.kv.mutable_map();
  auto it = std::next(map.begin(), static_cast<int64_t>(rng.Below(map.size())));
  absl::string_view logical;
  Timestamp ts;
  RC_ASSERT(SplitVersionedKey(it->first, &logical, &ts));
  const std::string key(logical);
  const bool visible = (*ReadAt(graph.kv, key, Timestamp(50)))->ts == ts;
  if (rng.Chance(1, 3)) {
    map.erase(it);
  } else {
    std::string& value = it->second;
    const uint64_t place = rng.Below(value.size());
    value[place] = static_cast<char>(value[place] ^ (1 << rng.Below(8)));
  }
  const auto after =
      ComputeDigest(graph.kv, SlotSet::All(), Timestamp(50), graph::kDefaultDigestKey);
  if (!visible || !after.ok()) return;
  const bool same = after->exact == graph.expected.exact && after->symmetric() &&
                    after->nodes == graph.expected.nodes && after->edges == graph.expected.edges;
  // A lost tombstone of an older state hides nothing that is visible.
  RC_ASSERT(!same);
}

TEST(ElementsTest, ARelationshipIsFoundByIdAndFromBothEnds) {
  MemoryKv kv;
  const graph::Relationship r{
      RelationshipId(9), "T", ElementId(1), ElementId(2), {{"k", graph::Value::Integer(1)}}};
  env::KvBatch batch;
  PutRelationship(&batch, r, Timestamp(4));
  Write(&kv, std::move(batch));
  const auto record = *ReadAt(kv, RelationshipKey(r.id), Timestamp(4));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(graph::DecodeEnds(record->value)->start, r.start);
  const auto out = *ReadAt(kv, OutKey(r), Timestamp(4));
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(*graph::DecodeRelationshipProperties(out->value), r.properties);
  EXPECT_FALSE((*ReadAt(kv, RelationshipKey(r.id), Timestamp(3))).has_value());
  ScanOptions options{.ts = Timestamp(4), .entries_max = 10};
  const auto page = *ScanAt(kv, EdgeRange(r.end, Direction::kIncoming), options);
  ASSERT_EQ(page.entries.size(), 1u);
  graph::Relationship pointer = *RelationshipFrom(page.entries[0].logical_key, "");
  EXPECT_EQ(pointer.start, r.start);
  EXPECT_EQ(pointer.end, r.end);
  EXPECT_FALSE(RelationshipFrom(page.entries[0].logical_key, "x").ok());
}

// Invariant 4 of the cache: what a caller sees doesn't depend on it.
RC_GTEST_PROP(AdjacencyCacheProperty, NeverChangesWhatIsRead, (uint64_t seed)) {
  Random rng(seed);
  MemoryKv kv;
  AdjacencyCache cache(1 + rng.Below(4));
  uint64_t now = 1;
  const uint64_t steps = rng.Below(80);
  for (uint64_t i = 0; i < steps; ++i) {
    const ElementId a(1 + rng.Below(3));
    if (rng.Chance(1, 3)) {
      const ElementId b(1 + rng.Below(3));
      const graph::Relationship r{RelationshipId(1 + rng.Below(3)), "T", a, b, {}};
      // Mostly newer than anything, at times older (rule M1: stream and restore).
      const Timestamp ts(rng.Chance(1, 5) ? 1 + rng.Below(now) : ++now);
      env::KvBatch batch;
      if (rng.Chance(2, 3)) {
        PutRelationship(&batch, r, ts);
      } else {
        DeleteRelationship(&batch, r, ts);
      }
      cache.OnBatch(batch);
      Write(&kv, std::move(batch));
      continue;
    }
    const Direction direction = rng.Chance(1, 2) ? Direction::kOutgoing : Direction::kIncoming;
    const Timestamp ts(rng.Chance(2, 3) ? now + rng.Below(3) : rng.Below(now + 1));
    const KeyRange range =
        rng.Chance(1, 2) ? EdgeRange(a, direction) : EdgeRange(a, direction, "T");
    const ScanOptions options{.ts = ts, .entries_max = 1000};
    const auto cached = ScanThrough(kv, &cache, range, options);
    const auto read = ScanAt(kv, range, options);
    RC_ASSERT(cached.ok());
    RC_ASSERT(cached->entries.size() == read->entries.size());
    for (size_t k = 0; k < read->entries.size(); ++k) {
      RC_ASSERT(cached->entries[k].logical_key == read->entries[k].logical_key);
      RC_ASSERT(cached->entries[k].ts == read->entries[k].ts);
    }
    RC_ASSERT(cached->newest == read->newest);
  }
  RC_ASSERT(cache.lists() <= 4u);
}

ScanPage ReadOutEdges(const MemoryKv& kv, AdjacencyCache* cache, uint64_t node,
                      size_t entries_max = 10) {
  const ScanOptions options{.ts = Timestamp(5), .entries_max = entries_max};
  absl::StatusOr<ScanPage> page =
      ScanThrough(kv, cache, EdgeRange(ElementId(node), Direction::kOutgoing), options);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *std::move(page) : ScanPage();
}

TEST(AdjacencyCacheTest, HitsKeepAListAndTheOldestGoes) {
  MemoryKv kv;
  AdjacencyCache cache(2);
  ReadOutEdges(kv, &cache, 1);
  ReadOutEdges(kv, &cache, 2);
  ReadOutEdges(kv, &cache, 1);
  EXPECT_EQ(cache.hits(), 1u);
  ReadOutEdges(kv, &cache, 3);  // 2 goes
  ReadOutEdges(kv, &cache, 1);
  EXPECT_EQ(cache.hits(), 2u);
  ReadOutEdges(kv, &cache, 2);
  EXPECT_EQ(cache.misses(), 4u);
  EXPECT_EQ(cache.lists(), 2u);
  cache.Clear();
  EXPECT_EQ(cache.lists(), 0u);
}

// Writes three edges out of node 1 and tells the cache.
void WriteThreeEdges(MemoryKv* kv, AdjacencyCache* cache) {
  env::KvBatch batch;
  for (uint64_t id = 1; id <= 3; ++id) {
    PutRelationship(&batch, {RelationshipId(id), "T", ElementId(1), ElementId(2), {}},
                    Timestamp(id));
  }
  cache->OnBatch(batch);
  Write(kv, std::move(batch));
}

TEST(AdjacencyCacheTest, PagesAListAndKeepsOnlyWholeOnes) {
  MemoryKv kv;
  AdjacencyCache cache(2);
  WriteThreeEdges(&kv, &cache);
  const ScanPage partial = ReadOutEdges(kv, &cache, 1, 2);
  EXPECT_TRUE(partial.next.has_value());
  EXPECT_EQ(cache.lists(), 0u);
  EXPECT_EQ(ReadOutEdges(kv, &cache, 1).entries.size(), 3u);
  EXPECT_EQ(cache.lists(), 1u);
  EXPECT_GT(cache.bytes(), 0u);
  const ScanPage again = ReadOutEdges(kv, &cache, 1, 2);
  EXPECT_EQ(cache.hits(), 1u);
  EXPECT_EQ(again.entries.size(), 2u);
  EXPECT_EQ(again.next, partial.next);
}

TEST(AdjacencyCacheTest, WhatABatchChangesGoes) {
  MemoryKv kv;
  AdjacencyCache cache(4);
  ReadOutEdges(kv, &cache, 1);
  ReadOutEdges(kv, &cache, 2);
  EXPECT_EQ(cache.lists(), 2u);
  WriteThreeEdges(&kv, &cache);
  EXPECT_EQ(cache.lists(), 1u);  // node 2 has no out edge among them
  EXPECT_EQ(ReadOutEdges(kv, &cache, 1).entries.size(), 3u);
  env::KvBatch wipe;
  const KeyRange nodes = NodeRange({Slot(0), Slot(kSlotCount - 1)});
  wipe.DeleteRange(nodes.begin, nodes.end);
  cache.OnBatch(wipe);
  EXPECT_EQ(cache.lists(), 2u);
  const KeyRange edges = LogicalRange(Tag::kEdge, {Slot(7), Slot(7)});
  wipe.DeleteRange(edges.begin, edges.end);
  cache.OnBatch(wipe);
  EXPECT_EQ(cache.lists(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(AdjacencyCacheTest, OnlyWholeListsAreLookedUp) {
  const KeyRange all = EdgeRange(ElementId(1), Direction::kOutgoing);
  EXPECT_TRUE(IsEdgeList(all));
  EXPECT_TRUE(IsEdgeList(EdgeRange(ElementId(1), Direction::kIncoming, "")));
  EXPECT_TRUE(IsEdgeList(EdgeRange(ElementId(1), Direction::kIncoming, "T")));
  EXPECT_FALSE(IsEdgeList(EdgeRange(ElementId(1), Direction::kBoth)));
  EXPECT_FALSE(IsEdgeList({all.begin, all.end + "x"}));
  EXPECT_FALSE(IsEdgeList({all.begin + "x", all.end}));
  EXPECT_FALSE(IsEdgeList(NodeRange({Slot(0), Slot(9)})));
  const graph::Relationship r{RelationshipId(9), "T", ElementId(1), ElementId(2), {}};
  const std::string key = OutKey(r);
  const absl::StatusOr<EdgeLists> lists = EdgeListsOf(key);
  ASSERT_TRUE(lists.ok());
  EXPECT_EQ(lists->all_types, all.begin);
  EXPECT_EQ(lists->one_type, EdgeRange(ElementId(1), Direction::kOutgoing, "T").begin);
  EXPECT_FALSE(EdgeListsOf(NodeKey(ElementId(1))).ok());
}

}  // namespace
}  // namespace graphdb::storage
