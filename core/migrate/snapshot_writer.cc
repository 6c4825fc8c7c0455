#include "core/migrate/snapshot_writer.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/status_macros.h"
#include "core/graph/codec.h"
#include "core/graph/element_digest.h"
#include "core/storage/keys.h"

namespace graphdb::migrate {

SnapshotWriter::SnapshotWriter(const SnapshotHeader& header) : header_(header) {
  std::string line;
  AppendLine(&line, header_);
  Emit(line);
  BeginSection(SnapshotSection::kNodes);
}

absl::Status SnapshotWriter::Check(absl::Status valid, const std::string& key, Timestamp ts) const {
  if (!valid.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(storage::DescribeKey(key), ": ", valid.message()));
  }
  if (ts.value() == 0 || ts > header_.to_seq) {
    return absl::OutOfRangeError(absl::StrCat(storage::DescribeKey(key), " has version ",
                                              ts.value(), "; expected 1 to ",
                                              header_.to_seq.value()));
  }
  return absl::OkStatus();
}

absl::Status SnapshotWriter::Add(const graph::Node& node, Timestamp ts) {
  GRAPHDB_CHECK(!finished_);
  std::string key = storage::NodeKey(node.id);
  GRAPHDB_RETURN_IF_ERROR(Check(graph::ValidateNode(node), key, ts));
  if (section_ != SnapshotSection::kNodes) return absl::InternalError("a node after relationships");
  std::string line;
  AppendLine(&line, NodeLine{node, ts, header_.epoch});
  GRAPHDB_RETURN_IF_ERROR(AddRecord(std::move(line), std::move(key)));
  total_.AddNode(graph::kDefaultDigestKey, node, ts);
  return absl::OkStatus();
}

absl::Status SnapshotWriter::Add(const graph::Relationship& relationship, Timestamp ts) {
  GRAPHDB_CHECK(!finished_);
  std::string key = storage::OutKey(relationship);
  GRAPHDB_RETURN_IF_ERROR(Check(graph::ValidateRelationship(relationship), key, ts));
  if (section_ == SnapshotSection::kNodes) {
    EndSection();
    BeginSection(SnapshotSection::kEdges);
  }
  std::string line;
  AppendLine(&line, EdgeLine{relationship, ts, header_.epoch});
  GRAPHDB_RETURN_IF_ERROR(AddRecord(std::move(line), std::move(key)));
  total_.AddRelationship(graph::kDefaultDigestKey, relationship, ts);
  return absl::OkStatus();
}

absl::Status SnapshotWriter::AddRecord(std::string line, std::string key) {
  if (line.size() > kSnapshotLineBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(storage::DescribeKey(key), " takes ",
                                                   line.size(), " bytes; expected at most ",
                                                   kSnapshotLineBytesMax));
  }
  if (!last_key_.empty() && key <= last_key_) {
    return absl::InternalError(absl::StrCat(storage::DescribeKey(key), " after ",
                                            storage::DescribeKey(last_key_),
                                            "; expected ascending keys"));
  }
  last_key_ = std::move(key);
  block_ += line;
  ++block_records_;
  ++section_records_;
  if (block_records_ >= kBlockRecordsMax || block_.size() >= kBlockBytesMax) CloseBlock();
  return absl::OkStatus();
}

void SnapshotWriter::BeginSection(SnapshotSection section) {
  section_ = section;
  section_hash_ = Sha256();
  section_offset_ = offset_;
  section_records_ = 0;
  before_section_ = total_;
  last_key_.clear();
  std::string line;
  AppendLine(&line, SectionLine{section});
  Emit(line);
}

void SnapshotWriter::CloseBlock() {
  if (block_records_ == 0) return;
  BlockLine block;
  block.id = ++blocks_;
  block.records = block_records_;
  block.bytes = block_.size();
  block.crc32c = Crc32c(block_);
  block.last_key = absl::BytesToHexString(last_key_);
  AppendLine(&block_, block);
  Emit(block_);
  block_.clear();
  block_records_ = 0;
}

void SnapshotWriter::EndSection() {
  CloseBlock();
  const Sha256Digest hash = section_hash_.Finish();
  Hash128 digest = total_.exact;
  digest.Subtract(before_section_.exact);
  EndLine end;
  end.section = *section_;
  end.records = section_records_;
  end.bytes = offset_ - section_offset_;
  end.sha256 = hash.ToHex();
  end.digest = digest.ToHex();
  sections_.push_back({*section_, section_offset_, section_records_, end.sha256});
  section_.reset();
  std::string line;
  AppendLine(&line, end);
  Emit(line);
}

void SnapshotWriter::Finish() {
  GRAPHDB_CHECK(!finished_);
  if (section_ == SnapshotSection::kNodes) {
    EndSection();
    BeginSection(SnapshotSection::kEdges);
  }
  EndSection();
  finished_ = true;
  FooterLine footer;
  footer.sections = sections_;
  footer.nodes = total_.nodes;
  footer.edges = total_.edges;
  footer.digest = total_.exact.ToHex();
  footer.digest_content = total_.content.ToHex();
  footer.root = SectionsRoot(sections_);
  footer.file_sha256 = Sha256(file_hash_).Finish().ToHex();
  std::string line;
  AppendLine(&line, footer);
  Emit(line);
}

void SnapshotWriter::Emit(const std::string& text) {
  file_hash_.Update(text);
  if (section_.has_value()) section_hash_.Update(text);
  offset_ += text.size();
  output_ += text;
}

std::string SnapshotWriter::TakeOutput() { return std::exchange(output_, {}); }

}  // namespace graphdb::migrate
