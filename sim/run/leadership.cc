#include "sim/run/leadership.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {
namespace {

// A leader that hears nobody goes after one election timeout (500 ms), and sees so
// with its next tick.
constexpr Duration kLonelyMax = Duration::Milliseconds(1'500);
// Older trouble can't be why a leader goes now.
constexpr Duration kCalmBefore = Duration::Milliseconds(2'500);
// Two elections that fail, and the round after the third.
constexpr Duration kAstrayMax = Duration::Milliseconds(5'000);

// A node whose disk takes longer may still write down a term when others give it up.
constexpr Duration kSyncMax = Duration::Milliseconds(1'500);
// Five messages of half a second are never all lost.
constexpr uint32_t kGoodLossPpm = 2'000;
constexpr Duration kGoodDelay = Duration::Milliseconds(10);
constexpr uint32_t kGoodQueue = 500;

bool IsGood(const LinkProfile& profile) {
  return profile.drop_ppm + profile.stale_ppm + profile.reset_ppm <= kGoodLossPpm &&
         profile.delay_mean <= kGoodDelay && profile.bytes_per_second == 0 &&
         profile.queue_messages_max >= kGoodQueue;
}

}  // namespace

Leadership::Leadership(World& world)
    : world_(world),
      count_(world.options().nodes),
      nodes_(count_),
      links_(size_t{count_} * count_) {}

MaybeViolation Leadership::Look() {
  now_ = world_.loop().now();
  LookAtNodes();
  LookAtLinks();
  LookAtReplicas();
  for (auto& [id, group] : groups_) {
    if (auto v = JudgeLonely(id, group)) return v;
    if (auto v = JudgeDeposed(id, &group)) return v;
    if (auto v = JudgeAstray(id, &group)) return v;
  }
  return std::nullopt;
}

void Leadership::LookAtNodes() {
  for (uint32_t n = 0; n < count_; ++n) {
    Node& node = nodes_[n];
    const uint64_t incarnation = world_.incarnation(NodeId(n));
    if (std::exchange(node.incarnation, incarnation) != incarnation) {
      node.awake.reset();
      node.able.reset();
    }
    Keep(world_.Awake(NodeId(n)), &node.awake);
    const bool writes = world_.HasRoom(NodeId(n)) && world_.SlowestSync(NodeId(n)) <= kSyncMax;
    Keep(world_.Awake(NodeId(n)) && writes, &node.able);
  }
}

void Leadership::LookAtLinks() {
  const SimFabric& fabric = world_.fabric();
  for (uint32_t from = 0; from < count_; ++from) {
    for (uint32_t to = 0; to < count_; ++to) {
      Link& link = links_[from * count_ + to];
      const bool cut = fabric.IsCut(NodeId(from), NodeId(to));
      const bool stuck = cut || fabric.IsClogged(NodeId(from), NodeId(to));
      Keep(!stuck && IsGood(fabric.profile(NodeId(from), NodeId(to))), &link.good);
      Keep(from != to && (cut || !world_.Up(NodeId(from))), &link.silent);
    }
  }
}

void Leadership::LookAtReplicas() {
  for (auto& [id, group] : groups_) {
    for (Replica& replica : group.replicas) replica.present = false;
  }
  for (uint32_t n = 0; n < count_; ++n) {
    world_.VisitReplicas(NodeId(n), [&](const ReplicaView& view) {
      Group& group = groups_[view.group];
      group.replicas.resize(count_);
      Replica& replica = group.replicas[n];
      if (replica.term != view.term) replica.leading.reset();
      replica.present = true;
      replica.leads = view.is_leader;
      replica.follows = view.is_leader || view.knows_leader;
      replica.all_vote = view.voters == count_;
      replica.term = view.term;
      Keep(view.is_leader, &replica.leading);
    });
    for (auto& [id, group] : groups_) {
      if (group.replicas[n].present) continue;
      group.replicas[n] = Replica();
    }
  }
}

bool Leadership::GoodBothWays(uint32_t a, uint32_t b, Duration time) const {
  return Held(nodes_[a].able, time) && Held(nodes_[b].able, time) &&
         Held(LinkOf(a, b).good, time) && Held(LinkOf(b, a).good, time);
}

MaybeViolation Leadership::JudgeLonely(ShardId id, const Group& group) const {
  for (uint32_t n = 0; n < count_; ++n) {
    const Replica& replica = group.replicas[n];
    if (!replica.leads || !replica.all_vote || !Held(replica.leading, kLonelyMax)) continue;
    if (!Held(nodes_[n].awake, kLonelyMax)) continue;
    uint32_t heard = 0;
    for (uint32_t from = 0; from < count_; ++from) {
      if (!Held(LinkOf(from, n).silent, kLonelyMax)) ++heard;
    }
    if (heard > count_ / 2) continue;
    return Violation{"leadership",
                     absl::StrCat(NodeName(NodeId(n)), " still leads ", GroupName(id), " in term ",
                                  replica.term.value(), ", and could hear no quorum for ",
                                  DurationText(kLonelyMax))};
  }
  return std::nullopt;
}

// The order to campaign may come once more much later, or have lain before a node
// that slept.
bool Leadership::MayStillObey(Duration handed_over) const {
  const LinkProfile& links = world_.options().network;
  const Duration late = links.copy_ppm > 0 ? links.copy_max : Duration();
  if (now_ - handed_over < kCalmBefore + late) return true;
  for (const Node& node : nodes_) {
    const bool slept = !node.awake || *node.awake > handed_over;
    if (slept && !Held(node.awake, kCalmBefore)) return true;
  }
  return false;
}

// Compares with the leader of the last look, and remembers the present one.
MaybeViolation Leadership::JudgeDeposed(ShardId id, Group* group) const {
  std::optional<uint32_t> newest;
  bool whole = true;
  for (uint32_t n = 0; n < count_; ++n) {
    const Replica& replica = group->replicas[n];
    whole = whole && replica.present;
    if (!replica.leads) continue;
    if (!newest || group->replicas[*newest].term < replica.term) newest = n;
  }
  const std::optional<uint32_t> before = std::exchange(group->leader, newest);
  const bool stays = before && newest == before && group->replicas[*before].leads &&
                     !(group->replicas[*before].leading == now_);
  if (stays || !before) {
    for (uint32_t n = 0; whole && newest && n < count_; ++n) {
      whole = group->replicas[n].term <= group->replicas[*newest].term;
    }
    Keep(stays && whole && group->replicas[*newest].all_vote, &group->calm);
    return std::nullopt;
  }
  const bool was_calm = Held(group->calm, kCalmBefore);
  group->calm.reset();
  if (!was_calm) return std::nullopt;
  if (group->handed_over && MayStillObey(*group->handed_over)) return std::nullopt;
  uint32_t heard = 1;
  for (uint32_t n = 0; n < count_; ++n) {
    if (n != *before && GoodBothWays(n, *before, kCalmBefore)) ++heard;
  }
  if (heard <= count_ / 2) return std::nullopt;
  return Violation{"leadership",
                   absl::StrCat(NodeName(NodeId(*before)), " led ", GroupName(id),
                                ", heard a quorum over good links for ", DurationText(kCalmBefore),
                                ", handed nothing over, and was deposed")};
}

MaybeViolation Leadership::JudgeAstray(ShardId id, Group* group) const {
  if (!group->leader) return std::nullopt;
  const uint32_t leader = *group->leader;
  const Replica& leading = group->replicas[leader];
  for (uint32_t n = 0; n < count_; ++n) {
    Replica& replica = group->replicas[n];
    const bool may_follow =
        n != leader && replica.present && leading.all_vote && GoodBothWays(n, leader, Duration());
    Keep(may_follow && !(replica.follows && replica.term == leading.term), &replica.astray);
    if (!Held(replica.astray, kAstrayMax) || !Held(leading.leading, kAstrayMax)) continue;
    if (!GoodBothWays(n, leader, kAstrayMax)) continue;
    return Violation{"leadership",
                     absl::StrCat(NodeName(NodeId(n)), " is in term ", replica.term.value(), " of ",
                                  GroupName(id), " and does not follow ", NodeName(NodeId(leader)),
                                  ", which leads term ", leading.term.value(),
                                  ", over good links for ", DurationText(kAstrayMax))};
  }
  return std::nullopt;
}

}  // namespace graphdb::sim
