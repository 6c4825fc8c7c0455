// Goal: each sentence of env::Disk's contract, and each fault it allows, on the
// simulated disk.
#include "sim/env/sim_disk.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace graphdb::sim {
namespace {

constexpr ActorId kActor = NodeActor(NodeId(0));

class SimDiskTest : public ::testing::Test {
 protected:
  void SetUp() override { Begin(); }
  void Begin() {
    life_ = loop_.Begin(kActor);
    scheduler_ = std::make_unique<SimScheduler>(loop_, clock_, life_);
    disk_ = std::make_unique<SimDisk>(*scheduler_, platter_, Random(++incarnations_), faults_);
  }
  void Crash(SimDiskState::CrashKind kind, uint64_t seed) {
    loop_.End(kActor);
    Random random(seed);
    platter_.Crash(kind, random);
    Begin();
  }
  env::FileId Create(const std::string& name, uint64_t bytes = 8192) {
    env::FileId file{};
    disk_->Create(name, bytes, [&](absl::StatusOr<env::FileId> id) {
      last_ = id.status();
      if (id.ok()) file = *id;
    });
    Run();
    return file;
  }
  void Write(env::FileId file, uint64_t offset, std::string bytes) {
    disk_->Write(file, offset, std::move(bytes), [&](absl::Status s) { last_ = s; });
  }
  void Sync(env::FileId file) {
    disk_->Sync(file, [&](absl::Status s) { last_ = s; });
    Run();
  }
  void SyncDir() {
    disk_->SyncDir([&](absl::Status s) { last_ = s; });
    Run();
  }
  void WriteDurably(env::FileId file, uint64_t offset, const std::string& bytes) {
    Write(file, offset, bytes);
    Run();
    Sync(file);
    EXPECT_TRUE(last_.ok());
  }
  // A file whose name and size are durable.
  env::FileId Durable(const std::string& name) {
    const env::FileId file = Create(name);
    Sync(file);
    SyncDir();
    return file;
  }
  void Run() {
    while (loop_.RunOne()) {
    }
  }
  std::string Bytes(const std::string& name, uint64_t offset, uint64_t count) {
    auto bytes = disk_->Read(name, offset, count);
    return bytes.ok() ? *bytes : bytes.status().ToString();
  }

  EventLoop loop_{1};
  SimClock clock_{loop_, ClockModel{}};
  DiskFaults faults_;
  SimDiskState platter_;
  Life life_;
  std::unique_ptr<SimScheduler> scheduler_;
  std::unique_ptr<SimDisk> disk_;
  absl::Status last_;
  uint64_t incarnations_ = 0;
};

TEST_F(SimDiskTest, CompletionsComeAsEventsAndReadsSeeCompletedWrites) {
  const env::FileId file = Create("f");
  last_ = absl::UnknownError("not yet");
  Write(file, 100, "abc");
  EXPECT_FALSE(last_.ok());
  EXPECT_EQ(Bytes("f", 100, 3), std::string(3, '\0'));
  Run();
  EXPECT_TRUE(last_.ok());
  EXPECT_EQ(Bytes("f", 100, 3), "abc");
  EXPECT_EQ(*disk_->Size("f"), 8192u);
  EXPECT_EQ(Bytes("f", 8190, 100).size(), 2u);
}

TEST_F(SimDiskTest, WhatASuccessfulSyncCoveredSurvivesEveryPowerCut) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string name = "f" + std::to_string(seed);
    const env::FileId file = Durable(name);
    Write(file, 512, "synced");
    Run();
    Sync(file);
    Crash(SimDiskState::CrashKind::kPower, seed);
    EXPECT_EQ(Bytes(name, 512, 6), "synced");
  }
}

TEST_F(SimDiskTest, UnsyncedSectorsAreKeptLostTornOrGarbage) {
  int kept = 0;
  int lost = 0;
  int mixed = 0;
  int garbage = 0;
  const std::string data(2048, 'w');
  const std::string zeros(2048, '\0');
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const std::string name = "f" + std::to_string(seed);
    Write(Durable(name), 0, data);
    Run();
    Crash(SimDiskState::CrashKind::kPower, seed);
    const std::string bytes = Bytes(name, 0, 2048);
    const std::set<char> letters(bytes.begin(), bytes.end());
    if (bytes == data)
      ++kept;
    else if (bytes == zeros)
      ++lost;
    else if (letters == std::set<char>{'\0', 'w'})
      ++mixed;
    else
      ++garbage;
  }
  EXPECT_GT(kept, 20);
  EXPECT_GT(lost, 20);
  EXPECT_GT(mixed, 20);
  EXPECT_GT(garbage, 10);
}

