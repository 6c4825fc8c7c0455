#include "core/raft/quorum.h"

namespace graphdb::raft {

VoteResult CountMajority(const MemberSet& members, const std::map<ReplicaId, bool>& votes) {
  if (members.empty()) return VoteResult::kWon;
  size_t granted = 0;
  size_t missing = 0;
  for (const auto& [replica, node] : members) {
    const auto vote = votes.find(replica);
    if (vote == votes.end()) {
      ++missing;
    } else if (vote->second) {
      ++granted;
    }
  }
  const size_t majority = members.size() / 2 + 1;
  if (granted >= majority) return VoteResult::kWon;
  if (granted + missing >= majority) return VoteResult::kPending;
  return VoteResult::kLost;
}

VoteResult CountVotes(const Config& config, const std::map<ReplicaId, bool>& votes) {
  const VoteResult incoming = CountMajority(config.voters, votes);
  const VoteResult outgoing = CountMajority(config.outgoing, votes);
  if (incoming == outgoing) return incoming;
  if (incoming == VoteResult::kLost || outgoing == VoteResult::kLost) return VoteResult::kLost;
  return VoteResult::kPending;
}

}  // namespace graphdb::raft
