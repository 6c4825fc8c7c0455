// Goal: each sentence of the log's contract, on a disk whose completions the
// test gives by hand. Crashes with torn and lost sectors: sim/env.
#include "core/raft/log/node_log.h"

#include <gtest/gtest.h>

#include <memory>

#include "core/base/coding.h"
#include "core/base/crc32c.h"
#include "core/raft/log/memory_disk_testing.h"

namespace graphdb::raft {
namespace {

constexpr ShardId kA{1};
constexpr ShardId kB{2};

Entry MakeEntry(uint64_t term, uint64_t index, std::string data = "x") {
  return {Term(term), LogIndex(index), EntryKind::kNormal, std::move(data)};
}

LogBatch Create(ShardId shard) {
  GroupWrite write;
  write.shard = shard;
  write.created = GroupCreated{ReplicaId(shard.value() * 100), {}};
  return {{write}};
}

LogBatch Entries(ShardId shard, std::vector<Entry> entries) {
  GroupWrite write;
  write.shard = shard;
  write.entries = std::move(entries);
  return {{write}};
}

LogBatch Vote(ShardId shard, uint64_t term) {
  GroupWrite write;
  write.shard = shard;
  write.hard_state = HardState{Term(term), ReplicaId(7), LogIndex(0)};
  return {{write}};
}

class NodeLogTest : public ::testing::Test {
 protected:
  void Start() {
    log_ = std::make_unique<NodeLog>(disk_, process_, events_, host_, options_);
    log_->Open([this](absl::StatusOr<RecoveredLog> recovered) {
      opened_ = true;
      status_ = recovered.status();
      if (recovered.ok()) recovered_ = *std::move(recovered);
    });
    disk_.Pump();
  }
  // The node dies without a word and starts again.
  void Restart() {
    disk_.DropCalls();
    opened_ = false;
    recovered_ = RecoveredLog();
    Start();
  }
  void Append(LogBatch batch) {
    const int id = appended_++;
    for (const GroupWrite& write : batch.writes) host_.Note(write.shard, write.entries);
    log_->Append(std::move(batch),
                 [this, id](absl::Status status) { done_.emplace_back(id, status); });
  }
  void AppendAndPump(LogBatch batch) {
    Append(std::move(batch));
    disk_.Pump();
  }
  void Mark() {
    log_->Tick();
    log_->Tick();
    disk_.Pump();
  }
  std::string Newest() const { return disk_.files.rbegin()->first; }
  std::string Oldest() const { return disk_.files.begin()->first; }
  std::string NewestWithBlocks() const {
    std::string newest;
    for (const auto& [name, bytes] : disk_.files) {
      if (bytes.find("GRLB") == 0) newest = name;
    }
    return newest;
  }
  // Of what was acknowledged last, and put there by the test.
  void ExpectLossOfNewestIsSeen() {
    ASSERT_TRUE(done_.back().second.ok());
    const auto saved = disk_.files;
    const std::string newest = NewestWithBlocks();
    disk_.files.erase(newest);
    Restart();
    EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss) << status_;
    EXPECT_NE(status_.message().find(newest + " offset 0: the file is missing"), std::string::npos)
        << status_;
    disk_.files = saved;
    disk_.files[newest].clear();
    Restart();
    EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss) << status_;
    EXPECT_NE(status_.message().find("the file has lost its first block"), std::string::npos)
        << status_;
    disk_.files = saved;
    Restart();
    ASSERT_TRUE(status_.ok()) << status_;
    EXPECT_EQ(recovered_.groups[kA].entries.back().data, "acknowledged");
  }
  void Flip(const std::string& name, uint64_t offset) {
    disk_.files[name][offset] = static_cast<char>(disk_.files[name][offset] ^ 0x40);
  }

  MemoryDisk disk_;
  NotedProcess process_;
  NotedEvents events_;
  MemoryHost host_;
  NodeLogOptions options_{.segment_bytes = 64 << 10, .log_bytes_max = 1 << 30};
  std::unique_ptr<NodeLog> log_;
  bool opened_ = false;
  absl::Status status_;
  RecoveredLog recovered_;
  int appended_ = 0;
  std::vector<std::pair<int, absl::Status>> done_;
};

