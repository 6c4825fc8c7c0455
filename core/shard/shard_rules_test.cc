// The rules that the shard's state machine keeps, one directed test each; and
// each is shown to fail where its sentence is removed.
#include <functional>

#include "core/graph/codec.h"
#include "core/shard/planted.h"
#include "core/shard/records.h"
#include "core/shard/shard_map.h"
#include "core/shard/shard_state_machine.h"
#include "core/storage/memory_kv.h"
#include "core/storage/mvcc.h"
#include "gtest/gtest.h"

namespace graphdb::shard {
namespace {

const ShardId kShard(0);
const graph::Relationship kEdge{RelationshipId(30), "KNOWS", ElementId(1), ElementId(2), {}};

// One replica of a shard that owns every slot.
class Machine {
 public:
  Machine() {
    v1::ShardCommand command;
    v1::Adopt* adopt = command.mutable_adopt();
    adopt->set_epoch(1);
    adopt->add_slots()->set_last(kSlotCount - 1);
    Run(command);
  }

  ApplyResult Run(v1::ShardCommand command) {
    command.set_version(kShardCommandVersion);
    if (command.epoch() == 0) command.set_epoch(1);
    env::KvBatch batch;
    index_ = index_.Next();
    absl::StatusOr<ApplyResult> result =
        machine_.Apply(Term(1), index_, command.SerializeAsString(), engine_, &batch);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok()) return ApplyResult();
    EXPECT_TRUE(engine_.Write(kShard, index_, std::move(batch)).ok());
    return *std::move(result);
  }

  static v1::TxnId Id(uint64_t start, uint64_t sequence) {
    v1::TxnId id;
    id.set_start_ts(start);
    id.set_session(5);
    id.set_sequence(sequence == 0 ? start : sequence);
    id.set_attempt_ts(start);
    id.set_home_slot(7);
    return id;
  }
  v1::Verdict Commit(uint64_t start, uint64_t commit, const v1::TxnPart& part,
                     uint64_t sequence = 0, bool first_attempt = false) {
    v1::ShardCommand command;
    *command.mutable_commit()->mutable_txn() = Id(start, sequence);
    if (first_attempt) command.mutable_commit()->mutable_txn()->clear_attempt_ts();
    *command.mutable_commit()->mutable_part() = part;
    command.mutable_commit()->set_commit_ts(commit);
    command.mutable_commit()->set_result("result");
    return Run(command).verdict;
  }
  v1::Verdict Prepare(uint64_t start, const v1::TxnPart& part, bool home = false,
                      uint64_t sequence = 0) {
    v1::ShardCommand command;
    v1::Prepare* prepare = command.mutable_prepare();
    *prepare->mutable_txn() = Id(start, sequence);
    *prepare->mutable_part() = part;
    prepare->set_home(home);
    if (home) prepare->add_participant_slots(7);
    if (home) prepare->add_participant_slots(9000);
    return Run(command).verdict;
  }
  v1::TxnState Decide(uint64_t start, uint64_t commit, uint64_t sequence = 0) {
    v1::ShardCommand command;
    *command.mutable_decide()->mutable_txn() = Id(start, sequence);
    command.mutable_decide()->set_commit_ts(commit);
    command.mutable_decide()->set_result("result");
    return Run(command).state;
  }
  v1::TxnState Question(uint64_t start, v1::StatusMode mode, uint64_t sequence = 0) {
    v1::ShardCommand command;
    *command.mutable_question()->mutable_txn() = Id(start, sequence);
    command.mutable_question()->set_mode(mode);
    return Run(command).state;
  }
  void Resolve(uint64_t start, v1::TxnState state, uint64_t commit) {
    v1::ShardCommand command;
    command.mutable_resolve()->set_start_ts(start);
    command.mutable_resolve()->set_state(state);
    command.mutable_resolve()->set_commit_ts(commit);
    Run(command);
  }
  ApplyResult Fence(uint64_t sequence, uint64_t fence_ts, uint32_t attempt = 0) {
    v1::ShardCommand command;
    command.mutable_fence()->set_attempt(attempt);
    command.mutable_fence()->set_session(5);
    command.mutable_fence()->set_sequence(sequence);
    command.mutable_fence()->set_fence_ts(fence_ts);
    return Run(command);
  }
  void Finish(uint64_t start) {
    v1::ShardCommand command;
    *command.mutable_finish()->mutable_txn() = Id(start, 0);
    Run(command);
  }
  void RaiseFloors(uint64_t start, uint64_t dedupe) {
    v1::ShardCommand command;
    command.mutable_raise_floors()->set_start_ts_floor(start);
    command.mutable_raise_floors()->set_dedupe_floor(dedupe);
    Run(command);
  }
  bool Live(const std::string& key) {
    const auto version = storage::NewestVersion(engine_, key);
    return version.ok() && version->has_value() && !(*version)->tombstone;
  }
  bool HasIntents() const {
    for (const auto& [key, value] : engine_.map()) {
      const auto tag = static_cast<storage::Tag>(key[storage::kKeyHeadBytes - 1]);
      if (tag == storage::Tag::kWriteIntent || tag == storage::Tag::kReadIntent ||
          tag == storage::Tag::kRangeIntent) {
        return true;
      }
    }
    return false;
  }
  const storage::MemoryKv& engine() const { return engine_; }

