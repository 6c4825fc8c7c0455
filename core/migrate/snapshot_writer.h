// SnapshotWriter: a snapshot file as a stream of bytes, from elements fed in
// the order of their logical keys, nodes before relationships.
//
//   SnapshotWriter writer(header);
//   for (...) GRAPHDB_RETURN_IF_ERROR(writer.Add(node, commit_ts));
//   for (...) GRAPHDB_RETURN_IF_ERROR(writer.Add(relationship, commit_ts));
//   writer.Finish();                       // footer
//   Send(writer.TakeOutput());             // any time: what was made since
//
// Invariants:
//   1. Without Finish the file has no footer, and no reader takes it.
//   2. Keys ascend strictly, so no element can be there twice.
//   3. Holds at most one block of records besides what wasn't taken.
//
// Errors of Add: kInvalidArgument (an element that can't be written, named),
// kInternal (order), kOutOfRange (a version outside 1..S). After one the file
// is to be thrown away.
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/sha256.h"
#include "core/migrate/snapshot_lines.h"
#include "core/storage/digest.h"

namespace graphdb::migrate {

inline constexpr uint64_t kBlockRecordsMax = 4096;
inline constexpr uint64_t kBlockBytesMax = 512 << 10;

class SnapshotWriter {
 public:
  explicit SnapshotWriter(const SnapshotHeader& header);

  absl::Status Add(const graph::Node& node, Timestamp ts);
  absl::Status Add(const graph::Relationship& relationship, Timestamp ts);
  void Finish();

  std::string TakeOutput();
  const storage::GraphDigest& digest() const { return total_; }

 private:
  absl::Status Check(absl::Status valid, const std::string& key, Timestamp ts) const;
  absl::Status AddRecord(std::string line, std::string key);
  void BeginSection(SnapshotSection section);
  void EndSection();
  void CloseBlock();
  void Emit(const std::string& text);

  const SnapshotHeader header_;
  std::string output_;
  uint64_t offset_ = 0;  // bytes made so far
  Sha256 file_hash_;
  storage::GraphDigest total_;

  // The open section and its open block.
  std::optional<SnapshotSection> section_;
  Sha256 section_hash_;
  uint64_t section_offset_ = 0;
  uint64_t section_records_ = 0;
  storage::GraphDigest before_section_;
  std::string block_;
  uint64_t block_records_ = 0;
  uint64_t blocks_ = 0;
  std::string last_key_;
  std::vector<SectionEntry> sections_;
  bool finished_ = false;
};

}  // namespace graphdb::migrate