TEST_F(NodeLogTest, ABatchIsDoneOnlyAfterItsWriteAndItsSync) {
  Start();
  disk_.calls.clear();
  Append(Create(kA));
  ASSERT_EQ(disk_.calls, std::vector<std::string>{"write " + Newest()});
  EXPECT_TRUE(disk_.PumpOne());
  EXPECT_TRUE(done_.empty());
  EXPECT_EQ(disk_.calls.back(), "sync " + Newest());
  EXPECT_TRUE(disk_.PumpOne());
  ASSERT_EQ(done_.size(), 1u);
  EXPECT_TRUE(done_[0].second.ok());
}

TEST_F(NodeLogTest, WhatWaitsWhileASyncIsInFlightGoesInOneBlock) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Create(kB));
  const uint64_t syncs = log_->stats().syncs;
  for (uint64_t i = 1; i <= 20; ++i) Append(Entries(i % 2 ? kA : kB, {MakeEntry(1, (i + 1) / 2)}));
  disk_.Pump();
  EXPECT_EQ(log_->stats().syncs - syncs, 2u) << "the first alone, then the other nineteen";
  for (size_t i = 0; i < done_.size(); ++i) EXPECT_EQ(done_[i].first, static_cast<int>(i));
  EXPECT_EQ(done_.size(), 22u);
}

TEST_F(NodeLogTest, RecoversEveryGroup) {
  Start();
  EXPECT_TRUE(opened_);
  EXPECT_TRUE(recovered_.groups.empty());
  AppendAndPump(Create(kA));
  AppendAndPump(Create(kB));
  AppendAndPump(Vote(kA, 4));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1), MakeEntry(1, 2), MakeEntry(1, 3)}));
  AppendAndPump(Entries(kB, {MakeEntry(2, 1, "b")}));
  AppendAndPump(Entries(kA, {MakeEntry(4, 2, "new")}));
  Restart();
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(recovered_.groups.size(), 2u);
  const RecoveredGroup& a = recovered_.groups[kA];
  EXPECT_EQ(a.created.replica, ReplicaId(100));
  EXPECT_EQ(a.hard_state.term, Term(4));
  const std::vector<Entry> expected{MakeEntry(1, 1), MakeEntry(4, 2, "new")};
  EXPECT_EQ(a.entries, expected) << "an entry at or below the last one truncates";
  EXPECT_EQ(recovered_.groups[kB].entries[0].data, "b");
  Restart();
  EXPECT_EQ(recovered_.groups[kA].entries, expected) << "a second time over the new segment";
}

TEST_F(NodeLogTest, WritesNeverGoOverAnOldTail) {
  Start();
  AppendAndPump(Create(kA));
  const std::string old = Newest();
  const std::string before = disk_.files[old];
  Restart();
  AppendAndPump(Entries(kA, {MakeEntry(1, 1)}));
  EXPECT_NE(Newest(), old);
  if (disk_.files.count(old) > 0) {
    EXPECT_EQ(disk_.files[old], before);
  }
}

// A sync that failed may have left the last flush in a cache alone.
TEST_F(NodeLogTest, TheLastFlushIsWrittenAgainAtStart) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1, "in the last flush")}));
  const std::string old = Newest();
  Restart();
  ASSERT_EQ(recovered_.groups[kA].entries.size(), 1u);
  // Take the old block away: the log must not need it any more.
  if (disk_.files.count(old) > 0) {
    const size_t at = disk_.files[old].find("in the last flush");
    ASSERT_NE(at, std::string::npos);
    Flip(old, at);
  }
  Restart();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(recovered_.groups[kA].entries.at(0).data, "in the last flush");
}

TEST_F(NodeLogTest, ATornLastFlushIsCutAndSaid) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1)}));
  AppendAndPump(Entries(kA, {MakeEntry(1, 2, "torn off")}));
  Flip(Newest(), disk_.files[Newest()].find("torn off"));
  Restart();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(recovered_.groups[kA].entries.size(), 1u);
  EXPECT_GT(recovered_.cut_bytes, 0u);
  ASSERT_FALSE(events_.lines.empty());
  EXPECT_NE(events_.lines.back().find("cut a torn last flush"), std::string::npos);
  AppendAndPump(Entries(kA, {MakeEntry(2, 2, "goes on")}));
  Restart();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(recovered_.groups[kA].entries.at(1).data, "goes on");
}