 private:
  ShardStateMachine machine_{kShard};
  storage::MemoryKv engine_;
  LogIndex index_;
};

std::string Key(uint64_t node) { return storage::NodeKey(ElementId(node)); }

struct PartBuilder {
  v1::TxnPart part;
  PartBuilder& Read(const std::string& key) {
    part.add_read_keys(key);
    return *this;
  }
  PartBuilder& Range(const storage::KeyRange& range) {
    part.add_read_ranges()->set_begin(range.begin);
    part.mutable_read_ranges(part.read_ranges_size() - 1)->set_end(range.end);
    return *this;
  }
  PartBuilder& Put(const std::string& key, bool create = false) {
    v1::TxnWrite* write = part.add_writes();
    write->set_key(key);
    write->set_value(graph::EncodeNode(graph::Node{}));
    write->set_create(create);
    return *this;
  }
  PartBuilder& Delete(const std::string& key) {
    part.add_writes()->set_key(key);
    part.mutable_writes(part.writes_size() - 1)->set_tombstone(true);
    return *this;
  }
  operator const v1::TxnPart&() const { return part; }
};

const storage::KeyRange kAllNodes = storage::NodeRange({Slot(0), Slot(kSlotCount - 1)});

TEST(ShardRulesTest, T1ReadSetIsValidated) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T1.validate-reads", [] {
    Machine m;
    m.Commit(10, 20, PartBuilder().Put(Key(1)));
    return m.Commit(15, 30, PartBuilder().Read(Key(1)).Put(Key(2))) == v1::VERDICT_CONFLICT &&
           m.Commit(25, 31, PartBuilder().Read(Key(1)).Put(Key(2))) == v1::VERDICT_DONE;
  }));
}

TEST(ShardRulesTest, T1RangesAreValidated) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T1.validate-ranges", [] {
    Machine m;
    m.Commit(10, 20, PartBuilder().Put(Key(1)));
    return m.Commit(15, 30, PartBuilder().Range(kAllNodes).Put(Key(2))) == v1::VERDICT_CONFLICT;
  }));
}

TEST(ShardRulesTest, T1WriteSetIsValidated) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T1.validate-writes", [] {
    Machine m;
    m.Commit(10, 20, PartBuilder().Put(Key(1)));
    return m.Commit(15, 30, PartBuilder().Put(Key(1))) == v1::VERDICT_CONFLICT;
  }));
}

