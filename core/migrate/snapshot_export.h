// SnapshotExport: turns the graph at one timestamp into the bytes of a snapshot
// file. It says which page of elements it wants next; whoever owns the shards
// answers.
//
//   SnapshotExport exporter(header, slots_of_each_shard_in_slot_order);
//   while (auto want = exporter.Next()) {
//     auto page = ReadElementPage(engine_of(storage::SlotOfKey(want->range.begin)), *want);
//     GRAPHDB_RETURN_IF_ERROR(exporter.OnPage(*page));
//     Send(exporter.TakeOutput());
//   }
//
// Invariants:
//   1. What comes out is exactly what is visible at header.to_seq, provided that
//      every page was read from a state resolved up to it (property P7).
//   2. Bounded work and memory per page.
//
// Errors of OnPage: SnapshotWriter's. Deterministic thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/kv_engine.h"
#include "core/migrate/snapshot_writer.h"
#include "core/storage/elements.h"

namespace graphdb::migrate {

// A part of one slot range: all its keys lie in one shard.
struct PageRequest {
  SnapshotSection section = SnapshotSection::kNodes;
  storage::KeyRange range;  // of logical keys
  Timestamp ts;
  size_t entries_max = 1024;
};

struct ElementPage {
  std::vector<storage::At<graph::Node>> nodes;
  std::vector<storage::At<graph::Relationship>> relationships;
  std::optional<std::string> next;  // where the range goes on; unset: done
};

// The local half: one page from the shard's engine.
absl::StatusOr<ElementPage> ReadElementPage(const env::KvReader& reader,
                                            const PageRequest& request);

class SnapshotExport {
 public:
  // `slots`: ranges in ascending order, each owned by one shard, that cover
  // every slot exactly once (CHECKed). A page has at most `page_entries`.
  SnapshotExport(const SnapshotHeader& header, const std::vector<storage::SlotRange>& slots,
                 size_t page_entries = 1024);

  // Unset: the file is complete.
  std::optional<PageRequest> Next() const;
  absl::Status OnPage(const ElementPage& page);
  std::string TakeOutput() { return writer_.TakeOutput(); }
  const storage::GraphDigest& digest() const { return writer_.digest(); }

 private:
  SnapshotWriter writer_;
  std::vector<PageRequest> to_do_;  // the next one last
};

}  // namespace graphdb::migrate
