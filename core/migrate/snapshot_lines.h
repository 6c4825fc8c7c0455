// The lines of a snapshot file: one struct per kind, its canonical text and the
// parser (docs/formats/snapshot.md). Writer and reader stand on these.
//
// Invariants:
//   1. One content has one text. Parse refuses a line that says the same in
//      another form, unless it has fields this program doesn't know.
//   2. Every double is the shortest text that reads back as the same bits, with
//      a point or an exponent; every integer beyond 2^53 is a string, so that
//      no JSON tool rounds it.
//
// Errors: kInvalidArgument with field, value and what was expected;
// kUnimplemented for what a newer program wrote.
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/hash128.h"
#include "core/base/ids.h"
#include "core/graph/element.h"

namespace graphdb::migrate {

inline constexpr uint64_t kSnapshotVersion = 1;
// No timestamp of a snapshot is above it, so that each has a successor.
inline constexpr uint64_t kSnapshotTimestampMax = uint64_t{1} << 62;
inline constexpr size_t kSnapshotLineBytesMax = size_t{64} << 20;

struct SnapshotHeader {
  uint64_t version = kSnapshotVersion;
  uint64_t min_reader = kSnapshotVersion;
  std::string cluster;      // 32 hex digits
  std::string snapshot_id;  // 32 hex digits
  Timestamp to_seq;         // S
  Epoch epoch;
  uint64_t shards = 0;    // of the source
  uint64_t id_bound = 0;  // the source's allocators stand at or below this
  std::string created_by;
  std::vector<std::string> features;
  std::vector<std::string> required_features;
  friend bool operator==(const SnapshotHeader&, const SnapshotHeader&) = default;
};

enum class SnapshotSection : uint64_t { kNodes = 1, kEdges = 2 };
absl::string_view SectionName(SnapshotSection section);

struct SectionLine {
  SnapshotSection section = SnapshotSection::kNodes;
};
struct NodeLine {
  graph::Node node;
  Timestamp ts;
  Epoch epoch;
};
struct EdgeLine {
  graph::Relationship relationship;
  Timestamp ts;
  Epoch epoch;
};
// Closes up to kBlockRecordsMax records: count, bytes and CRC-32C of their lines.
struct BlockLine {
  uint64_t id = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
  std::string last_key;  // logical key of the last record, in hex
};
struct EndLine {
  SnapshotSection section = SnapshotSection::kNodes;
  uint64_t records = 0;
  uint64_t bytes = 0;
  std::string sha256;  // of the section's bytes, its own line excluded
  std::string digest;  // exact, of the section's elements
};
struct SectionEntry {
  SnapshotSection section = SnapshotSection::kNodes;
  uint64_t offset = 0;  // of its first line
  uint64_t records = 0;
  std::string sha256;
  friend bool operator==(const SectionEntry&, const SectionEntry&) = default;
};
struct FooterLine {
  std::vector<SectionEntry> sections;
  uint64_t nodes = 0;
  uint64_t edges = 0;
  std::string digest;          // exact: with versions
  std::string digest_content;  // without
  std::string root;            // SectionsRoot
  std::string file_sha256;     // of all bytes before this line
};
// SHA-256 over the raw SHA-256 of the sections, in order.
std::string SectionsRoot(const std::vector<SectionEntry>& sections);

struct IgnoredLine {};  // a kind whose name starts with '_'

using SnapshotLine = std::variant<SnapshotHeader, SectionLine, NodeLine, EdgeLine, BlockLine,
                                  EndLine, FooterLine, IgnoredLine>;

// Appends the line with its LF.
void AppendLine(std::string* out, const SnapshotHeader& line);
void AppendLine(std::string* out, const SectionLine& line);
void AppendLine(std::string* out, const NodeLine& line);
void AppendLine(std::string* out, const EdgeLine& line);
void AppendLine(std::string* out, const BlockLine& line);
void AppendLine(std::string* out, const EndLine& line);
void AppendLine(std::string* out, const FooterLine& line);

// `line` without its LF.
absl::StatusOr<SnapshotLine> ParseLine(absl::string_view line);

}  // namespace graphdb::migrate
