// The meta group: shard map, founding, ids, and the timestamp oracle.
#include "core/shard/meta_leader.h"
#include "core/shard/meta_state_machine.h"
#include "core/shard/planted.h"
#include "core/shard/shard_map.h"
#include "core/shard/timestamp_oracle.h"
#include "core/storage/memory_kv.h"
#include "gtest/gtest.h"

namespace graphdb::shard {
namespace {

TEST(ShardMapTest, EqualCoversEverySlotOnce) {
  for (const uint32_t count : {1u, 2u, 9u, 1000u}) {
    const ShardMap map = ShardMap::Equal(count);
    v1::MetaShardMap proto;
    map.ToProto(&proto);
    const absl::StatusOr<ShardMap> again = ShardMap::FromProto(proto);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, map);
    EXPECT_EQ(map.ShardOf(Slot(0)), ShardId(0));
    EXPECT_EQ(map.ShardOf(Slot(kSlotCount - 1)), ShardId(static_cast<uint16_t>(count - 1)));
  }
}

TEST(ShardMapTest, GapsAndDoubleOwnersAreRefused) {
  v1::MetaShardMap proto;
  ShardMap::Equal(2).ToProto(&proto);
  v1::MetaShardMap gap = proto;
  gap.mutable_shards(1)->mutable_slots(0)->set_last(kSlotCount - 2);
  EXPECT_FALSE(ShardMap::FromProto(gap).ok());
  v1::MetaShardMap two = proto;
  two.mutable_shards(1)->mutable_slots(0)->set_first(0);
  EXPECT_FALSE(ShardMap::FromProto(two).ok());
}

class Meta {
 public:
  MetaApplyResult Run(v1::MetaCommand command) {
    command.set_version(kMetaCommandVersion);
    env::KvBatch batch;
    index_ = index_.Next();
    auto result = machine_.Apply(Term(1), index_, command.SerializeAsString(), engine, &batch);
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_TRUE(engine.Write(kMetaGroup, index_, std::move(batch)).ok());
    return *std::move(result);
  }
  MetaApplyResult Found(const std::string& id) {
    v1::MetaCommand command;
    command.mutable_found()->set_cluster_id(id);
    command.mutable_found()->set_num_shards(9);
    command.mutable_found()->set_id_bound(500);
    return Run(command);
  }
  LogIndex index() const { return index_; }
  storage::MemoryKv engine;

 private:
  MetaStateMachine machine_;
  LogIndex index_;
};

TEST(MetaStateMachineTest, IsFoundedOnce) {
  Meta meta;
  EXPECT_FALSE(meta.Found("one").refused);
  EXPECT_TRUE(meta.Found("two").refused);
  const auto state = MetaStateMachine::Load(meta.engine);
  EXPECT_EQ(state->cluster_id(), "one");
  EXPECT_EQ(state->map().shards_size(), 9);
}

TEST(MetaStateMachineTest, MembersAreListedAsTheyJoined) {
  Meta meta;
  meta.Found("one");
  v1::MetaCommand command;
  for (const uint32_t node : {7u, 2u, 7u}) {
    command.mutable_put_member()->mutable_member()->set_node(node);
    (void)meta.Run(command);
  }
  const auto state = MetaStateMachine::Load(meta.engine);
  const int known = state->members_size();
  ASSERT_GE(known, 2);
  EXPECT_EQ(state->members(known - 2).node(), 7u);
  EXPECT_EQ(state->members(known - 1).node(), 2u);
}

TEST(MetaStateMachineTest, IdsAreAllocatedOnceAndAboveTheBound) {
  Meta meta;
  meta.Found("one");
  v1::MetaCommand command;
  command.mutable_allocate_ids()->set_count(10);
  EXPECT_EQ(meta.Run(command).first_id, 501u);
  EXPECT_EQ(meta.Run(command).first_id, 511u);
  command.mutable_allocate_ids()->set_count(0);
  EXPECT_TRUE(meta.Run(command).refused);
}

TEST(MetaStateMachineTest, BoundsNeverFall) {
  Meta meta;
  meta.Found("one");
  v1::MetaCommand command;
  command.mutable_raise_bounds()->set_oracle_bound(900);
  EXPECT_EQ(meta.Run(command).oracle_bound, Timestamp(900));
  command.mutable_raise_bounds()->set_oracle_bound(100);
  EXPECT_EQ(meta.Run(command).oracle_bound, Timestamp(900));
}

// ---- oracle ----

template <typename Effect>
std::vector<Effect> Of(const std::vector<OracleEffect>& effects) {
  std::vector<Effect> out;
  for (const OracleEffect& effect : effects) {
    if (const auto* e = std::get_if<Effect>(&effect)) out.push_back(*e);
  }
  return out;
}

class OracleDriver {
 public:
  std::vector<OracleEffect> Step(OracleEvent event) {
    std::vector<OracleEffect> effects;
    oracle_.Step(event, &effects);
    return effects;
  }

