// Goal: what a node's log holds is what its next start will read, in whatever order
// blocks become durable.
#include "sim/run/durable_log.h"

#include <gtest/gtest.h>

#include "core/raft/codec.h"

namespace graphdb::sim {
namespace {

constexpr ShardId kShard(1);

// The first block of a segment that knows one group, in this term.
std::string FirstBlock(uint64_t segment, uint64_t term) {
  raft::GroupCheckpoint checkpoint;
  checkpoint.hard_state.term = Term(term);
  raft::BlockBuilder block;
  block.Add(raft::RecordKind::kGroup, kShard, {}, {}, raft::EncodeCheckpoint(checkpoint));
  return block.Finish({.segment = segment, .offset = 0, .sequence = segment});
}

std::string Vote(uint64_t segment, uint64_t offset, uint64_t term) {
  std::string state;
  raft::EncodeHardState({Term(term), ReplicaId(1), LogIndex()}, &state);
  raft::BlockBuilder block;
  block.Add(raft::RecordKind::kHardState, kShard, {}, Term(term), state);
  return block.Finish({.segment = segment, .offset = offset, .sequence = segment + 1});
}

class DurableLogTest : public testing::Test {
 protected:
  std::string Durable(uint64_t segment, uint64_t offset, const std::string& bytes) {
    return log_.OnDurable(raft::SegmentName(segment), offset, bytes);
  }
  DurableLog log_;
};

TEST_F(DurableLogTest, ATermThatFallsIsSaid) {
  EXPECT_EQ(Durable(1, 0, FirstBlock(1, 5)), "");
  EXPECT_EQ(Durable(1, 4096, Vote(1, 4096, 6)), "");
  EXPECT_NE(Durable(2, 0, FirstBlock(2, 5)), "");
}

TEST_F(DurableLogTest, WhatBecomesDurableInAnOlderSegmentNobodyReads) {
  EXPECT_EQ(Durable(1, 0, FirstBlock(1, 5)), "");
  EXPECT_EQ(Durable(3, 0, FirstBlock(3, 6)), "");
  EXPECT_EQ(Durable(2, 0, FirstBlock(2, 5)), "");
  ASSERT_NE(log_.Find(kShard), nullptr);
  EXPECT_EQ(log_.Find(kShard)->hard.term, Term(6));
}

}  // namespace
}  // namespace graphdb::sim
