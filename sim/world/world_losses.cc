// What a disk loses for good: a node of the atlas may go that way, and has to stop by
// itself and say why. Disks that are full or slow. And of each node what is wrong with
// it for ever.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "sim/world/world.h"

namespace graphdb::sim {
namespace {

// What such a node stops with.
absl::StatusCode StopsWith(FaultKind damage) {
  switch (damage) {
    case FaultKind::kWipe:
      return absl::StatusCode::kFailedPrecondition;
    case FaultKind::kFullDisk:
      return absl::StatusCode::kResourceExhausted;
    case FaultKind::kBadSector:
      return absl::StatusCode::kUnavailable;  // what the disk said
    default:
      return absl::StatusCode::kDataLoss;
  }
}

}  // namespace

bool World::MayDamageNow(NodeId node) const {
  const Slot& slot = slots_[node.value()];
  if (!atlas_.MayDamage(node) || slot.damage || slot.gone) return false;
  for (uint32_t n = 0; n < slots_.size(); ++n) {
    if (slots_[n].lost || slots_[n].gone) continue;
    uint32_t replicas = 0;
    VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      if (view.voters == slots_.size()) ++replicas;
    });
    if (replicas != options_.shards + 1) return false;
  }
  return true;
}

// Nobody knows it until the node starts again.
void World::Damage(NodeId node, FaultKind how) {
  if (!MayDamageNow(node)) return;
  Slot& slot = slots_[node.value()];
  Random rng(StreamSeed(loop_.seed(), "world.rot", slot.starts));
  switch (how) {
    case FaultKind::kRot:
      if (!slot.disk_state.Rot(rng)) return;
      break;
    case FaultKind::kMisdirect:
      if (!slot.disk_state.Misdirect(rng)) return;
      break;
    case FaultKind::kBadSector:
      if (!slot.disk_state.SpoilSector(rng)) return;
      break;
    case FaultKind::kLoseFile:
      if (!slot.disk_state.LoseNewestFile()) return;
      break;
    case FaultKind::kFullDisk:
      slot.disk_faults.capacity_bytes = 0;
      break;
    case FaultKind::kLieSync:
      slot.damage = how;
      return slot.disk_state.BeginLying();
    case FaultKind::kWipe:
      // A founder that reaches nobody would found another cluster.
      if (node == NodeId(options_.founder - 1)) return;
      slot.damage = how;
      return Wipe(node);
    default:
      GRAPHDB_CHECK(false) << "no damage: " << FaultKindName(how);
  }
  slot.damage = how;
  Reboot(node, /*power=*/true);
}

// No damage: it has to stop for what it reads, and comes back when it reads again.
void World::Misread(NodeId node) {
  bool has_a_log = false;  // the toy has none, and nothing to see it by
  VisitReplicas(node, [&has_a_log](const ReplicaView&) { has_a_log = true; });
  if (!has_a_log) return;
  Slot& slot = slots_[node.value()];
  Random rng(StreamSeed(loop_.seed(), "world.misread", slot.starts));
  if (slot.disk_state.Misread(rng)) Reboot(node, /*power=*/true);
}

void World::FillDisk(NodeId node, Duration amount) {
  slots_[node.value()].disk_faults.capacity_bytes = 0;
  loop_.After(amount, world_life_, "world.fault", [this, node] {
    Slot& slot = slots_[node.value()];
    if (!faults_on_ || slot.damage == FaultKind::kFullDisk) return;
    slot.disk_faults.capacity_bytes = options_.disk.capacity_bytes;
  });
}

void World::SlowDisk(NodeId node, const FaultAction& action) {
  Slot& slot = slots_[node.value()];
  if (action.forever) slot.always_slow = action.amount;
  slot.disk_faults.sync_latency_max = std::max(action.amount, slot.always_slow);
}

void World::LetDevicesFail(bool fail) {
  if (std::exchange(devices_fail_, fail) == fail) return;
  Say(env::LogLevel::kInfo, kWorldActor, fail ? "devices fail again" : "devices rest");
  const DiskFaults disk = fail ? options_.disk : DiskFaults();
  const KvFaults kv = fail ? options_.kv : KvFaults();
  for (Slot& slot : slots_) {
    slot.disk_faults.sync_error_ppm = disk.sync_error_ppm;
    slot.disk_faults.write_error_ppm = disk.write_error_ppm;
    slot.disk_faults.read_error_ppm = disk.read_error_ppm;
    slot.disk_faults.name_error_ppm = disk.name_error_ppm;
    slot.kv_faults.flush_error_ppm = kv.flush_error_ppm;
    slot.kv_faults.write_error_ppm = kv.write_error_ppm;
  }
}

void World::EndDiskFaults(NodeId node) {
  Slot& slot = slots_[node.value()];
  slot.disk_faults = DiskFaults();
  if (slot.always_slow > Duration()) slot.disk_faults.sync_latency_max = slot.always_slow;
  slot.disk_state.EndFaults();
  if (slot.damage == FaultKind::kFullDisk) slot.disk_faults.capacity_bytes = 0;
}

void World::GiveUpIfLost(NodeId node, const absl::Status& why) {
  Slot& slot = slots_[node.value()];
  if (!slot.damage || why.code() != StopsWith(*slot.damage)) return;
  switch (*slot.damage) {
    case FaultKind::kRot:
      GRAPHDB_COVER("world.rotten_node_stopped");
      break;
    case FaultKind::kMisdirect:
      GRAPHDB_COVER("world.misdirected_node_stopped");
      break;
    case FaultKind::kBadSector:
      GRAPHDB_COVER("world.bad_sector_node_stopped");
      break;
    case FaultKind::kLoseFile:
      GRAPHDB_COVER("world.node_without_its_newest_file_stopped");
      break;
    case FaultKind::kLieSync:
      GRAPHDB_COVER("world.lied_to_node_stopped");
      break;
    case FaultKind::kWipe:
      GRAPHDB_COVER("world.wiped_node_stopped");
      break;
    default:
      GRAPHDB_COVER("world.full_node_stopped");
  }
  slot.lost = true;
  slot.wanted_up = false;
}

bool World::HasToStop(NodeId node) const {
  const std::optional<FaultKind>& damage = slots_[node.value()].damage;
  return damage == FaultKind::kWipe || damage == FaultKind::kFullDisk;
}

bool World::Sound(NodeId node) const {
  const Slot& slot = slots_[node.value()];
  return !slot.gone && !slot.lost && !HasToStop(node) && slot.always_slow == Duration();
}

bool World::Blamed(NodeId node) const {
  return std::any_of(cut_forever_.begin(), cut_forever_.end(),
                     [node](const auto& cut) { return cut.second == node; });
}

std::string World::WhyFaulty(NodeId node) const {
  const Slot& slot = slots_[node.value()];
  const std::string name = NodeName(node);
  std::vector<std::string> reasons;
  if (slot.gone) reasons.push_back(absl::StrCat(name, " is never restarted"));
  if (slot.lost || HasToStop(node)) {
    reasons.push_back(absl::StrCat(name, " is lost: ", FaultKindName(*slot.damage)));
  }
  if (slot.always_slow > Duration()) {
    reasons.push_back(
        absl::StrCat("a sync of ", name, " takes up to ", DurationText(slot.always_slow)));
  }
  for (const auto& [link, blamed] : cut_forever_) {
    if (blamed != node) continue;
    reasons.push_back(absl::StrCat(NodeName(link.first), " -> ", NodeName(link.second), " is cut"));
  }
  return absl::StrJoin(reasons, ", ");
}

}  // namespace graphdb::sim
