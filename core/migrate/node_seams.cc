#include "core/migrate/node_seams.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "core/base/status_macros.h"
#include "core/migrate/snapshot_writer.h"
#include "core/storage/restore_marker.h"

namespace graphdb::migrate {
namespace {

class FileWriter : public cluster::SnapshotFileWriter {
 public:
  explicit FileWriter(std::string created_by) : created_by_(std::move(created_by)) {}

  absl::Status Begin(const cluster::SnapshotHeader& header, std::string* out) override {
    SnapshotHeader line;
    line.cluster = absl::BytesToHexString(header.cluster_id);
    line.snapshot_id = absl::StrFormat("%032x", header.snapshot_id);
    line.to_seq = header.at;
    line.shards = header.num_shards;
    line.id_bound = header.id_bound;
    line.created_by = created_by_;
    writer_.emplace(line);
    out->append(writer_->TakeOutput());
    return absl::OkStatus();
  }

  absl::Status Add(const cluster::SnapshotPage& page, std::string* out) override {
    for (const cluster::VersionedNode& node : page.nodes) {
      GRAPHDB_RETURN_IF_ERROR(writer_->Add(node.node, node.version));
    }
    for (const cluster::VersionedRelationship& r : page.relationships) {
      GRAPHDB_RETURN_IF_ERROR(writer_->Add(r.relationship, r.version));
    }
    out->append(writer_->TakeOutput());
    return absl::OkStatus();
  }

  absl::Status Finish(std::string* out) override {
    writer_->Finish();
    out->append(writer_->TakeOutput());
    return absl::OkStatus();
  }

 private:
  const std::string created_by_;
  std::optional<SnapshotWriter> writer_;
};

}  // namespace

std::unique_ptr<cluster::SnapshotFileWriter> MakeSnapshotFileWriter(const std::string& created_by) {
  return std::make_unique<FileWriter>(created_by);
}

absl::StatusOr<cluster::FoundingState> ReadFoundingState(const env::KvReader& reader) {
  GRAPHDB_ASSIGN_OR_RETURN(const std::optional<storage::RestoreMarker> marker,
                           storage::ReadRestoreMarker(reader));
  GRAPHDB_RETURN_IF_ERROR(storage::CheckRestoreFinished(marker));
  cluster::FoundingState state;
  if (!marker.has_value()) return state;
  state.restored = true;
  state.oracle_bound = marker->to_seq.value() + 1;
  state.id_bound = marker->id_bound;
  return state;
}

void FillNodeSeams(const std::string& created_by, cluster::NodeOptions* options) {
  options->make_snapshot_writer = [created_by] { return MakeSnapshotFileWriter(created_by); };
  options->founding_state = ReadFoundingState;
}

}  // namespace graphdb::migrate
