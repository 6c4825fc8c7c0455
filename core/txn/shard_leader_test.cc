// The rules that the leader's side of a shard keeps, one directed test each,
// over hand-made events; and each is shown to fail where its sentence is removed.
#include "core/txn/shard_leader.h"

#include <utility>

#include "core/base/mutant.h"
#include "core/graph/codec.h"
#include "core/shard/planted.h"
#include "core/shard/shard_state_machine.h"
#include "core/storage/keys.h"
#include "core/storage/memory_kv.h"
#include "gtest/gtest.h"

namespace graphdb::txn {
namespace {

const ShardId kShard(0);
const Slot kElsewhere(16000);

std::string Key(uint64_t node) { return storage::NodeKey(ElementId(node)); }

// A leader whose host is the test.
class Leader {
 public:
  Leader() : leader_(Options(), engine_, cache_) { Lead(1000); }

  static ShardLeaderOptions Options() {
    ShardLeaderOptions options;
    options.shard = kShard;
    options.founding_slots.push_back({Slot(0), Slot(15000)});
    return options;
  }

  // Elected, founded, floor at `floor` (0: the oracle stays silent).
  void Lead(uint64_t floor) {
    term_ = term_.Next();
    Step(shard_event::BecameLeader{term_});
    ApplyAll();
    if (floor != 0) AnswerOracle(floor);
  }

  std::vector<ShardEffect> Step(ShardEvent event) {
    std::vector<ShardEffect> effects;
    leader_.Step(event, &effects);
    for (const ShardEffect& effect : effects) {
      if (const auto* p = std::get_if<shard_effect::Propose>(&effect)) log_.push_back(p->bytes);
      if (const auto* a = std::get_if<shard_effect::AskOracle>(&effect)) asks_.push_back(a->id);
      if (const auto* r = std::get_if<shard_effect::ReadIndex>(&effect)) rounds_.push_back(r->id);
      if (const auto* t = std::get_if<shard_effect::SetTimer>(&effect)) timers_.push_back(t->id);
      if (const auto* s = std::get_if<shard_effect::SendToSlot>(&effect)) sent_.push_back(*s);
      if (const auto* y = std::get_if<shard_effect::Reply>(&effect)) replies_.push_back(*y);
    }
    return effects;
  }

  void Request(uint64_t id, v1::ShardRequest request) {
    request.set_epoch(1);
    Step(shard_event::Request{id, std::move(request)});
  }
  void ApplyAll() {
    while (applied_ < log_.size()) {
      env::KvBatch batch;
      const LogIndex index(applied_ + 1);
      auto result = machine_.Apply(term_, index, log_[applied_], engine_, &batch);
      ASSERT_TRUE(result.ok()) << result.status();
      cache_.OnBatch(batch);
      ASSERT_TRUE(engine_.Write(kShard, index, std::move(batch)).ok());
      ++applied_;
      Step(shard_event::Applied{index, *std::move(result)});
    }
  }
  void AnswerOracle(uint64_t first) {
    ASSERT_FALSE(asks_.empty());
    const uint64_t id = asks_.front();
    asks_.erase(asks_.begin());
    Step(shard_event::OracleReply{id, true, Timestamp(first)});
  }
  void AnswerRound() {
    ASSERT_FALSE(rounds_.empty());
    const uint64_t id = rounds_.front();
    rounds_.erase(rounds_.begin());
    Step(shard_event::ReadIndexDone{id, true, LogIndex(applied_)});
  }
  void AnswerHome(v1::TxnState state, uint64_t commit_ts) {
    ASSERT_FALSE(sent_.empty());
    shard_event::PeerReply reply;
    reply.id = sent_.back().id;
    reply.ok = true;
    reply.response.mutable_state()->set_state(state);
    reply.response.mutable_state()->set_commit_ts(commit_ts);
    Step(reply);
  }
  void FireTimers() {
    for (const uint64_t id : std::exchange(timers_, {})) Step(shard_event::Timer{id});
  }

