// NodeLog: the Raft log of a whole node, shared by all its groups, on
// env::Disk. One block write and one sync commit everything that is waiting.
//
//   NodeLog log(disk, process, event_log, host, options);
//   log.Open([&](absl::StatusOr<RecoveredLog> recovered) { ... make the groups ... });
//   log.Append(std::move(batch), [&](absl::Status status) { ... it is durable ... });
//   log.Compact(shard, applied_and_flushed_index);
//
// Place: under the groups of core/raft, above core/env. The host that pumps the
// groups (core/cluster) owns it. The bytes are docs/formats/raft-log.md.
//
// Invariants:
//   1. Completions come in the order of the Appends, and a completion means
//      that the batch, and every batch before it, is durable.
//   2. At most one block is not known durable: the next one is written only
//      after the sync of the last. So only the last block may be torn.
//   3. A segment is used only after create, sync and directory sync; a block
//      never shares a sector with another; nothing durable is written again.
//   4. Each segment opens with a checkpoint of all groups' small state and the
//      ends of the segments before it, so it stands for them but for entries.
//   5. A segment is removed only after a durable block says so, and only when
//      no entry in it is live.
//   6. Nothing in a new segment is acknowledged before the file of the one before
//      names it: a newest file that went would else be read as if it had never been.
//   7. After a failed Write or Sync nothing is retried and nothing completes
//      well: Process::Halt (rule L3).
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/disk.h"
#include "core/env/env.h"
#include "core/env/event_log.h"
#include "core/raft/log/block.h"
#include "core/raft/log/group_log.h"
#include "core/raft/log/reader.h"
#include "core/raft/log/records.h"
#include "core/raft/types.h"

namespace graphdb::raft {

// What the log asks of the node.
class NodeLogHost {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  virtual ~NodeLogHost() = default;
  // The log is above its size bound: flush the engine, call Compact for every
  // group that can let go (a follower that is too slow gets a snapshot), then `done`.
  virtual void FlushAndCompact(Done done) = 0;
  // The entries [first, last] of a group as they were appended. Called inside
  // NodeLog's own methods; must not call back. Fewer or none where the group
  // has other entries there by now: the log then tries again later.
  virtual std::vector<Entry> ReadEntries(ShardId shard, LogIndex first, LogIndex last) = 0;
};

struct NodeLogOptions {
  uint64_t segment_bytes = 64 << 20;
  // A block takes what is waiting up to this; a larger batch gets a block, and
  // if need be a segment, of its own size.
  uint64_t block_bytes_max = 4 << 20;
  // Above it the log asks for a flush, then moves what is still live.
  uint64_t log_bytes_max = 1ull << 30;
};

// For tests, metrics and the bars of the benchmark.
struct NodeLogStats {
  uint64_t appends = 0;
  uint64_t blocks = 0;
  uint64_t syncs = 0;
  uint64_t marks = 0;
  uint64_t segments_created = 0;
  uint64_t segments_removed = 0;
  uint64_t entries_moved = 0;
};

// What Open gives back: the state of every group that was not removed.
struct RecoveredLog {
  std::map<ShardId, RecoveredGroup> groups;
  // Bytes of a torn last flush that were cut; 0: it was whole.
  uint64_t cut_bytes = 0;
};

class NodeLog {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;
  using OpenDone = absl::AnyInvocable<void(absl::StatusOr<RecoveredLog>)>;

  // All references outlive the log.
  NodeLog(env::Disk& disk, env::Process& process, env::EventLog& event_log, NodeLogHost& host,
          NodeLogOptions options = {});
  NodeLog(const NodeLog&) = delete;
  NodeLog& operator=(const NodeLog&) = delete;

  // Reads what is there (blocking), begins a new segment, and calls `done` once
  // all that was read is surely durable (an error may come within the call).
  // Called once. Errors, after which the node must not start: kDataLoss (damage
  // below the durable mark: file, offset, what was expected), kFailedPrecondition
  // (another format version), what the disk said.
  void Open(OpenDone done);

  // Appends a batch. Per group, a first entry at or below the last one implies
  // truncation from there on. `done` runs as an event, once the batch is durable;
  // after a failure with the error, after Process::Halt was called.
  // REQUIRES: Open is done; entries per group are without gap and follow on.
  void Append(LogBatch batch, Done done);

  // The group no longer needs entries through `through`: they are applied and
  // the engine reported them durable. At or below the present start: ignored;
  // beyond the last entry written: taken as that.
  // REQUIRES: what is through `through` in this log is committed.
  void Compact(ShardId shard, LogIndex through);