TEST(ShardRulesTest, T1ConstraintChecksTouch) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T1.constraints-touch", [] {
    Machine m;
    m.Commit(1, 2, PartBuilder().Put(Key(2)));
    // The IN half looks at its end node: whoever writes that node conflicts.
    m.Prepare(10, PartBuilder().Put(storage::InKey(kEdge)));
    return m.Commit(15, 30, PartBuilder().Delete(Key(2))) == v1::VERDICT_CONFLICT;
  }));
}

TEST(ShardRulesTest, T1ForeignWriteIntentConflicts) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T1.foreign-write-intent", [] {
    Machine m;
    m.Prepare(10, PartBuilder().Put(Key(1)));
    return m.Commit(15, 30, PartBuilder().Read(Key(1)).Put(Key(2))) == v1::VERDICT_CONFLICT &&
           m.Commit(16, 31, PartBuilder().Range(kAllNodes).Put(Key(2))) == v1::VERDICT_CONFLICT;
  }));
}

TEST(ShardRulesTest, T1WriteThatMeetsAReadIntentConflicts) {
  for (const char* mutant : {"rule-T1.foreign-read-intent", "rule-T1.leaves-read-intents"}) {
    EXPECT_TRUE(HoldsAndIsGuarded(mutant, [] {
      Machine m;
      m.Prepare(10, PartBuilder().Read(Key(1)).Put(Key(2)));
      return m.Commit(15, 30, PartBuilder().Put(Key(1))) == v1::VERDICT_CONFLICT;
    })) << mutant;
  }
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T1.leaves-range-intents", [] {
    Machine m;
    m.Prepare(10, PartBuilder().Range(kAllNodes).Put(Key(2)));
    return m.Commit(15, 30, PartBuilder().Put(Key(1))) == v1::VERDICT_CONFLICT;
  }));
}

TEST(ShardRulesTest, T1IntentsGoWithTheResolution) {
  Machine m;
  m.Prepare(10, PartBuilder().Read(Key(1)).Range(kAllNodes).Put(Key(2)));
  EXPECT_FALSE(m.Live(Key(2)));
  m.Resolve(10, v1::TXN_COMMITTED, 20);
  EXPECT_TRUE(m.Live(Key(2)));
  EXPECT_EQ(m.Commit(25, 30, PartBuilder().Put(Key(1)).Put(Key(2))), v1::VERDICT_DONE);
  m.Prepare(40, PartBuilder().Put(Key(3)));
  m.Resolve(40, v1::TXN_ABORTED, 0);
  EXPECT_FALSE(m.Live(Key(3)));
  EXPECT_EQ(m.Commit(45, 50, PartBuilder().Put(Key(3))), v1::VERDICT_DONE);
}

// Whatever the decision and whoever hears of it: one intent left is a key that
// nobody may write any more.
TEST(ShardRulesTest, T1NoIntentOutlivesItsTransaction) {
  for (const bool home : {false, true}) {
    for (const bool commits : {false, true}) {
      Machine m;
      const PartBuilder part =
          PartBuilder().Read(Key(1)).Range(kAllNodes).Put(Key(2)).Delete(Key(3));
      ASSERT_EQ(m.Prepare(10, part, home), v1::VERDICT_DONE);
      ASSERT_TRUE(m.HasIntents());
      if (home && commits) m.Decide(10, 20);
      if (home && !commits) m.Question(10, v1::ABORT);
      if (!home) m.Resolve(10, commits ? v1::TXN_COMMITTED : v1::TXN_ABORTED, commits ? 20 : 0);
      EXPECT_FALSE(m.HasIntents()) << "home " << home << ", commits " << commits;
      EXPECT_EQ(m.Live(Key(2)), commits);
    }
  }
}

TEST(ShardRulesTest, T6OnlyPendingBecomesCommitted) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T6.only-pending", [] {
    Machine m;
    m.Prepare(10, PartBuilder().Put(Key(1)), true);
    const bool aborted = m.Question(10, v1::ABORT) == v1::TXN_ABORTED;
    return aborted && m.Decide(10, 20) == v1::TXN_ABORTED && !m.Live(Key(1));
  }));
}