TEST_F(SimDiskTest, ASyncDoesNotCoverAWriteThatWasNotComplete) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string name = "f" + std::to_string(seed);
    const env::FileId file = Durable(name);
    Write(file, 0, "late");
    Sync(file);  // asked for before the write completed
    Crash(SimDiskState::CrashKind::kPower, seed);
    if (Bytes(name, 0, 4) != "late") ++lost;
  }
  EXPECT_GT(lost, 5);
}

TEST_F(SimDiskTest, NamesAreDurableOnlyAfterSyncDir) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string name = "f" + std::to_string(seed);
    Sync(Create(name));
    Crash(SimDiskState::CrashKind::kPower, seed);
    if (!disk_->Size(name).ok()) ++lost;
    const std::string durable = "g" + std::to_string(seed);
    Durable(durable);
    Crash(SimDiskState::CrashKind::kPower, seed);
    EXPECT_TRUE(disk_->Size(durable).ok());
  }
  EXPECT_GT(lost, 5);
}

TEST_F(SimDiskTest, ARenameIsAtomic) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string a = "a" + std::to_string(seed);
    const std::string b = "b" + std::to_string(seed);
    Durable(a);
    disk_->Rename(a, b, [&](absl::Status s) { last_ = s; });
    Run();
    EXPECT_TRUE(last_.ok());
    EXPECT_FALSE(disk_->Size(a).ok());
    Crash(SimDiskState::CrashKind::kPower, seed);
    EXPECT_NE(disk_->Size(a).ok(), disk_->Size(b).ok()) << "one of the two, never both";
  }
}

TEST_F(SimDiskTest, AfterAFailedSyncLaterSyncsLie) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string name = "f" + std::to_string(seed);
    const env::FileId file = Durable(name);
    Write(file, 0, "gone?");
    Run();
    faults_.sync_error_ppm = 1'000'000;
    Sync(file);
    EXPECT_FALSE(last_.ok());
    faults_.sync_error_ppm = 0;
    Sync(file);
    EXPECT_TRUE(last_.ok()) << "as kernels do";
    EXPECT_EQ(Bytes(name, 0, 5), "gone?");
    Crash(SimDiskState::CrashKind::kPower, seed);
    if (Bytes(name, 0, 5) != "gone?") ++lost;
  }
  EXPECT_GT(lost, 10);
}

TEST_F(SimDiskTest, AProcessCrashKeepsWhatTheKernelHasButDoesNotMakeItDurable) {
  const env::FileId file = Durable("f");
  Write(file, 0, "cached");
  Run();
  Crash(SimDiskState::CrashKind::kProcess, 1);
  EXPECT_EQ(Bytes("f", 0, 6), "cached");
  EXPECT_EQ(platter_.DurableBytes("f").substr(0, 6), std::string(6, '\0'));
}

