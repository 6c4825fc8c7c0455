#include "core/migrate/snapshot_reader.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/cover.h"
#include "core/base/crc32c.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/graph/element_digest.h"
#include "core/migrate/snapshot_writer.h"
#include "core/storage/keys.h"

namespace graphdb::migrate {

absl::Status SnapshotReader::Damaged(absl::string_view field, absl::string_view found,
                                     absl::string_view expected) const {
  if (GRAPHDB_MUTANT("prop-P31.flipped-byte")) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("field '", field, "' is ", found, "; expected ", expected,
                                          " by the file's bytes (damaged)"));
}

std::string SnapshotReader::Expected() const {
  switch (at_) {
    case At::kHeader:
      return "the header";
    case At::kSection:
      return sections_.size() < 2 ? absl::StrCat("section ", sections_.size() + 1) : "the footer";
    case At::kRecord:
      return block_.empty() ? "a record or the section's end" : "a record or the block's end";
    case At::kEnd:
      return "the end of the file";
  }
  return "";
}

absl::Status SnapshotReader::OutOfPlace(absl::string_view what) const {
  return absl::DataLossError(absl::StrCat(what, " is out of place; expected ", Expected()));
}

absl::Status SnapshotReader::Feed(absl::string_view bytes) {
  while (status_.ok() && !bytes.empty()) {
    const size_t end = bytes.find('\n');
    const size_t size = end == absl::string_view::npos ? bytes.size() : end + 1;
    if (partial_.size() + size > kSnapshotLineBytesMax) {
      status_ = absl::DataLossError(absl::StrCat("line ", summary_.lines + 1,
                                                 ": too long; expected at most ",
                                                 kSnapshotLineBytesMax, " bytes"));
      break;
    }
    if (end == absl::string_view::npos) {
      absl::StrAppend(&partial_, bytes);
      break;
    }
    if (partial_.empty()) {
      status_ = OnLine(bytes.substr(0, size));
    } else {
      absl::StrAppend(&partial_, bytes.substr(0, size));
      status_ = OnLine(partial_);
      partial_.clear();
    }
    bytes.remove_prefix(size);
  }
  return status_;
}

absl::Status SnapshotReader::OnLine(absl::string_view line) {
  error_line_ = ++summary_.lines;
  line_ = line;
  absl::Status status;
  if (at_ == At::kEnd) {
    status = OutOfPlace("what follows the footer");
  } else {
    absl::StatusOr<SnapshotLine> parsed = ParseLine(line.substr(0, line.size() - 1));
    status = parsed.status();
    if (parsed.ok()) status = std::visit([this](const auto& kind) { return On(kind); }, *parsed);
  }
  if (!status.ok()) {
    // What isn't a line of a snapshot was one, or the file never was one.
    const auto code = absl::IsInvalidArgument(status) ? absl::StatusCode::kDataLoss : status.code();
    return absl::Status(code, absl::StrCat("line ", error_line_, ": ", status.message()));
  }
  file_hash_.Update(line);
  if (section_.has_value()) section_hash_.Update(line);
  summary_.bytes += line.size();
  return absl::OkStatus();
}

absl::Status SnapshotReader::On(const SnapshotHeader& line) {
  if (at_ != At::kHeader) return OutOfPlace("a header");
  at_ = At::kSection;
  summary_.header = line;
  return sink_->OnHeader(line);
}

absl::Status SnapshotReader::On(const SectionLine& line) {
  const auto expected = static_cast<SnapshotSection>(sections_.size() + 1);
  if (at_ != At::kSection || line.section != expected) return OutOfPlace("this section");
  at_ = At::kRecord;
  section_ = line.section;
  section_hash_ = Sha256();
  section_offset_ = summary_.bytes;
  section_records_ = 0;
  before_section_ = summary_.digest;
  last_key_.clear();
  return absl::OkStatus();
}

absl::Status SnapshotReader::On(const NodeLine& line) {
  GRAPHDB_RETURN_IF_ERROR(
      TakeRecord(SnapshotSection::kNodes, storage::NodeKey(line.node.id), line.ts));
  summary_.ids.Cover(line.node.id.value());
  summary_.digest.AddNode(graph::kDefaultDigestKey, line.node, line.ts);
  block_.push_back({summary_.lines, line});
  return absl::OkStatus();
}

absl::Status SnapshotReader::On(const EdgeLine& line) {
  GRAPHDB_RETURN_IF_ERROR(
      TakeRecord(SnapshotSection::kEdges, storage::OutKey(line.relationship), line.ts));
  summary_.ids.Cover(line.relationship.id.value());
  summary_.digest.AddRelationship(graph::kDefaultDigestKey, line.relationship, line.ts);
  block_.push_back({summary_.lines, line});
  return absl::OkStatus();
}

absl::Status SnapshotReader::TakeRecord(SnapshotSection section, std::string key, Timestamp ts) {
  if (at_ != At::kRecord || section_ != section) return OutOfPlace("this record");
  if (ts > summary_.header.to_seq) {
    return absl::DataLossError(absl::StrCat("field 'v' has timestamp ", ts.value(),
                                            "; expected at most to_seq ",
                                            summary_.header.to_seq.value()));
  }
  if (!last_key_.empty() && key <= last_key_) {
    return absl::DataLossError(absl::StrCat(storage::DescribeKey(key), " after ",
                                            storage::DescribeKey(last_key_),
                                            "; expected ascending keys, each once"));
  }
  last_key_ = std::move(key);
  ++section_records_;
  block_bytes_ += line_.size();
  block_crc_ = Crc32c(line_, block_crc_);
  if (block_.size() < kBlockRecordsMax) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("a block of more records; expected at most ", kBlockRecordsMax));
}

