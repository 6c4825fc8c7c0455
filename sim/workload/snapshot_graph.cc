#include "sim/workload/snapshot_graph.h"

#include <utility>

#include "core/base/status_macros.h"

namespace graphdb::sim {
namespace {

class CollectingSink final : public migrate::SnapshotSink {
 public:
  absl::Status OnNode(const graph::Node& node, Timestamp ts) override {
    graph.nodes[node.id.value()] = {node, ts};
    return absl::OkStatus();
  }
  absl::Status OnRelationship(const graph::Relationship& r, Timestamp ts) override {
    graph.relationships[r.id.value()] = {r, ts};
    return absl::OkStatus();
  }
  LedgerGraph graph;
};

}  // namespace

absl::StatusOr<SnapshotGraph> ReadSnapshot(absl::string_view file) {
  CollectingSink sink;
  migrate::SnapshotReader reader(&sink);
  GRAPHDB_RETURN_IF_ERROR(reader.Feed(file));
  SnapshotGraph out;
  GRAPHDB_ASSIGN_OR_RETURN(out.summary, reader.Finish());
  out.graph = std::move(sink.graph);
  return out;
}

}  // namespace graphdb::sim
