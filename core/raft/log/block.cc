#include "core/raft/log/block.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/base/crc32c.h"
#include "core/base/mutant.h"

namespace graphdb::raft {
namespace {

constexpr uint32_t kMagic = 0x424c5247;  // "GRLB"
constexpr size_t kHeaderCrcAt = 60;
constexpr char kPrefix[] = "raft-";
constexpr char kSuffix[] = ".log";
constexpr size_t kSegmentDigits = 16;

ParsedBlock Bad(std::string problem) {
  ParsedBlock parsed;
  parsed.verdict = BlockVerdict::kBad;
  parsed.problem = std::move(problem);
  return parsed;
}

bool KnownRecordKind(uint8_t kind) {
  return kind >= static_cast<uint8_t>(RecordKind::kHardState) &&
         kind <= static_cast<uint8_t>(RecordKind::kNext);
}

bool CrcHolds(absl::string_view bytes, uint32_t crc) {
  if (GRAPHDB_MUTANT("rule-L3.crc")) return true;
  return Crc32c(bytes) == crc;
}

// One line of the directory.
bool ReadDirectoryLine(ByteReader* in, uint8_t* kind, Record* record, uint64_t* body_bytes) {
  uint16_t shard = 0;
  uint64_t index = 0;
  uint64_t term = 0;
  if (!in->Fixed8(kind)) return false;
  if (!in->Fixed16(&shard) || !in->Varint64(&index)) return false;
  if (!in->Varint64(&term) || !in->Varint64(body_bytes)) return false;
  record->shard = ShardId(shard);
  record->index = LogIndex(index);
  record->term = Term(term);
  return true;
}

// The second copy of (index, term), before each body.
bool SecondCopyAgrees(ByteReader* in, const Record& record) {
  uint64_t index = 0;
  uint64_t term = 0;
  if (!in->Varint64(&index) || !in->Varint64(&term)) return false;
  if (GRAPHDB_MUTANT("rule-L3.twice")) return true;
  return LogIndex(index) == record.index && Term(term) == record.term;
}

// Fills parsed->records; the CRCs hold, so what doesn't fit was written so.
void ParseRecords(absl::string_view directory, absl::string_view body, ParsedBlock* parsed) {
  ByteReader lines(directory);
  ByteReader bodies(body);
  for (uint32_t i = 0; i < parsed->header.record_count; ++i) {
    Record record;
    uint8_t kind = 0;
    uint64_t body_bytes = 0;
    if (!ReadDirectoryLine(&lines, &kind, &record, &body_bytes)) {
      *parsed = Bad(absl::StrCat("directory line ", i, " is malformed"));
      return;
    }
    if (!KnownRecordKind(kind)) {
      parsed->verdict = BlockVerdict::kRefused;
      parsed->problem = absl::StrCat("record ", i, " has the unknown kind ", kind);
      return;
    }
    record.kind = static_cast<RecordKind>(kind);
    absl::string_view bytes;
    if (!SecondCopyAgrees(&bodies, record)) {
      *parsed = Bad(absl::StrCat("record ", i, ": the two copies of (index, term) differ"));
      return;
    }
    if (!bodies.Raw(body_bytes, &bytes)) {
      *parsed = Bad(absl::StrCat("record ", i, " goes beyond the block's body"));
      return;
    }
    record.body = std::string(bytes);
    parsed->records.push_back(std::move(record));
  }
  if (!lines.empty() || !bodies.empty()) *parsed = Bad("bytes are left after the last record");
}

bool AllZero(absl::string_view bytes) {
  for (char c : bytes) {
    if (c != 0) return false;
  }
  return true;
}

}  // namespace

void BlockBuilder::Begin(RecordKind kind, ShardId shard, LogIndex index, Term term,
                         size_t body_bytes) {
  directory_.push_back(static_cast<char>(kind));
  PutFixed16(&directory_, shard.value());
  PutVarint64(&directory_, index.value());
  PutVarint64(&directory_, term.value());
  PutVarint64(&directory_, body_bytes);
  PutVarint64(&body_, index.value());
  PutVarint64(&body_, term.value());
  ++record_count_;
}

void BlockBuilder::Add(RecordKind kind, ShardId shard, LogIndex index, Term term,
                       absl::string_view body) {
  Begin(kind, shard, index, term, body.size());
  body_.append(body.data(), body.size());
}

void BlockBuilder::AddEntry(RecordKind kind, ShardId shard, const Entry& entry) {
  Begin(kind, shard, entry.index, entry.term, 1 + entry.data.size());
  body_.push_back(static_cast<char>(entry.kind));
  body_.append(entry.data);
}

std::string BlockBuilder::Finish(BlockHeader header) {
  GRAPHDB_CHECK_LE(total_bytes(), kBlockBytesMax);
  GRAPHDB_CHECK_EQ(header.offset % kBlockAlign, 0u);
  std::string out;
  out.reserve(total_bytes());
  PutFixed32(&out, kMagic);
  PutFixed16(&out, kLogFormatVersion);
  out.push_back(static_cast<char>(header.kind));
  out.push_back(0);
  PutFixed64(&out, header.segment);
  PutFixed64(&out, header.offset);
  PutFixed64(&out, header.sequence);
  PutFixed64(&out, header.durable_through);
  PutFixed32(&out, record_count_);
  PutFixed32(&out, static_cast<uint32_t>(directory_.size()));
  PutFixed32(&out, static_cast<uint32_t>(body_.size()));
  PutFixed32(&out, Crc32c(directory_));
  PutFixed32(&out, Crc32c(body_));
  PutFixed32(&out, Crc32c(out));
  GRAPHDB_CHECK_EQ(out.size(), kBlockHeaderBytes);
  out += directory_;
  out += body_;
  return out;
}

ParsedBlock ParseBlockHeader(absl::string_view bytes, uint64_t segment, uint64_t offset) {
  if (bytes.size() < kBlockHeaderBytes) return Bad("the file ends inside the block header");
  const absl::string_view raw = bytes.substr(0, kBlockHeaderBytes);
  ParsedBlock parsed;
  if (AllZero(raw)) return parsed;
  if (LoadFixed32(raw.data()) != kMagic) return Bad("no block header where one was expected");
  if (!CrcHolds(raw.substr(0, kHeaderCrcAt), LoadFixed32(raw.data() + kHeaderCrcAt))) {
    return Bad("the header's checksum does not hold");
  }
  ByteReader in(raw.substr(4));
  uint16_t version = 0;
  uint8_t kind = 0;
  uint8_t zero = 0;
  BlockHeader& h = parsed.header;
  const bool whole = in.Fixed16(&version) && in.Fixed8(&kind) && in.Fixed8(&zero) &&
                     in.Fixed64(&h.segment) && in.Fixed64(&h.offset) && in.Fixed64(&h.sequence) &&
                     in.Fixed64(&h.durable_through) && in.Fixed32(&h.record_count) &&
                     in.Fixed32(&h.directory_bytes) && in.Fixed32(&h.body_bytes);
  GRAPHDB_CHECK(whole);
  if ((h.segment != segment || h.offset != offset) && !GRAPHDB_MUTANT("rule-L3.address")) {
    return Bad(absl::StrCat("the block belongs to segment ", h.segment, " offset ", h.offset));
  }
  if (version != kLogFormatVersion) {
    parsed.verdict = BlockVerdict::kRefused;
    parsed.problem = absl::StrCat("format version ", version, "; this program reads version ",
                                  kLogFormatVersion);
    return parsed;
  }
  if (kind != static_cast<uint8_t>(BlockKind::kData) &&
      kind != static_cast<uint8_t>(BlockKind::kMark)) {
    parsed.verdict = BlockVerdict::kRefused;
    parsed.problem = absl::StrCat("unknown block kind ", kind);
    return parsed;
  }
  if (h.sequence == 0) return Bad("a block without a sequence");
  h.kind = static_cast<BlockKind>(kind);
  parsed.verdict = BlockVerdict::kOk;
  return parsed;
}

ParsedBlock ParseBlock(absl::string_view bytes, uint64_t segment, uint64_t offset) {
  ParsedBlock parsed = ParseBlockHeader(bytes, segment, offset);
  if (parsed.verdict != BlockVerdict::kOk) return parsed;
  const BlockHeader& h = parsed.header;
  if (h.total_bytes() > kBlockBytesMax) return Bad("the block is longer than any block may be");
  if (h.total_bytes() > bytes.size()) return Bad("the file ends inside the block");
  const absl::string_view directory = bytes.substr(kBlockHeaderBytes, h.directory_bytes);
  const absl::string_view body = bytes.substr(kBlockHeaderBytes + h.directory_bytes, h.body_bytes);
  if (!CrcHolds(directory, LoadFixed32(bytes.data() + 52))) {
    return Bad("the directory's checksum does not hold");
  }
  if (!CrcHolds(body, LoadFixed32(bytes.data() + 56))) {
    return Bad("the body's checksum does not hold");
  }
  ParseRecords(directory, body, &parsed);
  return parsed;
}

absl::StatusOr<Entry> EntryOf(const Record& record) {
  if (record.body.empty()) return absl::DataLossError("an entry without its kind");
  const uint8_t kind = static_cast<uint8_t>(record.body[0]);
  if (kind < static_cast<uint8_t>(EntryKind::kNormal) ||
      kind > static_cast<uint8_t>(EntryKind::kConfig)) {
    return absl::FailedPreconditionError(absl::StrCat("unknown entry kind ", kind));
  }
  return Entry{record.term, record.index, static_cast<EntryKind>(kind), record.body.substr(1)};
}

std::string SegmentName(uint64_t segment) {
  return absl::StrCat(kPrefix, absl::Hex(segment, absl::kZeroPad16), kSuffix);
}

uint64_t SegmentOfName(absl::string_view name) {
  const size_t prefix = sizeof(kPrefix) - 1;
  if (name.size() != prefix + kSegmentDigits + sizeof(kSuffix) - 1) return 0;
  uint64_t segment = 0;
  if (!absl::SimpleHexAtoi(name.substr(prefix, kSegmentDigits), &segment)) return 0;
  return SegmentName(segment) == name ? segment : 0;
}

}  // namespace graphdb::raft