TEST_F(SimDiskTest, AFullDiskRefusesNewFiles) {
  faults_.capacity_bytes = 10000;
  Create("f");
  EXPECT_TRUE(last_.ok());
  Create("g");
  EXPECT_EQ(last_.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(SimDiskTest, ErrorsHaveTheirCodes) {
  Create("f");
  Create("f");
  EXPECT_EQ(last_.code(), absl::StatusCode::kAlreadyExists);
  disk_->Open("g", [&](absl::StatusOr<env::FileId> id) { last_ = id.status(); });
  Run();
  EXPECT_EQ(last_.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(disk_->Read("g", 0, 1).status().code(), absl::StatusCode::kNotFound);
  faults_.write_error_ppm = 1'000'000;
  disk_->Open("f", [&](absl::StatusOr<env::FileId> id) { Write(*id, 0, "x"); });
  Run();
  EXPECT_EQ(last_.code(), absl::StatusCode::kUnavailable);
}

TEST_F(SimDiskTest, RotFlipsADurableBit) {
  const env::FileId file = Durable("f");
  Random random(5);
  EXPECT_FALSE(platter_.Rot(random));
  Write(file, 0, "solid");
  Run();
  Sync(file);
  EXPECT_FALSE(platter_.Rot(random));  // nothing says yet that it was durable
  Write(file, 5, "newest");
  Run();
  Sync(file);
  EXPECT_TRUE(platter_.Rot(random));
  EXPECT_NE(Bytes("f", 0, 5), "solid");
  EXPECT_EQ(Bytes("f", 5, 6), "newest");
}

TEST_F(SimDiskTest, MisdirectPutsOneBlockWhereAnOlderOneWas) {
  const env::FileId file = Durable("f");
  Random random(5);
  EXPECT_FALSE(platter_.Misdirect(random));
  WriteDurably(file, 0, "first");
  EXPECT_FALSE(platter_.Misdirect(random));
  WriteDurably(file, 5, "other");
  EXPECT_TRUE(platter_.Misdirect(random));
  EXPECT_EQ(Bytes("f", 0, 10), "otherother");
}

TEST_F(SimDiskTest, AMisreadShowsAnotherBlockOnce) {
  const env::FileId file = Durable("f");
  Random random(5);
  EXPECT_FALSE(platter_.Misread(random));
  WriteDurably(file, 0, "first");
  WriteDurably(file, 5, "other");
  EXPECT_TRUE(platter_.Misread(random));
  EXPECT_EQ(Bytes("f", 5, 5), "other");  // that one reads as it is
  EXPECT_EQ(Bytes("f", 2, 5), "herot");
  EXPECT_EQ(Bytes("f", 0, 10), "firstother");
}

TEST_F(SimDiskTest, ASpoiledSectorFailsEachReadThatMeetsIt) {
  const env::FileId file = Durable("f");
  Random random(5);
  EXPECT_FALSE(platter_.SpoilSector(random));
  WriteDurably(file, 0, "");
  EXPECT_FALSE(platter_.SpoilSector(random)) << "nothing is no block";
  WriteDurably(file, 512, std::string(512, 'x'));
  EXPECT_TRUE(platter_.SpoilSector(random));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(disk_->Read("f", 0, 4096).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(disk_->Read("f", 700, 1).status().code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_TRUE(disk_->Read("f", 0, 512).ok());
  EXPECT_TRUE(disk_->Read("f", 1024, 512).ok());
}

TEST_F(SimDiskTest, TheNewestFileGoesWhereAnOlderOneIsThere) {
  Random random(5);
  WriteDurably(Durable("log-9"), 0, "older");
  WriteDurably(Durable("identity"), 0, "alone");
  Durable("log-3");  // newer, without a block
  EXPECT_FALSE(platter_.LoseNewestFile());
  WriteDurably(Durable("log-1"), 0, "newest");
  EXPECT_TRUE(platter_.LoseNewestFile());
  platter_.Crash(SimDiskState::CrashKind::kPower, random);
  EXPECT_EQ(platter_.DurableBytes("log-1"), "");
  EXPECT_EQ(platter_.DurableBytes("log-9").substr(0, 5), "older");
  EXPECT_EQ(platter_.DurableBytes("identity").substr(0, 5), "alone");
}

TEST_F(SimDiskTest, ASyncThatLiesLosesAnythingButTheNewest) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string name = "f" + std::to_string(seed);
    const env::FileId file = Durable(name);
    WriteDurably(file, 0, "before");
    platter_.BeginLying();
    WriteDurably(file, 512, "lied");
    WriteDurably(file, 1024, "newest");
    EXPECT_EQ(Bytes(name, 512, 4), "lied");
    Crash(SimDiskState::CrashKind::kProcess, seed);
    EXPECT_EQ(Bytes(name, 512, 4), "lied");
    Crash(SimDiskState::CrashKind::kPower, seed);
    if (Bytes(name, 512, 4) != "lied") ++lost;
    EXPECT_EQ(Bytes(name, 0, 6), "before");
    EXPECT_EQ(Bytes(name, 1024, 6), "newest");
  }
  EXPECT_GT(lost, 20);
  EXPECT_LT(lost, 50);
}

TEST_F(SimDiskTest, WhenFaultsEndLiesComeTrue) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::string name = "f" + std::to_string(seed);
    const env::FileId file = Durable(name);
    platter_.BeginLying();
    WriteDurably(file, 0, "lied");
    WriteDurably(file, 512, "newest");
    platter_.EndFaults();
    WriteDurably(file, 1024, "honest");
    Crash(SimDiskState::CrashKind::kPower, seed);
    EXPECT_EQ(Bytes(name, 0, 4), "lied");
    EXPECT_EQ(Bytes(name, 1024, 6), "honest");
  }
}

TEST_F(SimDiskTest, CorruptsOnlyStagedFiles) {
  faults_.corrupt_ppm = 1'000'000;
  for (const std::string name : {"f", "stage-1"}) {
    const env::FileId file = Durable(name);
    Write(file, 0, "solid");
    Run();
    EXPECT_EQ(Bytes(name, 0, 5) == "solid", name == "f");
  }
}

}  // namespace
}  // namespace graphdb::sim
