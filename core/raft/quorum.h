// What a quorum of a config has reached, and how a vote stands.
//
//   LogIndex commit = QuorumReached<LogIndex>(config, [&](ReplicaId id) { return match(id); });
//
// A joint config decides by both halves. An empty half decides nothing and so
// agrees with everything; a config without voters reaches the largest value,
// so callers look at config.voters first where that matters.
//
// Pure functions; thread-safe.
#pragma once

#include <algorithm>
#include <limits>
#include <map>

#include "absl/container/inlined_vector.h"
#include "core/raft/types.h"

namespace graphdb::raft {

enum class VoteResult { kPending, kLost, kWon };

namespace quorum_internal {

// The largest value that a majority of `members` has reached; `none` if empty.
template <typename T, typename ValueOf>
T MajorityReached(const MemberSet& members, const ValueOf& value_of, T none) {
  if (members.empty()) return none;
  absl::InlinedVector<T, 7> values;
  for (const auto& [replica, node] : members) values.push_back(value_of(replica));
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

}  // namespace quorum_internal

template <typename T, typename ValueOf>
T QuorumReached(const Config& config, const ValueOf& value_of, T none) {
  const T incoming = quorum_internal::MajorityReached<T>(config.voters, value_of, none);
  const T outgoing = quorum_internal::MajorityReached<T>(config.outgoing, value_of, none);
  return std::min(incoming, outgoing);
}

inline constexpr LogIndex kNoIndexLimit{std::numeric_limits<uint64_t>::max()};

// `votes` holds the answers that came; true: granted.
VoteResult CountVotes(const Config& config, const std::map<ReplicaId, bool>& votes);
VoteResult CountMajority(const MemberSet& members, const std::map<ReplicaId, bool>& votes);

}  // namespace graphdb::raft
