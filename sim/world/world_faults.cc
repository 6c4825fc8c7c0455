// What a fault does to the world: whom it meets, and the links, devices and processes
// that it changes.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "sim/world/world.h"

namespace graphdb::sim {

std::optional<NodeId> World::FindReplica(ShardId group, bool leader) const {
  // Of several leaders the one of the newest term.
  std::optional<NodeId> found;
  Term newest;
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      if (view.group != group || view.is_leader != leader) return;
      if (found && view.term <= newest) return;
      found = NodeId(n);
      newest = view.term;
    });
  }
  return found;
}

std::vector<NodeId> World::Resolve(const FaultTarget& target) {
  std::vector<NodeId> nodes;
  switch (target.kind) {
    case FaultTarget::Kind::kAll:
      for (uint32_t n = 0; n < slots_.size(); ++n) nodes.push_back(NodeId(n));
      return nodes;
    case FaultTarget::Kind::kLeader:
    case FaultTarget::Kind::kFollower: {
      const bool leader = target.kind == FaultTarget::Kind::kLeader;
      const std::optional<NodeId> found = FindReplica(target.group, leader);
      if (found) nodes.push_back(*found);
      return nodes;
    }
    case FaultTarget::Kind::kGateway:
      // The gateway of the oldest write that waits for its answer.
      for (const auto& [id, call] : calls_) {
        if (!call.write) continue;
        nodes.push_back(call.gateway);
        break;
      }
      return nodes;
    case FaultTarget::Kind::kNode:
      return {target.node};
  }
  return nodes;
}

void World::Partition(const std::vector<std::vector<NodeId>>& groups) {
  for (uint32_t from = 0; from < slots_.size(); ++from) {
    for (uint32_t to = 0; to < slots_.size(); ++to) {
      if (Parted(groups, NodeId(from), NodeId(to))) fabric_.Cut(NodeId(from), NodeId(to));
    }
  }
}

void World::Cut(const FaultAction& action) {
  if (action.forever) cut_forever_[{*action.from, *action.to}] = *action.forever;
  fabric_.Cut(*action.from, *action.to);
}

void World::Heal(const FaultAction& action) {
  if (!action.from) return HealAll();
  if (CutForever(*action.from, *action.to)) return;
  fabric_.Heal(*action.from, *action.to);
}

void World::HealAll() {
  fabric_.HealAll();
  for (const auto& [link, blamed] : cut_forever_) fabric_.Cut(link.first, link.second);
}

void World::SetNetwork(const NetworkRates& rates) {
  LinkProfile profile = options_.network;
  profile.drop_ppm = rates.drop_ppm;
  profile.duplicate_ppm = rates.duplicate_ppm;
  profile.tail_ppm = rates.tail_ppm;
  profile.delay_mean = rates.delay_mean;
  SetLinks(profile);
}

void World::SetLinks(const LinkProfile& profile) {
  links_ = profile;
  fabric_.SetProfile(profile);
  for (const SlowLink& link : options_.slow_links) {
    LinkProfile slow = profile;
    slow.delay_mean = link.delay_mean;
    fabric_.SetLinkProfile(link.from, link.to, slow);
  }
  for (const auto& [link, slowness] : slowed_) {
    LinkProfile slow = profile;
    if (slowness.delay_mean > Duration()) slow.delay_mean = slowness.delay_mean;
    if (slowness.bytes_per_second != 0) slow.bytes_per_second = slowness.bytes_per_second;
    fabric_.SetLinkProfile(link.first, link.second, slow);
  }
}

void World::VisitLinks(const FaultAction& action, absl::FunctionRef<void(NodeId, NodeId)> visit) {
  if (action.from) return visit(*action.from, *action.to);
  for (const NodeId node : Resolve(action.target)) {
    for (uint32_t n = 0; n < slots_.size(); ++n) {
      if (NodeId(n) == node) continue;
      visit(node, NodeId(n));
      visit(NodeId(n), node);
    }
  }
}

void World::SlowLinks(const FaultAction& action) {
  const Slowness slowness{action.amount, action.bytes_per_second};
  VisitLinks(action, [&](NodeId from, NodeId to) {
    slowed_.erase({from, to});
    if (slowness.delay_mean > Duration() || slowness.bytes_per_second != 0) {
      slowed_[{from, to}] = slowness;
    }
  });
  SetLinks(links_);
}

// An operator's wish comes to the node like any other event.
void World::Transfer(NodeId node, ShardId group, NodeId to) {
  if (!Up(node)) return;
  loop_.After(Duration(), loop_.LifeOf(NodeActor(node)), "node.transfer", [this, node, group, to] {
    GRAPHDB_COVER("world.leadership_handed_over");
    program(node)->HandLeadership(group, to);
  });
}

