// NodeLog's segments: making the next one ahead of time, the checkpoint that
// opens it, letting go of old ones, and moving what lives in them.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/raft/log/node_log.h"

namespace graphdb::raft {
namespace {

constexpr char kComponent[] = "raft_log";
// Kept free at a segment's end, so that a mark always fits, and after it the one
// that names the next segment.
constexpr uint64_t kMarkBytes = 2 * kBlockAlign;

}  // namespace

// True where the current segment takes a block of `bytes`, after the checkpoint
// that a new segment opens with; else sees to it that a later call finds it so.
bool NodeLog::EnsureRoom(uint64_t bytes) {
  if (current_ != 0 && !checkpoint_due_) {
    const Segment& segment = segments_[current_];
    if (segment.end + AlignToBlock(bytes) + kMarkBytes <= segment.bytes) return true;
  }
  const uint64_t needed = AlignToBlock(bytes + CheckpointBytes()) + kMarkBytes;
  if (spare_ != 0 && spare_bytes_ < needed) DropSpare();
  if (spare_ != 0) {
    UseSpare();
    return true;
  }
  if (!creating_ && !create_failed_) CreateSegment(std::max(options_.segment_bytes, needed));
  return false;
}

void NodeLog::UseSpare() {
  if (current_ != 0) {
    previous_ = {current_, segments_[current_].bytes};
    previous_file_ = current_file_;
  }
  current_ = spare_;
  current_file_ = spare_file_;
  segments_[current_] = Segment{spare_bytes_, 0, sequence_};
  spare_ = 0;
  checkpoint_due_ = true;
}

void NodeLog::DropSpare() {
  disk_.Close(spare_file_);
  RemoveFile(spare_);
  total_bytes_ -= spare_bytes_;
  spare_ = 0;
}

// Rule L3: created, synced, and its name synced, before anything relies on it.
void NodeLog::CreateSegment(uint64_t bytes) {
  GRAPHDB_CHECK(!creating_);
  creating_ = true;
  const uint64_t id = next_segment_++;
  const uint64_t size = AlignToBlock(bytes);
  disk_.Create(SegmentName(id), size, [this, id, size](absl::StatusOr<env::FileId> file) {
    if (!poison_.ok()) return;
    if (!file.ok()) return OnCreateFailed(file.status());
    SyncNewSegment(id, *file, size);
  });
}

void NodeLog::SyncNewSegment(uint64_t id, env::FileId file, uint64_t bytes) {
  const auto sync_dir = [this, id, file, bytes] {
    if (GRAPHDB_MUTANT("rule-L3.dir-sync")) return OnSegmentReady(id, file, bytes);
    disk_.SyncDir([this, id, file, bytes](absl::Status status) {
      if (!poison_.ok()) return;
      if (!status.ok()) return Poison(status, "the directory's sync failed");
      OnSegmentReady(id, file, bytes);
    });
  };
  disk_.Sync(file, [this, sync_dir](absl::Status status) {
    if (!poison_.ok()) return;
    if (!status.ok()) return Poison(status, "a new segment's sync failed");
    sync_dir();
  });
}

void NodeLog::OnSegmentReady(uint64_t id, env::FileId file, uint64_t bytes) {
  creating_ = false;
  ++stats_.segments_created;
  spare_ = id;
  spare_file_ = file;
  spare_bytes_ = bytes;
  total_bytes_ += bytes;
  MaybeWrite();
}

// Nothing relies on the file yet, so this is no reason to stop: what waits goes
// on waiting until the next Tick.
void NodeLog::OnCreateFailed(const absl::Status& status) {
  GRAPHDB_COVER("raft_log.create_failed");
  creating_ = false;
  create_failed_ = true;
  event_log_.Log(env::LogLevel::kError, kComponent,
                 absl::StrCat("can't create a segment: ", status.message()));
  if (open_done_) FinishOpen(status);
}

uint64_t NodeLog::CheckpointBytes() const {
  uint64_t bytes = (segments_.size() + 1) * 2 * kRecordOverheadMax;
  for (const auto& [shard, group] : groups_) {
    bytes += kRecordOverheadMax + EncodeCheckpoint(group.Checkpoint()).size();
  }
  for (const auto& [shard, entries] : rewrite_) {
    for (const Entry& entry : entries) bytes += kRecordOverheadMax + entry.data.size();
  }
  return bytes;
}

void NodeLog::EmitCheckpoint(BlockBuilder* block) {
  block->Add(RecordKind::kSize, {}, {}, {}, EncodeU64(segments_[current_].bytes));
  for (const auto& [id, segment] : segments_) {
    if (id == current_) continue;
    block->Add(RecordKind::kSegment, {}, {}, {},
               EncodeSegmentEnd({id, segment.end, segment.last_sequence}));
  }
  for (auto& [shard, group] : groups_) {
    GroupCheckpoint checkpoint = group.Checkpoint();
    if (GRAPHDB_MUTANT("rule-L5.idle-hard-state")) checkpoint.hard_state = HardState();
    block->Add(RecordKind::kGroup, shard, checkpoint.start_index, checkpoint.start_term,
               EncodeCheckpoint(checkpoint));
    group.Relocate(0, current_);
    group.start_dirty = false;
  }
  for (const auto& [shard, entries] : rewrite_) {
    for (const Entry& entry : entries) {
      block->AddEntry(RecordKind::kMovedEntry, shard, entry);
    }
  }
  rewrite_.clear();
  checkpoint_due_ = false;
}

void NodeLog::EmitCompactions(BlockBuilder* block) {
  for (auto& [shard, group] : groups_) {
    if (!group.start_dirty) continue;
    block->Add(RecordKind::kCompacted, shard, group.start_index(), group.start_term(), "");
    group.start_dirty = false;
  }
}

uint64_t NodeLog::OldestLiveSegment() const {
  uint64_t oldest = current_;
  for (const auto& [shard, group] : groups_) oldest = group.OldestSegment(oldest);
  return oldest;
}

// Gives up the oldest segments that hold nothing live any more. They go once
// the block that says so is durable, or a crash would miss them.
void NodeLog::CollectSegments(BlockBuilder* block) {
  if (segments_.size() < 2) return;
  uint64_t oldest_live = OldestLiveSegment();
  if (GRAPHDB_MUTANT("rule-L5.log-kept")) oldest_live = current_;
  uint64_t free_through = 0;
  for (const auto& [id, segment] : segments_) {
    if (id >= oldest_live) break;
    free_through = id;
  }
  if (free_through == 0) return;
  block->Add(RecordKind::kFreed, {}, {}, {}, EncodeU64(free_through));
  in_flight_free_through_ = free_through;
  if (GRAPHDB_MUTANT("rule-L5.remove-early")) RemoveSegments(free_through);
}

void NodeLog::RemoveSegments(uint64_t through) {
  while (!segments_.empty() && segments_.begin()->first <= through) {
    GRAPHDB_CHECK_LT(segments_.begin()->first, current_);
    total_bytes_ -= segments_.begin()->second.bytes;
    RemoveFile(segments_.begin()->first);
    segments_.erase(segments_.begin());
    ++stats_.segments_removed;
  }
}

// The current segment's first block is durable; now the file before it says so.
void NodeLog::NameNext() {
  if (previous_file_) return WriteNextMark(*previous_file_);
  disk_.Open(SegmentName(previous_.segment), [this](const absl::StatusOr<env::FileId>& file) {
    if (!poison_.ok()) return;
    if (!file.ok()) return Poison(file.status(), "opening the file before it failed");
    WriteNextMark(*file);
  });
}

void NodeLog::WriteNextMark(env::FileId file) {
  BlockHeader header;
  header.kind = BlockKind::kMark;
  header.segment = previous_.segment;
  header.offset = NextMarkOffset(previous_.bytes);
  header.sequence = sequence_;
  header.durable_through = sequence_;
  BlockBuilder block;
  block.Add(RecordKind::kNext, {}, {}, {}, EncodeU64(current_));
  const auto synced = [this, file](const absl::Status& status) {
    if (!poison_.ok()) return;
    if (!status.ok()) return Poison(status, "a sync of the file before it failed");
    disk_.Close(file);
    previous_ = {};
    previous_file_.reset();
    OnDurable();
  };
  disk_.Write(file, header.offset, block.Finish(header),
              [this, file, synced](const absl::Status& status) {
                if (!poison_.ok()) return;
                if (!status.ok()) return Poison(status, "a write to the file before it failed");
                ++stats_.syncs;
                disk_.Sync(file, synced);
              });
}

// A file that stays behind is no part of the log and is removed at the next start.
void NodeLog::RemoveFile(uint64_t segment) {
  disk_.Remove(SegmentName(segment), [this, segment](absl::Status status) {
    if (status.ok() || !poison_.ok()) return;
    event_log_.Log(env::LogLevel::kWarning, kComponent,
                   absl::StrCat("can't remove ", SegmentName(segment), ": ", status.message()));
  });
}

// Rule L5: past the size bound first the engine flushes, so that entries are no
// longer needed; what is live even then moves out of the oldest segment. Once
// per segment written, so that a bound below what is live can't make a storm.
void NodeLog::RelieveIfFull() {
  if (!poison_.ok() || !opened_) return;
  if (total_bytes_ <= options_.log_bytes_max || segments_.size() < 2) return;
  if (flush_asked_ || move_due_ || relieved_at_ >= current_) return;
  GRAPHDB_COVER("raft_log.size_bound");
  flush_asked_ = true;
  relieved_at_ = current_;
  host_.FlushAndCompact([this](absl::Status status) {
    flush_asked_ = false;
    if (!poison_.ok()) return;
    if (!status.ok()) {
      event_log_.Log(env::LogLevel::kWarning, kComponent,
                     absl::StrCat("the engine did not flush: ", status.message()));
    }
    if (total_bytes_ <= options_.log_bytes_max) return;
    move_due_ = true;
    MaybeWrite();
  });
}

void NodeLog::MoveLiveEntries(BlockBuilder* block) {
  move_due_ = false;
  const uint64_t oldest = segments_.begin()->first;
  if (oldest == current_) return;
  uint64_t budget = options_.block_bytes_max;  // WriteData kept room for it
  for (auto& [shard, group] : groups_) {
    const std::deque<GroupLog::Run> runs = group.runs();
    for (const GroupLog::Run& run : runs) {
      if (run.segment != oldest) continue;
      if (!MoveRun(shard, group, run, &budget, block)) break;
    }
  }
}

// False where not all of it could move: the budget is used up, or the host has
// other entries by now (an append that replaces them is on its way).
bool NodeLog::MoveRun(ShardId shard, GroupLog& group, const GroupLog::Run& run, uint64_t* budget,
                      BlockBuilder* block) {
  GRAPHDB_COVER("raft_log.moved");
  if (GRAPHDB_MUTANT("rule-L5.move-live")) {
    group.Move(run.first, run.last, current_);
    return true;
  }
  const std::vector<Entry> entries = host_.ReadEntries(shard, run.first, run.last);
  LogIndex next = run.first;
  for (const Entry& entry : entries) {
    const uint64_t bytes = kRecordOverheadMax + entry.data.size();
    if (entry.index != next || entry.term != run.term || next > run.last) break;
    if (bytes > *budget) break;
    *budget -= bytes;
    block->AddEntry(RecordKind::kMovedEntry, shard, entry);
    next = next.Next();
    ++stats_.entries_moved;
  }
  if (next == run.first) return false;
  group.Move(run.first, next.Prev(), current_);
  return next > run.last;
}

}  // namespace graphdb::raft