  void Read(uint64_t id, uint64_t read_ts, uint64_t node) {
    v1::ShardRequest request;
    request.mutable_read()->set_read_ts(read_ts);
    request.mutable_read()->add_keys(Key(node));
    Request(id, std::move(request));
  }
  // The answer is complete at once.
  void ReadOutEdges(uint64_t id, uint64_t read_ts, uint64_t node) {
    const storage::KeyRange out = storage::EdgeRange(ElementId(node), graph::Direction::kOutgoing);
    v1::ShardRequest request;
    request.mutable_read()->set_read_ts(read_ts);
    v1::KeyRange* range = request.mutable_read()->add_ranges()->mutable_range();
    range->set_begin(out.begin);
    range->set_end(out.end);
    Request(id, std::move(request));
    AnswerRound();
  }
  // One transaction that makes the node, another one, and an edge between them.
  void WriteEdge(uint64_t id, uint64_t start, uint64_t node) {
    const graph::Relationship edge{RelationshipId(7), "T", ElementId(node), ElementId(2), {}};
    v1::ShardRequest request = Writing(start, node, false);
    v1::TxnPart* part = request.mutable_commit()->mutable_part();
    v1::TxnWrite* other = part->add_writes();
    other->set_key(Key(2));
    other->set_value(graph::EncodeNode(graph::Node{}));
    v1::TxnWrite* out = part->add_writes();
    out->set_key(storage::OutKey(edge));
    out->set_value(graph::EncodeRelationshipProperties({}));
    Request(id, std::move(request));
  }
  static v1::ShardRequest Writing(uint64_t start, uint64_t node, bool prepare) {
    v1::TxnId txn;
    txn.set_start_ts(start);
    txn.set_session(5);
    txn.set_sequence(start);
    txn.set_attempt_ts(start);
    txn.set_home_slot(prepare ? kElsewhere.value() : 7);
    v1::TxnPart part;
    part.add_writes()->set_key(Key(node));
    part.mutable_writes(0)->set_value(graph::EncodeNode(graph::Node{}));
    v1::ShardRequest request;
    if (prepare) {
      *request.mutable_prepare()->mutable_txn() = txn;
      *request.mutable_prepare()->mutable_part() = part;
    } else {
      *request.mutable_commit()->mutable_txn() = txn;
      *request.mutable_commit()->mutable_part() = part;
    }
    return request;
  }
  void Commit(uint64_t id, uint64_t start, uint64_t node) {
    Request(id, Writing(start, node, false));
  }
  void Prepare(uint64_t id, uint64_t start, uint64_t node) {
    Request(id, Writing(start, node, true));
    ApplyAll();
  }
  void Resolve(uint64_t id, uint64_t start, uint64_t commit_ts) {
    v1::ShardRequest request;
    request.mutable_resolve()->set_start_ts(start);
    request.mutable_resolve()->set_state(v1::TXN_COMMITTED);
    request.mutable_resolve()->set_commit_ts(commit_ts);
    Request(id, std::move(request));
  }

  const v1::ShardResponse* ReplyTo(uint64_t id) const {
    for (const shard_effect::Reply& reply : replies_) {
      if (reply.id == id) return &reply.response;
    }
    return nullptr;
  }
  size_t Proposals() const { return log_.size(); }
  v1::ShardCommand LastCommand() const {
    v1::ShardCommand command;
    EXPECT_TRUE(command.ParseFromString(log_.back()));
    return command;
  }
  const std::vector<shard_effect::SendToSlot>& sent() const { return sent_; }
  size_t Asks() const { return asks_.size(); }
  const storage::AdjacencyCache& cache() const { return cache_; }
  Timestamp floor() const { return leader_.read_floor(); }

