// The nouns of one Raft group: entries, hard state, membership, messages.
//
// Place: what core/raft/group.h eats and makes, what core/raft/log stores and
// what the host sends. Their bytes are in codec.h.
//
// Plain values; thread-safe as such.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "core/base/ids.h"

namespace graphdb::raft {

// Persisted: never renumber. A replica that meets an unknown kind stops.
enum class EntryKind : uint8_t {
  kNormal = 1,  // the state machine's
  kNoop = 2,    // what a new leader writes first; the state machine only advances
  kConfig = 3,  // data is EncodeConfig()
};

struct Entry {
  Term term;
  LogIndex index;
  EntryKind kind = EntryKind::kNormal;
  std::string data;

  friend bool operator==(const Entry&, const Entry&) = default;
};

// What has to survive a crash beside the entries.
struct HardState {
  Term term;
  ReplicaId vote;   // kNoReplica: none in this term
  LogIndex commit;  // may lag behind the true one; never falls

  friend bool operator==(const HardState&, const HardState&) = default;
};

struct Member {
  ReplicaId replica;
  NodeId node;

  friend bool operator==(const Member&, const Member&) = default;
};

// Replica -> the node it lives on. Sorted: iteration order is part of the run.
// A B-tree, because most sets are empty or small and copied with their message.
using MemberSet = absl::btree_map<ReplicaId, NodeId>;

// Who belongs to the group. Joint while `outgoing` is not empty: then decisions
// need a majority of `voters` and one of `outgoing`.
struct Config {
  MemberSet voters;
  MemberSet outgoing;       // the voters before the change, while joint
  MemberSet learners;       // replicate, don't vote
  MemberSet learners_next;  // in `outgoing` still; learners once joint is left
  bool auto_leave = false;  // the leader leaves the joint config by itself
  LogIndex epoch;           // index of the entry that made it; 0 at founding

  bool joint() const { return !outgoing.empty(); }
  bool IsVoter(ReplicaId id) const { return voters.count(id) > 0 || outgoing.count(id) > 0; }
  bool IsLearner(ReplicaId id) const { return learners.count(id) > 0; }
  bool Contains(ReplicaId id) const { return IsVoter(id) || IsLearner(id); }
  // Where the replica lives; kNoNode: not in Everyone().
  NodeId NodeOf(ReplicaId id) const;
  // Everybody who gets entries: voters of both halves and learners.
  MemberSet Everyone() const;

  friend bool operator==(const Config&, const Config&) = default;
};

// What a snapshot stands for: everything up to `index`, and the config there.
struct SnapshotMeta {
  LogIndex index;
  Term term;  // of the entry at `index`
  Config config;

  friend bool operator==(const SnapshotMeta&, const SnapshotMeta&) = default;
};

// On the wire: never renumber.
enum class MessageType : uint8_t {
  kPreVote = 1,
  kPreVoteReply = 2,
  kVote = 3,
  kVoteReply = 4,
  kAppend = 5,
  kAppendReply = 6,
  kHeartbeat = 7,
  kHeartbeatReply = 8,
  kSnapshot = 9,     // stepped by the receiving host once the files are staged and verified
  kTimeoutNow = 10,  // leader transfer: campaign at once
};

// A number per leader term; rises with every round of heartbeats.
using Round = StrongId<struct RoundTag, uint64_t>;

struct Message {
  MessageType type = MessageType::kHeartbeat;
  ShardId shard;
  ReplicaId from;
  ReplicaId to;
  Term term;    // kPreVote and a granted kPreVoteReply: the term campaigned for
  Epoch epoch;  // of the sender's config (its entry's index)

  // kAppend: the entry before `entries`. Votes: the candidate's last entry.
  // kAppendReply: index acknowledged, or, rejected, the index that did not fit.
  LogIndex index;
  Term log_term;
  LogIndex commit;  // kAppend, kHeartbeat
  std::vector<Entry> entries;

  bool reject = false;
  // kAppendReply rejected: the newest entry that may match, and its term (log_term).
  LogIndex hint;
  // kAppend, kHeartbeat: the leader's current round; the replies echo it.
  Round round;
  // kVote: by leader transfer, so leader stickiness does not apply.
  bool force = false;
  SnapshotMeta snapshot;  // kSnapshot

  friend bool operator==(const Message&, const Message&) = default;
};

// What one node says to another of all groups that it leads, or answers to that
// (rule L2). The replica ids are the nodes': all groups of a node use the same.
struct Beat {
  // On the wire, after the types of messages: never renumber.
  enum class Kind : uint8_t {
    kSome = 11,   // names groups; says nothing of others (a read waits)
    kAll = 12,    // names every group that `from` leads and `to` belongs to
    kReply = 13,  // to the groups named; a higher term is a veto
  };
  struct Group {
    ShardId shard;
    Term term;        // the leader's; in a reply, the follower's
    LogIndex commit;  // not in a reply

    friend bool operator==(const Group&, const Group&) = default;
  };

  Kind kind = Kind::kSome;
  ReplicaId from;
  ReplicaId to;
  Round round;                // the beat's; a reply echoes it
  std::vector<Group> groups;  // ascending

  friend bool operator==(const Beat&, const Beat&) = default;
};

// One Ready's write; rises by one with every write. 0 means "nothing to write".
using WriteSeq = StrongId<struct WriteSeqTag, uint64_t>;
inline constexpr WriteSeq kNoWrite{0};

// The log's answer: the write `seq` and everything before it is durable.
// `term` and `index` are of the last entry of that write, 0 if it had none.
struct AppendDone {
  Term term;
  LogIndex index;
  WriteSeq seq;
};

// The host's name for one read; unique among the reads of a group in flight.
using ReadId = StrongId<struct ReadIdTag, uint64_t>;

enum class Role : uint8_t { kFollower = 0, kPreCandidate = 1, kCandidate = 2, kLeader = 3 };

const char* RoleName(Role role);
const char* MessageTypeName(MessageType type);

}  // namespace graphdb::raft