  // Called by the host on its slow tick: writes the trailing mark (rule L4) once
  // the log has been idle for a whole tick, and retries what was put off.
  void Tick();

  bool idle() const { return !in_flight_ && waiting_.empty(); }
  // Of all segment files.
  uint64_t total_bytes() const { return total_bytes_; }
  size_t segment_count() const { return segments_.size(); }
  // The group's entries begin after it.
  LogIndex start_index(ShardId shard) const;
  const NodeLogStats& stats() const { return stats_; }
  const absl::Status& health() const { return poison_; }

 private:
  struct Waiting {
    LogBatch batch;
    Done done;
    uint64_t bytes = 0;  // at most what it adds to a block
  };
  struct Segment {
    uint64_t bytes = 0;  // as created
    uint64_t end = 0;    // after its last block
    uint64_t last_sequence = 0;
  };

  struct Previous {
    uint64_t segment = 0;  // 0: none
    uint64_t bytes = 0;    // as created
  };

  // node_log.cc: opening and the batcher.
  void Adopt(LogImage image);
  void MaybeWrite();
  void WriteData();
  void WriteMark();
  void Submit(BlockKind kind, BlockBuilder block);
  void OnWritten(const absl::Status& status);
  void OnSynced(const absl::Status& status);
  void OnDurable();
  void FinishOpen(absl::Status status);
  void Poison(const absl::Status& status, const char* what);
  void EmitBatch(const LogBatch& batch, BlockBuilder* block);
  void EmitGroupWrite(const GroupWrite& write, BlockBuilder* block);

  // segments.cc: making, changing and removing segments.
  bool EnsureRoom(uint64_t bytes);
  void CreateSegment(uint64_t bytes);
  void SyncNewSegment(uint64_t id, env::FileId file, uint64_t bytes);
  void OnSegmentReady(uint64_t id, env::FileId file, uint64_t bytes);
  void OnCreateFailed(const absl::Status& status);
  void UseSpare();
  void DropSpare();
  uint64_t CheckpointBytes() const;
  void EmitCheckpoint(BlockBuilder* block);
  void EmitCompactions(BlockBuilder* block);
  void CollectSegments(BlockBuilder* block);
  void NameNext();
  void WriteNextMark(env::FileId file);
  void RemoveSegments(uint64_t through);
  void RemoveFile(uint64_t segment);
  uint64_t OldestLiveSegment() const;
  void RelieveIfFull();
  void MoveLiveEntries(BlockBuilder* block);
  bool MoveRun(ShardId shard, GroupLog& group, const GroupLog::Run& run, uint64_t* budget,
               BlockBuilder* block);

  env::Disk& disk_;
  env::Process& process_;
  env::EventLog& event_log_;
  NodeLogHost& host_;
  NodeLogOptions options_;

  std::map<ShardId, GroupLog> groups_;
  std::deque<Waiting> waiting_;
  bool opened_ = false;

  // The block that is being written and synced.
  bool in_flight_ = false;
  std::vector<Done> in_flight_done_;
  uint64_t in_flight_free_through_ = 0;  // segments that go once it is durable

  std::map<uint64_t, Segment> segments_;  // by id; the current one is the last
  uint64_t current_ = 0;                  // id; 0: none yet
  env::FileId current_file_;
  bool checkpoint_due_ = false;  // the next block is the current segment's first
  // The file before the current one, until it names the current one durably.
  Previous previous_;
  std::optional<env::FileId> previous_file_;
  uint64_t spare_ = 0;  // id of the next segment; 0: none
  env::FileId spare_file_;
  uint64_t spare_bytes_ = 0;
  bool creating_ = false;
  bool create_failed_ = false;  // tried again at the next Tick
  uint64_t next_segment_ = 1;
  uint64_t total_bytes_ = 0;  // of segments_ and the spare

  uint64_t sequence_ = 0;          // of the last block written
  uint64_t durable_sequence_ = 0;  // of the last block known durable
  bool marked_ = true;             // the last block is a mark, or there is none
  uint64_t appends_at_tick_ = 0;
  bool compaction_due_ = false;  // a block is worth writing for what it lets go
  bool flush_asked_ = false;
  bool move_due_ = false;
  uint64_t relieved_at_ = 0;  // current_ when the size bound was last acted on

  // From recovery until the first block of the new segment is durable.
  OpenDone open_done_;
  RecoveredLog recovered_;
  std::map<ShardId, std::vector<Entry>> rewrite_;  // entries of the last flush
  std::vector<uint64_t> leftovers_;                // files that are no part of the log

  absl::Status poison_;
  NodeLogStats stats_;
};

}  // namespace graphdb::raft