 private:
  storage::MemoryKv engine_;
  storage::AdjacencyCache cache_{10};
  shard::ShardStateMachine machine_{kShard};
  ShardLeader leader_;
  Term term_;
  std::vector<std::string> log_;
  size_t applied_ = 0;
  std::vector<uint64_t> asks_;
  std::vector<uint64_t> rounds_;
  std::vector<uint64_t> timers_;
  std::vector<shard_effect::SendToSlot> sent_;
  std::vector<shard_effect::Reply> replies_;
};

TEST(ShardLeaderTest, T2ReaderWaitsForAnUndecidedIntentAndAsksTheHome) {
  const auto rule = [] {
    Leader l;
    l.Prepare(1, 2000, 1);
    l.Read(2, 2500, 1);
    l.AnswerRound();
    if (l.ReplyTo(2) != nullptr) return false;
    l.FireTimers();
    if (l.sent().empty() || l.sent().back().slot != kElsewhere) return false;
    l.AnswerHome(v1::TXN_COMMITTED, 2400);
    l.ApplyAll();
    return l.ReplyTo(2) != nullptr && l.ReplyTo(2)->read().found_size() == 1;
  };
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T2.reader-waits", rule));
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T2.asks-home", rule));
}

TEST(ShardLeaderTest, AWrittenEdgeDropsItsListFromTheCache) {
  const auto rule = [] {
    Leader l;
    l.ReadOutEdges(1, 2000, 1);
    l.ReadOutEdges(2, 2100, 1);
    l.WriteEdge(3, 2200, 1);
    l.AnswerOracle(2300);
    l.ApplyAll();
    EXPECT_EQ(l.ReplyTo(3)->verdict().verdict(), v1::VERDICT_DONE) << l.ReplyTo(3)->DebugString();
    l.ReadOutEdges(4, 2400, 1);
    EXPECT_EQ(l.cache().hits(), 1u + (ActiveMutant() != nullptr ? 1 : 0));
    return l.ReplyTo(2)->read().ranges(0).entries_size() == 0 &&
           l.ReplyTo(4)->read().ranges(0).entries_size() == 1;
  };
  EXPECT_TRUE(HoldsAndIsGuarded("storage.stale-adjacency", rule));
}

TEST(ShardLeaderTest, T2ReaderPassesATransactionThatStartedLater) {
  Leader l;
  l.Prepare(1, 2000, 1);
  l.Read(2, 1500, 1);
  l.AnswerRound();
  EXPECT_NE(l.ReplyTo(2), nullptr);
}

TEST(ShardLeaderTest, T3CommitAtOrBelowTheFloorTakesAnotherTimestamp) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T3.above-floor", [] {
    Leader l;
    const size_t before = l.Proposals();
    l.Commit(1, 900, 1);
    l.AnswerOracle(950);
    if (l.Proposals() != before) return false;
    l.AnswerOracle(1001);
    return l.Proposals() == before + 1 && l.LastCommand().commit().commit_ts() == 1001;
  }));
}

TEST(ShardLeaderTest, T3ReadRaisesTheFloorFirst) {
  for (const char* mutant : {"rule-T3.floor-first", "rule-T3.floor-read"}) {
    EXPECT_TRUE(HoldsAndIsGuarded(mutant, [] {
      Leader l;
      l.Commit(1, 1100, 1);
      l.Read(2, 2000, 1);
      const size_t before = l.Proposals();
      l.AnswerOracle(1900);  // issued before the read's timestamp
      return l.Proposals() == before;
    })) << mutant;
  }
}

TEST(ShardLeaderTest, T3ReadWaitsForTheCommitsInThePipeline) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T3.pipeline", [] {
    Leader l;
    l.Commit(1, 1100, 1);
    l.AnswerOracle(1200);  // proposed, not applied
    l.Read(2, 1300, 1);
    l.AnswerRound();  // its index does not cover the proposal
    if (l.ReplyTo(2) != nullptr) return false;
    l.ApplyAll();
    return l.ReplyTo(2) != nullptr && l.ReplyTo(2)->read().found_size() == 1;
  }));
}

TEST(ShardLeaderTest, T3ResolvedTransactionsRaiseTheFloor) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T3.floor-resolved", [] {
    Leader l;
    l.Prepare(1, 2000, 1);
    l.Resolve(2, 2000, 3000);
    return l.floor() >= Timestamp(3000);
  }));
}

TEST(ShardLeaderTest, T3AfterAnElectionTheFloorComesFromTheOracle) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T3.floor-after-election", [] {
    Leader l;
    l.Step(shard_event::LostLeadership{});
    l.Lead(0);
    l.Commit(1, 1100, 1);
    if (l.Asks() != 1) return false;  // for the floor, nothing else
    l.AnswerOracle(5000);
    return l.floor() == Timestamp(5000) && l.Asks() == 1;
  }));
}

TEST(ShardLeaderTest, T3FloorNeverGoesBeyondWhatTheOracleIssued) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T3.floor-never-beyond", [] {
    Leader l;
    l.Read(1, uint64_t{1} << 60, 1);
    if (l.floor() != Timestamp(1000)) return false;
    l.AnswerOracle(1001);
    return l.ReplyTo(1) != nullptr && l.ReplyTo(1)->status() == v1::SHARD_INVALID &&
           l.floor() == Timestamp(1000);
  }));
}

TEST(ShardLeaderTest, T4DecidedIntentsAreClearedBeforeTheProposal) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T4.clears-decided", [] {
    Leader l;
    l.Prepare(1, 2000, 1);
    l.Commit(2, 3000, 1);
    if (l.sent().empty()) return false;
    l.AnswerHome(v1::TXN_COMMITTED, 2500);
    l.AnswerOracle(3100);
    l.ApplyAll();
    return l.ReplyTo(2) != nullptr && l.ReplyTo(2)->verdict().verdict() == v1::VERDICT_DONE;
  }));
}

