// The seam between a node and core/migrate's snapshot files: what a node reads
// of the cluster, and what turns it into the bytes of a file. The programs fill
// NodeOptions::make_snapshot_writer with migrate's writer, so that this package
// does not know the format.
//
// Deterministic thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/ids.h"
#include "core/graph/element.h"

namespace graphdb::cluster {

struct SnapshotHeader {
  std::string cluster_id;  // 16 bytes
  Timestamp at;            // S: the state is that of this timestamp, exactly
  uint16_t num_shards = 0;
  uint64_t id_bound = 0;     // ids of the elements are at or below it
  uint64_t snapshot_id = 0;  // drawn
};

struct VersionedNode {
  graph::Node node;
  Timestamp version;
};

struct VersionedRelationship {
  graph::Relationship relationship;
  Timestamp version;
};

// All nodes come before the first relationship, each kind in the order of shard
// and key.
struct SnapshotPage {
  ShardId shard;
  std::vector<VersionedNode> nodes;
  std::vector<VersionedRelationship> relationships;
};

class SnapshotFileWriter {
 public:
  virtual ~SnapshotFileWriter() = default;
  // Each appends the bytes that are complete to `out`.
  virtual absl::Status Begin(const SnapshotHeader& header, std::string* out) = 0;
  virtual absl::Status Add(const SnapshotPage& page, std::string* out) = 0;
  virtual absl::Status Finish(std::string* out) = 0;
};

using MakeSnapshotWriter = std::function<std::unique_ptr<SnapshotFileWriter>()>;

}  // namespace graphdb::cluster
