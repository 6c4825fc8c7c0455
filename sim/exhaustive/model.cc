#include "sim/exhaustive/model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"

namespace graphdb::sim {
namespace {

raft::ClusterOptions Options() {
  raft::ClusterOptions options;
  options.async_writes = true;
  options.group.heartbeat_interval = Duration();
  options.group.announce_commits = false;  // as nodes do
  return options;
}

Action AtReplica(Action::Kind kind, ReplicaId id) {
  Action action;
  action.kind = kind;
  action.replica = static_cast<uint8_t>(id.value());
  return action;
}

Action OnLink(Action::Kind kind, const raft::Message& message) {
  Action action = AtReplica(kind, message.from);
  action.to = static_cast<uint8_t>(message.to.value());
  return action;
}

}  // namespace

Model::Model(const Scope& scope) : left_(scope), cluster_(Options()) {
  raft::Config config;
  for (uint32_t i = 1; i <= scope.nodes; ++i) config.voters[ReplicaId(i)] = NodeId(i);
  for (uint32_t i = 1; i <= scope.nodes; ++i) cluster_.Add(ReplicaId(i), config, LogIndex(0));
}

bool Model::Spent() const {
  return stalled_.empty() && left_.elections + left_.entries + left_.reads + left_.crashes +
                                     left_.drops + left_.overtakings + left_.stalls + left_.beats ==
                                 0;
}

bool Model::Settled() const {
  const raft::Group* leader = nullptr;
  for (const auto& [id, machine] : cluster_.machines()) {
    if (!machine.up) return false;
    if (machine.group->is_leader()) leader = machine.group.get();
  }
  if (leader == nullptr) return false;
  for (const auto& [id, machine] : cluster_.machines()) {
    if (machine.group->term() != leader->term()) return false;
  }
  return true;
}

std::vector<Action> Model::Enabled() const {
  using Kind = Action::Kind;
  std::vector<Action> enabled;
  if (Spent() && Settled()) {
    if (!cluster_.net().empty()) enabled = {OnLink(Kind::kDeliver, cluster_.net().front())};
    return enabled;
  }
  const auto offer = [&](const Action& action) {
    if (Possible(action)) enabled.push_back(action);
  };
  for (const auto& [id, machine] : cluster_.machines()) {
    // All replicas are alike until the first has moved.
    if (!begun_ && id != ReplicaId(1)) break;
    for (const Kind kind : {Kind::kCampaign, Kind::kPropose, Kind::kRead, Kind::kBeat, Kind::kStall,
                            Kind::kWritten, Kind::kRestart}) {
      offer(AtReplica(kind, id));
    }
    AddCrashes(machine, &enabled);
  }
  std::set<std::pair<ReplicaId, ReplicaId>> links;
  for (const raft::Message& message : cluster_.net()) {
    if (!links.insert({message.from, message.to}).second) continue;
    for (const Kind kind : {Kind::kDeliver, Kind::kDrop, Kind::kOvertake}) {
      offer(OnLink(kind, message));
    }
  }
  return enabled;
}

void Model::AddCrashes(const raft::Machine& machine, std::vector<Action>* out) const {
  for (size_t kept = 0; machine.up && kept <= machine.writes.size(); ++kept) {
    for (const bool engine_lost : {false, true}) {
      Action crash = AtReplica(Action::Kind::kCrash, machine.id);
      crash.kept = static_cast<uint8_t>(kept);
      crash.engine_lost = engine_lost;
      if (engine_lost && machine.applied == machine.flushed) continue;  // as without
      if (Possible(crash)) out->push_back(crash);
    }
  }
}

bool Model::Possible(const Action& action) const {
  switch (action.kind) {
    case Action::Kind::kDeliver:
      return MessageOf(action, 0) >= 0;
    case Action::Kind::kDrop:
      return left_.drops > 0 && MessageOf(action, 0) >= 0;
    case Action::Kind::kOvertake:
      return left_.overtakings > 0 && MessageOf(action, 1) >= 0;
    default:
      break;
  }
  const auto it = cluster_.machines().find(ReplicaId(action.replica));
  return it != cluster_.machines().end() && PossibleAt(it->second, action);
}

bool Model::PossibleAt(const raft::Machine& machine, const Action& action) const {
  if (action.kind == Action::Kind::kRestart) return !machine.up;
  if (!machine.up) return false;
  const bool leads = machine.group->is_leader();
  switch (action.kind) {
    case Action::Kind::kCampaign:
      return !leads && left_.elections > 0;
    case Action::Kind::kPropose:
      return leads && left_.entries > 0;
    case Action::Kind::kRead:
      return leads && left_.reads > 0;
    case Action::Kind::kBeat:
      return leads && left_.beats > 0 && cluster_.net().empty();
    case Action::Kind::kStall:
      return left_.stalls > 0 && stalled_.count(machine.id) == 0;
    case Action::Kind::kWritten:
      return !machine.writes.empty();
    case Action::Kind::kCrash:
      return left_.crashes > 0 && action.kept <= machine.writes.size();
    default:
      return false;
  }
}

bool Model::Take(const Action& action) {
  if (!Possible(action)) return false;
  begun_ = true;
  Happen(action);
  Settle();
  DropDeadAnswers();
  cluster_.CheckLogMatching();
  return true;
}

void Model::Happen(const Action& action) {
  const ReplicaId id(action.replica);
  switch (action.kind) {
    case Action::Kind::kCampaign:
      --left_.elections;
      raft::GroupTestPeer::CampaignBluntly(&cluster_.group(id), /*pre_vote=*/false, /*force=*/true);
      return;
    case Action::Kind::kPropose:
      --left_.entries;
      // Refused or not, it was asked.
      (void)cluster_.group(id).Propose(absl::StrCat("p", ++asked_)).status().ok();
      return;
    case Action::Kind::kRead:
      --left_.reads;
      (void)cluster_.Read(id, raft::ReadId(++asked_)).ok();
      return;
    case Action::Kind::kBeat:
      --left_.beats;
      cluster_.group(id).BeginRound();
      return;
    case Action::Kind::kDeliver:
      cluster_.Deliver(static_cast<size_t>(MessageOf(action, 0)));
      return;
    case Action::Kind::kDrop:
      --left_.drops;
      cluster_.DropMessage(static_cast<size_t>(MessageOf(action, 0)));
      return;
    case Action::Kind::kOvertake:
      --left_.overtakings;
      cluster_.Deliver(static_cast<size_t>(MessageOf(action, 1)));
      return;
    case Action::Kind::kStall:
      --left_.stalls;
      stalled_.insert(id);
      return;
    case Action::Kind::kWritten:
      cluster_.CompleteWrite(id);
      if (cluster_.machine(id).writes.empty()) stalled_.erase(id);
      return;
    case Action::Kind::kCrash: {
      --left_.crashes;
      stalled_.erase(id);
      const raft::Machine& machine = cluster_.machine(id);
      cluster_.Crash(id, action.kept, action.engine_lost ? machine.flushed : machine.applied);
      return;
    }
    case Action::Kind::kRestart:
      GRAPHDB_CHECK_OK(cluster_.Restart(id));
      return;
  }
}

int Model::MessageOf(const Action& link, int skip) const {
  const std::vector<raft::Message>& net = cluster_.net();
  for (size_t i = 0; i < net.size(); ++i) {
    if (net[i].from != ReplicaId(link.replica) || net[i].to != ReplicaId(link.to)) continue;
    if (skip-- == 0) return static_cast<int>(i);
  }
  return -1;
}

void Model::Settle() {
  bool moved = true;
  while (moved) {
    moved = false;
    for (const auto& [id, machine] : cluster_.machines()) {
      while (cluster_.HandleReady(id)) moved = true;
      while (stalled_.count(id) == 0 && cluster_.CompleteWrite(id)) moved = true;
    }
  }
}

// A term that a crash could still take back is none that is over.
void Model::DropDeadAnswers() {
  if (left_.stalls > 0 || !stalled_.empty()) return;
  std::vector<raft::Message>& net = cluster_.net();
  const auto dead = [this](const raft::Message& m) {
    const bool answer = m.type == raft::MessageType::kVoteReply ||
                        m.type == raft::MessageType::kAppendReply ||
                        m.type == raft::MessageType::kHeartbeatReply;
    const raft::Machine& to = cluster_.machine(m.to);
    return answer && to.up && m.term < to.group->term();
  };
  net.erase(std::remove_if(net.begin(), net.end(), dead), net.end());
}

std::string Model::StateBytes() const {
  std::string bytes;
  bytes.reserve(1024);
  for (const uint32_t left : {left_.elections, left_.entries, left_.reads, left_.crashes,
                              left_.drops, left_.overtakings, left_.stalls, left_.beats}) {
    PutVarint64(&bytes, left);
  }
  for (const ReplicaId id : stalled_) PutVarint64(&bytes, id.value());
  cluster_.PutState(&bytes);
  return bytes;
}

}  // namespace graphdb::sim