TEST(ShardLeaderTest, T6TimerOnlyProposesAbort) {
  EXPECT_TRUE(HoldsAndIsGuarded("rule-T6.timer-proposes", [] {
    Leader l;
    l.Prepare(1, 2000, 1);
    l.Read(2, 2500, 1);
    l.AnswerRound();
    const size_t before = l.Proposals();
    for (int i = 0; i < 30; ++i) {
      l.FireTimers();
      // The home stays silent: nothing may be concluded here.
      if (l.Proposals() != before) return false;
      if (l.sent().empty()) continue;
      shard_event::PeerReply silence;
      silence.id = l.sent().back().id;
      l.Step(silence);
    }
    return l.sent().back().request.question().mode() == v1::ABORT && l.ReplyTo(2) == nullptr;
  }));
}

// A record that goes before its last participant has heard of it turns a commit
// into half a commit.
TEST(ShardLeaderTest, T6HomeFinishesOnlyWhenEveryParticipantHasResolved) {
  Leader l;
  v1::ShardRequest prepare = Leader::Writing(2000, 1, true);
  prepare.mutable_prepare()->mutable_txn()->set_home_slot(7);
  prepare.mutable_prepare()->set_home(true);
  for (const uint32_t slot : {7u, 15500u, uint32_t{kElsewhere.value()}}) {
    prepare.mutable_prepare()->add_participant_slots(slot);
  }
  v1::ShardRequest decide;
  *decide.mutable_decide()->mutable_txn() = prepare.prepare().txn();
  decide.mutable_decide()->set_commit_ts(2500);
  l.Request(1, prepare);
  l.ApplyAll();
  l.Request(2, std::move(decide));
  l.ApplyAll();
  ASSERT_EQ(l.ReplyTo(2)->state().state(), v1::TXN_COMMITTED);

  const size_t before = l.Proposals();
  const auto drive = [&l](bool first_answers) {
    const size_t sent = l.sent().size();
    for (int i = 0; i < 30 && l.sent().size() == sent; ++i) l.FireTimers();
    ASSERT_EQ(l.sent().size(), sent + 2);
    for (size_t i : {0, 1}) {
      EXPECT_EQ(l.sent()[sent + i].request.resolve().commit_ts(), 2500u);
      shard_event::PeerReply reply;
      reply.id = l.sent()[sent + i].id;
      reply.ok = i == 0 ? first_answers : true;
      l.Step(reply);
    }
  };
  drive(/*first_answers=*/false);
  EXPECT_EQ(l.Proposals(), before);
  drive(/*first_answers=*/true);
  EXPECT_TRUE(l.LastCommand().has_finish());
}

TEST(ShardLeaderTest, LostLeadershipAnswersEverybody) {
  Leader l;
  l.Commit(1, 1100, 1);
  l.Read(2, 1200, 1);
  l.AnswerOracle(1300);
  l.Commit(3, 1110, 2);
  l.Step(shard_event::LostLeadership{});
  for (const uint64_t id : {1, 2, 3}) {
    ASSERT_NE(l.ReplyTo(id), nullptr) << id;
    EXPECT_EQ(l.ReplyTo(id)->status(), v1::SHARD_NOT_LEADER);
  }
}

TEST(ShardLeaderTest, MalformedRequestsAreRefusedWithoutEffect) {
  Leader l;
  const size_t before = l.Proposals();
  v1::ShardRequest request;
  l.Request(1, request);
  request.mutable_read()->set_read_ts(5);
  request.mutable_read()->add_keys("no key");
  l.Request(2, request);
  request = Leader::Writing(1100, 1, false);
  request.mutable_commit()->mutable_txn()->set_session(0);
  l.Request(3, request);
  request = Leader::Writing(1100, 1, false);
  *request.mutable_commit()->mutable_part()->add_writes() = request.commit().part().writes(0);
  l.Request(4, request);
  for (const uint64_t id : {1, 2, 3, 4}) {
    ASSERT_NE(l.ReplyTo(id), nullptr) << id;
    EXPECT_EQ(l.ReplyTo(id)->status(), v1::SHARD_INVALID) << id;
  }
  EXPECT_EQ(l.Proposals(), before);
}

}  // namespace
}  // namespace graphdb::txn
