#include "core/cluster/admission.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutant.h"
#include "core/cluster/bootstrap.h"

namespace graphdb::cluster {

Admission::Admission(const NodeOptions& options, env::Env& env, PeerLink& link,
                     const Identity& identity, AdmissionHost& host)
    : options_(options), env_(env), link_(link), identity_(identity), host_(host) {}

void Admission::Start() {
  if (options_.peers.size() > 1) Greet();
}

void Admission::Greet() {
  env_.scheduler.After(kGreetEvery, "admission.greet", [this] { Greet(); });
  if (!host_.LeadsMeta()) return;
  for (uint32_t i = 0; i < options_.peers.size(); ++i) {
    if (NodeId(i) == options_.self) continue;
    v1::PeerMessage message;
    *message.mutable_hello()->mutable_identity() = ToProto(identity_, options_.bootstrap);
    link_.Send(NodeId(i), std::move(message));
  }
}

void Admission::OnHelloReply(NodeId from, const v1::Identity& theirs) {
  if (!host_.LeadsMeta() || from.value() >= options_.peers.size()) return;
  const absl::Status agreement = CheckAgreement(identity_, theirs);
  if (!agreement.ok()) {
    Refuse(from, agreement.message());
    return;
  }
  const StoreId store(theirs.store_id());
  const std::optional<StoreId> known = host_.MemberStore(from);
  if (known.has_value() && *known != store) {
    Refuse(from, absl::StrCat(theirs.node(), " has store ", store.value(), ", the cluster knows ",
                              known->value(),
                              ": its disk is not the one that was admitted; run node replace"));
    return;
  }
  if (theirs.cluster_id().empty()) {
    v1::PeerMessage message;
    v1::Admit* admit = message.mutable_admit();
    admit->set_cluster_id(identity_.cluster_id);
    admit->set_num_shards(identity_.num_shards);
    link_.Send(from, std::move(message));
    return;
  }
  if (theirs.cluster_id() != identity_.cluster_id) {
    const std::string why = absl::StrCat(
        theirs.node(), " belongs to cluster ", absl::BytesToHexString(theirs.cluster_id()), ", ",
        identity_.node, " to cluster ", absl::BytesToHexString(identity_.cluster_id));
    Refuse(from, why);
    if (!host_.HasMajorityOfPeers() && !GRAPHDB_MUTANT("rule-I1.stop-on-other-cluster")) {
      env_.process.Halt(absl::FailedPreconditionError(why));
    }
    return;
  }
  if (!known.has_value()) host_.ProposeMember(from, store);
}

void Admission::Refuse(NodeId from, absl::string_view why) {
  std::string& last = refused_[from];
  if (last == why) return;
  last = std::string(why);
  env_.log.Log(env::LogLevel::kError, "admission", absl::StrCat("refused: ", why));
}

}  // namespace graphdb::cluster
