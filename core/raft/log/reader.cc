#include "core/raft/log/reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/raft/log/block.h"
#include "core/raft/log/replay.h"

namespace graphdb::raft {
namespace {

absl::Status Damaged(uint64_t segment, uint64_t offset, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("raft log: ", SegmentName(segment), " offset ", offset, ": ", what));
}

absl::Status Refused(uint64_t segment, uint64_t offset, absl::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat("raft log: ", SegmentName(segment), " offset ", offset, ": ", what));
}

uint64_t BytesBeforeTrailingZeros(absl::string_view bytes) {
  size_t n = bytes.size();
  while (n > 0 && bytes[n - 1] == 0) --n;
  return n;
}

// One reading of the log.
class Reader {
 public:
  explicit Reader(env::Disk& disk) : disk_(disk) {}

  absl::StatusOr<LogImage> Run();

 private:
  struct Placed {
    uint64_t offset = 0;
    ParsedBlock block;
  };

  absl::Status ListFiles();
  absl::StatusOr<std::string> ReadSegment(uint64_t segment);
  absl::Status FindHead();
  absl::Status ReadHead(absl::string_view bytes);
  absl::Status CheckNext(absl::string_view bytes);
  absl::Status CheckTail(absl::string_view bytes, uint64_t offset, uint64_t expected,
                         absl::string_view problem);
  absl::Status ReadManifest();
  absl::Status CheckSize(const Record& record);
  absl::Status ReplaySegment(const SegmentEnd& listed);
  absl::Status ReplayHead();

  env::Disk& disk_;
  LogImage image_;
  uint64_t head_ = 0;  // 0: there is no log yet
  std::vector<Placed> head_blocks_;
  std::vector<SegmentEnd> manifest_;
  uint64_t freed_through_ = 0;
  uint64_t previous_sequence_ = 0;
  Replay replay_;
};

absl::Status Reader::ListFiles() {
  GRAPHDB_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk_.List());
  for (const std::string& name : names) {
    const uint64_t segment = SegmentOfName(name);
    if (segment != 0) image_.files.push_back(segment);
  }
  std::sort(image_.files.begin(), image_.files.end());
  if (!image_.files.empty()) image_.newest_file = image_.files.back();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Reader::ReadSegment(uint64_t segment) {
  const std::string name = SegmentName(segment);
  GRAPHDB_ASSIGN_OR_RETURN(const uint64_t size, disk_.Size(name));
  if (size > kBlockBytesMax * 2) {
    return Damaged(segment, 0, absl::StrCat("the file has ", size, " bytes, more than any may"));
  }
  image_.segment_bytes[segment] = size;
  return disk_.Read(name, 0, size);
}

// What is not intact at `offset` is either the torn last flush or damage.
absl::Status Reader::CheckTail(absl::string_view bytes, uint64_t offset, uint64_t expected,
                               absl::string_view problem) {
  const uint64_t segment = head_;
  for (uint64_t at = offset; at + kBlockHeaderBytes <= bytes.size(); at += kBlockAlign) {
    const ParsedBlock header = ParseBlockHeader(bytes.substr(at), segment, at);
    if (header.verdict == BlockVerdict::kEmpty || header.verdict == BlockVerdict::kBad) continue;
    const ParsedBlock later = ParseBlock(bytes.substr(at), segment, at);
    if (later.verdict == BlockVerdict::kBad) continue;
    if (at != offset && later.header.durable_through < expected) continue;
    if (GRAPHDB_MUTANT("rule-L4.mark")) continue;
    GRAPHDB_COVER("raft_log.damage_below_mark");
    return Damaged(segment, offset,
                   absl::StrCat(problem, "; expected block ", expected,
                                ", which the block at offset ", at, " calls durable"));
  }
  const uint64_t written = BytesBeforeTrailingZeros(bytes);
  if (written <= offset) return absl::OkStatus();
  if (GRAPHDB_MUTANT("rule-L4.cut")) return Damaged(segment, offset, problem);
  GRAPHDB_COVER("raft_log.torn_tail_cut");
  image_.cut_segment = segment;
  image_.cut_offset = offset;
  image_.cut_bytes = written - offset;
  return absl::OkStatus();
}

