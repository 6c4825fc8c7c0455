// Replay: applies the records of blocks, in their order, to the groups.
//
// Old segments may be gone, so while it goes on a group's entries may have gaps
// and its small state may be unknown; each segment's first block sets it right,
// and Finish checks that all is there.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/raft/log/block.h"
#include "core/raft/log/reader.h"

namespace graphdb::raft {

class Replay {
 public:
  // `rewrite`: this block's entries will be written again, so they lie nowhere.
  // Errors: kDataLoss for what doesn't fit, kFailedPrecondition for an unknown kind.
  absl::Status Apply(const ParsedBlock& block, uint64_t segment, bool rewrite);

  absl::StatusOr<std::map<ShardId, LogImage::Group>> Finish();

 private:
  struct Located {
    Entry entry;
    uint64_t segment = 0;
  };
  struct Group {
    bool known = false;  // its small state was read
    GroupCheckpoint state;
    std::map<LogIndex, Located> entries;
  };

  absl::Status ApplyRecord(const Record& record, uint64_t segment);
  absl::Status ApplyEntry(const Record& record, uint64_t segment);
  absl::Status ApplyCheckpoint(const Record& record);
  absl::Status ApplyInstalled(const Record& record);
  static void StartAt(Group& group, LogIndex index, Term term);
  static absl::StatusOr<LogImage::Group> Build(ShardId shard, Group group);

  std::map<ShardId, Group> groups_;
};

}  // namespace graphdb::raft
