#include "core/cluster/node.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/status_macros.h"
#include "core/cluster/admin.h"
#include "core/cluster/admission.h"
#include "core/cluster/bootstrap.h"
#include "core/cluster/first_state.h"
#include "core/cluster/fitness.h"
#include "core/cluster/gateway.h"
#include "core/cluster/group_host.h"
#include "core/cluster/identity.h"
#include "core/cluster/membership.h"
#include "core/cluster/meta_host.h"
#include "core/cluster/node_beats.h"
#include "core/cluster/peer_link.h"
#include "core/cluster/router.h"
#include "core/cluster/shard_host.h"
#include "core/cluster/start_checks.h"
#include "core/cluster/upgrade.h"
#include "core/raft/codec.h"
#include "core/raft/log/node_log.h"

namespace graphdb::cluster {
namespace {

// A deadline that is past, and stays so for another reason, doesn't spin.
constexpr Duration kTickMin = Duration::Milliseconds(5);
constexpr Duration kDrainPoll = Duration::Milliseconds(50);

}  // namespace

class Node::Impl final : public PeerHandler,
                         public BeatHost,
                         public BootstrapHost,
                         public AdmissionHost,
                         public RouterHost,
                         public AdminHost,
                         public raft::NodeLogHost {
 public:
  Impl(NodeOptions options, env::Env& env);

  absl::Status Start();
  void HandleClient(v1::ClientRequest request, Reply reply);
  void Drain(Duration limit, absl::AnyInvocable<void()> done);
  void HandLeadership(ShardId group, NodeId to);
  StoreId member_store() const { return identity_.member_store(); }
  bool ready() const;

  // PeerHandler and AdminHost
  bool declines_leadership() const override { return draining_ || !fitness_.fit(); }
  // PeerHandler
  void OnDeclines(NodeId from) override { membership_.NoteDeclines(from); }
  uint32_t newest_version() const override { return options_.newest_version; }
  void OnNewest(NodeId from, uint32_t newest) override { upgrade_.NoteNewest(from, newest); }
  void OnRaftMessage(NodeId from, absl::string_view bytes) override;
  void OnHello(NodeId from, const v1::PeerMessage& message) override;
  void OnSnapshotPiece(NodeId from, v1::SnapshotPiece piece) override;
  void OnSnapshotAck(NodeId from, const v1::SnapshotAck& ack) override;
  void OnRequest(NodeId from, v1::RpcRequest request) override;
  // BeatHost
  GroupHost* GroupForMessage(ShardId group, ReplicaId to) override;
  // BootstrapHost
  void WriteFirstState() override;
  void BecameMember() override;
  // AdmissionHost
  bool LeadsMeta() const override { return meta_host_ != nullptr && meta_host_->serving(); }
  const shard::TimestampOracle* Oracle() const {
    return meta_host_ == nullptr ? nullptr : &meta_host_->oracle();
  }
  const txn::ShardLeader* Serving(ShardId group) const;
  bool HasMajorityOfPeers() const override;
  std::optional<StoreId> MemberStore(NodeId node) const override;
  void ProposeMember(NodeId node, StoreId store) override;
  uint32_t ClusterVersion() const override { return Meta().cluster_version(); }
  // RouterHost
  NodeId LeaderOf(ShardId group) const override;
  void ServeLocally(ShardId group, std::string body,
                    absl::AnyInvocable<void(v1::RpcResponse)> reply) override;
  const shard::ShardMap& Map() const override;
  bool Hears(NodeId node) const override { return membership_.Hears(node); }
  // AdminHost
  bool draining() const override { return draining_; }
  const v1::MetaStateView& Meta() const override;
  const GroupHost* Group(ShardId group) const override;
  const storage::AdjacencyCache& Adjacency() const override { return adjacency_; }
  void VisitHosts(absl::FunctionRef<void(const GroupHost&)> visit) const override;
  uint64_t LogBytes() const override { return log_.total_bytes(); }
  uint64_t LogSegments() const override { return log_.segment_count(); }
  // NodeLogHost
  void FlushAndCompact(raft::NodeLogHost::Done done) override;
  std::vector<raft::Entry> ReadEntries(ShardId shard, LogIndex first, LogIndex last) override;

 private:
  struct Replica {
    std::unique_ptr<GroupHost> group;
    std::unique_ptr<ShardHost> shard;  // null for meta
  };

  void OnLogOpen(absl::StatusOr<raft::RecoveredLog> recovered);
  GroupHost* MakeGroup(ShardId group);
  // Of the meta group, as far as this node knows; 0 where it knows of none yet.
  size_t Voters() const;
  v1::ClientResponse Forming() const;
  // Whether an operator's question has no answer before the cluster is formed.
  bool NeedsMore(const v1::AdminRequest& request, bool forming) const;
  void Tick();
  void SlowTick();
  void FollowVersions();
  void PollDrained();
  void Flush(env::KvEngine::Done done);

  const NodeOptions options_;
  env::Env& env_;
  Identity identity_;
  raft::NodeLog log_;
  PeerLink link_;
  NodeBeats beats_;
  Bootstrap bootstrap_;
  Admission admission_;
  Membership membership_;
  Upgrade upgrade_;
  Fitness fitness_;
  Router router_;
  Gateway gateway_;
  Admin admin_;

  storage::AdjacencyCache adjacency_;
  raft::RecoveredLog recovered_;
  std::map<ShardId, Replica> replicas_;
  std::unique_ptr<MetaHost> meta_host_;
  const shard::ShardMap no_map_;
  const v1::MetaStateView no_view_;
  Instant next_beat_;
  bool member_ = false;
  bool flushing_ = false;
  bool draining_ = false;
  Instant drain_deadline_;
  absl::AnyInvocable<void()> drained_;
};

Node::Impl::Impl(NodeOptions options, env::Env& env)
    : options_(std::move(options)),
      env_(env),
      log_(env.disk, env.process, env.log, *this,
           raft::NodeLogOptions{.segment_bytes = options_.log_segment_bytes,
                                .log_bytes_max = options_.log_bytes_max}),
      link_(env, identity_, *this),
      beats_(env, link_, identity_, *this),
      bootstrap_(options_, env, link_, identity_, *this),
      admission_(options_, env, link_, identity_, *this),
      membership_(options_, env),
      upgrade_(options_, env),
      fitness_(env),
      router_(options_, env, link_, *this),
      gateway_(options_, env, router_),
      admin_(options_, env, identity_, router_, *this),
      adjacency_(options_.adjacency_cache_lists, options_.tuning.adjacency_list_edges_max) {}

// ---- start -----------------------------------------------------------------

absl::Status Node::Impl::Start() {
  GRAPHDB_CHECK_LT(options_.self.value(), options_.peers.size());
  GRAPHDB_ASSIGN_OR_RETURN(std::optional<Identity> stored, LoadIdentity(env_.disk));
  if (!stored.has_value()) GRAPHDB_RETURN_IF_ERROR(CheckNoLog(env_.disk));
  if (stored.has_value()) {
    GRAPHDB_RETURN_IF_ERROR(CheckIdentity(options_, *stored));
    GRAPHDB_RETURN_IF_ERROR(CheckVersions(options_, env_.kv));
    identity_ = *std::move(stored);
  }
  if (identity_.state != Identity::State::kMember &&
      !GRAPHDB_MUTANT("rule-M1.unfinished-refused")) {
    // Before anything is written: the restore can still be finished here.
    GRAPHDB_RETURN_IF_ERROR(CheckRestored(options_, env_.kv));
  }
  if (identity_.store.value() == 0) {
    Random rng = env_.random.Stream("cluster.store", 0);
    identity_.store = StoreId(rng.Next() | 1);  // never 0
    identity_.node = options_.peers[options_.self.value()].name;
  }
  if (identity_.state == Identity::State::kAlone) {
    identity_.num_shards = options_.num_shards;
    identity_.peers = PeersText(options_);
  }
  ++identity_.starts;
  beats_.Start();
  env_.network.SetReceiver([this](NodeId from, std::string message) {
    membership_.NoteHeard(from);
    link_.OnMessage(from, message);
  });
  env_.kv.SetDurableListener([this](ShardId shard, LogIndex through) {
    auto it = replicas_.find(shard);
    if (it != replicas_.end()) it->second.group->OnEngineDurable(through);
  });
  SaveIdentity(env_.disk, identity_, [this](absl::Status status) {
    if (!status.ok()) {
      env_.process.Halt(status);
      return;
    }
    log_.Open(
        [this](absl::StatusOr<raft::RecoveredLog> recovered) { OnLogOpen(std::move(recovered)); });
  });
  return absl::OkStatus();
}

void Node::Impl::OnLogOpen(absl::StatusOr<raft::RecoveredLog> recovered) {
  if (!recovered.ok()) {
    env_.process.Halt(recovered.status());
    return;
  }
  recovered_ = *std::move(recovered);
  if (!recovered_.groups.empty() && identity_.state == Identity::State::kAlone) {
    env_.process.Halt(absl::FailedPreconditionError(
        "the log holds groups, the identity belongs to no cluster: not this node's folder"));
    return;
  }
  if (identity_.state == Identity::State::kMember) {
    const absl::Status whole = CheckLogAgainstEngine(options_, recovered_, env_.kv);
    if (!whole.ok()) {
      env_.process.Halt(whole);
      return;
    }
  }
  Tick();
  SlowTick();
  bootstrap_.Start();
}

// Idempotent: a crash before the identity says kMember runs it again.
void Node::Impl::WriteFirstState() {
  raft::LogBatch batch;
  const absl::Status made = MakeFirstState(options_, identity_.store, env_.kv, &recovered_, &batch);
  if (!made.ok()) {
    env_.process.Halt(made);
    return;
  }
  Flush([this, batch = std::move(batch)](absl::Status flushed) mutable {
    if (!flushed.ok()) {
      env_.process.Halt(flushed);
      return;
    }
    log_.Append(std::move(batch), [this](absl::Status appended) {
      if (appended.ok()) bootstrap_.Founded();
    });
  });
}

void Node::Impl::BecameMember() {
  member_ = true;
  env_.log.Log(env::LogLevel::kInfo, "cluster",
               absl::StrCat(identity_.node, " is in cluster ",
                            absl::BytesToHexString(identity_.cluster_id)));
  std::map<ShardId, raft::RecoveredGroup> groups;
  groups.swap(recovered_.groups);
  for (auto& [group, recovered] : groups) {
    GroupHost* host = MakeGroup(group);
    const absl::Status started = host->Start(std::move(recovered));
    if (!started.ok()) {
      env_.process.Halt(started);
      return;
    }
  }
  admission_.Start();
}

GroupHost* Node::Impl::MakeGroup(ShardId group) {
  Replica& replica = replicas_[group];
  replica.group = std::make_unique<GroupHost>(options_, env_, link_, log_, beats_, group,
                                              ReplicaId(identity_.store.value()));
  beats_.Add(replica.group.get());
  if (group == kMetaGroup) {
    meta_host_ = std::make_unique<MetaHost>(options_, env_, identity_, *replica.group);
    meta_host_->LoadView();
    replica.group->SetMachine(meta_host_.get());
  } else {
    replica.shard =
        std::make_unique<ShardHost>(options_, env_, *replica.group, router_, adjacency_);
    replica.group->SetMachine(replica.shard.get());
  }
  return replica.group.get();
}

// A member's group that this node does not have yet is begun empty when the
// group's leader first speaks to it, and is filled by a snapshot.
GroupHost* Node::Impl::GroupForMessage(ShardId group, ReplicaId to) {
  if (!member_ || to != ReplicaId(identity_.store.value())) return nullptr;
  if (group != kMetaGroup && group.value() >= options_.num_shards) return nullptr;
  auto it = replicas_.find(group);
  if (it != replicas_.end()) return it->second.group.get();
  GroupHost* host = MakeGroup(group);
  const absl::Status started = host->StartEmpty();
  if (!started.ok()) {
    env_.process.Halt(started);
    return nullptr;
  }
  return host;
}

// ---- time ------------------------------------------------------------------

void Node::Impl::Tick() {
  link_.Cork();
  for (auto& [group, replica] : replicas_) replica.group->Tick();
  const Instant now = env_.clock.Monotonic();
  if (now >= next_beat_) {
    next_beat_ = now + options_.heartbeat;
    beats_.BeatAll();
  }
  link_.Uncork();
  // Deadlines move away with each beat that is heard, so that in a healthy cluster
  // nothing but the beats is ever due.
  Instant due = next_beat_;
  for (const auto& [group, replica] : replicas_) {
    if (replica.group->running()) due = std::min(due, replica.group->raft()->NextDeadline());
  }
  env_.scheduler.After(std::max(due - now, kTickMin), "node.tick", [this] { Tick(); });
}

void Node::Impl::SlowTick() {
  env_.scheduler.After(Membership::kPeriod, "node.slow_tick", [this] { SlowTick(); });
  log_.Tick();
  fitness_.LookAtLog(log_);
  bool wants_flush = false;
  for (auto& [id, replica] : replicas_) {
    GroupHost& group = *replica.group;
    group.Compact(options_.log_entries_kept);
    const bool led = group.is_leader() && meta_host_ != nullptr;
    if (led && !draining_) membership_.Advance(group, meta_host_->view(), fitness_.fit());
    const uint64_t unflushed = group.applied().index.value() - group.engine_durable().value();
    wants_flush |= unflushed > options_.log_entries_kept * 2;
  }
  FollowVersions();
  if (wants_flush && !flushing_) Flush([](absl::Status) {});
}

void Node::Impl::FollowVersions() {
  if (meta_host_ == nullptr) return;
  if (LeadsMeta() && HasMajorityOfPeers()) {
    if (const auto next = upgrade_.Next(Meta())) meta_host_->ProposeVersion(*next);
  }
  for (auto& [group, replica] : replicas_) {
    if (replica.shard != nullptr) replica.shard->OnClusterVersion(upgrade_.OfShards(Meta()));
  }
}

void Node::Impl::Flush(env::KvEngine::Done done) {
  flushing_ = true;
  env_.kv.RequestFlush([this, done = std::move(done)](absl::Status status) mutable {
    flushing_ = false;
    done(std::move(status));
  });
}

void Node::Impl::FlushAndCompact(raft::NodeLogHost::Done done) {
  Flush([this, done = std::move(done)](absl::Status status) mutable {
    for (auto& [id, replica] : replicas_) replica.group->Compact(0);
    done(std::move(status));
  });
}

std::vector<raft::Entry> Node::Impl::ReadEntries(ShardId shard, LogIndex first, LogIndex last) {
  auto it = replicas_.find(shard);
  if (it == replicas_.end()) return {};
  return it->second.group->ReadEntries(first, last);
}

// ---- peers -----------------------------------------------------------------

void Node::Impl::OnRaftMessage(NodeId from, absl::string_view bytes) {
  if (raft::IsBeat(bytes)) {
    beats_.OnBeat(from, bytes);
    return;
  }
  const absl::StatusOr<raft::Message> message = raft::DecodeMessage(bytes);
  if (!message.ok()) {
    env_.log.Log(env::LogLevel::kWarning, "raft",
                 absl::StrCat("dropped a malformed message from node ", from.value(), ": ",
                              absl::string_view(message.status().message())));
    return;
  }
  GroupHost* host = GroupForMessage(message->shard, message->to);
  if (host != nullptr) host->OnRaftMessage(from, *message);
}

void Node::Impl::OnHello(NodeId from, const v1::PeerMessage& message) {
  bootstrap_.OnHello(from, message);
  if (member_ && message.has_hello_reply()) {
    admission_.OnHelloReply(from, message.hello_reply().identity(),
                            shard::VersionOf(message.newest_version()));
  }
}

void Node::Impl::OnSnapshotPiece(NodeId from, v1::SnapshotPiece piece) {
  GroupHost* host =
      GroupForMessage(ShardId(static_cast<uint16_t>(piece.group())), ReplicaId(piece.to_replica()));
  if (host != nullptr) host->OnSnapshotPiece(from, piece);
}

void Node::Impl::OnSnapshotAck(NodeId from, const v1::SnapshotAck& ack) {
  auto it = replicas_.find(ShardId(static_cast<uint16_t>(ack.group())));
  if (it != replicas_.end()) it->second.group->OnSnapshotAck(from, ack);
}

void Node::Impl::OnRequest(NodeId from, v1::RpcRequest request) {
  auto reply = [this, from, id = request.id()](v1::RpcResponse response) {
    response.set_id(id);
    link_.Respond(from, std::move(response));
  };
  if (request.pass_on()) {
    router_.PassOn(std::move(request), std::move(reply));
    return;
  }
  ServeLocally(ShardId(static_cast<uint16_t>(request.group())), std::move(*request.mutable_body()),
               std::move(reply));
}

void Node::Impl::ServeLocally(ShardId group, std::string body,
                              absl::AnyInvocable<void(v1::RpcResponse)> reply) {
  v1::RpcResponse response;
  auto finish = [reply = std::move(reply)](const auto& answer) mutable {
    v1::RpcResponse out;
    out.set_body(answer.SerializeAsString());
    reply(std::move(out));
  };
  v1::NodeRequest node_request;
  v1::MetaRequest meta_request;
  v1::ShardRequest shard_request;
  auto it = replicas_.find(group);
  const bool hosted = it != replicas_.end() && it->second.group->running();
  if (group == kNodeGroup && node_request.ParseFromString(body)) {
    admin_.Serve(std::move(node_request), std::move(finish));
  } else if (group == kMetaGroup && hosted && meta_request.ParseFromString(body)) {
    meta_host_->Serve(std::move(meta_request), std::move(finish));
  } else if (group != kMetaGroup && hosted && shard_request.ParseFromString(body)) {
    it->second.shard->Serve(std::move(shard_request), std::move(finish));
  } else {
    v1::ShardResponse refusal;  // the same field numbers as MetaResponse
    refusal.set_status(v1::SHARD_NOT_LEADER);
    refusal.set_message("no such replica here");
    finish(refusal);
  }
}

size_t Node::Impl::Voters() const {
  const GroupHost* meta = Group(kMetaGroup);
  return meta != nullptr && meta->running() ? meta->raft()->config().voters.size() : 0;
}

bool Node::Impl::HasMajorityOfPeers() const {
  return Voters() >= MajorityOf(options_.peers.size());
}

std::optional<StoreId> Node::Impl::MemberStore(NodeId node) const {
  return meta_host_ == nullptr ? std::nullopt : meta_host_->MemberStore(node);
}

void Node::Impl::ProposeMember(NodeId node, StoreId store) {
  meta_host_->ProposeMember(node, store);
}

NodeId Node::Impl::LeaderOf(ShardId group) const {
  const GroupHost* host = Group(group);
  return host == nullptr ? kNoNode : host->leader_node();
}

const shard::ShardMap& Node::Impl::Map() const {
  return meta_host_ == nullptr ? no_map_ : meta_host_->map();
}

const v1::MetaStateView& Node::Impl::Meta() const {
  return meta_host_ == nullptr ? no_view_ : meta_host_->view();
}

const GroupHost* Node::Impl::Group(ShardId group) const {
  auto it = replicas_.find(group);
  return it == replicas_.end() ? nullptr : it->second.group.get();
}

const txn::ShardLeader* Node::Impl::Serving(ShardId group) const {
  const auto it = replicas_.find(group);
  const bool serves = it != replicas_.end() && it->second.shard != nullptr;
  return serves ? &it->second.shard->leader() : nullptr;
}

void Node::Impl::VisitHosts(absl::FunctionRef<void(const GroupHost&)> visit) const {
  for (const auto& [group, replica] : replicas_) visit(*replica.group);
}

// ---- clients ---------------------------------------------------------------

bool Node::Impl::ready() const {
  return member_ && !draining_ && HasMajorityOfPeers() && LeaderOf(kMetaGroup) != kNoNode &&
         !Map().empty();
}

v1::ClientResponse Node::Impl::Forming() const {
  return ErrorResponse(absl::StatusCode::kUnavailable, v1::FORMING,
                       absl::StrCat("the cluster is forming (", Voters(), " of ",
                                    options_.peers.size(), " configured peers vote)"));
}

bool Node::Impl::NeedsMore(const v1::AdminRequest& request, bool forming) const {
  if (request.has_cluster_status() || request.has_raft_stats()) return false;
  if (!member_) return true;
  // The map is meta's, which a founder serves alone. A member that knows of no voter
  // yet may have joined a cluster that others have formed, and asks meta's leader.
  return forming && !request.has_shard_map() && Voters() > 0;
}

void Node::Impl::HandleClient(v1::ClientRequest request, Reply reply) {
  const bool forming = !HasMajorityOfPeers() && !GRAPHDB_MUTANT("rule-I1.forming");
  if (request.has_admin()) {
    if (NeedsMore(request.admin(), forming)) {
      reply(Forming());
      return;
    }
    admin_.Run(std::move(*request.mutable_admin()), std::move(reply));
    return;
  }
  if (draining_) {
    reply(ErrorResponse(absl::StatusCode::kUnavailable, v1::DRAINING,
                        absl::StrCat(identity_.node, " is shutting down; try another node")));
    return;
  }
  if (!member_ || Group(kMetaGroup) == nullptr || forming || Map().empty()) {
    reply(Forming());
    return;
  }
  gateway_.Run(std::move(request), std::move(reply));
}

void Node::Impl::Drain(Duration limit, absl::AnyInvocable<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  drain_deadline_ = env_.clock.Monotonic() + limit;
  env_.log.Log(env::LogLevel::kInfo, "cluster", "draining");
  PollDrained();
}

void Node::Impl::PollDrained() {
  bool leads = false;
  for (auto& [id, replica] : replicas_) {
    GroupHost& group = *replica.group;
    if (group.is_leader()) leads |= membership_.HandAway(group, Meta());
  }
  const bool late = env_.clock.Monotonic() >= drain_deadline_;
  if (late || (!leads && gateway_.running() == 0)) {
    drained_();
    return;
  }
  env_.scheduler.After(kDrainPoll, "node.drain", [this] { PollDrained(); });
}

void Node::Impl::HandLeadership(ShardId group, NodeId to) {
  const auto found = replicas_.find(group);
  if (found == replicas_.end() || !found->second.group->is_leader()) return;
  membership_.HandTo(*found->second.group, to);
}

// ---- Node ------------------------------------------------------------------

Node::Node(NodeOptions options, env::Env& env)
    : impl_(std::make_unique<Impl>(std::move(options), env)) {}
Node::~Node() = default;

absl::Status Node::Start() { return impl_->Start(); }

void Node::HandleClient(v1::ClientRequest request, Reply reply) {
  impl_->HandleClient(std::move(request), std::move(reply));
}

void Node::Drain(Duration limit, absl::AnyInvocable<void()> done) {
  impl_->Drain(limit, std::move(done));
}

void Node::HandLeadership(ShardId group, NodeId to) { impl_->HandLeadership(group, to); }
StoreId Node::member_store() const { return impl_->member_store(); }
bool Node::ready() const { return impl_->ready(); }

AdjacencyStats Node::adjacency() const {
  const storage::AdjacencyCache& cache = impl_->Adjacency();
  return {cache.hits(), cache.misses(), cache.lists(), cache.bytes()};
}

void Node::VisitGroups(absl::FunctionRef<void(const GroupView&)> visit) const {
  impl_->VisitHosts([&](const GroupHost& host) {
    if (!host.running()) return;
    const bool meta = host.group() == kMetaGroup;
    visit(GroupView{host.group(), host.raft(), host.applied().index,
                    meta ? impl_->Oracle() : nullptr, impl_->Serving(host.group())});
  });
}

}  // namespace graphdb::cluster
