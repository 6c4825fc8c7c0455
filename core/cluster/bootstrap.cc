#include "core/cluster/bootstrap.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/coding.h"
#include "core/base/mutant.h"
#include "core/shard/cluster_version.h"

namespace graphdb::cluster {
namespace {

std::string DrawClusterId(env::Env& env) {
  Random rng = env.random.Stream("cluster.id", 0);
  std::string id;
  for (size_t i = 0; i < kClusterIdBytes / sizeof(uint64_t); ++i) PutFixed64(&id, rng.Next());
  return id;
}

}  // namespace

std::string PeersText(const NodeOptions& options) {
  std::string text;
  for (const PeerSpec& peer : options.peers) {
    absl::StrAppend(&text, text.empty() ? "" : ",", peer.name, "=", peer.raft_address);
  }
  return text;
}

v1::Identity ToProto(const Identity& identity, bool bootstrap) {
  v1::Identity out;
  out.set_node(identity.node);
  out.set_store_id(identity.store.value());
  // A cluster that is still being written does not exist for others yet.
  if (identity.state == Identity::State::kMember) out.set_cluster_id(identity.cluster_id);
  out.set_num_shards(identity.num_shards);
  out.set_peers(identity.peers);
  out.set_bootstrap(bootstrap);
  return out;
}

absl::Status CheckAgreement(const Identity& ours, const v1::Identity& theirs) {
  if (ours.num_shards != theirs.num_shards() && !GRAPHDB_MUTANT("rule-I1.shards-differ")) {
    return absl::FailedPreconditionError(absl::StrCat("sharding.num_shards differs: ", ours.node,
                                                      " has ", ours.num_shards, ", ", theirs.node(),
                                                      " has ", theirs.num_shards()));
  }
  if (ours.peers != theirs.peers() && !GRAPHDB_MUTANT("rule-I1.peers-differ")) {
    return absl::FailedPreconditionError(absl::StrCat("raft.peers differs: ", ours.node, " has ",
                                                      ours.peers, "; ", theirs.node(), " has ",
                                                      theirs.peers()));
  }
  return absl::OkStatus();
}

Bootstrap::Bootstrap(const NodeOptions& options, env::Env& env, PeerLink& link, Identity& identity,
                     BootstrapHost& host)
    : options_(options), env_(env), link_(link), identity_(identity), host_(host) {}

void Bootstrap::Start() {
  started_ = true;
  switch (identity_.state) {
    case Identity::State::kMember:
      host_.BecameMember();
      return;
    case Identity::State::kFounding:
      host_.WriteFirstState();
      return;
    case Identity::State::kAlone:
      if (options_.bootstrap && options_.peers.size() == 1) {
        DecideToFound();
      } else if (options_.bootstrap) {
        AskPeers();
      } else {
        env_.log.Log(env::LogLevel::kInfo, "bootstrap", "waiting to be admitted to a cluster");
      }
      return;
  }
}

void Bootstrap::AskPeers() {
  if (identity_.state != Identity::State::kAlone || saving_) return;
  const bool all_answered = answered_.size() + 1 == options_.peers.size();
  const bool asked_long_enough = kAskEvery * rounds_ >= kAskPeersFor;
  if (!cluster_exists_ && (all_answered || asked_long_enough)) {
    DecideToFound();
    return;
  }
  ++rounds_;
  for (uint32_t i = 0; i < options_.peers.size(); ++i) {
    if (NodeId(i) == options_.self) continue;
    v1::PeerMessage message;
    *message.mutable_hello()->mutable_identity() = ToProto(identity_, options_.bootstrap);
    link_.Send(NodeId(i), std::move(message));
  }
  env_.scheduler.After(kAskEvery, "bootstrap.ask", [this] { AskPeers(); });
}

void Bootstrap::OnHello(NodeId from, const v1::PeerMessage& message) {
  if (message.has_hello()) {
    v1::PeerMessage reply;
    *reply.mutable_hello_reply()->mutable_identity() = ToProto(identity_, options_.bootstrap);
    link_.Send(from, std::move(reply));
    OnReply(from, message.hello().identity());
  } else if (message.has_hello_reply()) {
    OnReply(from, message.hello_reply().identity());
  } else if (message.has_admit()) {
    OnAdmit(from, message.admit());
  } else if (message.has_refuse()) {
    OnRefuse(message.refuse());
  }
}

void Bootstrap::OnReply(NodeId from, const v1::Identity& theirs) {
  if (identity_.state != Identity::State::kAlone) return;
  const absl::Status agreement = CheckAgreement(identity_, theirs);
  if (!agreement.ok()) {
    Stop(agreement);
    return;
  }
  if (!options_.bootstrap) return;
  if (!theirs.cluster_id().empty() && !GRAPHDB_MUTANT("rule-I1.ask-first")) {
    if (!cluster_exists_) {
      env_.log.Log(env::LogLevel::kInfo, "bootstrap",
                   absl::StrCat(theirs.node(), " belongs to cluster ",
                                absl::BytesToHexString(theirs.cluster_id()),
                                ": not founding, waiting to be admitted"));
    }
    cluster_exists_ = true;
  } else if (theirs.bootstrap()) {
    Stop(absl::FailedPreconditionError(
        absl::StrCat("raft.bootstrap is true on two nodes: ", identity_.node, " and ",
                     theirs.node(), "; only one node founds the cluster")));
    return;
  }
  answered_.insert(from);
}

void Bootstrap::OnAdmit(NodeId from, const v1::Admit& admit) {
  // Before the start the log is not open yet, and a member's groups write to it.
  if (!started_ || identity_.state != Identity::State::kAlone || saving_) return;
  if (admit.cluster_id().size() != kClusterIdBytes) return;
  // It may have been sent to the store that was lost: this one is no member.
  const bool meant = admit.store_id() == identity_.store.value();
  if (!meant && !GRAPHDB_MUTANT("rule-I1.admits-any-store")) return;
  identity_.state = Identity::State::kMember;
  identity_.cluster_id = admit.cluster_id();
  env_.log.Log(env::LogLevel::kInfo, "bootstrap",
               absl::StrCat("admitted to cluster ", absl::BytesToHexString(admit.cluster_id()),
                            " by ", options_.peers[from.value()].name));
  Save([this] { host_.BecameMember(); });
}

void Bootstrap::OnRefuse(const v1::Refuse& refuse) {
  if (refuse.store_id() != identity_.store.value()) return;
  // A member is refused by another cluster, which has a majority of its peers, or by
  // its own, which has admitted another disk in its place. While it is being admitted it
  // is no longer alone: `saving_` has set the state.
  const bool of_a_cluster =
      identity_.state == Identity::State::kMember && refuse.cluster_id().size() == kClusterIdBytes;
  const bool by_another = of_a_cluster && refuse.cluster_id() != identity_.cluster_id &&
                          !GRAPHDB_MUTANT("rule-I1.stop-on-other-cluster");
  const bool by_its_own = of_a_cluster && refuse.cluster_id() == identity_.cluster_id &&
                          (refuse.other_store() || refuse.cluster_version() != 0);
  if (identity_.state != Identity::State::kAlone && !by_another && !by_its_own) return;
  if (refuse.cluster_version() != 0) {
    const absl::Status too_old = shard::CheckClusterVersion(
        "refused: the cluster", refuse.cluster_version(), options_.newest_version);
    // One that knows it has come after the one that is meant.
    if (!too_old.ok()) Stop(too_old);
    return;
  }
  Stop(absl::FailedPreconditionError(absl::StrCat("refused by the cluster: ", refuse.reason())));
}

void Bootstrap::DecideToFound() {
  identity_.state = Identity::State::kFounding;
  identity_.cluster_id = DrawClusterId(env_);
  env_.log.Log(env::LogLevel::kInfo, "bootstrap",
               absl::StrCat("founding cluster ", absl::BytesToHexString(identity_.cluster_id)));
  Save([this] { host_.WriteFirstState(); });
}

void Bootstrap::Founded() {
  GRAPHDB_CHECK(identity_.state == Identity::State::kFounding);
  identity_.state = Identity::State::kMember;
  Save([this] { host_.BecameMember(); });
}

void Bootstrap::Save(absl::AnyInvocable<void()> then) {
  saving_ = true;
  SaveIdentity(env_.disk, identity_, [this, then = std::move(then)](absl::Status status) mutable {
    saving_ = false;
    if (!status.ok()) {
      env_.process.Halt(status);
      return;
    }
    then();
  });
}

void Bootstrap::Stop(const absl::Status& reason) {
  env_.log.Log(env::LogLevel::kError, "bootstrap", reason.message());
  env_.process.Halt(reason);
}

}  // namespace graphdb::cluster