// From the newest file down to the first one that opens with an intact block.
absl::Status Reader::FindHead() {
  for (auto it = image_.files.rbegin(); it != image_.files.rend(); ++it) {
    head_ = *it;
    GRAPHDB_ASSIGN_OR_RETURN(const std::string bytes, ReadSegment(head_));
    const ParsedBlock first = ParseBlock(bytes, head_, 0);
    if (first.verdict == BlockVerdict::kRefused) return Refused(head_, 0, first.problem);
    if (first.verdict == BlockVerdict::kOk) return ReadHead(bytes);
    const std::string problem =
        first.verdict == BlockVerdict::kEmpty ? "no block where one was expected" : first.problem;
    // Any intact block further on was written after the first was durable.
    GRAPHDB_RETURN_IF_ERROR(CheckTail(bytes, 0, 0, problem));
    image_.segment_bytes.erase(head_);
  }
  head_ = 0;
  return absl::OkStatus();
}

// Nothing was acknowledged in a newer segment before the older file named it: the
// newest file that opens with an intact block can't name a newer one.
absl::Status Reader::CheckNext(absl::string_view bytes) {
  const uint64_t offset = NextMarkOffset(bytes.size());
  if (offset == 0) return absl::OkStatus();
  const ParsedBlock mark = ParseBlock(bytes.substr(offset), head_, offset);
  if (mark.verdict != BlockVerdict::kOk || mark.records.size() != 1) return absl::OkStatus();
  if (mark.records[0].kind != RecordKind::kNext) return absl::OkStatus();
  GRAPHDB_ASSIGN_OR_RETURN(const uint64_t next, DecodeU64(mark.records[0].body));
  GRAPHDB_COVER("raft_log.newest_lost");
  const bool there = std::binary_search(image_.files.begin(), image_.files.end(), next);
  return Damaged(next, 0,
                 absl::StrCat(there ? "the file has lost its first block" : "the file is missing",
                              "; ", SegmentName(head_), " says that it was begun"));
}

absl::Status Reader::ReadHead(absl::string_view bytes) {
  GRAPHDB_RETURN_IF_ERROR(CheckNext(bytes));
  uint64_t offset = 0;
  uint64_t expected = 0;
  while (offset < bytes.size()) {
    ParsedBlock block = ParseBlock(bytes.substr(offset), head_, offset);
    if (block.verdict == BlockVerdict::kRefused) return Refused(head_, offset, block.problem);
    if (block.verdict == BlockVerdict::kOk && expected != 0 && block.header.sequence != expected &&
        !GRAPHDB_MUTANT("rule-L3.address")) {
      return Damaged(head_, offset,
                     absl::StrCat("block ", block.header.sequence, " where block ", expected,
                                  " was expected"));
    }
    if (block.verdict != BlockVerdict::kOk) {
      const std::string problem =
          block.verdict == BlockVerdict::kEmpty ? "no block" : block.problem;
      return CheckTail(bytes, offset, expected, problem);
    }
    expected = block.header.sequence + 1;
    const uint64_t next = offset + AlignToBlock(block.header.total_bytes());
    head_blocks_.push_back({offset, std::move(block)});
    offset = next;
  }
  return absl::OkStatus();
}

// A file has its whole size, durably, before its first block is written: blocks
// that a shorter one lacks are no torn flush.
absl::Status Reader::CheckSize(const Record& record) {
  const absl::StatusOr<uint64_t> size = DecodeU64(record.body);
  if (!size.ok()) return Damaged(head_, 0, size.status().message());
  const uint64_t have = image_.segment_bytes[head_];
  if (have >= *size) return absl::OkStatus();
  return Damaged(head_, have,
                 absl::StrCat("the file ends here; it was made with ", *size, " bytes"));
}

// Which earlier segments there are, and which have gone since.
absl::Status Reader::ReadManifest() {
  for (const Record& record : head_blocks_.front().block.records) {
    if (record.kind == RecordKind::kSize) GRAPHDB_RETURN_IF_ERROR(CheckSize(record));
    if (record.kind != RecordKind::kSegment) continue;
    auto segment = DecodeSegmentEnd(record.body);
    if (!segment.ok()) return Damaged(head_, 0, segment.status().message());
    if (segment->segment >= head_) return Damaged(head_, 0, "an earlier segment with a later id");
    if (!manifest_.empty() && manifest_.back().segment >= segment->segment) {
      return Damaged(head_, 0, "earlier segments out of order");
    }
    manifest_.push_back(*segment);
  }
  for (const Placed& placed : head_blocks_) {
    for (const Record& record : placed.block.records) {
      if (record.kind != RecordKind::kFreed) continue;
      const auto freed = DecodeU64(record.body);
      if (!freed.ok()) return Damaged(head_, placed.offset, freed.status().message());
      freed_through_ = std::max(freed_through_, *freed);
    }
  }
  if (freed_through_ >= head_) return Damaged(head_, 0, "the head itself was given up");
  return absl::OkStatus();
}

