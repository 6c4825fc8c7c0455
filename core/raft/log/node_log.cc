#include "core/raft/log/node_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/raft/codec.h"

namespace graphdb::raft {
namespace {

constexpr char kComponent[] = "raft_log";

uint64_t EntryBytesMax(const Entry& entry) { return kRecordOverheadMax + entry.data.size(); }

// At most what the write adds to a block.
uint64_t BytesMax(const GroupWrite& write) {
  uint64_t bytes = 0;
  if (write.created.has_value()) {
    bytes += kRecordOverheadMax + EncodeCreated(*write.created).size();
  }
  if (write.hard_state.has_value()) bytes += 2 * kRecordOverheadMax;
  if (write.installing.has_value()) {
    bytes += kRecordOverheadMax + write.installing->manifest.size();
  }
  if (write.installed.has_value()) {
    bytes += kRecordOverheadMax + EncodeInstalled(write.installed->meta, true).size();
  }
  for (const Entry& entry : write.entries) bytes += EntryBytesMax(entry);
  if (write.removed) bytes += kRecordOverheadMax;
  return bytes;
}

}  // namespace

NodeLog::NodeLog(env::Disk& disk, env::Process& process, env::EventLog& event_log,
                 NodeLogHost& host, NodeLogOptions options)
    : disk_(disk), process_(process), event_log_(event_log), host_(host), options_(options) {
  // A block has to fit into a segment several times over, or each would get its own.
  options_.segment_bytes = std::max(options_.segment_bytes, 8 * kBlockAlign);
  options_.block_bytes_max = std::min(options_.block_bytes_max, options_.segment_bytes / 4);
}

void NodeLog::Open(OpenDone done) {
  GRAPHDB_CHECK(!opened_);
  GRAPHDB_CHECK(!open_done_) << "Open is called once";
  absl::StatusOr<LogImage> image = ReadLog(disk_);
  if (!image.ok()) {
    event_log_.Log(env::LogLevel::kError, kComponent, image.status().message());
    poison_ = image.status();
    done(image.status());
    return;
  }
  open_done_ = std::move(done);
  Adopt(*std::move(image));
  MaybeWrite();
}

// Takes over what was read. What the last flush held is written again, into a
// new segment: a sync that failed or never came may have left it in a cache.
void NodeLog::Adopt(LogImage image) {
  if (image.cut_bytes > 0) {
    event_log_.Log(env::LogLevel::kWarning, kComponent,
                   absl::StrCat("cut a torn last flush: ", image.cut_bytes, " bytes at ",
                                SegmentName(image.cut_segment), " offset ", image.cut_offset));
  }
  recovered_.cut_bytes = image.cut_bytes;
  for (const SegmentEnd& segment : image.segments) {
    const uint64_t bytes = image.segment_bytes[segment.segment];
    segments_[segment.segment] = Segment{bytes, segment.end, segment.last_sequence};
    total_bytes_ += bytes;
  }
  for (const uint64_t file : image.files) {
    if (segments_.count(file) == 0) leftovers_.push_back(file);
  }
  next_segment_ = image.newest_file + 1;
  // What names the new segment has to stay: a newer file that held the last flush alone goes. A
  // log of before kept no room for the mark.
  if (!image.segments.empty()) {
    const SegmentEnd& kept = image.segments.back();
    const uint64_t bytes = image.segment_bytes[kept.segment];
    if (NextMarkOffset(bytes) >= kept.end) previous_ = {kept.segment, bytes};
  }
  sequence_ = image.last_sequence;
  durable_sequence_ = image.last_sequence;
  for (auto& [shard, group] : image.groups) {
    for (const GroupLog::Run& run : group.log.runs()) {
      if (run.segment != 0) continue;
      const auto first = group.entries.begin() +
                         static_cast<int64_t>(run.first.value() - group.entries[0].index.value());
      const auto end = first + static_cast<int64_t>(run.last.value() - run.first.value() + 1);
      rewrite_[shard].insert(rewrite_[shard].end(), first, end);
    }
    RecoveredGroup& out = recovered_.groups[shard];
    out.created = group.log.created;
    out.hard_state = group.log.hard_state;
    out.start_index = group.log.start_index();
    out.start_term = group.log.start_term();
    out.installed = group.log.installed;
    out.installing = group.log.installing;
    out.entries = std::move(group.entries);
    groups_[shard] = std::move(group.log);
  }
}

void NodeLog::FinishOpen(absl::Status status) {
  OpenDone done = std::move(open_done_);
  open_done_ = nullptr;
  if (!status.ok()) {
    poison_ = status;
    done(status);
    return;
  }
  opened_ = true;
  for (const uint64_t file : leftovers_) RemoveFile(file);
  leftovers_.clear();
  RecoveredLog recovered = std::move(recovered_);
  recovered_ = RecoveredLog();
  done(std::move(recovered));
}

void NodeLog::Append(LogBatch batch, Done done) {
  if (!poison_.ok()) {
    done(poison_);
    return;
  }
  GRAPHDB_CHECK(opened_) << "Append before Open was done";
  ++stats_.appends;
  uint64_t bytes = 0;
  for (const GroupWrite& write : batch.writes) bytes += BytesMax(write);
  waiting_.push_back({std::move(batch), std::move(done), bytes});
  MaybeWrite();
}

void NodeLog::Compact(ShardId shard, LogIndex through) {
  const auto it = groups_.find(shard);
  if (it == groups_.end()) return;
  GroupLog& group = it->second;
  through = std::min(through, group.last_index());
  if (through <= group.start_index()) return;
  const std::optional<Term> term = group.TermAt(through);
  GRAPHDB_CHECK(term.has_value()) << "shard " << shard << " index " << through;
  group.CompactTo(through, *term);
  group.start_dirty = true;
  if (segments_.size() > 1 && OldestLiveSegment() > segments_.begin()->first) {
    compaction_due_ = true;
    MaybeWrite();
  }
}

LogIndex NodeLog::start_index(ShardId shard) const {
  const auto it = groups_.find(shard);
  return it == groups_.end() ? LogIndex() : it->second.start_index();
}

void NodeLog::Tick() {
  if (!poison_.ok() || !opened_) return;
  if (create_failed_) {
    create_failed_ = false;
    MaybeWrite();
  }
  const bool quiet = stats_.appends == appends_at_tick_;
  appends_at_tick_ = stats_.appends;
  RelieveIfFull();
  if (quiet && idle() && !marked_) WriteMark();
}

void NodeLog::MaybeWrite() {
  if (!poison_.ok() || in_flight_) return;
  const bool opening = static_cast<bool>(open_done_) && current_ == 0;
  if (waiting_.empty() && !opening && !compaction_due_ && !move_due_) return;
  WriteData();
}

// Everything that is waiting, up to the block's limit, in one block.
void NodeLog::WriteData() {
  uint64_t bytes = kBlockHeaderBytes + 2 * kRecordOverheadMax;
  bytes += groups_.size() * kRecordOverheadMax;  // compactions
  if (move_due_) bytes += options_.block_bytes_max;
  size_t count = 0;
  uint64_t batch_bytes = 0;
  for (const Waiting& waiting : waiting_) {
    if (count > 0 && batch_bytes + waiting.bytes > options_.block_bytes_max) break;
    batch_bytes += waiting.bytes;
    ++count;
  }
  if (!EnsureRoom(bytes + batch_bytes)) return;  // called again when there is a segment

  BlockBuilder block;
  if (checkpoint_due_) EmitCheckpoint(&block);
  EmitCompactions(&block);
  for (; count > 0; --count) {
    Waiting waiting = std::move(waiting_.front());
    waiting_.pop_front();
    EmitBatch(waiting.batch, &block);
    in_flight_done_.push_back(std::move(waiting.done));
  }
  if (move_due_) MoveLiveEntries(&block);
  CollectSegments(&block);
  compaction_due_ = false;
  Submit(BlockKind::kData, std::move(block));
}

// Says that the last block is durable, where no later block would say it.
void NodeLog::WriteMark() {
  const Segment& segment = segments_[current_];
  GRAPHDB_CHECK_LE(segment.end + kBlockAlign, NextMarkOffset(segment.bytes))
      << "no room was kept for the mark";
  ++stats_.marks;
  Submit(BlockKind::kMark, BlockBuilder());
}

void NodeLog::Submit(BlockKind kind, BlockBuilder block) {
  GRAPHDB_CHECK(!in_flight_);
  GRAPHDB_CHECK_EQ(durable_sequence_, sequence_);
  Segment& segment = segments_[current_];
  BlockHeader header;
  header.kind = kind;
  header.segment = current_;
  header.offset = segment.end;
  header.sequence = sequence_ + 1;
  header.durable_through = durable_sequence_;
  const uint64_t end = segment.end + AlignToBlock(block.total_bytes());
  GRAPHDB_CHECK_LE(end, segment.bytes) << "the block was estimated too small";
  in_flight_ = true;
  ++stats_.blocks;
  ++sequence_;
  segment.end = end;
  segment.last_sequence = sequence_;
  marked_ = kind == BlockKind::kMark;
  disk_.Write(current_file_, header.offset, block.Finish(header),
              [this](absl::Status status) { OnWritten(status); });
  const bool half_full = segment.end > segment.bytes / 2;
  if (half_full && spare_ == 0 && !creating_ && !create_failed_) {
    CreateSegment(options_.segment_bytes);
  }
}

void NodeLog::OnWritten(const absl::Status& status) {
  if (!poison_.ok()) return;
  if (!status.ok()) return Poison(status, "a write failed");
  if (GRAPHDB_MUTANT("rule-L3.sync")) return OnSynced(absl::OkStatus());
  ++stats_.syncs;
  disk_.Sync(current_file_, [this](absl::Status synced) { OnSynced(synced); });
}

void NodeLog::OnSynced(const absl::Status& status) {
  if (!poison_.ok()) return;
  if (!status.ok() && GRAPHDB_MUTANT("rule-L3.fsync-poison")) {
    disk_.Sync(current_file_, [this](absl::Status synced) { OnSynced(synced); });
    return;
  }
  if (!status.ok()) return Poison(status, "a sync failed");
  if (previous_.segment != 0 && !GRAPHDB_MUTANT("raft-log.newest-unnamed")) return NameNext();
  OnDurable();
}

void NodeLog::OnDurable() {
  durable_sequence_ = sequence_;
  in_flight_ = false;
  if (in_flight_free_through_ != 0) RemoveSegments(in_flight_free_through_);
  in_flight_free_through_ = 0;
  std::vector<Done> done = std::move(in_flight_done_);
  in_flight_done_.clear();
  const bool opened_now = static_cast<bool>(open_done_);
  // The next block is on its way before anybody hears of this one.
  MaybeWrite();
  if (opened_now) FinishOpen(absl::OkStatus());
  for (Done& one : done) one(absl::OkStatus());
  RelieveIfFull();
}

// Rule L3: what the disk holds is not known any more. Nothing is retried.
void NodeLog::Poison(const absl::Status& status, const char* what) {
  GRAPHDB_COVER("raft_log.poisoned");
  poison_ = absl::Status(
      status.code(),
      absl::StrCat("raft log: ", what, " on ", SegmentName(current_), ": ", status.message()));
  event_log_.Log(env::LogLevel::kError, kComponent, poison_.message());
  process_.Halt(poison_);
  std::vector<Done> done = std::move(in_flight_done_);
  in_flight_done_.clear();
  for (Waiting& waiting : waiting_) done.push_back(std::move(waiting.done));
  waiting_.clear();
  for (Done& one : done) one(poison_);
  if (open_done_) FinishOpen(poison_);
}

void NodeLog::EmitBatch(const LogBatch& batch, BlockBuilder* block) {
  for (const GroupWrite& write : batch.writes) EmitGroupWrite(write, block);
}

void NodeLog::EmitGroupWrite(const GroupWrite& write, BlockBuilder* block) {
  const ShardId shard = write.shard;
  if (write.created.has_value()) {
    GRAPHDB_CHECK(groups_.count(shard) == 0) << "shard " << shard << " exists";
    groups_[shard].created = *write.created;
    block->Add(RecordKind::kCreated, shard, {}, {}, EncodeCreated(*write.created));
  }
  const auto it = groups_.find(shard);
  GRAPHDB_CHECK(it != groups_.end()) << "shard " << shard << " was not created";
  GroupLog& group = it->second;
  if (write.hard_state.has_value()) {
    group.hard_state = *write.hard_state;
    std::string bytes;
    EncodeHardState(group.hard_state, &bytes);
    block->Add(RecordKind::kHardState, shard, group.hard_state.commit, group.hard_state.term,
               bytes);
  }
  if (write.installing.has_value()) {
    group.installing = write.installing;
    block->Add(RecordKind::kInstalling, shard, write.installing->index, {},
               write.installing->manifest);
  }
  if (write.installed.has_value()) {
    const SnapshotMeta& meta = write.installed->meta;
    const bool keep = group.WouldKeepSuffix(meta.index, meta.term);
    block->Add(RecordKind::kInstalled, shard, meta.index, meta.term, EncodeInstalled(meta, keep));
    group.Install(meta.index, meta.term, keep);
    group.installed = meta;
    group.installing.reset();
    group.start_dirty = false;
  }
  for (const Entry& entry : write.entries) {
    group.Append(entry.index, entry.term, current_);
    block->AddEntry(RecordKind::kEntry, shard, entry);
  }
  if (write.removed) {
    block->Add(RecordKind::kRemoved, shard, {}, {}, "");
    groups_.erase(it);
  }
}

}  // namespace graphdb::raft
