// How the world plays a plan: what comes at its time, and what waits for its trigger.
#include <algorithm>

#include "sim/world/world.h"

namespace graphdb::sim {

void World::Play(const FaultPlan& plan) {
  const auto waits = [](const FaultAction& action) { return action.when.has_value(); };
  if (std::any_of(plan.begin(), plan.end(), waits)) CountMilestones();
  for (const FaultAction& action : plan) Schedule(action, std::nullopt);
}

void World::PlayAndNote(const FaultPlan& plan) {
  CountMilestones();
  for (uint32_t number = 0; number < plan.size(); ++number) Schedule(plan[number], number);
}

void World::Schedule(const FaultAction& action, std::optional<uint32_t> noted_as) {
  if (action.when) return waiting_.push_back(action);
  loop_.After(action.at, world_life_, "world.fault", [this, action, noted_as] {
    if (!faults_on_) return;
    if (noted_as) NoteMoments(*noted_as, action);
    Apply(action);
  });
}

void World::CountMilestones() {
  milestones_.emplace();
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    VisitReplicas(NodeId(n),
                  [this](const ReplicaView& view) { milestones_->See(view, loop_.now()); });
  }
  milestones_->Begin();
}

void World::PullTriggers(NodeId node) {
  VisitReplicas(node, [this](const ReplicaView& view) { milestones_->See(view, loop_.now()); });
  std::vector<FaultAction> due;
  std::erase_if(waiting_, [&](const FaultAction& action) {
    if (!milestones_->Reached(*action.when)) return false;
    due.push_back(action);
    return true;
  });
  for (const FaultAction& action : due) {
    if (action.at == Duration()) {
      Apply(action);
      continue;
    }
    loop_.After(action.at, world_life_, "world.fault", [this, action] {
      if (faults_on_) Apply(action);
    });
  }
}

void World::NoteMoments(uint32_t number, const FaultAction& action) {
  constexpr size_t kMost = 3;
  const bool of_group = action.target.kind == FaultTarget::Kind::kLeader ||
                        action.target.kind == FaultTarget::Kind::kFollower;
  const std::optional<ShardId> group =
      of_group ? std::optional<ShardId>(action.target.group) : std::nullopt;
  for (const Milestones::Passed& passed : milestones_->Newest(group, kMost)) {
    moments_.push_back({number, passed.trigger, loop_.now() - passed.when});
  }
}

}  // namespace graphdb::sim
