// ReadLog: the node-wide log as it is found at start, with a verdict on every
// block.
//
// Place: NodeLog::Open calls it; so do fuzzing and tools. It changes nothing.
//
// What is damaged and what is cut (rules L3, L4):
//   1. The newest segment whose first block is intact is the head. Its first
//      block names the earlier segments and where each ends: in these every
//      block must be intact, else kDataLoss.
//   2. In the head, the first block that is not intact ends the log, and what
//      follows is cut: it is the last flush, torn. But where a later block says
//      that this place was durable, it is damage: kDataLoss.
//   3. The last intact block was read, but perhaps from a cache over a sync that
//      never finished: its content is handed to the caller to be written again.
//   4. Another format version, or an unknown kind, is kFailedPrecondition.
//
// Blocks while it reads. Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/disk.h"
#include "core/raft/log/group_log.h"
#include "core/raft/log/records.h"

namespace graphdb::raft {

struct LogImage {
  struct Group {
    GroupLog log;                // entries of the last flush are in segment 0
    std::vector<Entry> entries;  // all live ones
  };
  std::map<ShardId, Group> groups;
  // The segments that make up the log but for the last flush, oldest first.
  std::vector<SegmentEnd> segments;
  std::map<uint64_t, uint64_t> segment_bytes;  // size of each file in `segments`
  uint64_t last_sequence = 0;                  // of the last block in `segments`
  // All segment files there are, and the highest id among them.
  std::vector<uint64_t> files;
  uint64_t newest_file = 0;
  // What was cut: nothing where cut_bytes is 0.
  uint64_t cut_bytes = 0;
  uint64_t cut_segment = 0;
  uint64_t cut_offset = 0;
};

absl::StatusOr<LogImage> ReadLog(env::Disk& disk);

}  // namespace graphdb::raft
