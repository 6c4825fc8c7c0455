// Leadership: what a group of replicas owes its clients beside being right, judged
// from outside: who is up, which links let messages through, who leads.
//
//   Leadership leadership(world);
//   ... every kLeadershipPoll: if (auto violation = leadership.Look()) ...
//
// Invariants (of the group, each while the network is as it says):
//   1. A leader that can't hear a quorum stops leading (check-quorum).
//   2. A leader stays that has heard a quorum over good links all the time, unless
//      it hands over (pre-vote, stickiness).
//   3. A replica with good links to a leader that stays follows that leader: it can
//      not be left behind in another term.
//
// Only where every node votes: it says nothing of a cluster that forms. A run whose
// links all lose messages is judged by invariant 1 alone.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/check/raft_safety.h"
#include "sim/world/world.h"

namespace graphdb::sim {

inline constexpr Duration kLeadershipPoll = Duration::Milliseconds(50);

class Leadership {
 public:
  // `world` outlives it.
  explicit Leadership(World& world);

  MaybeViolation Look();
  // After any event of `node` that may have begun to hand a group over.
  void NoteHandOver(ShardId group) { groups_[group].handed_over = now_; }

 private:
  // Since when something has held without a break; none: it doesn't.
  using Since = std::optional<Duration>;

  struct Node {
    uint64_t incarnation = 0;
    Since awake;
    Since able;  // awake, and can write down the term that it is asked to answer in
  };
  struct Link {
    Since good;    // no message is lost or long under way
    Since silent;  // none arrives: cut, or the sender is down
  };
  struct Replica {
    bool present = false;
    bool leads = false;
    bool follows = false;  // knows the leader of its term, or leads
    bool all_vote = false;
    Term term;
    Since leading;  // in this term
    Since astray;   // not following the leader of the group
  };
  struct Group {
    std::vector<Replica> replicas;
    std::optional<uint32_t> leader;  // of the newest term, at the last look
    Since calm;                      // no replica is away or ahead of the leader's term
    std::optional<Duration> handed_over;
  };

  bool Held(const Since& since, Duration time) const {
    return since.has_value() && now_ - *since >= time;
  }
  void Keep(bool holds, Since* since) const {
    if (!holds) since->reset();
    if (holds && !since->has_value()) *since = now_;
  }
  const Link& LinkOf(uint32_t from, uint32_t to) const { return links_[from * count_ + to]; }
  bool GoodBothWays(uint32_t a, uint32_t b, Duration time) const;
  void LookAtNodes();
  void LookAtLinks();
  void LookAtReplicas();
  MaybeViolation JudgeLonely(ShardId id, const Group& group) const;
  bool MayStillObey(Duration handed_over) const;
  MaybeViolation JudgeDeposed(ShardId id, Group* group) const;
  MaybeViolation JudgeAstray(ShardId id, Group* group) const;

  World& world_;
  const uint32_t count_;
  Duration now_;
  std::vector<Node> nodes_;
  std::vector<Link> links_;
  std::map<ShardId, Group> groups_;
};

}  // namespace graphdb::sim
