// Recovery: what a cluster can still do when the faults of the rest have stopped, by
// what the world knows: who is never restarted, cut off or lost, and whom the logs say a
// group needs. A node's own word excuses nothing: it can only make an excuse narrower.
//
//   Recovery recovery(world);
//   recovery.OnVoters(group, voters);    // for every entry committed that changes them
//   if (auto excuse = recovery.OfWrite(shard)) ... it need not succeed
//
// A group recovers where a majority of its voters (while they change, of both sets) is
// sound and connected each with each. A node that lacks links may still lead it, as long
// as it reaches a majority itself, and nothing in Raft ends that. Those that it does not
// reach can't follow it, but others take their requests to it (core/cluster/detours.h).
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sim/world/world.h"

namespace graphdb::sim {

// Why there is no liveness to ask for.
enum class WhyNot : uint8_t {
  kNoMajority,      // of the group itself
  kMetaNoMajority,  // so there are no timestamps
  kFenceNoMajority  // of a shard that the fence of a retry has to go through (rule T7)
};
const char* WhyNotName(WhyNot why);  // "no-majority", ...

struct Excuse {
  WhyNot why = WhyNot::kNoMajority;
  std::string text;
};

class Recovery {
 public:
  // `world` outlives it.
  explicit Recovery(const World& world) : world_(world) {}

  // The group has committed an entry that makes these its voters.
  void OnVoters(ShardId group, const VotersView& voters) { voters_[group] = voters; }

  // Of any group that can't commit, or can't be written to, any more.
  std::optional<Excuse> OfGroups() const;
  // Of a write to the shard, through any gateway that is not faulty itself.
  std::optional<Excuse> OfWrite(ShardId shard) const;
  // Whether some group is led by a node that this one can't follow.
  bool OutOfReach(NodeId node) const;

 private:
  std::optional<Excuse> OfGroup(ShardId group) const;
  VotersView VotersOf(ShardId group) const;
  bool IsMajority(ShardId group, absl::FunctionRef<bool(NodeId)> with) const;
  // Whether messages go both ways.
  bool Linked(NodeId a, NodeId b) const;
  bool HasCore(ShardId group) const;
  bool MayLeadForever(ShardId group, NodeId node) const;
  std::vector<ShardId> Groups() const;

  const World& world_;
  std::map<ShardId, VotersView> voters_;  // committed last
};

}  // namespace graphdb::sim