TEST(ShardRulesTest, T6QuestionWithoutRecordRefusesTheLatePrepare) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T6.no-record-aborts", [] {
    Machine m;
    return m.Question(10, v1::QUESTION) == v1::TXN_ABORTED &&
           m.Prepare(10, PartBuilder().Put(Key(1)), true) == v1::VERDICT_REFUSED;
  }));
}

TEST(ShardRulesTest, T6QuestionLeavesPendingAlone) {
  Machine m;
  m.Prepare(10, PartBuilder().Put(Key(1)), true);
  EXPECT_EQ(m.Question(10, v1::QUESTION), v1::TXN_PENDING);
  EXPECT_EQ(m.Decide(10, 20), v1::TXN_COMMITTED);
  EXPECT_EQ(m.Question(10, v1::ABORT), v1::TXN_COMMITTED);
  EXPECT_TRUE(m.Live(Key(1)));
}

TEST(ShardRulesTest, T6BelowTheFloorIsResolvedNeverAborted) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T6.below-floor", [] {
    Machine m;
    m.RaiseFloors(100, 0);
    return m.Question(10, v1::QUESTION) == v1::TXN_RESOLVED;
  }));
}

TEST(ShardRulesTest, T6StartFloorRefusesLatePreparesAndCommits) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T6.start-floor", [] {
    Machine m;
    m.RaiseFloors(100, 0);
    return m.Prepare(10, PartBuilder().Put(Key(1)), true) == v1::VERDICT_REFUSED &&
           m.Prepare(11, PartBuilder().Put(Key(1))) == v1::VERDICT_REFUSED &&
           m.Commit(12, 200, PartBuilder().Put(Key(2))) == v1::VERDICT_REFUSED;
  }));
}

TEST(ShardRulesTest, T6RecordsStayUntilAllHaveResolved) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T6.records-go", [] {
    Machine m;
    m.Prepare(10, PartBuilder().Put(Key(1)), true);
    m.Decide(10, 20);
    m.RaiseFloors(100, 0);
    return m.Question(10, v1::QUESTION) == v1::TXN_COMMITTED;
  }));
}

TEST(ShardRulesTest, T6OpenTransactionsHoldTheFloorDown) {
  Machine m;
  m.Prepare(10, PartBuilder().Put(Key(1)), true);
  m.Prepare(12, PartBuilder().Put(Key(3)));
  m.RaiseFloors(100, 100);
  EXPECT_EQ(LoadShardState(kShard, m.engine())->start_ts_floor, Timestamp(10));
  m.Decide(10, 20);
  m.RaiseFloors(100, 100);
  EXPECT_EQ(LoadShardState(kShard, m.engine())->start_ts_floor, Timestamp(10));
  m.Finish(10);
  m.RaiseFloors(100, 100);
  EXPECT_EQ(LoadShardState(kShard, m.engine())->start_ts_floor, Timestamp(12));
  m.Resolve(12, v1::TXN_ABORTED, 0);
  m.RaiseFloors(100, 100);
  EXPECT_EQ(LoadShardState(kShard, m.engine())->start_ts_floor, Timestamp(100));
  const auto gone = GetRecord<v1::TxnRecord>(m.engine(), "t", TxnRecordKey(Slot(7), Timestamp(10)));
  EXPECT_FALSE(gone->has_value());
}

TEST(ShardRulesTest, T7RecordCommitsWithTheWrites) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T7.record", [] {
    Machine m;
    m.Commit(10, 20, PartBuilder().Put(Key(1)), 3);
    m.Prepare(30, PartBuilder().Put(Key(2)), true, 4);
    m.Decide(30, 40, 4);
    const ApplyResult one = m.Fence(3, 50);
    const ApplyResult two = m.Fence(4, 50);
    return one.fence == v1::FENCE_FOUND && one.commit_ts == Timestamp(20) &&
           one.result == "result" && two.fence == v1::FENCE_FOUND && two.commit_ts == Timestamp(40);
  }));
}