TEST_F(NodeLogTest, AFileThatLostItsEndIsDataLoss) {
  Start();
  AppendAndPump(Create(kA));
  const size_t end = disk_.files[Newest()].find_last_not_of('\0') + 1;
  AppendAndPump(Entries(kA, {MakeEntry(1, 1, "gone with the end")}));
  const std::string name = Newest();
  disk_.files[name].resize((end + 4095) / 4096 * 4096);
  Restart();
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status_.message().find(name), std::string::npos) << status_;
  EXPECT_NE(status_.message().find("it was made with 65536 bytes"), std::string::npos) << status_;
}

// What was acknowledged in the newest file is gone with it, and the file before says so.
TEST_F(NodeLogTest, TheNewestFileGoneOrEmptyIsDataLoss) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1)}));
  AppendAndPump(Entries(kA, {MakeEntry(1, 2)}));
  Restart();  // begins a segment
  AppendAndPump(Entries(kA, {MakeEntry(1, 3, "acknowledged")}));
  ExpectLossOfNewestIsSeen();
}

TEST_F(NodeLogTest, LikewiseWhereItWasBegunSinceTheStart) {
  Start();
  AppendAndPump(Create(kA));
  for (uint64_t i = 1; i <= 12; ++i) {
    AppendAndPump(Entries(kA, {MakeEntry(1, i, std::string(6000, 'd'))}));
  }
  ASSERT_GT(log_->segment_count(), 1u);
  AppendAndPump(Entries(kA, {MakeEntry(1, 13, "acknowledged")}));
  ExpectLossOfNewestIsSeen();
}

// A file that holds nothing but the flush that is written again goes at the start.
TEST_F(NodeLogTest, TheNewestFileIsNamedByOneThatStays) {
  Start();
  AppendAndPump(Create(kA));
  const std::string older = NewestWithBlocks();
  uint64_t index = 1;
  while (NewestWithBlocks() == older) {
    Append(Entries(kA, {MakeEntry(1, index++, std::string(6000, 'd'))}));
    while (NewestWithBlocks() == older && disk_.PumpOne()) {
    }
  }
  const std::string passing = NewestWithBlocks();
  Restart();  // before the older file names it
  AppendAndPump(Entries(kA, {MakeEntry(1, index, "acknowledged")}));
  EXPECT_EQ(disk_.files.count(passing), 0u);
  ExpectLossOfNewestIsSeen();
}

// Before anybody heard of it, a newer file may come and go.
TEST_F(NodeLogTest, NothingInANewFileIsAcknowledgedBeforeTheOlderNamesIt) {
  Start();
  AppendAndPump(Create(kA));
  const std::string older = NewestWithBlocks();
  uint64_t index = 1;
  do {
    ASSERT_EQ(done_.size(), index);
    Append(Entries(kA, {MakeEntry(1, index++, std::string(6000, 'd'))}));
    while (NewestWithBlocks() == older && disk_.PumpOne()) {
    }
  } while (NewestWithBlocks() == older);
  const size_t before = done_.size();
  disk_.calls.clear();
  disk_.Pump();
  const std::string newer = NewestWithBlocks();
  const std::vector<std::string> expected{"sync " + newer, "write " + older, "sync " + older};
  EXPECT_EQ(disk_.calls, expected);
  EXPECT_EQ(done_.size(), before + 1);
}

TEST_F(NodeLogTest, AnOlderFileThatCantNameTheNewerPoisons) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1)}));
  AppendAndPump(Entries(kA, {MakeEntry(1, 2)}));
  disk_.fail_open = absl::UnavailableError("EIO");
  Restart();
  EXPECT_TRUE(opened_);
  EXPECT_NE(status_.message().find("opening the file before it failed"), std::string::npos);
  EXPECT_EQ(process_.halts.size(), 1u);
}

TEST_F(NodeLogTest, DamageBelowALaterBlockIsDataLoss) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1, "damaged")}));
  AppendAndPump(Entries(kA, {MakeEntry(1, 2)}));
  const std::string name = Newest();
  Flip(name, disk_.files[name].find("damaged"));
  Restart();
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status_.message().find(name + " offset 8192"), std::string::npos) << status_;
  EXPECT_NE(status_.message().find("checksum"), std::string::npos) << status_;
  EXPECT_FALSE(log_->health().ok());
}

TEST_F(NodeLogTest, ATrailingMarkMakesDamageOfTheLastFlushDataLoss) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1, "damaged")}));
  Mark();
  EXPECT_EQ(log_->stats().marks, 1u);
  Mark();
  EXPECT_EQ(log_->stats().marks, 1u) << "one mark is enough";
  Flip(Newest(), disk_.files[Newest()].find("damaged"));
  Restart();
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
}

