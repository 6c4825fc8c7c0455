#include "core/migrate/restore.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/migrate/snapshot_writer.h"
#include "core/storage/elements.h"
#include "core/storage/memory_kv.h"
#include "gtest/gtest.h"
#include "sim/env/event_loop.h"
#include "sim/env/sim_clock.h"
#include "sim/env/sim_scheduler.h"

namespace graphdb::migrate {
namespace {

using State = storage::RestoreMarker::State;
using Result = absl::StatusOr<storage::RestoreMarker>;

class TextSource : public env::ImportSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  absl::StatusOr<std::string> Read(uint64_t offset, uint64_t bytes) override {
    ++reads;
    if (reads == fail_at) return absl::DataLossError("the disk says no");
    if (reads >= change_at) return offset == 0 ? changed : std::string();
    return offset >= text_.size() ? std::string() : text_.substr(offset, bytes);
  }
  int reads = 0;
  int fail_at = 0;
  int change_at = 1'000'000;
  std::string changed;

 private:
  std::string text_;
};

std::string File(char id, bool dangling = false, uint64_t nodes = 3) {
  SnapshotHeader header;
  header.cluster = std::string(32, 'c');
  header.snapshot_id = std::string(32, id);
  header.to_seq = Timestamp(50);
  SnapshotWriter writer(header);
  // Ids in the order of their slots.
  std::map<std::string, uint64_t> ids;
  for (uint64_t i = 1; i <= nodes; ++i) ids[storage::NodeKey(ElementId(i))] = i;
  for (const auto& [key, i] : ids) {
    graph::Node node;
    node.id = ElementId(i);
    EXPECT_TRUE(writer.Add(node, Timestamp(std::min<uint64_t>(i, 40))).ok());
  }
  const ElementId end(dangling ? 99 : 2);
  EXPECT_TRUE(
      writer.Add(graph::Relationship{RelationshipId(7), "T", ElementId(1), end, {}}, Timestamp(9))
          .ok());
  writer.Finish();
  return writer.TakeOutput();
}

class RestoreTest : public testing::Test {
 protected:
  Result Run(TextSource* source) {
    std::optional<Result> result;
    auto restore = std::make_shared<Restore>(*source, kv_, scheduler_,
                                             [&](Result r) { result = std::move(r); });
    restore->Start();
    restore.reset();
    while (!result.has_value() && loop_.RunOne()) {
    }
    if (!result.has_value()) return absl::InternalError("no answer");
    return *std::move(result);
  }
  Result Run(const std::string& file) {
    TextSource source(file);
    return Run(&source);
  }
  void Put(const std::string& key) {
    env::KvBatch batch;
    batch.Put(key, "x");
    ASSERT_TRUE(kv_.Write(ShardId(0), LogIndex(1), std::move(batch)).ok());
  }
  std::optional<storage::RestoreMarker> Marker() { return *storage::ReadRestoreMarker(kv_); }

  sim::EventLoop loop_{1};
  sim::Life life_ = loop_.Begin(sim::NodeActor(NodeId(0)));
  sim::SimClock clock_{loop_, sim::ClockModel()};
  sim::SimScheduler scheduler_{loop_, clock_, life_};
  storage::MemoryKv kv_;
};

TEST_F(RestoreTest, LeavesGraphAndMarker) {
  const Result result = Run(File('a'));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, *Marker());
  EXPECT_EQ(result->state, State::kComplete);
  EXPECT_EQ(result->to_seq, Timestamp(50));
  EXPECT_EQ(result->id_bound, 8u);
  EXPECT_EQ(result->nodes, 3u);
  EXPECT_EQ(result->edges, 1u);
  EXPECT_EQ((*storage::ReadNode(kv_, ElementId(2), Timestamp(50)))->ts, Timestamp(2));
  EXPECT_FALSE((*storage::ReadNode(kv_, ElementId(2), Timestamp(1))).has_value());
}

TEST_F(RestoreTest, ManyBatchesAndPieces) {
  const Result result = Run(File('a', false, 20'000));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->nodes, 20'000u);
}

TEST_F(RestoreTest, TheSameAgainDoesNothingAnotherIsRefused) {
  ASSERT_TRUE(Run(File('a')).ok());
  const auto before = kv_.map();
  EXPECT_TRUE(Run(File('a')).ok());
  const Result other = Run(File('b'));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(kv_.map(), before);
}

TEST_F(RestoreTest, ForeignDataIsNeverTouched) {
  for (const std::string& key :
       {storage::NodeKey(ElementId(1)), storage::AppliedKey(ShardId(0)), std::string("\x00\x01", 2),
        storage::SlotKey(storage::Tag::kTxnRecord, Slot(1), "t")}) {
    kv_.mutable_map().clear();
    Put(key);
    const auto before = kv_.map();
    EXPECT_EQ(Run(File('a')).status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(kv_.map(), before);
  }
}

TEST_F(RestoreTest, AnUnfinishedOneStartsAgainAlsoWithAnotherFile) {
  TextSource source(File('a'));
  source.fail_at = 4;  // two reads verify, the second pass fails
  EXPECT_EQ(Run(&source).status().message(), "the disk says no");
  ASSERT_TRUE(Marker().has_value());
  EXPECT_EQ(Marker()->state, State::kInProgress);
  EXPECT_EQ(storage::CheckRestoreFinished(Marker()).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Run(File('b', false, 2)).ok());
  EXPECT_EQ(Marker()->snapshot_id, std::string(32, 'b'));
  EXPECT_FALSE((*storage::ReadNode(kv_, ElementId(3), Timestamp(50))).has_value());
}

TEST_F(RestoreTest, NothingIsLeftOfAnUnfinishedOne) {
  const std::string file = File('b', false, 2);
  ASSERT_TRUE(Run(file).ok());
  const auto fresh = kv_.map();
  kv_.mutable_map().clear();
  storage::RestoreMarker marker;
  marker.state = State::kInProgress;
  env::KvBatch batch;
  storage::PutRestoreMarker(&batch, marker);
  graph::Node node;
  node.id = ElementId(3);
  storage::PutNode(&batch, node, Timestamp(3));
  storage::PutRelationship(
      &batch, graph::Relationship{RelationshipId(8), "T", ElementId(3), ElementId(4), {}},
      Timestamp(4));
  ASSERT_TRUE(kv_.Write(storage::kRestoreGroup, LogIndex(1), std::move(batch)).ok());
  const Result again = Run(file);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(kv_.map(), fresh);
}

TEST_F(RestoreTest, AFileThatChangesBetweenThePassesIsRefused) {
  TextSource source(File('a'));
  source.change_at = 3;
  source.changed = File('a', false, 2);
  const Result result = Run(&source);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Marker()->state, State::kInProgress);
}

TEST_F(RestoreTest, ADanglingRelationshipIsRefusedByName) {
  const Result result = Run(File('a', true));
  EXPECT_EQ(result.status().message(),
            "line 9: relationship 7 is attached to node 99, which the snapshot doesn't hold");
  EXPECT_EQ(Marker()->state, State::kInProgress);
}

TEST_F(RestoreTest, DamageIsRefusedBeforeAnythingIsWritten) {
  const std::string file = File('a');
  EXPECT_FALSE(Run(file.substr(0, file.size() - 1)).ok());
  EXPECT_TRUE(kv_.map().empty());
}

}  // namespace
}  // namespace graphdb::migrate