absl::Status Reader::ReplaySegment(const SegmentEnd& listed) {
  const uint64_t segment = listed.segment;
  if (!std::binary_search(image_.files.begin(), image_.files.end(), segment)) {
    return Damaged(segment, 0,
                   absl::StrCat("the file is missing; ", SegmentName(head_),
                                " counts on its first ", listed.end, " bytes"));
  }
  GRAPHDB_ASSIGN_OR_RETURN(const std::string bytes, ReadSegment(segment));
  const absl::string_view whole = absl::string_view(bytes).substr(0, listed.end);
  uint64_t offset = 0;
  while (offset < listed.end) {
    const absl::string_view rest = offset < whole.size() ? whole.substr(offset) : "";
    const ParsedBlock block = ParseBlock(rest, segment, offset);
    if (block.verdict == BlockVerdict::kRefused) return Refused(segment, offset, block.problem);
    if (block.verdict != BlockVerdict::kOk) {
      return Damaged(segment, offset,
                     absl::StrCat(block.problem.empty() ? "no block" : block.problem,
                                  "; expected whole blocks up to offset ", listed.end));
    }
    if (previous_sequence_ != 0 && block.header.sequence != previous_sequence_ + 1) {
      return Damaged(segment, offset,
                     absl::StrCat("block ", block.header.sequence, " where block ",
                                  previous_sequence_ + 1, " was expected"));
    }
    previous_sequence_ = block.header.sequence;
    const absl::Status replayed = replay_.Apply(block, segment, /*rewrite=*/false);
    if (!replayed.ok()) {
      return absl::Status(replayed.code(), Damaged(segment, offset, replayed.message()).message());
    }
    offset += AlignToBlock(block.header.total_bytes());
  }
  if (offset != listed.end || previous_sequence_ != listed.last_sequence) {
    return Damaged(segment, offset,
                   absl::StrCat("block ", previous_sequence_, " ends here; expected block ",
                                listed.last_sequence, " to end at offset ", listed.end));
  }
  image_.segments.push_back(listed);
  return absl::OkStatus();
}

absl::Status Reader::ReplayHead() {
  // The last flush is not known durable, unless it is only a mark.
  const Placed& last = head_blocks_.back();
  bool rewrite_last = last.block.header.kind != BlockKind::kMark;
  if (GRAPHDB_MUTANT("rule-L3.rewrite-tail")) rewrite_last = false;
  SegmentEnd end{head_, 0, 0};
  for (const Placed& placed : head_blocks_) {
    const bool is_last = &placed == &last;
    const absl::Status replayed = replay_.Apply(placed.block, head_, is_last && rewrite_last);
    if (!replayed.ok()) {
      return absl::Status(replayed.code(),
                          Damaged(head_, placed.offset, replayed.message()).message());
    }
    if (is_last && (rewrite_last || placed.block.header.kind == BlockKind::kMark)) break;
    end.end = placed.offset + AlignToBlock(placed.block.header.total_bytes());
    end.last_sequence = placed.block.header.sequence;
  }
  if (end.end > 0) image_.segments.push_back(end);
  if (end.end == 0) image_.segment_bytes.erase(head_);
  image_.last_sequence =
      end.end > 0 ? end.last_sequence : head_blocks_.front().block.header.sequence - 1;
  return absl::OkStatus();
}

absl::StatusOr<LogImage> Reader::Run() {
  GRAPHDB_RETURN_IF_ERROR(ListFiles());
  GRAPHDB_RETURN_IF_ERROR(FindHead());
  if (head_ == 0) return std::move(image_);
  GRAPHDB_RETURN_IF_ERROR(ReadManifest());
  for (const SegmentEnd& listed : manifest_) {
    if (listed.segment <= freed_through_) continue;
    GRAPHDB_RETURN_IF_ERROR(ReplaySegment(listed));
  }
  const uint64_t first_of_head = head_blocks_.front().block.header.sequence;
  if (previous_sequence_ != 0 && first_of_head != previous_sequence_ + 1) {
    return Damaged(head_, 0,
                   absl::StrCat("block ", first_of_head, " where block ", previous_sequence_ + 1,
                                " was expected"));
  }
  GRAPHDB_RETURN_IF_ERROR(ReplayHead());
  auto groups = replay_.Finish();
  if (!groups.ok()) return Damaged(head_, 0, groups.status().message());
  image_.groups = *std::move(groups);
  return std::move(image_);
}

}  // namespace

absl::StatusOr<LogImage> ReadLog(env::Disk& disk) { return Reader(disk).Run(); }

}  // namespace graphdb::raft