TEST_F(NodeLogTest, DamageOrLossOfAnEarlierSegmentIsDataLoss) {
  Start();
  AppendAndPump(Create(kA));
  for (uint64_t i = 1; i <= 20; ++i) {
    AppendAndPump(Entries(kA, {MakeEntry(1, i, std::string(6000, 'd'))}));
  }
  ASSERT_GT(disk_.files.size(), 2u);
  const auto saved = disk_.files;
  Flip(Oldest(), 9000);
  Restart();
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
  disk_.files = saved;
  disk_.files.erase(Oldest());
  Restart();
  EXPECT_EQ(status_.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status_.message().find("the file is missing"), std::string::npos) << status_;
  disk_.files = saved;
  Restart();
  EXPECT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(recovered_.groups[kA].entries.size(), 20u);
}

TEST_F(NodeLogTest, AFailedSyncPoisons) {
  Start();
  AppendAndPump(Create(kA));
  disk_.fail_sync = absl::UnavailableError("EIO");
  const size_t syncs = disk_.Count("sync");
  Append(Entries(kA, {MakeEntry(1, 1)}));
  Append(Entries(kA, {MakeEntry(1, 2)}));
  disk_.Pump();
  ASSERT_EQ(process_.halts.size(), 1u);
  EXPECT_EQ(disk_.Count("sync"), syncs + 1) << "never asked again";
  ASSERT_EQ(done_.size(), 3u);
  EXPECT_FALSE(done_[1].second.ok());
  EXPECT_FALSE(done_[2].second.ok());
  disk_.fail_sync = absl::OkStatus();
  AppendAndPump(Entries(kA, {MakeEntry(1, 3)}));
  EXPECT_FALSE(done_.back().second.ok());
  EXPECT_EQ(disk_.Count("sync"), syncs + 1);
}

TEST_F(NodeLogTest, AFailedWritePoisons) {
  Start();
  disk_.fail_write = absl::UnavailableError("EIO");
  AppendAndPump(Create(kA));
  EXPECT_EQ(process_.halts.size(), 1u);
  EXPECT_FALSE(done_.at(0).second.ok());
}

TEST_F(NodeLogTest, ANewSegmentAndItsNameAreSyncedBeforeUse) {
  Start();
  const std::string name = Newest();
  const std::vector<std::string> expected{"create " + name, "sync " + name, "syncdir",
                                          "write " + name, "sync " + name};
  EXPECT_EQ(disk_.calls, expected);
}

TEST_F(NodeLogTest, AFailedDirectorySyncPoisons) {
  disk_.fail_dir_sync = absl::UnavailableError("EIO");
  Start();
  EXPECT_TRUE(opened_);
  EXPECT_FALSE(status_.ok());
  EXPECT_EQ(process_.halts.size(), 1u);
}

TEST_F(NodeLogTest, WithoutRoomForASegmentAppendsWaitForTheNextTick) {
  Start();
  AppendAndPump(Create(kA));
  disk_.fail_create = absl::ResourceExhaustedError("disk full");
  uint64_t index = 1;
  for (; index <= 12; ++index)
    AppendAndPump(Entries(kA, {MakeEntry(1, index, std::string(8000, 'd'))}));
  EXPECT_LT(done_.size(), 13u);
  EXPECT_TRUE(process_.halts.empty());
  disk_.fail_create = absl::OkStatus();
  log_->Tick();
  disk_.Pump();
  EXPECT_EQ(done_.size(), 13u);
}

TEST_F(NodeLogTest, SegmentsGoWhenNothingInThemIsLive) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Create(kB));
  AppendAndPump(Vote(kB, 9));  // idle from now on
  for (uint64_t i = 1; i <= 40; ++i) {
    AppendAndPump(Entries(kA, {MakeEntry(1, i, std::string(6000, 'd'))}));
  }
  const size_t before = disk_.files.size();
  ASSERT_GT(before, 4u);
  log_->Compact(kA, LogIndex(30));
  // Not before a durable block says so.
  EXPECT_EQ(disk_.files.size(), before);
  disk_.Pump();
  EXPECT_LT(disk_.files.size(), before - 1);
  Restart();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(recovered_.groups[kA].start_index, LogIndex(30));
  EXPECT_EQ(recovered_.groups[kA].start_term, Term(1));
  EXPECT_EQ(recovered_.groups[kA].entries.size(), 10u);
  EXPECT_EQ(recovered_.groups[kB].hard_state.term, Term(9)) << "of an idle group";
}

