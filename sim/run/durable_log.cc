#include "sim/run/durable_log.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/raft/codec.h"
#include "core/raft/log/records.h"

namespace graphdb::sim {
namespace {

bool OfNoGroup(raft::RecordKind kind) {
  using raft::RecordKind;
  return kind == RecordKind::kSegment || kind == RecordKind::kFreed || kind == RecordKind::kSize ||
         kind == RecordKind::kNext;
}

}  // namespace

bool DurableGroup::Holds(LogIndex index, Term term) const {
  if (index <= start || index <= installing) return true;
  return index <= last() && terms[index.value() - start.value() - 1] == term;
}

const DurableGroup* DurableLog::Find(ShardId group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

std::string DurableLog::SetHardState(const raft::HardState& hard, DurableGroup* group) {
  const raft::HardState before = std::exchange(group->hard, hard);
  if (hard.term < before.term) {
    return absl::StrCat("term ", hard.term.value(), " is written over term ", before.term.value());
  }
  const bool again = hard.term == before.term && before.vote != kNoReplica;
  if (again && hard.vote != before.vote) {
    return absl::StrCat("the vote of term ", hard.term.value(), " changes");
  }
  return "";
}

void DurableLog::StartAt(LogIndex index, DurableGroup* group) {
  while (group->start < index && !group->terms.empty()) {
    group->terms.pop_front();
    group->start = group->start.Next();
  }
  if (group->terms.empty()) group->start = index;
}

std::string DurableLog::Apply(const raft::Record& record) {
  using raft::RecordKind;
  DurableGroup& group = groups_[record.shard];
  switch (record.kind) {
    case RecordKind::kHardState: {
      const auto hard = raft::DecodeHardState(record.body);
      return hard.ok() ? SetHardState(*hard, &group) : "an unreadable hard state";
    }
    case RecordKind::kMovedEntry:
      // Known already, or of the tail that a restart found and writes again: there
      // it may take the place of what the lost tail had replaced.
      if (record.index <= group.start) return "";
      if (record.index > group.last().Next()) return "an entry beyond a gap";
      if (record.index == group.last().Next()) group.terms.push_back(record.term);
      group.terms[record.index.value() - group.start.value() - 1] = record.term;
      return "";
    case RecordKind::kEntry:
      if (record.index <= group.start) return "an entry below the log's start";
      if (record.index > group.last().Next()) return "an entry beyond a gap";
      group.terms.resize(record.index.value() - group.start.value() - 1);
      group.terms.push_back(record.term);
      return "";
    case RecordKind::kInstalling:
      group.installing = record.index;
      return "";
    case RecordKind::kInstalled: {
      raft::SnapshotMeta meta;
      bool keep_suffix = false;
      if (!raft::DecodeInstalled(record.body, &meta, &keep_suffix).ok()) return "unreadable";
      if (!keep_suffix) group.terms.clear();
      StartAt(meta.index, &group);
      group.installing = LogIndex(0);
      return "";
    }
    case RecordKind::kCompacted:
      StartAt(record.index, &group);
      return "";
    case RecordKind::kGroup: {
      const auto state = raft::DecodeCheckpoint(record.body);
      if (!state.ok()) return "an unreadable checkpoint";
      StartAt(state->start_index, &group);
      const uint64_t kept = state->last_index.value() - group.start.value();
      if (group.terms.size() > kept) group.terms.resize(kept);
      group.installing = state->installing ? state->installing->index : LogIndex(0);
      return SetHardState(state->hard_state, &group);
    }
    case RecordKind::kRemoved:
      groups_.erase(record.shard);
      return "";
    case RecordKind::kCreated:
      return "";
    case RecordKind::kSegment:
    case RecordKind::kFreed:
    case RecordKind::kSize:
    case RecordKind::kNext:
      break;  // the log's own; not of a group
  }
  return "";
}

// A segment's first block names every group there is.
void DurableLog::KeepNamed(const std::vector<raft::Record>& records) {
  std::set<ShardId> named;
  for (const raft::Record& record : records) {
    if (record.kind == raft::RecordKind::kGroup) named.insert(record.shard);
  }
  std::erase_if(groups_, [&](const auto& group) { return named.count(group.first) == 0; });
}

void DurableLog::BeginSegment(uint64_t segment, const Block& first) {
  // The same block once more, or the segment of that number before it was lost.
  const bool another = !waiting_.empty() && waiting_.front().bytes != first.bytes;
  if (segment == newest_ && another) waiting_.clear();
  newest_ = segment;
  const bool after_others = std::any_of(
      first.records.begin(), first.records.end(),
      [](const raft::Record& record) { return record.kind == raft::RecordKind::kSegment; });
  if (!after_others) alone_ = segment;
}

std::string DurableLog::Count(const Block& block) {
  if (block.offset == 0) KeepNamed(block.records);
  for (const raft::Record& record : block.records) {
    if (OfNoGroup(record.kind)) continue;
    const std::string problem = Apply(record);
    if (problem.empty()) continue;
    return absl::StrCat("shard ", record.shard.value(), ", ", block.file, " offset ", block.offset,
                        ": ", problem);
  }
  return "";
}

std::string DurableLog::CountWaiting() {
  std::string problem;
  for (const Block& block : std::exchange(waiting_, {})) {
    if (problem.empty()) problem = Count(block);
  }
  return problem;
}

std::string DurableLog::OnDurable(absl::string_view file, uint64_t offset,
                                  absl::string_view bytes) {
  const uint64_t segment = raft::SegmentOfName(file);
  if (segment == 0) return "";
  raft::ParsedBlock parsed = raft::ParseBlock(bytes, segment, offset);
  for (const raft::Record& record : parsed.records) {
    if (record.kind != raft::RecordKind::kNext) continue;
    named_ = std::max(named_, raft::DecodeU64(record.body).value_or(0));
    return Counts() ? CountWaiting() : "";
  }
  // Where the segment before ends stands in the newer one: what a crash left in a cache
  // beyond that, and the next mark's sync makes durable after all, nobody reads.
  if (segment < newest_) return "";
  Block block{std::string(file), offset, std::string(bytes), std::move(parsed.records)};
  std::string problem;
  if (offset == 0 && parsed.verdict == raft::BlockVerdict::kOk) {
    // A start has read the newest one, and begins another: that one was there.
    if (segment > newest_) problem = CountWaiting();
    BeginSegment(segment, block);
  }
  waiting_.push_back(std::move(block));
  if (problem.empty() && Counts()) problem = CountWaiting();
  return problem;
}

}  // namespace graphdb::sim