void World::Drain(NodeId node, Duration limit) {
  if (!Up(node)) return;
  loop_.After(Duration(), loop_.LifeOf(NodeActor(node)), "node.drain",
              [this, node, limit] { BeginDrain(node, limit); });
}

void World::BeginDrain(NodeId node, Duration limit) {
  const uint64_t start = slots_[node.value()].starts;
  program(node)->Drain(limit, [this, node, start] {
    // Not from inside the node that is about to go.
    loop_.After(Duration(), world_life_, "world.drained", [this, node, start] {
      if (!Up(node) || slots_[node.value()].starts != start) return;
      GRAPHDB_COVER("world.drained");
      Reboot(node, /*power=*/false);
    });
  });
}

void World::ChangeProgram(NodeId node, uint32_t version, Duration drain) {
  slots_[node.value()].version = version;
  newest_ = std::max(newest_, version);
  if (!Up(node)) return;
  if (drain > Duration()) return Drain(node, drain);
  Reboot(node, /*power=*/false);
}

void World::FinishUpgrade() {
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    slots_[n].version = newest_;
    if (Up(NodeId(n)) && slots_[n].runs != newest_) Crash(NodeId(n), /*power=*/false);
  }
}

void World::NoteIfTooOld(NodeId node, const absl::Status& why) {
  if (!shard::IsTooOld(why)) return;
  GRAPHDB_COVER("world.old_program_stopped");
  too_old_.push_back({node, slots_[node.value()].runs});
}

void World::Apply(const FaultAction& action) {
  ++fault_counts_[absl::StrCat(action.forever ? "forever-" : "", FaultKindName(action.kind))];
  Say(env::LogLevel::kInfo, kWorldActor, ToText(action));
  Record(TraceEvent::Kind::kFault, kWorldActor, 0, trace_.recorder() ? ToText(action) : "");
  switch (action.kind) {
    case FaultKind::kPartition:
      return Partition(action.groups);
    case FaultKind::kCut:
      return Cut(action);
    case FaultKind::kHeal:
      return Heal(action);
    case FaultKind::kNetwork:
      return SetNetwork(action.network);
    case FaultKind::kSlowLink:
      return SlowLinks(action);
    case FaultKind::kClog:
      return VisitLinks(action, [&](NodeId from, NodeId to) {
        fabric_.Clog(from, to, loop_.now() + action.amount);
      });
    default:
      break;
  }
  for (const NodeId node : Resolve(action.target)) Strike(node, action);
}

void World::Strike(NodeId node, const FaultAction& action) {
  if (Damages(action)) return Damage(node, action.kind);
  Slot& slot = slots_[node.value()];
  switch (action.kind) {
    case FaultKind::kCrash:
      if (action.forever) slot.gone = true;
      if (action.moment == CrashMoment::kNow || !Up(node)) {
        Crash(node, action.power);
        break;
      }
      if (!slot.armed) ++armed_count_;
      slot.armed = ArmedCrash{action.moment, action.power};
      break;
    case FaultKind::kRestart:
      if (!slot.wanted_up) Start(node);
      break;
    case FaultKind::kSlowDisk:
      SlowDisk(node, action);
      break;
    case FaultKind::kPause:
      loop_.PauseUntil(NodeActor(node), loop_.now() + action.amount);
      break;
    case FaultKind::kStepWall:
      StepWall(node, action.amount);
      break;
    case FaultKind::kFullDisk:
      FillDisk(node, action.amount);
      break;
    case FaultKind::kMisread:
      Misread(node);
      break;
    case FaultKind::kTransfer:
      Transfer(node, action.target.group, *action.to);
      break;
    case FaultKind::kDrain:
      Drain(node, action.amount);
      break;
    case FaultKind::kUpgrade:
      ChangeProgram(node, shard::kTestClusterVersion, action.amount);
      break;
    case FaultKind::kDowngrade:
      ChangeProgram(node, shard::kNewestClusterVersion, action.amount);
      break;
    case FaultKind::kFailSync:
      slot.disk_faults.sync_error_ppm = 1'000'000;
      break;
    case FaultKind::kFailWrite:
      slot.disk_faults.write_error_ppm = 1'000'000;
      break;
    default:
      GRAPHDB_CHECK(false) << "no target: " << FaultKindName(action.kind);
  }
}

void World::EndFaults() {
  faults_on_ = false;
  devices_fail_ = false;
  loop_.choices().EndFaults();
  milestones_.reset();
  waiting_.clear();
  Say(env::LogLevel::kInfo, kWorldActor, "faults end");
  HealAll();
  fabric_.SetProfile(LinkProfile());
  FinishUpgrade();
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    EndDiskFaults(NodeId(n));
    slots_[n].kv_faults = KvFaults();
    if (std::exchange(slots_[n].armed, std::nullopt)) --armed_count_;
    Start(NodeId(n));
  }
}

}  // namespace graphdb::sim
