// SnapshotReader: reads and verifies a snapshot file fed to it piece by piece.
//
//   SnapshotReader reader(&sink);
//   while (...) GRAPHDB_RETURN_IF_ERROR(reader.Feed(bytes));
//   GRAPHDB_ASSIGN_OR_RETURN(SnapshotSummary summary, reader.Finish());
//
// Invariants:
//   1. Finish succeeds only for a whole file: every checksum, count, digest,
//      order and the footer agree, and nothing follows it. Without a good Finish
//      nothing the sink was given may be believed.
//   2. The sink is given the records of a block only after its CRC was right.
//   3. Memory is bounded by one line (kSnapshotLineBytesMax) and one block.
//   4. After an error every call answers with it.
//
// Errors begin with "line N: " and say what was found and what was expected:
// kDataLoss, whatever is wrong with the file (not a snapshot, not canonical,
// damaged, cut short), kUnimplemented (written for a newer program), the sink's
// own, with the line of the record it was given.
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/sha256.h"
#include "core/migrate/snapshot_lines.h"
#include "core/storage/digest.h"
#include "core/storage/slots.h"

namespace graphdb::migrate {

// Gets what a file says. A kInvalidArgument of a sink is damage of the file.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  virtual absl::Status OnHeader(const SnapshotHeader& header) { return absl::OkStatus(); }
  virtual absl::Status OnNode(const graph::Node& node, Timestamp ts) { return absl::OkStatus(); }
  virtual absl::Status OnRelationship(const graph::Relationship& relationship, Timestamp ts) {
    return absl::OkStatus();
  }
};

struct SnapshotSummary {
  SnapshotHeader header;
  storage::GraphDigest digest;  // exact, content, nodes, edges; out_ends of the halves
  storage::IdFloor ids;         // of the elements; the header's id_bound may be higher
  uint64_t bytes = 0;
  uint64_t lines = 0;
  std::string file_sha256;

  // Above every id in use, or handed out by the source.
  uint64_t IdBound() const { return std::max(ids.Bound(), header.id_bound); }
};

class SnapshotReader {
 public:
  explicit SnapshotReader(SnapshotSink* sink) : sink_(sink) {}

  absl::Status Feed(absl::string_view bytes);
  absl::StatusOr<SnapshotSummary> Finish();

 private:
  enum class At { kHeader, kSection, kRecord, kEnd };
  struct Record {
    uint64_t line = 0;
    std::variant<NodeLine, EdgeLine> element;
  };

  absl::Status OnLine(absl::string_view line);
  absl::Status On(const SnapshotHeader& line);
  absl::Status On(const SectionLine& line);
  absl::Status On(const NodeLine& line);
  absl::Status On(const EdgeLine& line);
  absl::Status On(const BlockLine& line);
  absl::Status On(const EndLine& line);
  absl::Status On(const FooterLine& line);
  absl::Status On(const IgnoredLine&) { return absl::OkStatus(); }
  absl::Status TakeRecord(SnapshotSection section, std::string key, Timestamp ts);
  absl::Status Deliver();
  absl::Status Damaged(absl::string_view field, absl::string_view found,
                       absl::string_view expected) const;
  absl::Status OutOfPlace(absl::string_view what) const;
  std::string Expected() const;  // the next line

  SnapshotSink* const sink_;
  absl::Status status_;
  std::string partial_;  // a line whose end hasn't come yet
  SnapshotSummary summary_;
  At at_ = At::kHeader;
  absl::string_view line_;   // the one being looked at, with its LF
  uint64_t error_line_ = 0;  // which one an error is about
  Sha256 file_hash_;
  std::vector<SectionEntry> sections_;

  std::optional<SnapshotSection> section_;
  Sha256 section_hash_;
  uint64_t section_offset_ = 0;
  uint64_t section_records_ = 0;
  storage::GraphDigest before_section_;
  std::string last_key_;

  std::vector<Record> block_;
  uint64_t block_bytes_ = 0;
  uint32_t block_crc_ = 0;
  uint64_t blocks_ = 0;
};

}  // namespace graphdb::migrate
