// Goal: the bytes of a block are the documented ones, and no damage goes unseen.
#include "core/raft/log/block.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/coding.h"
#include "core/base/crc32c.h"

namespace graphdb::raft {
namespace {

constexpr uint64_t kSegment = 7;
constexpr uint64_t kOffset = 4096;

std::string SampleBlock() {
  BlockBuilder block;
  GroupCreated created{ReplicaId(11), {}};
  created.config.voters[ReplicaId(11)] = NodeId(0);
  block.Add(RecordKind::kCreated, ShardId(3), {}, {}, EncodeCreated(created));
  block.Add(RecordKind::kHardState, ShardId(3), LogIndex(4), Term(2), "hard state bytes");
  block.AddEntry(RecordKind::kEntry, ShardId(3),
                 {Term(2), LogIndex(5), EntryKind::kNormal, "put a 1"});
  block.AddEntry(RecordKind::kMovedEntry, ShardId(9),
                 {Term(1), LogIndex(300), EntryKind::kNoop, ""});
  block.Add(RecordKind::kCompacted, ShardId(9), LogIndex(200), Term(1), "");
  block.Add(RecordKind::kFreed, {}, {}, {}, EncodeU64(6));
  return block.Finish(
      {.segment = kSegment, .offset = kOffset, .sequence = 42, .durable_through = 41});
}

// The first block of a segment, and an install.
std::string SampleFirstBlock() {
  Config config;
  config.voters[ReplicaId(5)] = NodeId(0);
  GroupCheckpoint checkpoint;
  checkpoint.created = {ReplicaId(5), config};
  checkpoint.hard_state = {Term(9), ReplicaId(5), LogIndex(80)};
  checkpoint.start_index = LogIndex(70);
  checkpoint.start_term = Term(8);
  checkpoint.last_index = LogIndex(90);
  checkpoint.installed = SnapshotMeta{LogIndex(60), Term(7), config};
  checkpoint.installing = InstallBegun{LogIndex(95), "manifest"};
  BlockBuilder block;
  block.Add(RecordKind::kSize, {}, {}, {}, EncodeU64(65536));
  block.Add(RecordKind::kSegment, {}, {}, {}, EncodeSegmentEnd({7, 8192, 42}));
  block.Add(RecordKind::kGroup, ShardId(3), LogIndex(70), Term(8), EncodeCheckpoint(checkpoint));
  block.Add(RecordKind::kRemoved, ShardId(9), {}, {}, "");
  block.Add(RecordKind::kInstalling, ShardId(3), LogIndex(95), {}, "manifest");
  block.Add(RecordKind::kInstalled, ShardId(3), LogIndex(95), Term(9),
            EncodeInstalled(SnapshotMeta{LogIndex(95), Term(9), config}, false));
  return block.Finish({.segment = 8, .offset = 0, .sequence = 43, .durable_through = 42});
}

std::string SampleMark() {
  return BlockBuilder().Finish({.kind = BlockKind::kMark,
                                .segment = 8,
                                .offset = kOffset,
                                .sequence = 44,
                                .durable_through = 43});
}

// The last block of a segment's file, once the segment after it was begun.
std::string SampleNextMark() {
  BlockBuilder block;
  block.Add(RecordKind::kNext, {}, {}, {}, EncodeU64(8));
  return block.Finish({.kind = BlockKind::kMark,
                       .segment = kSegment,
                       .offset = NextMarkOffset(64 << 10),
                       .sequence = 43,
                       .durable_through = 43});
}

// Patches bytes and makes the header's checksum fit again.
std::string WithFixedHeader(std::string block) {
  std::string crc;
  PutFixed32(&crc, Crc32c(absl::string_view(block).substr(0, 60)));
  return block.replace(60, 4, crc);
}

TEST(BlockTest, RoundTrips) {
  const ParsedBlock parsed = ParseBlock(SampleBlock() + std::string(100, '\0'), kSegment, kOffset);
  ASSERT_EQ(parsed.verdict, BlockVerdict::kOk) << parsed.problem;
  EXPECT_EQ(parsed.header.sequence, 42u);
  EXPECT_EQ(parsed.header.durable_through, 41u);
  ASSERT_EQ(parsed.records.size(), 6u);
  EXPECT_EQ(DecodeCreated(parsed.records[0].body)->replica, ReplicaId(11));
  const auto entry = EntryOf(parsed.records[2]);
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->data, "put a 1");
  EXPECT_EQ(entry->index, LogIndex(5));
  EXPECT_EQ(entry->term, Term(2));
  EXPECT_EQ(EntryOf(parsed.records[3])->kind, EntryKind::kNoop);
}

// The golden files are those of docs/formats/raft-log.md and hold every kind of
// record. They never change: a new format gets a new version and new files.
TEST(BlockTest, BytesAreTheGoldenOnes) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"block-v1", SampleBlock()},
      {"first-block-v1", SampleFirstBlock()},
      {"mark-v1", SampleMark()},
      {"next-mark-v1", SampleNextMark()}};
  for (const auto& [name, block] : cases) {
    std::ifstream in(absl::StrCat("core/raft/log/testdata/", name, ".hex"));
    const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const std::string hex = absl::BytesToHexString(block);
    std::string wrapped;
    for (size_t i = 0; i < hex.size(); i += 64) absl::StrAppend(&wrapped, hex.substr(i, 64), "\n");
    EXPECT_EQ(wrapped, golden) << name << " now:\n" << wrapped;
  }
}