TEST_F(NodeLogTest, PastTheSizeBoundItAsksForAFlushThenMovesWhatLives) {
  options_.log_bytes_max = 4 * (64 << 10);
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Create(kB));
  AppendAndPump(Entries(kB, {MakeEntry(3, 1, "lives long"), MakeEntry(3, 2, "too")}));
  uint64_t index = 1;
  while (host_.flushes.empty()) {
    AppendAndPump(Entries(kA, {MakeEntry(1, index, std::string(6000, 'd'))}));
    ASSERT_LT(++index, 200u);
  }
  const std::string oldest = Oldest();
  log_->Compact(kA, LogIndex(index - 1));
  disk_.Pump();
  EXPECT_EQ(Oldest(), oldest) << "shard B's entries hold it";
  for (auto& done : host_.flushes) done(absl::OkStatus());
  disk_.Pump();
  EXPECT_EQ(log_->stats().entries_moved, 2u);
  EXPECT_NE(Oldest(), oldest);
  Restart();
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(recovered_.groups[kB].entries.size(), 2u);
  EXPECT_EQ(recovered_.groups[kB].entries[0].data, "lives long");
  AppendAndPump(Entries(kB, {MakeEntry(4, 2, "over a moved one")}));
  Restart();
  EXPECT_EQ(recovered_.groups[kB].entries.at(1).data, "over a moved one");
}

TEST_F(NodeLogTest, AnInstallThatWasNotFinishedIsThereToRedo) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1), MakeEntry(1, 2), MakeEntry(1, 3)}));
  GroupWrite write;
  write.shard = kA;
  write.installing = InstallBegun{LogIndex(50), "files"};
  AppendAndPump({{write}});
  Restart();
  ASSERT_TRUE(recovered_.groups[kA].installing.has_value());
  EXPECT_EQ(recovered_.groups[kA].installing->manifest, "files");
  write.installing.reset();
  write.installed = InstallDone{{LogIndex(50), Term(2), {}}};
  write.entries = {MakeEntry(2, 51)};
  AppendAndPump({{write}});
  Restart();
  const RecoveredGroup& group = recovered_.groups[kA];
  EXPECT_FALSE(group.installing.has_value());
  EXPECT_EQ(group.start_index, LogIndex(50));
  EXPECT_EQ(group.start_term, Term(2));
  ASSERT_EQ(group.entries.size(), 1u);
  EXPECT_EQ(group.entries[0].index, LogIndex(51));
  ASSERT_TRUE(group.installed.has_value());
  EXPECT_EQ(group.installed->index, LogIndex(50));
}

TEST_F(NodeLogTest, ARemovedGroupIsGoneAndMayComeBack) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1)}));
  GroupWrite write;
  write.shard = kA;
  write.removed = true;
  AppendAndPump({{write}});
  Restart();
  EXPECT_EQ(recovered_.groups.count(kA), 0u);
  LogBatch again = Create(kA);
  again.writes[0].created->replica = ReplicaId(77);
  AppendAndPump(again);
  Restart();
  EXPECT_EQ(recovered_.groups[kA].created.replica, ReplicaId(77));
  EXPECT_TRUE(recovered_.groups[kA].entries.empty());
}

TEST_F(NodeLogTest, ABatchBeyondTheSegmentSizeGetsASegmentOfItsOwn) {
  Start();
  AppendAndPump(Create(kA));
  AppendAndPump(Entries(kA, {MakeEntry(1, 1, std::string(300 << 10, 'j'))}));
  EXPECT_EQ(done_.size(), 2u);
  Restart();
  ASSERT_TRUE(status_.ok()) << status_;
  EXPECT_EQ(recovered_.groups[kA].entries.at(0).data.size(), 300u << 10);
}

TEST_F(NodeLogTest, ANewerFormatIsRefusedNamingBothVersions) {
  Start();
  BlockBuilder block;
  std::string bytes = block.Finish({.segment = 99, .offset = 0, .sequence = 1});
  bytes[4] = 2;
  std::string crc;
  PutFixed32(&crc, Crc32c(absl::string_view(bytes).substr(0, 60)));
  bytes.replace(60, 4, crc);
  disk_.files[SegmentName(99)] = bytes;
  Restart();
  EXPECT_EQ(status_.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status_.message().find("format version 2; this program reads version 1"),
            std::string::npos)
      << status_;
}

}  // namespace
}  // namespace graphdb::raft
