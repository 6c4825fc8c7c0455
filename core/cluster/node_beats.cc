#include "core/cluster/node_beats.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/raft/codec.h"

namespace graphdb::cluster {
namespace {

// Both parts of a round's number are beyond what a node lives to see; a count of
// starts that isn't is cut, and costs the order of incarnations only.
constexpr int kRoundBits = 36;
constexpr uint64_t kStartsMax = raft::kCounterMax >> (kRoundBits + 1);

raft::Message MessageOf(const raft::Beat& beat, const raft::Beat::Group& group) {
  raft::Message m;
  m.type = beat.kind == raft::Beat::Kind::kReply ? raft::MessageType::kHeartbeatReply
                                                 : raft::MessageType::kHeartbeat;
  m.shard = group.shard;
  m.from = beat.from;
  m.to = beat.to;
  m.term = group.term;
  m.commit = group.commit;
  m.round = beat.round;
  return m;
}

}  // namespace

NodeBeats::NodeBeats(env::Env& env, PeerLink& link, const Identity& identity, BeatHost& host)
    : env_(env), link_(link), identity_(identity), host_(host) {}

void NodeBeats::Start() {
  self_ = ReplicaId(identity_.store.value());
  if (GRAPHDB_MUTANT("rule-L2.incarnation")) return;
  round_ = raft::Round(std::min(identity_.starts, kStartsMax) << kRoundBits);
}

// --- Beating ------------------------------------------------------------------

raft::Round NodeBeats::Begin(raft::Round last) {
  if (!beating_) round_ = round_.Next();
  return round_;
}

bool NodeBeats::Beat(NodeId to, const raft::Message& beat, bool urgent) {
  GRAPHDB_CHECK(urgent != beating_) << "the host begins all rounds but a read's";
  const raft::Beat::Group claim{beat.shard, beat.term, beat.commit};
  if (urgent) {
    Send(to, raft::Beat{raft::Beat::Kind::kSome, self_, beat.to, beat.round, {claim}});
    return true;
  }
  Peer& peer = peers_[beat.to];
  peer.node = to;
  peer.claims.push_back(claim);
  return true;
}

void NodeBeats::AddPeers(const raft::MemberSet& members) {
  for (const auto& [replica, node] : members) {
    if (replica != self_) peers_[replica].node = node;
  }
}

void NodeBeats::BeatAll() {
  round_ = round_.Next();
  peers_.clear();
  beating_ = true;
  for (const auto& [shard, group] : groups_) {
    if (!group->running()) continue;
    const raft::Config& config = group->raft()->config();
    AddPeers(config.voters);
    AddPeers(config.outgoing);
    AddPeers(config.learners);
    group->BeginRound();
  }
  beating_ = false;
  for (auto& [replica, peer] : peers_) {
    raft::Beat beat{raft::Beat::Kind::kAll, self_, replica, round_, {}};
    if (GRAPHDB_MUTANT("rule-L2.per-pair")) {
      beat.kind = raft::Beat::Kind::kSome;
      for (const raft::Beat::Group& claim : peer.claims) {
        beat.groups = {claim};
        Send(peer.node, beat);
        link_.Uncork();
        link_.Cork();
      }
      continue;
    }
    beat.groups = std::move(peer.claims);
    Send(peer.node, std::move(beat));
  }
  // Only now: what the hosts do may begin rounds of its own.
  for (const auto& [shard, group] : groups_) group->PumpRound();
}

void NodeBeats::Send(NodeId to, raft::Beat beat) {
  std::string bytes;
  raft::EncodeBeat(beat, &bytes);
  link_.QueueRaft(to, std::move(bytes));
}

// --- Hearing ------------------------------------------------------------------

void NodeBeats::OnBeat(NodeId from, absl::string_view bytes) {
  const absl::StatusOr<raft::Beat> beat = raft::DecodeBeat(bytes);
  if (!beat.ok()) {
    env_.log.Log(env::LogLevel::kWarning, "raft",
                 absl::StrCat("dropped a malformed beat from node ", from.value(), ": ",
                              absl::string_view(beat.status().message())));
    return;
  }
  if (beat->to != self_) {
    GRAPHDB_COVER("cluster.beat_for_another_store");
    return;
  }
  if (beat->kind == raft::Beat::Kind::kReply) {
    OnReply(from, *beat);
  } else {
    OnClaims(from, *beat);
  }
}

void NodeBeats::OnClaims(NodeId from, const raft::Beat& beat) {
  raft::Beat reply{raft::Beat::Kind::kReply, self_, beat.from, beat.round, {}};
  reply.groups.reserve(beat.groups.size());
  answers_ = &reply.groups;
  for (const raft::Beat::Group& claim : beat.groups) {
    GroupHost* group = host_.GroupForMessage(claim.shard, beat.to);
    if (group != nullptr) group->OnRaftMessage(from, MessageOf(beat, claim));
  }
  answers_ = nullptr;
  if (!reply.groups.empty()) Send(from, std::move(reply));
  if (beat.kind != raft::Beat::Kind::kAll) return;
  auto claim = beat.groups.begin();
  for (const auto& [shard, group] : groups_) {
    while (claim != beat.groups.end() && claim->shard < shard) ++claim;
    if (claim != beat.groups.end() && claim->shard == shard) continue;
    group->OnUnclaimed(beat.from, beat.round);
  }
}

bool NodeBeats::Answer(const raft::Message& answer) {
  if (answers_ == nullptr) return false;
  answers_->push_back({answer.shard, answer.term, LogIndex(0)});
  return true;
}

void NodeBeats::OnReply(NodeId from, const raft::Beat& reply) {
  for (const raft::Beat::Group& answer : reply.groups) {
    const auto it = groups_.find(answer.shard);
    if (it == groups_.end()) continue;
    raft::Message message = MessageOf(reply, answer);
    if (GRAPHDB_MUTANT("rule-L2.answer-term") && it->second->running()) {
      message.term = it->second->raft()->term();
    }
    it->second->OnRaftMessage(from, message);
  }
}

}  // namespace graphdb::cluster
