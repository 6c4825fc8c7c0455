#include "core/raft/types.h"

namespace graphdb::raft {

MemberSet Config::Everyone() const {
  MemberSet all = voters;
  all.insert(outgoing.begin(), outgoing.end());
  all.insert(learners.begin(), learners.end());
  return all;
}

NodeId Config::NodeOf(ReplicaId id) const {
  for (const MemberSet* members : {&voters, &outgoing, &learners}) {
    if (const auto it = members->find(id); it != members->end()) return it->second;
  }
  return kNoNode;
}

const char* RoleName(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kPreCandidate:
      return "pre-candidate";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  return "unknown";
}

const char* MessageTypeName(MessageType type) {
  switch (type) {
    case MessageType::kPreVote:
      return "PreVote";
    case MessageType::kPreVoteReply:
      return "PreVoteReply";
    case MessageType::kVote:
      return "Vote";
    case MessageType::kVoteReply:
      return "VoteReply";
    case MessageType::kAppend:
      return "Append";
    case MessageType::kAppendReply:
      return "AppendReply";
    case MessageType::kHeartbeat:
      return "Heartbeat";
    case MessageType::kHeartbeatReply:
      return "HeartbeatReply";
    case MessageType::kSnapshot:
      return "Snapshot";
    case MessageType::kTimeoutNow:
      return "TimeoutNow";
  }
  return "unknown";
}

}  // namespace graphdb::raft