TEST(BlockTest, AnyFlippedBitIsSeen) {
  const std::string good = SampleBlock();
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      EXPECT_EQ(ParseBlock(bad, kSegment, kOffset).verdict, BlockVerdict::kBad)
          << "byte " << i << " bit " << bit;
    }
  }
}

TEST(BlockTest, AnyTruncationIsSeen) {
  const std::string good = SampleBlock();
  for (size_t n = 0; n < good.size(); ++n) {
    EXPECT_EQ(ParseBlock(absl::string_view(good).substr(0, n), kSegment, kOffset).verdict,
              BlockVerdict::kBad);
  }
}

TEST(BlockTest, ABlockOfAnotherPlaceIsBad) {
  EXPECT_EQ(ParseBlock(SampleBlock(), kSegment, 8192).verdict, BlockVerdict::kBad);
  EXPECT_EQ(ParseBlock(SampleBlock(), 8, kOffset).verdict, BlockVerdict::kBad);
}

TEST(BlockTest, ZerosAreEmpty) {
  EXPECT_EQ(ParseBlock(std::string(4096, '\0'), kSegment, kOffset).verdict, BlockVerdict::kEmpty);
}

TEST(BlockTest, AnotherVersionIsRefusedNamingBoth) {
  std::string newer = SampleBlock();
  newer[4] = 9;
  const ParsedBlock parsed = ParseBlock(WithFixedHeader(newer), kSegment, kOffset);
  EXPECT_EQ(parsed.verdict, BlockVerdict::kRefused);
  EXPECT_EQ(parsed.problem, "format version 9; this program reads version 1");
}

TEST(BlockTest, AnUnknownRecordKindIsRefused) {
  BlockBuilder block;
  block.Add(static_cast<RecordKind>(77), ShardId(1), {}, {}, "what is this");
  const ParsedBlock parsed =
      ParseBlock(block.Finish({.segment = 1, .offset = 0, .sequence = 1}), 1, 0);
  EXPECT_EQ(parsed.verdict, BlockVerdict::kRefused);
  EXPECT_EQ(parsed.problem, "record 0 has the unknown kind 77");
}

TEST(BlockTest, AnUnknownEntryKindIsRefused) {
  Record record;
  record.kind = RecordKind::kEntry;
  record.body = "\x09payload";
  EXPECT_EQ(EntryOf(record).status().code(), absl::StatusCode::kFailedPrecondition);
}

// The second copy of (index, term) is compared, not only checksummed.
TEST(BlockTest, DifferingCopiesOfIndexAndTermAreBad) {
  BlockBuilder block;
  block.AddEntry(RecordKind::kEntry, ShardId(1), {Term(3), LogIndex(5), EntryKind::kNormal, "x"});
  std::string bytes = block.Finish({.segment = 1, .offset = 0, .sequence = 1});
  const size_t body = bytes.size() - 4;  // index, term, kind, "x"
  bytes[body] = 6;
  std::string crc;
  PutFixed32(&crc, Crc32c(absl::string_view(bytes).substr(body)));
  bytes.replace(56, 4, crc);
  const ParsedBlock parsed = ParseBlock(WithFixedHeader(bytes), 1, 0);
  EXPECT_EQ(parsed.verdict, BlockVerdict::kBad);
  EXPECT_EQ(parsed.problem, "record 0: the two copies of (index, term) differ");
}

TEST(BlockTest, NamesOfSegmentsRoundTrip) {
  EXPECT_EQ(SegmentName(0x1f), "raft-000000000000001f.log");
  EXPECT_EQ(SegmentOfName(SegmentName(0x1f)), 0x1fu);
  EXPECT_EQ(SegmentOfName("raft-000000000000001F.log"), 0u);
  EXPECT_EQ(SegmentOfName("raft-1f.log"), 0u);
  EXPECT_EQ(SegmentOfName("snapshot-000000000000001f"), 0u);
}

TEST(RecordsTest, ACheckpointRoundTrips) {
  GroupCheckpoint checkpoint;
  checkpoint.created.replica = ReplicaId(5);
  checkpoint.hard_state = {Term(9), ReplicaId(5), LogIndex(80)};
  checkpoint.start_index = LogIndex(70);
  checkpoint.start_term = Term(8);
  checkpoint.last_index = LogIndex(90);
  checkpoint.installed = SnapshotMeta{LogIndex(60), Term(7), {}};
  checkpoint.installing = InstallBegun{LogIndex(95), "manifest"};
  const auto back = DecodeCheckpoint(EncodeCheckpoint(checkpoint));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, checkpoint);
  const std::string bytes = EncodeCheckpoint(checkpoint);
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(DecodeCheckpoint(absl::string_view(bytes).substr(0, n)).ok());
  }
}

}  // namespace
}  // namespace graphdb::raft
