// What scripts can't say: messages no correct peer sends, limits, bad restarts.
#include "core/raft/group.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/raft/codec.h"
#include "core/raft/harness/cluster.h"
#include "core/raft/harness/planted.h"
#include "gtest/gtest.h"

namespace graphdb::raft {
namespace {

Config ThreeVoters() {
  Config config;
  for (uint32_t i = 1; i <= 3; ++i) config.voters[ReplicaId(i)] = NodeId(i - 1);
  return config;
}

Entry MakeEntry(uint64_t term, uint64_t index, std::string data = "x") {
  Entry entry;
  entry.term = Term(term);
  entry.index = LogIndex(index);
  entry.data = std::move(data);
  return entry;
}

Options SelfOne() {
  Options options;
  options.shard = ShardId(1);
  options.self = ReplicaId(1);
  return options;
}

RestartState ThreeEntries() {
  RestartState state;
  state.config = ThreeVoters();
  state.hard_state.term = Term(3);
  state.hard_state.commit = LogIndex(1);
  state.entries = {MakeEntry(1, 1), MakeEntry(2, 2), MakeEntry(3, 3)};
  return state;
}

std::unique_ptr<Group> MakeGroup(RestartState state) {
  SetCostlyChecks(true);
  auto group = Group::Create(SelfOne(), std::move(state), Random(1), Instant());
  GRAPHDB_CHECK_OK(group.status());
  return *std::move(group);
}

Message FromTwo(MessageType type, uint64_t term) {
  Message m;
  m.type = type;
  m.shard = ShardId(1);
  m.from = ReplicaId(2);
  m.to = ReplicaId(1);
  m.term = Term(term);
  return m;
}

// Entry 3 of term 3 is nobody else's; the append matches through 2 only.
LogIndex CommitAfterShortAppend() {
  std::unique_ptr<Group> group = MakeGroup(ThreeEntries());
  Message append = FromTwo(MessageType::kAppend, 4);
  append.index = LogIndex(1);
  append.log_term = Term(1);
  append.entries = {MakeEntry(2, 2)};
  append.commit = LogIndex(3);
  group->Step(append);
  return group->commit();
}

// Whom the follower believes after an append of round 7 and then a beat of
// `round` that claims other groups.
ReplicaId LeaderAfterUnclaimed(uint64_t round) {
  std::unique_ptr<Group> group = MakeGroup(ThreeEntries());
  Message append = FromTwo(MessageType::kAppend, 4);
  append.index = LogIndex(1);
  append.log_term = Term(1);
  append.round = Round(7);
  group->Step(append);
  group->OnUnclaimed(ReplicaId(3), Round(round + 100));  // not the leader's: says nothing
  group->OnUnclaimed(ReplicaId(2), Round(round));
  return group->leader();
}

TEST(RaftGroupTest, ABeatThatDoesntClaimTheGroupDeniesItUnlessItIsOld) {
  EXPECT_EQ(LeaderAfterUnclaimed(6), ReplicaId(2));
  EXPECT_EQ(LeaderAfterUnclaimed(7), ReplicaId(2));
  EXPECT_EQ(LeaderAfterUnclaimed(8), kNoReplica);
  SetActiveMutant("rule-L2.old-beat-denies");
  EXPECT_EQ(LeaderAfterUnclaimed(6), kNoReplica) << "the planted bug is not seen here";
  SetActiveMutant("rule-L2.unclaimed");
  EXPECT_EQ(LeaderAfterUnclaimed(8), ReplicaId(2)) << "the planted bug is not seen here";
  SetActiveMutant(nullptr);
}

TEST(RaftGroupTest, OnlyANewRoundIsNewsOfTheLeadersLife) {
  for (const MessageType type : {MessageType::kAppend, MessageType::kHeartbeat}) {
    std::unique_ptr<Group> group = MakeGroup(ThreeEntries());
    Message beat = FromTwo(MessageType::kHeartbeat, 4);
    beat.round = Round(7);
    group->Step(beat);
    const Instant deadline = group->NextDeadline();
    group->Tick(Instant() + Duration::Milliseconds(900));
    Message copy = FromTwo(type, 4);
    copy.round = Round(7);
    group->Step(copy);
    EXPECT_EQ(group->NextDeadline(), deadline);
    SetActiveMutant("rule-L2.old-news");
    group->Step(copy);
    EXPECT_NE(group->NextDeadline(), deadline) << "the planted bug is not seen here";
    SetActiveMutant(nullptr);
    copy.round = Round(8);
    group->Step(copy);
    EXPECT_GE(group->NextDeadline(), Instant() + Duration::Milliseconds(1900));
  }
}

TEST(RaftGroupTest, CommitsNoFurtherThanTheLogMatches) {
  EXPECT_EQ(CommitAfterShortAppend(), LogIndex(2));
  SetActiveMutant("raft.commit-beyond-match");
  EXPECT_EQ(CommitAfterShortAppend(), LogIndex(3)) << "the planted bug is not seen here";
  SetActiveMutant(nullptr);
}

TEST(RaftGroupTest, KeepsCommittedEntriesWhateverArrives) {
  std::unique_ptr<Group> group = MakeGroup(ThreeEntries());
  Message append = FromTwo(MessageType::kAppend, 4);
  append.index = LogIndex(0);
  append.entries = {MakeEntry(4, 1)};
  group->Step(append);
  EXPECT_EQ(group->log().At(LogIndex(1)).term, Term(1));
}

// What lies behind the commit may be another leader's: it is not claimed.
TEST(RaftGroupTest, AnOldAppendIsAnsweredWithWhatIsCommitted) {
  std::unique_ptr<Group> group = MakeGroup(ThreeEntries());
  group->Step(FromTwo(MessageType::kAppend, 3));
  const Ready ready = group->TakeReady();
  ASSERT_EQ(ready.messages.size(), 1u);
  EXPECT_EQ(ready.messages[0].type, MessageType::kAppendReply);
  EXPECT_FALSE(ready.messages[0].reject);
  EXPECT_EQ(ready.messages[0].index, LogIndex(1));
}

TEST(EntryLogTest, ACompactedLogStillKnowsTheTermItBeginsAfter) {
  for (uint64_t through = 1; through <= 3; ++through) {
    EntryLog log(LogIndex(0), Term(0));
    for (uint64_t i = 1; i <= 3; ++i) log.Append(MakeEntry(i, i));
    log.CompactThrough(LogIndex(through));
    EXPECT_EQ(log.compacted_index(), LogIndex(through));
    for (uint64_t i = 0; i <= 4; ++i) {
      const bool known = i >= through && i <= 3;
      EXPECT_EQ(log.Matches(LogIndex(i), Term(i)), known) << through << " " << i;
    }
  }
}

TEST(RaftGroupTest, IgnoresASecondLeaderOfATerm) {
  std::unique_ptr<Group> group = MakeGroup(ThreeEntries());
  group->Step(FromTwo(MessageType::kHeartbeat, 4));
  EXPECT_EQ(group->leader(), ReplicaId(2));
  Message other = FromTwo(MessageType::kHeartbeat, 4);
  other.from = ReplicaId(3);
  group->Step(other);
  EXPECT_EQ(group->leader(), ReplicaId(2));
}

TEST(RaftGroupTest, IgnoresAnswersThatClaimTooMuch) {
  ClusterOptions options;
  Cluster cluster(options);
  for (uint64_t i = 1; i <= 3; ++i) cluster.Add(ReplicaId(i), ThreeVoters(), LogIndex(0));
  ASSERT_TRUE(cluster.group(ReplicaId(1)).Campaign());
  cluster.Stabilize();
  Group& leader = cluster.group(ReplicaId(1));
  ASSERT_TRUE(leader.is_leader());
  Message reply = FromTwo(MessageType::kAppendReply, leader.term().value());
  reply.index = LogIndex(99);
  reply.round = Round(99);
  leader.Step(reply);
  EXPECT_EQ(leader.GetStatus().peers[ReplicaId(2)].match, LogIndex(1));
}

TEST(RaftGroupTest, RefusesProposalsBeyondItsLimits) {
  ClusterOptions options;
  options.group.max_uncommitted_bytes = 100;
  options.group.max_proposal_bytes = 1000;
  Cluster cluster(options);
  for (uint64_t i = 1; i <= 3; ++i) cluster.Add(ReplicaId(i), ThreeVoters(), LogIndex(0));
  ASSERT_TRUE(cluster.group(ReplicaId(1)).Campaign());
  cluster.Stabilize();
  Group& leader = cluster.group(ReplicaId(1));
  EXPECT_EQ(leader.Propose(std::string(1001, 'x')).status().code(),
            absl::StatusCode::kResourceExhausted);
  // One that is bigger than the budget goes through alone.
  EXPECT_TRUE(leader.Propose(std::string(500, 'x')).ok());
  EXPECT_EQ(leader.Propose("x").status().code(), absl::StatusCode::kResourceExhausted);
  cluster.Stabilize();
  EXPECT_TRUE(leader.Propose("x").ok());
  EXPECT_EQ(cluster.group(ReplicaId(2)).Propose("x").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

absl::Status RestartWith(RestartState state) {
  return Group::Create(SelfOne(), std::move(state), Random(1), Instant()).status();
}

TEST(RaftGroupTest, RefusesStatesThatNoCrashLeaves) {
  EXPECT_TRUE(RestartWith(ThreeEntries()).ok());
  RestartState gap = ThreeEntries();
  gap.entries.erase(gap.entries.begin() + 1);
  EXPECT_EQ(RestartWith(gap).code(), absl::StatusCode::kDataLoss);
  RestartState falling = ThreeEntries();
  falling.entries[2].term = Term(1);
  EXPECT_EQ(RestartWith(falling).code(), absl::StatusCode::kDataLoss);
  RestartState lost = ThreeEntries();
  lost.hard_state.commit = LogIndex(4);
  EXPECT_EQ(RestartWith(lost).code(), absl::StatusCode::kDataLoss);
  RestartState ahead = ThreeEntries();
  ahead.applied = LogIndex(4);
  EXPECT_EQ(RestartWith(ahead).code(), absl::StatusCode::kDataLoss);
  RestartState early_config = ThreeEntries();
  early_config.applied = LogIndex(2);
  early_config.config.epoch = LogIndex(2);
  EXPECT_EQ(RestartWith(early_config).code(), absl::StatusCode::kDataLoss) << "rule L1";
}

TEST(RaftGroupTest, CountsAnEngineAheadOfTheCommitOnDisk) {
  RestartState state = ThreeEntries();
  state.applied = LogIndex(2);
  EXPECT_EQ(MakeGroup(state)->commit(), LogIndex(2));
}

TEST(GroupTest, CandidateThatMeetsARivalOfItsTermTriesAgainSoon) {
  std::unique_ptr<Group> group = MakeGroup(ThreeEntries());
  while (group->HasReady()) {
    const Ready ready = group->TakeReady();
    if (!ready.committed.empty()) group->ApplyDone(ready.committed.back().index);
  }
  ASSERT_TRUE(group->Campaign());
  Message granted = FromTwo(MessageType::kPreVoteReply, 4);
  group->Step(granted);
  ASSERT_EQ(group->role(), Role::kCandidate);
  ASSERT_EQ(group->term(), Term(4));
  const Duration timeout = group->options().election_timeout;
  EXPECT_GE(group->NextDeadline(), Instant() + timeout);
  Message rival = FromTwo(MessageType::kVote, 4);
  rival.log_term = Term(3);
  rival.index = LogIndex(3);
  group->Step(rival);
  EXPECT_EQ(group->role(), Role::kCandidate);
  EXPECT_LT(group->NextDeadline(), Instant() + timeout);
}

}  // namespace
}  // namespace graphdb::raft