absl::Status SnapshotReader::On(const BlockLine& line) {
  if (at_ != At::kRecord || block_.empty()) return OutOfPlace("a block's end");
  if (line.id != ++blocks_)
    GRAPHDB_RETURN_IF_ERROR(Damaged("id", absl::StrCat(line.id), absl::StrCat(blocks_)));
  if (line.records != block_.size()) {
    GRAPHDB_RETURN_IF_ERROR(Damaged("n", absl::StrCat(line.records), absl::StrCat(block_.size())));
  }
  if (line.bytes != block_bytes_) {
    GRAPHDB_RETURN_IF_ERROR(Damaged("bytes", absl::StrCat(line.bytes), absl::StrCat(block_bytes_)));
  }
  if (line.crc32c != block_crc_) {
    GRAPHDB_RETURN_IF_ERROR(Damaged("crc32c", absl::StrFormat("%08x", line.crc32c),
                                    absl::StrFormat("%08x", block_crc_)));
  }
  const std::string last_key = absl::BytesToHexString(last_key_);
  if (line.last_key != last_key) {
    GRAPHDB_RETURN_IF_ERROR(Damaged("last_key", line.last_key, last_key));
  }
  return Deliver();
}

absl::Status SnapshotReader::Deliver() {
  for (const Record& record : block_) {
    error_line_ = record.line;
    if (const NodeLine* node = std::get_if<NodeLine>(&record.element)) {
      GRAPHDB_RETURN_IF_ERROR(sink_->OnNode(node->node, node->ts));
    } else {
      const EdgeLine& edge = std::get<EdgeLine>(record.element);
      GRAPHDB_RETURN_IF_ERROR(sink_->OnRelationship(edge.relationship, edge.ts));
    }
  }
  block_.clear();
  block_bytes_ = 0;
  block_crc_ = 0;
  return absl::OkStatus();
}

absl::Status SnapshotReader::On(const EndLine& line) {
  if (at_ != At::kRecord || line.section != section_) return OutOfPlace("a section's end");
  if (!block_.empty()) return OutOfPlace("a section's end inside a block");
  const std::string sha256 = Sha256(section_hash_).Finish().ToHex();
  Hash128 digest = summary_.digest.exact;
  digest.Subtract(before_section_.exact);
  if (line.records != section_records_) {
    GRAPHDB_RETURN_IF_ERROR(
        Damaged("n", absl::StrCat(line.records), absl::StrCat(section_records_)));
  }
  const uint64_t bytes = summary_.bytes - section_offset_;
  if (line.bytes != bytes) {
    GRAPHDB_RETURN_IF_ERROR(Damaged("bytes", absl::StrCat(line.bytes), absl::StrCat(bytes)));
  }
  if (line.sha256 != sha256) GRAPHDB_RETURN_IF_ERROR(Damaged("sha256", line.sha256, sha256));
  if (line.digest != digest.ToHex()) {
    GRAPHDB_RETURN_IF_ERROR(Damaged("digest", line.digest, digest.ToHex()));
  }
  sections_.push_back({*section_, section_offset_, section_records_, sha256});
  section_.reset();
  at_ = At::kSection;
  return absl::OkStatus();
}

absl::Status SnapshotReader::On(const FooterLine& line) {
  if (at_ != At::kSection || sections_.size() != 2) return OutOfPlace("the footer");
  const storage::GraphDigest& digest = summary_.digest;
  const auto same = [this](absl::string_view field, const auto& found, const auto& expected) {
    if (found == expected) return absl::OkStatus();
    return Damaged(field, absl::StrCat(found), absl::StrCat(expected));
  };
  if (line.sections != sections_) {
    GRAPHDB_RETURN_IF_ERROR(Damaged("sections", "another list", "the sections before it"));
  }
  GRAPHDB_RETURN_IF_ERROR(same("nodes", line.nodes, digest.nodes));
  GRAPHDB_RETURN_IF_ERROR(same("edges", line.edges, digest.edges));
  GRAPHDB_RETURN_IF_ERROR(same("digest", line.digest, digest.exact.ToHex()));
  GRAPHDB_RETURN_IF_ERROR(same("digest_content", line.digest_content, digest.content.ToHex()));
  GRAPHDB_RETURN_IF_ERROR(same("root", line.root, SectionsRoot(sections_)));
  summary_.file_sha256 = Sha256(file_hash_).Finish().ToHex();
  GRAPHDB_RETURN_IF_ERROR(same("file_sha256", line.file_sha256, summary_.file_sha256));
  at_ = At::kEnd;
  return absl::OkStatus();
}

absl::StatusOr<SnapshotSummary> SnapshotReader::Finish() {
  GRAPHDB_RETURN_IF_ERROR(status_);
  const bool whole = at_ == At::kEnd && partial_.empty();
  if (!whole && !GRAPHDB_MUTANT("prop-P41.no-footer")) {
    GRAPHDB_COVER("migrate.snapshot_cut_short");
    status_ = absl::DataLossError(absl::StrCat("line ", summary_.lines + 1, ": the file ends ",
                                               partial_.empty() ? "here" : "inside this line",
                                               ", cut short; expected ", Expected()));
    return status_;
  }
  return summary_;
}

}  // namespace graphdb::migrate
