// Blocks of the node-wide log: what one write and one sync put on disk. Bytes:
// docs/formats/raft-log.md.
//
//   BlockBuilder block; block.Add(record);
//   std::string bytes = block.Finish({.segment = 7, .offset = 4096, .sequence = 12, ...});
//   ParsedBlock parsed = ParseBlock(bytes_at_the_offset, 7, 4096);
//
// Invariants:
//   1. A block starts at a multiple of kBlockAlign, so no two blocks share a
//      sector and a torn write can't reach an older block.
//   2. ParseBlock trusts nothing: any input gives a verdict.
//
// Thread-safe (no state but the arguments).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/raft/log/records.h"

namespace graphdb::raft {

inline constexpr uint16_t kLogFormatVersion = 1;
inline constexpr uint64_t kBlockAlign = 4096;  // the physical sector of today's disks
inline constexpr uint64_t kBlockHeaderBytes = 64;
// A block is written at once and read at once.
inline constexpr uint64_t kBlockBytesMax = 1ull << 30;

inline constexpr uint64_t AlignToBlock(uint64_t bytes) {
  return (bytes + kBlockAlign - 1) / kBlockAlign * kBlockAlign;
}

// Where a file of so many bytes names the segment that was begun after it: its last
// block. 0: it is too short to.
inline constexpr uint64_t NextMarkOffset(uint64_t file_bytes) {
  const uint64_t whole = file_bytes / kBlockAlign * kBlockAlign;
  return whole >= 2 * kBlockAlign ? whole - kBlockAlign : 0;
}

enum class BlockKind : uint8_t { kData = 1, kMark = 2 };

struct BlockHeader {
  BlockKind kind = BlockKind::kData;
  uint64_t segment = 0;  // the address: where the block belongs
  uint64_t offset = 0;
  uint64_t sequence = 0;         // rises by one from block to block, over segments too
  uint64_t durable_through = 0;  // the last sequence known durable when this was written
  uint32_t record_count = 0;
  uint32_t directory_bytes = 0;
  uint32_t body_bytes = 0;

  uint64_t total_bytes() const { return kBlockHeaderBytes + directory_bytes + body_bytes; }
};

class BlockBuilder {
 public:
  void Add(const Record& record) {
    Add(record.kind, record.shard, record.index, record.term, record.body);
  }
  void Add(RecordKind kind, ShardId shard, LogIndex index, Term term, absl::string_view body);
  // An entry without a copy of its data in between.
  void AddEntry(RecordKind kind, ShardId shard, const Entry& entry);

  bool empty() const { return record_count_ == 0; }
  uint64_t total_bytes() const { return kBlockHeaderBytes + directory_.size() + body_.size(); }
  // The block's bytes, not padded. Counts and lengths in `header` are filled in.
  std::string Finish(BlockHeader header);

 private:
  void Begin(RecordKind kind, ShardId shard, LogIndex index, Term term, size_t body_bytes);

  std::string directory_;
  std::string body_;
  uint32_t record_count_ = 0;
};

// At most what a record with so many bytes of body adds to a block.
inline constexpr uint64_t kRecordOverheadMax = 64;

enum class BlockVerdict {
  kOk,
  kEmpty,    // never written: the header is zeros
  kBad,      // torn or damaged; `problem` says what was expected
  kRefused,  // intact, but not ours to read: another version, an unknown record kind
};

struct ParsedBlock {
  BlockVerdict verdict = BlockVerdict::kEmpty;
  BlockHeader header;  // kOk; kRefused as far as it could be read
  std::vector<Record> records;
  std::string problem;  // kBad, kRefused
};

// `bytes` begins at the block and may go on beyond it.
ParsedBlock ParseBlock(absl::string_view bytes, uint64_t segment, uint64_t offset);
// The header alone; records stay empty.
ParsedBlock ParseBlockHeader(absl::string_view bytes, uint64_t segment, uint64_t offset);

// The entry in a record of kind kEntry or kMovedEntry; kFailedPrecondition for an unknown
// entry kind.
absl::StatusOr<Entry> EntryOf(const Record& record);

// "raft-0000000000000007.log" and back; 0 where the name is not a segment's.
std::string SegmentName(uint64_t segment);
uint64_t SegmentOfName(absl::string_view name);

}  // namespace graphdb::raft
