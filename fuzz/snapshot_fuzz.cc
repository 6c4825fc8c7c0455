// Snapshot files: any bytes are refused, or are a file that the writer makes
// again from what was read.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "core/base/check.h"
#include "core/migrate/snapshot_reader.h"
#include "core/migrate/snapshot_writer.h"

namespace graphdb::migrate {
namespace {

class Rewriter : public SnapshotSink {
 public:
  absl::Status OnHeader(const SnapshotHeader& header) override {
    writer_.emplace(header);
    return absl::OkStatus();
  }
  absl::Status OnNode(const graph::Node& node, Timestamp ts) override {
    return writer_->Add(node, ts);
  }
  absl::Status OnRelationship(const graph::Relationship& r, Timestamp ts) override {
    return writer_->Add(r, ts);
  }
  storage::GraphDigest Finish() {
    writer_->Finish();
    return writer_->digest();
  }

 private:
  std::optional<SnapshotWriter> writer_;
};

}  // namespace
}  // namespace graphdb::migrate

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using graphdb::migrate::SnapshotReader;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  graphdb::migrate::Rewriter sink;
  SnapshotReader reader(&sink);
  // In two pieces: where lines are cut must not matter.
  absl::Status fed = reader.Feed(bytes.substr(0, size / 2));
  if (fed.ok()) fed = reader.Feed(bytes.substr(size / 2));
  const auto summary = reader.Finish();
  GRAPHDB_CHECK(fed.ok() || !summary.ok());
  if (summary.ok()) GRAPHDB_CHECK(sink.Finish() == summary->digest);
  return 0;
}