TEST(ShardRulesTest, T7SecondCopyOfACommitIsTheFirst) {
  Machine m;
  EXPECT_EQ(m.Commit(10, 20, PartBuilder().Put(Key(1)), 3), v1::VERDICT_DONE);
  EXPECT_EQ(m.Commit(10, 30, PartBuilder().Put(Key(1)), 3), v1::VERDICT_DONE);
  EXPECT_EQ(m.Commit(40, 50, PartBuilder().Put(Key(1)), 3), v1::VERDICT_DUPLICATE);
  EXPECT_EQ(storage::NewestVersion(m.engine(), Key(1))->value().ts, Timestamp(20));
}

TEST(ShardRulesTest, T7VerdictOfAConflictIsFinal) {
  Machine m;
  m.Prepare(5, PartBuilder().Put(Key(1)));
  EXPECT_EQ(m.Commit(10, 20, PartBuilder().Put(Key(1)), 3), v1::VERDICT_CONFLICT);
  m.Resolve(5, v1::TXN_ABORTED, 0);
  // A late copy of the refused request, with nothing in its way any more.
  EXPECT_EQ(m.Commit(10, 30, PartBuilder().Put(Key(1)), 3), v1::VERDICT_REFUSED);
}

TEST(ShardRulesTest, T7FenceRefusesEarlierAttempts) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T7.fence-refuses", [] {
    Machine m;
    const bool clear = m.Fence(3, 50).fence == v1::FENCE_CLEAR;
    return clear && m.Commit(10, 60, PartBuilder().Put(Key(1)), 3) == v1::VERDICT_FENCED &&
           m.Prepare(11, PartBuilder().Put(Key(1)), true, 3) == v1::VERDICT_FENCED &&
           m.Fence(3, 40).fence == v1::FENCE_STALE &&
           m.Commit(51, 61, PartBuilder().Put(Key(1)), 3) == v1::VERDICT_DONE;
  }));
}

TEST(ShardRulesTest, T7FenceThatMeetsPendingSaysSo) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T7.fence-pending", [] {
    Machine m;
    m.Prepare(10, PartBuilder().Put(Key(1)), true, 3);
    const ApplyResult met = m.Fence(3, 50);
    if (met.fence != v1::FENCE_PENDING || met.pending.size() != 1) return false;
    m.Question(met.pending[0].start_ts(), v1::ABORT, 3);
    return m.Fence(3, 50).fence == v1::FENCE_CLEAR;
  }));
}

TEST(ShardRulesTest, T7BeyondRetentionTheOutcomeIsUnknown) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T7.retention", [] {
    Machine m;
    m.Commit(10, 20, PartBuilder().Put(Key(1)), 3);
    m.RaiseFloors(100, 100);
    return m.Fence(3, 150).fence == v1::FENCE_UNKNOWN && m.Fence(4, 150).fence == v1::FENCE_CLEAR;
  }));
}

TEST(ShardRulesTest, T7AFenceStandsAsLongAsResultsAreKept) {
  Machine m;
  ASSERT_EQ(m.Fence(3, 50).fence, v1::FENCE_CLEAR);
  m.RaiseFloors(100, 50);
  // It asks for its timestamp only now: the floor doesn't refuse it.
  EXPECT_EQ(m.Commit(110, 120, PartBuilder().Put(Key(1)), 3, /*first_attempt=*/true),
            v1::VERDICT_FENCED);
}

TEST(ShardRulesTest, T7ARetryThatIsDelayedIsOlderThanItsSuccessor) {
  Machine m;
  ASSERT_EQ(m.Fence(3, 50, 2).fence, v1::FENCE_CLEAR);
  // The first retry gets its timestamp after the second one's.
  EXPECT_EQ(m.Fence(3, 60, 1).fence, v1::FENCE_STALE);
  EXPECT_EQ(m.Commit(61, 70, PartBuilder().Put(Key(1)), 3), v1::VERDICT_FENCED);
}

