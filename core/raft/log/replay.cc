#include "core/raft/log/replay.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/raft/codec.h"

namespace graphdb::raft {

void Replay::StartAt(Group& group, LogIndex index, Term term) {
  group.state.start_index = index;
  group.state.start_term = term;
  group.entries.erase(group.entries.begin(), group.entries.upper_bound(index));
}

absl::Status Replay::ApplyEntry(const Record& record, uint64_t segment) {
  GRAPHDB_ASSIGN_OR_RETURN(Entry entry, EntryOf(record));
  Group& group = groups_[record.shard];
  if (group.known && entry.index <= group.state.start_index) {
    return absl::DataLossError(absl::StrCat("shard ", record.shard.value(), ": entry ",
                                            entry.index.value(), " at or below the log's start ",
                                            group.state.start_index.value()));
  }
  if (record.kind == RecordKind::kEntry) {
    group.entries.erase(group.entries.lower_bound(entry.index), group.entries.end());
  }
  const LogIndex index = entry.index;
  group.entries[index] = Located{std::move(entry), segment};
  return absl::OkStatus();
}

absl::Status Replay::ApplyCheckpoint(const Record& record) {
  GRAPHDB_ASSIGN_OR_RETURN(GroupCheckpoint state, DecodeCheckpoint(record.body));
  Group& group = groups_[record.shard];
  group.known = true;
  group.state = std::move(state);
  StartAt(group, group.state.start_index, group.state.start_term);
  group.entries.erase(group.entries.upper_bound(group.state.last_index), group.entries.end());
  return absl::OkStatus();
}

absl::Status Replay::ApplyInstalled(const Record& record) {
  SnapshotMeta meta;
  bool keep_suffix = false;
  GRAPHDB_RETURN_IF_ERROR(DecodeInstalled(record.body, &meta, &keep_suffix));
  Group& group = groups_[record.shard];
  if (!keep_suffix) group.entries.clear();
  StartAt(group, meta.index, meta.term);
  group.state.installed = std::move(meta);
  group.state.installing.reset();
  return absl::OkStatus();
}

absl::Status Replay::ApplyRecord(const Record& record, uint64_t segment) {
  switch (record.kind) {
    case RecordKind::kHardState: {
      GRAPHDB_ASSIGN_OR_RETURN(groups_[record.shard].state.hard_state,
                               DecodeHardState(record.body));
      return absl::OkStatus();
    }
    case RecordKind::kEntry:
    case RecordKind::kMovedEntry:
      return ApplyEntry(record, segment);
    case RecordKind::kCreated: {
      Group& group = groups_[record.shard];
      if (group.known) {
        return absl::DataLossError(
            absl::StrCat("shard ", record.shard.value(), " was created twice"));
      }
      group = Group();
      group.known = true;
      GRAPHDB_ASSIGN_OR_RETURN(group.state.created, DecodeCreated(record.body));
      return absl::OkStatus();
    }
    case RecordKind::kRemoved:
      groups_.erase(record.shard);
      return absl::OkStatus();
    case RecordKind::kInstalling:
      groups_[record.shard].state.installing = InstallBegun{record.index, record.body};
      return absl::OkStatus();
    case RecordKind::kInstalled:
      return ApplyInstalled(record);
    case RecordKind::kCompacted:
      StartAt(groups_[record.shard], record.index, record.term);
      return absl::OkStatus();
    case RecordKind::kGroup:
      return ApplyCheckpoint(record);
    case RecordKind::kSegment:
    case RecordKind::kFreed:
    case RecordKind::kSize:
    case RecordKind::kNext:
      return absl::OkStatus();  // the reader's
  }
  return absl::FailedPreconditionError("unknown record kind");
}

absl::Status Replay::Apply(const ParsedBlock& block, uint64_t segment, bool rewrite) {
  if (block.header.offset == 0) {
    // A segment's first block names every group there is.
    std::set<ShardId> named;
    for (const Record& record : block.records) {
      if (record.kind == RecordKind::kGroup) named.insert(record.shard);
    }
    std::erase_if(groups_, [&](const auto& group) { return named.count(group.first) == 0; });
  }
  for (const Record& record : block.records) {
    GRAPHDB_RETURN_IF_ERROR(ApplyRecord(record, rewrite ? 0 : segment));
  }
  return absl::OkStatus();
}

absl::StatusOr<LogImage::Group> Replay::Build(ShardId shard, Group group) {
  const auto bad = [shard](absl::string_view what) {
    return absl::DataLossError(absl::StrCat("shard ", shard.value(), ": ", what));
  };
  if (!group.known) return bad("records of a group that was never created");
  LogImage::Group out;
  out.log.created = std::move(group.state.created);
  out.log.hard_state = group.state.hard_state;
  out.log.installed = std::move(group.state.installed);
  out.log.installing = std::move(group.state.installing);
  out.log.CompactTo(group.state.start_index, group.state.start_term);
  Term term = group.state.start_term;
  for (auto& [index, located] : group.entries) {
    if (index != out.log.last_index().Next()) {
      return bad(
          absl::StrCat("entry ", index.value(), " follows entry ", out.log.last_index().value()));
    }
    if (located.entry.term < term) {
      return bad(absl::StrCat("the term falls at entry ", index.value()));
    }
    term = located.entry.term;
    out.log.Append(index, term, located.segment);
    out.entries.push_back(std::move(located.entry));
  }
  return out;
}

absl::StatusOr<std::map<ShardId, LogImage::Group>> Replay::Finish() {
  std::map<ShardId, LogImage::Group> out;
  for (auto& [shard, group] : groups_) {
    GRAPHDB_ASSIGN_OR_RETURN(LogImage::Group built, Build(shard, std::move(group)));
    out.emplace(shard, std::move(built));
  }
  groups_.clear();
  return out;
}

}  // namespace graphdb::raft
