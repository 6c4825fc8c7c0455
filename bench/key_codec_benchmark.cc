// What every read and write pays before the engine: making and parsing keys,
// records and element digests.
#include <cstdint>
#include <string>

#include "benchmark/benchmark.h"
#include "core/graph/codec.h"
#include "core/graph/element_digest.h"
#include "core/storage/elements.h"
#include "core/storage/keys.h"
#include "core/storage/memory_kv.h"
#include "core/storage/mvcc.h"

namespace graphdb::storage {
namespace {

graph::Relationship Edge(uint64_t id) {
  return {RelationshipId(id), "KNOWS", ElementId(id + 1), ElementId(id + 2), {}};
}

graph::Node Person(uint64_t id) {
  graph::Node node;
  node.id = ElementId(id);
  node.labels = {"Person"};
  node.properties = {{"name", graph::Value::String("Ada Lovelace")},
                     {"born", graph::Value::Integer(1815)},
                     {"score", graph::Value::Float(0.25)}};
  return node;
}

void BM_OutKeyEncode(benchmark::State& state) {
  uint64_t id = 1;
  for (auto _ : state) benchmark::DoNotOptimize(OutKey(Edge(id++)));
}
BENCHMARK(BM_OutKeyEncode);

void BM_OutKeyParse(benchmark::State& state) {
  const std::string key = OutKey(Edge(7));
  for (auto _ : state) benchmark::DoNotOptimize(ParseLogicalKey(key));
}
BENCHMARK(BM_OutKeyParse);

void BM_NodeEncode(benchmark::State& state) {
  const graph::Node node = Person(7);
  for (auto _ : state) benchmark::DoNotOptimize(graph::EncodeNode(node));
}
BENCHMARK(BM_NodeEncode);

void BM_NodeDecode(benchmark::State& state) {
  const std::string bytes = graph::EncodeNode(Person(7));
  for (auto _ : state) benchmark::DoNotOptimize(graph::DecodeNode(ElementId(7), bytes));
}
BENCHMARK(BM_NodeDecode);

void BM_NodeDigest(benchmark::State& state) {
  const graph::Node node = Person(7);
  for (auto _ : state) {
    benchmark::DoNotOptimize(graph::NodeDigest(graph::kDefaultDigestKey, node, Timestamp(9)));
  }
}
BENCHMARK(BM_NodeDigest);

// One page of 100 out edges, each with three versions, over a sorted map.
void BM_ScanAtEdges(benchmark::State& state) {
  MemoryKv kv;
  env::KvBatch batch;
  for (uint64_t id = 1; id <= 100; ++id) {
    graph::Relationship r = Edge(id);
    r.start = ElementId(1);
    for (uint64_t ts = 1; ts <= 3; ++ts) PutOut(&batch, r, Timestamp(ts));
  }
  if (!kv.Write(ShardId(0), LogIndex(1), std::move(batch)).ok()) return;
  ScanOptions options;
  options.ts = Timestamp(2);
  options.entries_max = 100;
  const KeyRange range = EdgeRange(ElementId(1), graph::Direction::kOutgoing);
  for (auto _ : state) benchmark::DoNotOptimize(ScanAt(kv, range, options));
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(BM_ScanAtEdges);

}  // namespace
}  // namespace graphdb::storage
