#include "sim/run/read_watch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

// More than a leader applies late.
constexpr size_t kAloneMax = 256;

Violation PassedBy(ShardId group, LogIndex index, Timestamp commit, Timestamp read) {
  return Violation{"read-floor",
                   absl::StrCat(GroupName(group), " index ", index.value(),
                                ": a one-shard commit at timestamp ", commit.value(),
                                " was not applied when a read at ", read.value(), " was answered")};
}

}  // namespace

MaybeViolation ReadWatch::LookAtConfirmed(NodeId node, const ReplicaView& view, Replica* seen) {
  const LogIndex committed = groups_[view.group].committed;
  if (view.term != seen->term) {
    // What it was asked for meanwhile it may have been asked for before.
    seen->term = view.term;
    seen->asked = view.reads_asked;
    seen->due.assign(view.reads_waiting, LogIndex(0));
  }
  for (; seen->asked < view.reads_asked; ++seen->asked) seen->due.push_back(committed);
  for (; seen->due.size() > view.reads_waiting; seen->due.pop_front()) {
    if (view.reads_index >= seen->due.front()) continue;
    return Violation{"read-index",
                     absl::StrCat(NodeName(node), " leads ", GroupName(view.group), " in term ",
                                  view.term.value(), " and confirms a read at index ",
                                  view.reads_index.value(), "; index ", seen->due.front().value(),
                                  " had been committed when it was asked for")};
  }
  return std::nullopt;
}

MaybeViolation ReadWatch::OnCommitted(ShardId group, LogIndex index, const DecisionView& decision) {
  Group& of = groups_[group];
  of.committed = std::max(of.committed, index);
  if (!decision.one_shard) return std::nullopt;
  of.alone.emplace_back(index, decision.commit_ts);
  if (of.alone.size() > kAloneMax) of.alone.pop_front();
  if (decision.commit_ts > of.newest_read) return std::nullopt;
  return PassedBy(group, index, decision.commit_ts, of.newest_read);
}

// Reads of a later term are none of its business: what it commits comes too late.
MaybeViolation ReadWatch::LookAtFloor(NodeId node, const ReplicaView& view, Replica* seen) {
  seen->has_floor = view.commit_floor.has_value();
  if (!seen->has_floor) return std::nullopt;
  for (const auto& [term, read] : groups_[view.group].newest_reads) {
    if (term >= view.term) break;
    if (read <= *view.commit_floor) continue;
    return Violation{
        "read-floor",
        absl::StrCat(NodeName(node), " leads ", GroupName(view.group), " in term ",
                     view.term.value(), " with a floor of ", view.commit_floor->value(),
                     "; a read at ", read.value(), " was answered in term ", term.value())};
  }
  return std::nullopt;
}

MaybeViolation ReadWatch::LookAtNewestRead(NodeId node, const ReplicaView& view, Replica* seen) {
  seen->newest_read = view.newest_read;
  Group& of = groups_[view.group];
  of.newest_read = std::max(of.newest_read, view.newest_read);
  if (view.newest_read > Timestamp()) of.newest_reads[view.term] = view.newest_read;
  for (auto it = of.alone.rbegin(); it != of.alone.rend() && it->first > view.applied; ++it) {
    if (it->second > view.newest_read) continue;
    return PassedBy(view.group, it->first, it->second, view.newest_read);
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
