#include "core/cluster/admission.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutant.h"
#include "core/cluster/bootstrap.h"
#include "core/shard/cluster_version.h"

namespace graphdb::cluster {

Admission::Admission(const NodeOptions& options, env::Env& env, PeerLink& link,
                     const Identity& identity, AdmissionHost& host)
    : options_(options), env_(env), link_(link), identity_(identity), host_(host) {}

void Admission::Start() {
  if (options_.peers.size() > 1) Greet();
}

void Admission::Greet() {
  bool all_known = true;
  for (uint32_t i = 0; i < options_.peers.size(); ++i) {
    all_known = all_known && host_.MemberStore(NodeId(i)).has_value();
  }
  env_.scheduler.After(all_known ? kGreetMembersEvery : kGreetEvery, "admission.greet",
                       [this] { Greet(); });
  if (!host_.LeadsMeta()) return;
  for (uint32_t i = 0; i < options_.peers.size(); ++i) {
    if (NodeId(i) == options_.self) continue;
    v1::PeerMessage message;
    *message.mutable_hello()->mutable_identity() = ToProto(identity_, options_.bootstrap);
    link_.Send(NodeId(i), std::move(message));
  }
}

void Admission::OnHelloReply(NodeId from, const v1::Identity& theirs, uint32_t newest) {
  if (!host_.LeadsMeta() || from.value() >= options_.peers.size()) return;
  const std::string objection = Objection(from, theirs);
  if (!objection.empty()) {
    Refuse(from, theirs, objection);
    return;
  }
  const bool of_another =
      !theirs.cluster_id().empty() && theirs.cluster_id() != identity_.cluster_id;
  if (!of_another && newest < host_.ClusterVersion() && !GRAPHDB_MUTANT("upgrade.admits-old")) {
    const absl::Status why = shard::CheckClusterVersion(
        absl::StrCat(theirs.node(), " is refused: the cluster"), host_.ClusterVersion(), newest);
    Refuse(from, theirs, why.message(), host_.ClusterVersion());
    return;
  }
  if (theirs.cluster_id().empty()) {
    v1::PeerMessage message;
    v1::Admit* admit = message.mutable_admit();
    admit->set_cluster_id(identity_.cluster_id);
    admit->set_num_shards(identity_.num_shards);
    admit->set_store_id(theirs.store_id());
    link_.Send(from, std::move(message));
    return;
  }
  if (theirs.cluster_id() != identity_.cluster_id) {
    const std::string why = absl::StrCat(
        theirs.node(), " belongs to cluster ", absl::BytesToHexString(theirs.cluster_id()), ", ",
        identity_.node, " to cluster ", absl::BytesToHexString(identity_.cluster_id));
    Refuse(from, theirs, why);
    if (!host_.HasMajorityOfPeers() && !GRAPHDB_MUTANT("rule-I1.stop-on-other-cluster")) {
      env_.process.Halt(absl::FailedPreconditionError(why));
    }
    return;
  }
  if (theirs.bootstrap()) {
    with_bootstrap_.insert(from);
  } else {
    with_bootstrap_.erase(from);
  }
  if (!host_.MemberStore(from).has_value()) host_.ProposeMember(from, StoreId(theirs.store_id()));
}

bool Admission::HasOtherStore(NodeId from, const v1::Identity& theirs) const {
  const std::optional<StoreId> known = host_.MemberStore(from);
  return known.has_value() && known->value() != theirs.store_id();
}

std::string Admission::Objection(NodeId from, const v1::Identity& theirs) const {
  const absl::Status agreement = CheckAgreement(identity_, theirs);
  if (!agreement.ok()) return std::string(agreement.message());
  const std::optional<StoreId> known = host_.MemberStore(from);
  if (HasOtherStore(from, theirs) && !GRAPHDB_MUTANT("rule-I1.wiped-member")) {
    return absl::StrCat(
        theirs.node(), " has store ", theirs.store_id(), ", the cluster knows ", known->value(),
        " under that name: its disk is not the one that was ",
        "admitted; start it with that disk (replacing a node is not in this version yet)");
  }
  const bool founds = theirs.bootstrap() && theirs.cluster_id().empty() && !known.has_value();
  if (founds && !GRAPHDB_MUTANT("rule-I1.second-bootstrap")) {
    return absl::StrCat("raft.bootstrap is true on ", theirs.node(), OthersWithBootstrap(),
                        ", and ", identity_.node,
                        " is in a cluster already; set raft.bootstrap to false on ", theirs.node());
  }
  return "";
}

// Empty where the founder's config has lost the key meanwhile.
std::string Admission::OthersWithBootstrap() const {
  std::string names;
  if (options_.bootstrap) absl::StrAppend(&names, " and on ", identity_.node);
  for (const NodeId node : with_bootstrap_) {
    absl::StrAppend(&names, " and on ", options_.peers[node.value()].name);
  }
  return names;
}

void Admission::Refuse(NodeId from, const v1::Identity& theirs, absl::string_view why,
                       uint32_t version) {
  // Who belongs to another cluster stops only for one that may be the right one.
  if (theirs.cluster_id().empty() || host_.HasMajorityOfPeers()) {
    v1::PeerMessage message;
    message.mutable_refuse()->set_store_id(theirs.store_id());
    message.mutable_refuse()->set_reason(std::string(why));
    message.mutable_refuse()->set_cluster_id(identity_.cluster_id);
    message.mutable_refuse()->set_other_store(HasOtherStore(from, theirs));
    message.mutable_refuse()->set_cluster_version(version);
    link_.Send(from, std::move(message));
  }
  std::string& last = refused_[from];
  if (last == why) return;
  last = std::string(why);
  env_.log.Log(env::LogLevel::kError, "admission", absl::StrCat("refused: ", why));
}

}  // namespace graphdb::cluster
