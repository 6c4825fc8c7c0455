#include "sim/world/milestones.h"

#include <algorithm>

namespace graphdb::sim {
namespace {

constexpr int kAppends = static_cast<int>(Trigger::Kind::kAppends);
constexpr int kCommits = static_cast<int>(Trigger::Kind::kCommits);
constexpr int kElects = static_cast<int>(Trigger::Kind::kElects);

}  // namespace

void Milestones::See(const ReplicaView& view, Duration now) {
  Group& group = groups_[view.group];
  group.counts[kCommits].Raise(view.commit.value(), now);
  if (!view.is_leader || view.term < group.newest) return;
  group.counts[kAppends].Raise(view.last.value(), now);
  if (view.term == group.newest) return;
  group.newest = view.term;
  group.counts[kElects].Raise(group.counts[kElects].value + 1, now);
}

void Milestones::Begin() {
  for (auto& [id, group] : groups_) {
    for (Count& count : group.counts) count.base = count.value;
  }
}

bool Milestones::Reached(const Trigger& trigger) const {
  const auto group = groups_.find(trigger.group);
  if (group == groups_.end()) return false;
  const Count& count = group->second.counts[static_cast<int>(trigger.kind)];
  return count.value >= count.base + trigger.count;
}

std::vector<Milestones::Passed> Milestones::Newest(std::optional<ShardId> only, size_t most) const {
  std::vector<Passed> passed;
  for (const auto& [id, group] : groups_) {
    if (only && *only != id) continue;
    for (int kind = 0; kind < kTriggerKindCount; ++kind) {
      const Count& count = group.counts[kind];
      if (count.value == count.base) continue;
      const Trigger trigger{static_cast<Trigger::Kind>(kind), id, count.value - count.base};
      passed.push_back({trigger, count.when});
    }
  }
  std::stable_sort(passed.begin(), passed.end(),
                   [](const Passed& a, const Passed& b) { return a.when > b.when; });
  if (passed.size() > most) passed.resize(most);
  return passed;
}

}  // namespace graphdb::sim
