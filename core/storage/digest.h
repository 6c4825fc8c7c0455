// Digests of a graph by scan: what two replicas, a database and a snapshot file
// of the same state agree on.
//
//   DigestScan scan(reader, slots, ts, graph::kDefaultDigestKey);
//   while (true) { GRAPHDB_ASSIGN_OR_RETURN(bool done, scan.Step(1000)); if (done) break; }
//   total.Add(scan.result());                     // over all shards
//   if (!total.symmetric()) ...                   // a half of a relationship is missing
//
// Invariants:
//   1. The result is a sum over elements: the same for any split into shards or
//      steps and for any order.
//   2. Only what is visible at the timestamp counts.
//
// Not synchronised: as its reader.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/hash128.h"
#include "core/env/kv_engine.h"
#include "core/graph/element.h"
#include "core/storage/keys.h"
#include "core/storage/mvcc.h"

namespace graphdb::storage {

struct GraphDigest {
  Hash128 exact;    // with the version of every element
  Hash128 content;  // without: equal after a re-encoding, too
  uint64_t nodes = 0;
  uint64_t edges = 0;  // relationships, counted where they start
  // The same hash of id, type and ends, summed over out edges, in edges and
  // records by id. Over a whole graph the three are equal.
  Hash128 out_ends;
  Hash128 in_ends;
  Hash128 record_ends;

  void AddNode(const Hash128& key, const graph::Node& node, Timestamp version);
  // The relationship, and with it its out edge.
  void AddRelationship(const Hash128& key, const graph::Relationship& r, Timestamp version);
  void Add(const GraphDigest& other);
  bool symmetric() const { return out_ends == in_ends && out_ends == record_ends; }
  friend bool operator==(const GraphDigest&, const GraphDigest&) = default;
};

class DigestScan {
 public:
  // `reader` outlives this object and should be a snapshot if writes go on.
  DigestScan(const env::KvReader& reader, const SlotSet& slots, Timestamp ts, const Hash128& key);

  // Looks at about `entries_max` entries more; true: complete.
  absl::StatusOr<bool> Step(size_t entries_max);
  const GraphDigest& result() const { return result_; }

 private:
  absl::Status AddEntry(const ScanEntry& entry);

  const env::KvReader& reader_;
  const Timestamp ts_;
  const Hash128 key_;
  std::vector<KeyRange> ranges_;  // to do, the next one last
  GraphDigest result_;
};

}  // namespace graphdb::storage
