#include "core/storage/restore_marker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/coding.h"
#include "core/base/status_macros.h"
#include "core/storage/keys.h"

namespace graphdb::storage {
namespace {

constexpr uint8_t kVersion = 1;
constexpr absl::string_view kSuffix = "restore";

std::string Text(absl::string_view bytes) { return std::string(bytes.data(), bytes.size()); }

}  // namespace

std::string EncodeRestoreMarker(const RestoreMarker& marker) {
  std::string out(1, static_cast<char>(kVersion));
  out.push_back(static_cast<char>(marker.state));
  PutBytes(&out, marker.snapshot_id);
  PutBytes(&out, marker.source_cluster);
  PutFixed64(&out, marker.to_seq.value());
  PutFixed64(&out, marker.id_bound);
  PutFixed64(&out, marker.nodes);
  PutFixed64(&out, marker.edges);
  PutBytes(&out, marker.digest);
  return out;
}

absl::StatusOr<RestoreMarker> DecodeRestoreMarker(absl::string_view bytes) {
  ByteReader in(bytes);
  uint8_t version = 0;
  if (!in.Fixed8(&version)) return absl::DataLossError("restore marker is empty");
  if (version != kVersion) {
    return absl::UnimplementedError(
        absl::StrCat("restore marker has version ", version, ", this program knows ", kVersion));
  }
  RestoreMarker marker;
  uint8_t state = 0;
  uint64_t to_seq = 0;
  absl::string_view id;
  absl::string_view cluster;
  absl::string_view digest;
  if (!in.Fixed8(&state) || !in.Bytes(&id) || !in.Bytes(&cluster) || !in.Fixed64(&to_seq) ||
      !in.Fixed64(&marker.id_bound) || !in.Fixed64(&marker.nodes) || !in.Fixed64(&marker.edges) ||
      !in.Bytes(&digest) || !in.empty()) {
    return absl::DataLossError("restore marker is not whole");
  }
  if (state != 1 && state != 2) {
    return absl::DataLossError(absl::StrCat("restore marker has the unknown state ", state));
  }
  marker.state = static_cast<RestoreMarker::State>(state);
  marker.snapshot_id = Text(id);
  marker.source_cluster = Text(cluster);
  marker.to_seq = Timestamp(to_seq);
  marker.digest = Text(digest);
  return marker;
}

void PutRestoreMarker(env::KvBatch* batch, const RestoreMarker& marker) {
  batch->Put(NodeLocalKey(kSuffix), EncodeRestoreMarker(marker));
}

absl::StatusOr<std::optional<RestoreMarker>> ReadRestoreMarker(const env::KvReader& reader) {
  GRAPHDB_ASSIGN_OR_RETURN(const auto bytes, reader.Get(NodeLocalKey(kSuffix)));
  if (!bytes.has_value()) return std::optional<RestoreMarker>();
  GRAPHDB_ASSIGN_OR_RETURN(RestoreMarker marker, DecodeRestoreMarker(*bytes));
  return std::optional<RestoreMarker>(std::move(marker));
}

absl::Status CheckRestoreFinished(const std::optional<RestoreMarker>& marker) {
  if (!marker.has_value() || marker->state == RestoreMarker::State::kComplete) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the restore of snapshot ", marker->snapshot_id,
                   " into this data folder has not finished; run it again: "
                   "graphdb restore --snapshot FILE --data-dir FOLDER"));
}

}  // namespace graphdb::storage