TEST(ShardRulesTest, T7AFirstAttemptBeyondRetentionIsRefused) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T7.late-first-attempt", [] {
    Machine m;
    m.Fence(3, 50);
    m.RaiseFloors(100, 60);
    return m.Commit(110, 120, PartBuilder().Put(Key(1)), 3) == v1::VERDICT_FENCED &&
           m.Commit(111, 121, PartBuilder().Put(Key(1)), 4) == v1::VERDICT_DONE;
  }));
}

TEST(ShardRulesTest, T8EndNodeExists) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T8.end-node-exists", [] {
    Machine m;
    return m.Commit(10, 20, PartBuilder().Put(storage::InKey(kEdge))) == v1::VERDICT_CONSTRAINT;
  }));
  Machine m;
  const auto both = PartBuilder().Put(storage::InKey(kEdge)).Put(Key(2), true);
  EXPECT_EQ(m.Commit(10, 20, both), v1::VERDICT_DONE) << "the node of this very transaction";
}

TEST(ShardRulesTest, T8StartNodeExists) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T8.start-node-exists", [] {
    Machine m;
    return m.Commit(10, 20, PartBuilder().Put(storage::OutKey(kEdge))) == v1::VERDICT_CONSTRAINT;
  }));
}

TEST(ShardRulesTest, T8NoRelationshipIsLeft) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T8.no-relationship-left", [] {
    Machine m;
    m.Commit(1, 2, PartBuilder().Put(Key(2)));
    m.Commit(3, 4, PartBuilder().Put(storage::InKey(kEdge)));
    return m.Commit(10, 20, PartBuilder().Delete(Key(2))) == v1::VERDICT_CONSTRAINT;
  }));
  Machine m;
  m.Commit(1, 2, PartBuilder().Put(Key(2)));
  m.Commit(3, 4, PartBuilder().Put(storage::InKey(kEdge)));
  const auto detach = PartBuilder().Delete(Key(2)).Delete(storage::InKey(kEdge));
  EXPECT_EQ(m.Commit(10, 20, detach), v1::VERDICT_DONE);
}

TEST(ShardRulesTest, T8NewIdIsUnused) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T8.new-id-unused", [] {
    Machine m;
    m.Commit(1, 2, PartBuilder().Put(Key(2), true));
    return m.Commit(10, 20, PartBuilder().Put(Key(2), true)) == v1::VERDICT_CONSTRAINT;
  }));
}

TEST(ShardRulesTest, O1StaleEpochIsRefused) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-O1.stale-epoch", [] {
    Machine m;
    v1::ShardCommand command;
    *command.mutable_commit()->mutable_txn() = Machine::Id(10, 3);
    *command.mutable_commit()->mutable_part() = PartBuilder().Put(Key(1));
    command.mutable_commit()->set_commit_ts(20);
    command.set_epoch(7);
    return m.Run(command).stale_epoch && !m.Live(Key(1));
  }));
}

TEST(ShardRulesTest, UnknownEntriesStopTheReplica) {
  ShardStateMachine machine(kShard);
  storage::MemoryKv engine;
  env::KvBatch batch;
  v1::ShardCommand command;
  command.set_version(kShardCommandVersion + 1);
  command.mutable_adopt();
  const auto version =
      machine.Apply(Term(1), LogIndex(1), command.SerializeAsString(), engine, &batch);
  EXPECT_EQ(version.status().code(), absl::StatusCode::kUnimplemented);
  command.set_version(kShardCommandVersion);
  command.clear_body();
  const auto kind =
      machine.Apply(Term(1), LogIndex(1), command.SerializeAsString(), engine, &batch);
  EXPECT_EQ(kind.status().code(), absl::StatusCode::kUnimplemented);
  const auto garbage = machine.Apply(Term(1), LogIndex(1), "\xff\xff\xff", engine, &batch);
  EXPECT_EQ(garbage.status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace graphdb::shard
