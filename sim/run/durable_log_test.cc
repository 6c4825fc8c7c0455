// Goal: what a node's log holds is what its next start will read, in whatever order
// blocks become durable.
#include "sim/run/durable_log.h"

#include <gtest/gtest.h>

#include "core/raft/codec.h"
#include "core/raft/log/records.h"

namespace graphdb::sim {
namespace {

constexpr ShardId kShard(1);

// The first block of a segment that knows one group, in this term, with or without the
// segment before it.
std::string FirstBlock(uint64_t segment, uint64_t term, bool alone) {
  raft::GroupCheckpoint checkpoint;
  checkpoint.hard_state.term = Term(term);
  raft::BlockBuilder block;
  if (!alone) {
    const raft::SegmentEnd before = {segment - 1, 8192, segment - 1};
    block.Add(raft::RecordKind::kSegment, {}, {}, {}, raft::EncodeSegmentEnd(before));
  }
  block.Add(raft::RecordKind::kGroup, kShard, {}, {}, raft::EncodeCheckpoint(checkpoint));
  return block.Finish({.segment = segment, .offset = 0, .sequence = segment});
}

std::string FirstBlock(uint64_t segment, uint64_t term) {
  return FirstBlock(segment, term, segment == 1);
}

std::string Vote(uint64_t segment, uint64_t offset, uint64_t term) {
  std::string state;
  raft::EncodeHardState({Term(term), ReplicaId(1), LogIndex()}, &state);
  raft::BlockBuilder block;
  block.Add(raft::RecordKind::kHardState, kShard, {}, Term(term), state);
  return block.Finish({.segment = segment, .offset = offset, .sequence = segment + 1});
}

// Names the segment after it.
std::string NextMark(uint64_t segment, uint64_t offset) {
  raft::BlockBuilder block;
  block.Add(raft::RecordKind::kNext, {}, {}, {}, raft::EncodeU64(segment + 1));
  return block.Finish({.kind = raft::BlockKind::kMark,
                       .segment = segment,
                       .offset = offset,
                       .sequence = segment + 1,
                       .durable_through = segment + 1});
}

class DurableLogTest : public testing::Test {
 protected:
  std::string Durable(uint64_t segment, uint64_t offset, const std::string& bytes) {
    return log_.OnDurable(raft::SegmentName(segment), offset, bytes);
  }
  std::string Named(uint64_t segment) {
    return Durable(segment - 1, 8192, NextMark(segment - 1, 8192));
  }
  Term TermHeld() const {
    const DurableGroup* group = log_.Find(kShard);
    return group == nullptr ? Term() : group->hard.term;
  }
  DurableLog log_;
};

TEST_F(DurableLogTest, ATermThatFallsIsSaid) {
  EXPECT_EQ(Durable(1, 0, FirstBlock(1, 5)), "");
  EXPECT_EQ(Durable(1, 4096, Vote(1, 4096, 6)), "");
  EXPECT_EQ(Durable(2, 0, FirstBlock(2, 5)), "") << "nothing names it yet";
  EXPECT_NE(Named(2), "");
}

TEST_F(DurableLogTest, ASegmentCountsOnceTheOneBeforeItNamesIt) {
  EXPECT_EQ(Durable(1, 0, FirstBlock(1, 5)), "");
  EXPECT_EQ(Durable(2, 0, FirstBlock(2, 5)), "");
  EXPECT_EQ(Durable(2, 4096, Vote(2, 4096, 6)), "");
  EXPECT_EQ(TermHeld(), Term(5));
  EXPECT_EQ(Named(2), "");
  EXPECT_EQ(TermHeld(), Term(6));
  EXPECT_EQ(Durable(2, 8192, Vote(2, 8192, 7)), "");
  EXPECT_EQ(TermHeld(), Term(7));
}

TEST_F(DurableLogTest, ASegmentThatWasLostUnnamedNeverCounts) {
  EXPECT_EQ(Durable(1, 0, FirstBlock(1, 5)), "");
  EXPECT_EQ(Durable(2, 0, FirstBlock(2, 6)), "");
  EXPECT_EQ(Durable(2, 4096, Vote(2, 4096, 9)), "");
  EXPECT_EQ(Durable(2, 0, FirstBlock(2, 5)), "") << "another one takes its place";
  EXPECT_EQ(Named(2), "");
  EXPECT_EQ(TermHeld(), Term(5));
}

TEST_F(DurableLogTest, ASegmentWithNoneBeforeItCountsAtOnce) {
  EXPECT_EQ(Durable(1, 0, FirstBlock(1, 5)), "");
  EXPECT_EQ(Durable(2, 0, FirstBlock(2, 5, /*alone=*/true)), "") << "a start let the first one go";
  EXPECT_EQ(Durable(2, 4096, Vote(2, 4096, 6)), "");
  EXPECT_EQ(TermHeld(), Term(6));
}

TEST_F(DurableLogTest, AnUnnamedSegmentThatAStartFoundCounts) {
  EXPECT_EQ(Durable(1, 0, FirstBlock(1, 5)), "");
  EXPECT_EQ(Durable(2, 0, FirstBlock(2, 6)), "");
  EXPECT_EQ(Durable(3, 0, FirstBlock(3, 6)), "");
  EXPECT_EQ(TermHeld(), Term(6));
  EXPECT_NE(Durable(4, 0, FirstBlock(4, 5)) + Named(4), "");
}

TEST_F(DurableLogTest, WhatBecomesDurableInAnOlderSegmentNobodyReads) {
  EXPECT_EQ(Durable(1, 0, FirstBlock(1, 5)), "");
  EXPECT_EQ(Durable(2, 0, FirstBlock(2, 5)), "");
  EXPECT_EQ(Durable(3, 0, FirstBlock(3, 6)), "");
  EXPECT_EQ(Named(3), "");
  EXPECT_EQ(Durable(2, 4096, Vote(2, 4096, 5)), "");
  EXPECT_EQ(TermHeld(), Term(6));
}

}  // namespace
}  // namespace graphdb::sim
