// DurableLog: what one node's log surely holds after a power cut, group by group,
// read from the blocks that the simulated disk has made durable. Neither the node
// nor a real system has this knowledge.
//
// Place: under Durability; fed by SimDiskState's listener over all incarnations.
// What a crash happened to keep of un-synced bytes does not count until the node
// has written it again.
//
// Invariants:
//   1. It never claims more than what is durable; less only between a restart and
//      the first block of the new segment.
//   2. A segment counts once the one before it names it durably: until then it may be
//      lost unseen, and another one of its number take its place. Where none is before
//      it, its loss is the loss of the log, which is always seen.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/raft/log/block.h"
#include "core/raft/types.h"

namespace graphdb::sim {

struct DurableGroup {
  raft::HardState hard;
  LogIndex start;          // applied, and given up by the log
  LogIndex installing;     // rule L6: redone from staged files
  std::deque<Term> terms;  // of the entries start + 1 and on

  LogIndex last() const { return LogIndex(start.value() + terms.size()); }
  // The entry, or a snapshot that covers it.
  bool Holds(LogIndex index, Term term) const;
};

class DurableLog {
 public:
  // `bytes` at `offset` of `file` are durable from now on. The empty string, or what
  // it means for Raft: "node forgot its vote" and the like.
  std::string OnDurable(absl::string_view file, uint64_t offset, absl::string_view bytes);
  // Null where nothing of the group is durable.
  const DurableGroup* Find(ShardId group) const;

 private:
  struct Block {
    std::string file;
    uint64_t offset;
    std::string bytes;
    std::vector<raft::Record> records;
  };

  bool Counts() const { return newest_ == alone_ || newest_ == named_; }
  void BeginSegment(uint64_t segment, const Block& first);
  std::string CountWaiting();
  std::string Count(const Block& block);
  void KeepNamed(const std::vector<raft::Record>& records);
  std::string Apply(const raft::Record& record);
  static std::string SetHardState(const raft::HardState& hard, DurableGroup* group);
  static void StartAt(LogIndex index, DurableGroup* group);

  std::map<ShardId, DurableGroup> groups_;
  uint64_t alone_ = 0;          // newest segment with none before it that could name it
  uint64_t newest_ = 0;         // segment whose first block is durable
  uint64_t named_ = 0;          // newest segment that the one before it names
  std::vector<Block> waiting_;  // of the newest, which nothing names yet
};

}  // namespace graphdb::sim
