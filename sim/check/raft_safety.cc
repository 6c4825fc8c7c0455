#include "sim/check/raft_safety.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

std::string Group(ShardId group) {
  return group == kMetaGroup ? "meta" : absl::StrCat("shard ", group.value());
}

std::string Name(NodeId node) { return absl::StrCat("node", node.value() + 1); }

std::string Show(const LogEntryView& entry) {
  return absl::StrCat("(term ", entry.term.value(), ", hash ", absl::Hex(entry.hash), ")");
}

}  // namespace

const LogEntryView* LogView::At(uint64_t index) const {
  if (index < first.value() || index >= end()) return nullptr;
  return &entries[index - first.value()];
}

MaybeViolation RaftSafety::OnLeader(ShardId group, Term term, NodeId node) {
  const auto [leader, inserted] = leaders_.emplace(std::pair(group, term), node);
  if (inserted || leader->second == node) return std::nullopt;
  return Violation{"election-safety",
                   absl::StrCat(Group(group), " term ", term.value(), ": both ",
                                Name(leader->second), " and ", Name(node), " lead")};
}

MaybeViolation RaftSafety::OnLeaderLog(ShardId group, Term term, NodeId node, const LogView& log) {
  const uint64_t first = log.first.value();
  for (auto it = committed_.lower_bound({group, first});
       it != committed_.end() && it->first.first == group; ++it) {
    // An entry of a later term was committed after this leader's time.
    const LogEntryView& committed = it->second.entry;
    if (committed.term > term) continue;
    const LogEntryView* held = log.At(it->first.second);
    if (held != nullptr && *held == committed) continue;
    return Violation{
        "leader-completeness",
        absl::StrCat(Group(group), " term ", term.value(), ": leader ", Name(node),
                     held == nullptr ? " lacks" : " has another", " entry ", it->first.second, " ",
                     Show(committed), ", committed at ", Name(it->second.first_seen_at))};
  }
  return std::nullopt;
}

MaybeViolation RaftSafety::OnCommitted(ShardId group, NodeId node, LogIndex index,
                                       const LogEntryView& entry) {
  const auto [commit, inserted] =
      committed_.emplace(GroupIndex(group, index.value()), Commit{entry, node});
  if (inserted || commit->second.entry == entry) return std::nullopt;
  return Violation{
      "state-machine-safety",
      absl::StrCat(Group(group), " index ", index.value(), ": ", Name(node), " committed ",
                   Show(entry), ", ", Name(commit->second.first_seen_at), " had committed ",
                   Show(commit->second.entry))};
}

MaybeViolation RaftSafety::OnApplied(ShardId group, NodeId node, LogIndex index, uint64_t digest) {
  const auto [seen, inserted] =
      digests_.emplace(GroupIndex(group, index.value()), Digest{digest, node});
  if (inserted) return std::nullopt;
  digests_compared_ += seen->second.first_seen_at == node ? 0 : 1;
  if (seen->second.value == digest) return std::nullopt;
  return Violation{
      "state-equality",
      absl::StrCat(Group(group), " at applied index ", index.value(), ": ", Name(node),
                   " has digest ", absl::Hex(digest), ", ", Name(seen->second.first_seen_at),
                   " has ", absl::Hex(seen->second.value))};
}

MaybeViolation CheckLogMatching(ShardId group, NodeId a, const LogView& log_a, NodeId b,
                                const LogView& log_b) {
  const uint64_t begin = std::max(log_a.first.value(), log_b.first.value());
  const uint64_t end = std::min(log_a.end(), log_b.end());
  bool matched_above = false;
  for (uint64_t index = end; index > begin; --index) {
    const LogEntryView& x = *log_a.At(index - 1);
    const LogEntryView& y = *log_b.At(index - 1);
    const bool must_be_equal = matched_above || x.term == y.term;
    if (must_be_equal && !(x == y)) {
      return Violation{"log-matching",
                       absl::StrCat(Group(group), " index ", index - 1, ": ", Name(a), " has ",
                                    Show(x), ", ", Name(b), " has ", Show(y),
                                    matched_above ? ", and they agree further on" : "")};
    }
    matched_above |= must_be_equal;
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