 private:
  TimestampOracle oracle_;
};

TEST(TimestampOracleTest, ReleasesOnlyAfterARoundBegunAfterTheRequest) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-oracle.read-index", [] {
    OracleDriver oracle;
    oracle.Step(oracle_event::BecameLeader{Timestamp(100)});
    const auto first = oracle.Step(oracle_event::Request{1, 2});
    if (!Of<oracle_effect::Release>(first).empty()) return false;
    const auto round = Of<oracle_effect::ReadIndex>(first);
    if (round.empty()) return false;
    // A request that comes while the round is under way waits for the next.
    const auto late = oracle.Step(oracle_event::Request{2, 1});
    auto done = oracle.Step(oracle_event::ReadIndexDone{round.at(0).id, true});
    const auto bound = Of<oracle_effect::ProposeBound>(done);
    if (bound.size() != 1 || !Of<oracle_effect::Release>(done).empty()) return false;
    done = oracle.Step(oracle_event::BoundApplied{bound[0].bound});
    const auto released = Of<oracle_effect::Release>(done);
    return late.empty() && released.size() == 1 && released[0].id == 1 &&
           released[0].first == Timestamp(101);
  }));
}

TEST(TimestampOracleTest, IssuesNothingAboveThePersistedBound) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-oracle.bound-first", [] {
    OracleDriver oracle;
    oracle.Step(oracle_event::BecameLeader{Timestamp(100)});
    const auto asked = oracle.Step(oracle_event::Request{1, 1});
    const uint64_t round = Of<oracle_effect::ReadIndex>(asked).at(0).id;
    return Of<oracle_effect::Release>(oracle.Step(oracle_event::ReadIndexDone{round, true}))
        .empty();
  }));
}

TEST(TimestampOracleTest, ALaterLeaderStartsAboveTheBound) {
  OracleDriver oracle;
  oracle.Step(oracle_event::BecameLeader{Timestamp(100)});
  oracle.Step(oracle_event::Request{1, 1});
  const auto lost = oracle.Step(oracle_event::LostLeadership{});
  EXPECT_EQ(Of<oracle_effect::Refuse>(lost).size(), 1u);
  // The answer to the old round finds nothing to release.
  EXPECT_TRUE(oracle.Step(oracle_event::ReadIndexDone{1, true}).empty());
  oracle.Step(oracle_event::BecameLeader{Timestamp(5000)});
  const auto asked = oracle.Step(oracle_event::Request{2, 1});
  const uint64_t round = Of<oracle_effect::ReadIndex>(asked).at(0).id;
  const auto bound =
      Of<oracle_effect::ProposeBound>(oracle.Step(oracle_event::ReadIndexDone{round, true}));
  const auto released =
      Of<oracle_effect::Release>(oracle.Step(oracle_event::BoundApplied{bound.at(0).bound}));
  EXPECT_EQ(released.at(0).first, Timestamp(5001));
}

TEST(MetaLeaderTest, AnswersTimestampsIdsAndState) {
  Meta meta;
  meta.Found("one");
  MetaLeader leader(meta.engine);
  std::vector<MetaEffect> effects;
  const auto step = [&](MetaEvent event) {
    effects.clear();
    leader.Step(event, &effects);
  };
  v1::MetaRequest request;
  request.mutable_get_timestamps()->set_count(3);
  step(meta_event::Request{1, request});
  EXPECT_EQ(std::get<meta_effect::Reply>(effects.at(0)).response.status(), v1::SHARD_NOT_LEADER);

  step(meta_event::BecameLeader{Term(4)});
  step(meta_event::Request{2, request});
  const uint64_t round = std::get<meta_effect::ReadIndex>(effects.at(0)).id;
  step(meta_event::ReadIndexDone{round, true, LogIndex(1)});
  v1::MetaCommand bound;
  ASSERT_TRUE(bound.ParseFromString(std::get<meta_effect::Propose>(effects.at(0)).bytes));
  step(meta_event::Applied{LogIndex(2), meta.Run(bound)});
  const auto& answer = std::get<meta_effect::Reply>(effects.at(0));
  EXPECT_EQ(answer.id, 2u);
  EXPECT_EQ(answer.response.timestamps().first(), 1u);

  request.mutable_allocate_ids()->set_count(5);
  step(meta_event::Request{3, request});
  v1::MetaCommand ids;
  ASSERT_TRUE(ids.ParseFromString(std::get<meta_effect::Propose>(effects.at(0)).bytes));
  step(meta_event::Applied{LogIndex(3), meta.Run(ids)});
  EXPECT_EQ(std::get<meta_effect::Reply>(effects.at(0)).response.ids().first(), 501u);

  request.mutable_get_state();
  step(meta_event::Request{4, request});
  const uint64_t state_round = std::get<meta_effect::ReadIndex>(effects.at(0)).id;
  step(meta_event::ReadIndexDone{state_round, true, LogIndex(3)});
  EXPECT_EQ(std::get<meta_effect::Reply>(effects.at(0)).response.state().cluster_id(), "one");

  step(meta_event::Request{5, request});
  step(meta_event::LostLeadership{});
  EXPECT_EQ(std::get<meta_effect::Reply>(effects.at(0)).id, 5u);
}

}  // namespace
}  // namespace graphdb::shard
