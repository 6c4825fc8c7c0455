#include "core/cluster/admin.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutant.h"
#include "core/cluster/gateway.h"
#include "core/cluster/membership.h"
#include "core/cluster/replica_scan.h"
#include "core/cluster/shard_host.h"
#include "core/cluster/snapshot_source.h"

namespace graphdb::cluster {

Admin::Admin(const NodeOptions& options, env::Env& env, const Identity& identity, Router& router,
             AdminHost& host)
    : options_(options), env_(env), identity_(identity), router_(router), host_(host) {}

std::string Admin::NodeName(NodeId node) const {
  return node.value() < options_.peers.size() ? options_.peers[node.value()].name : std::string();
}

std::vector<std::string> Admin::NodeNames(const raft::MemberSet& members) const {
  std::vector<NodeId> nodes;
  for (const auto& [replica, node] : members) nodes.push_back(node);
  std::sort(nodes.begin(), nodes.end());
  std::vector<std::string> names;
  for (const NodeId node : nodes) names.push_back(NodeName(node));
  return names;
}

void Admin::Run(v1::AdminRequest request, Node::Reply reply) {
  auto shared = std::make_shared<Node::Reply>(std::move(reply));
  Spawn(Dispatch(std::move(request), shared), [shared](v1::ClientResponse response) {
    response.set_last(true);
    (*shared)(std::move(response));
  });
}

Task<v1::ClientResponse> Admin::Dispatch(v1::AdminRequest request,
                                         std::shared_ptr<Node::Reply> reply) {
  switch (request.request_case()) {
    case v1::AdminRequest::kClusterStatus:
      co_return co_await ClusterStatus();
    case v1::AdminRequest::kStats:
      co_return co_await Stats(request.stats().digest());
    case v1::AdminRequest::kRaftStats:
      co_return RaftStats();
    case v1::AdminRequest::kShardMap:
      co_return co_await ShardMap();
    case v1::AdminRequest::kSnapshot:
      co_return co_await Snapshot(std::move(reply));
    default:
      co_return ErrorResponse(absl::StatusCode::kInvalidArgument, v1::SEMANTIC,
                              "an unknown admin request");
  }
}

Task<Admin::Answer> Admin::AskNode(NodeId node, v1::NodeRequest request, Duration timeout) {
  absl::StatusOr<v1::RpcResponse> answer =
      co_await router_.CallNode(node, kNodeGroup, request.SerializeAsString(), timeout);
  if (!answer.ok()) co_return answer.status();
  v1::NodeResponse response;
  if (answer->code() != 0) {
    co_return absl::Status(static_cast<absl::StatusCode>(answer->code()), answer->message());
  }
  if (!response.ParseFromString(answer->body())) co_return absl::DataLossError("malformed answer");
  if (response.has_refusal()) co_return absl::UnavailableError(response.refusal());
  co_return response;
}

v1::NodeStatus Admin::OwnStatus() const {
  v1::NodeStatus status;
  status.set_name(identity_.node);
  status.set_store_id(identity_.store.value());
  status.set_client_address(options_.peers[options_.self.value()].client_address);
  uint32_t leaderless = 0;
  host_.VisitHosts([&](const GroupHost& host) {
    if (host.is_leader() && host.group() == kMetaGroup) status.set_meta_leader(true);
    if (host.is_leader() && host.group() != kMetaGroup) status.add_shards_led(host.group().value());
    if (!host.running()) return;
    if (host.leader_node() == kNoNode) ++leaderless;
    if (host.raft()->config().IsVoter(ReplicaId(identity_.store.value()))) {
      status.set_groups_voting(status.groups_voting() + 1);
    }
  });
  std::sort(status.mutable_shards_led()->begin(), status.mutable_shards_led()->end());
  const bool complete = status.groups_voting() == options_.num_shards + 1u && leaderless == 0 &&
                        !host_.declines_leadership();
  status.set_health(host_.draining() ? v1::NODE_DRAINING : complete ? v1::HEALTHY : v1::DEGRADED);
  return status;
}

Task<v1::ClientResponse> Admin::ClusterStatus() {
  v1::ClientResponse response;
  v1::ClusterStatus* status = response.mutable_admin()->mutable_cluster_status();
  status->set_cluster_id(absl::BytesToHexString(identity_.cluster_id));
  status->set_configured(static_cast<uint32_t>(options_.peers.size()));
  status->set_num_shards(options_.num_shards);
  const GroupHost* meta = host_.Group(kMetaGroup);
  const size_t voters =
      meta != nullptr && meta->running() ? meta->raft()->config().voters.size() : 0;
  status->set_voters(static_cast<uint32_t>(voters));
  const bool forming = voters < MajorityOf(options_.peers.size());
  std::map<uint32_t, NodeId> leaders;
  for (uint32_t i = 0; i < options_.peers.size(); ++i) {
    v1::NodeStatus* node = status->add_nodes();
    node->set_name(options_.peers[i].name);
    node->set_client_address(options_.peers[i].client_address);
    node->set_health(v1::UNREACHABLE);
    v1::NodeRequest request;
    request.mutable_status();
    absl::StatusOr<v1::NodeResponse> answer =
        co_await AskNode(NodeId(i), std::move(request), kAskNodeFor);
    if (!answer.ok() || !answer->has_status()) continue;
    *node = answer->status();
    if (forming) node->set_health(v1::NODE_FORMING);
    for (const uint32_t shard : node->shards_led()) leaders[shard] = NodeId(i);
    if (node->meta_leader()) leaders[kMetaGroup.value()] = NodeId(i);
  }
  bool preferred = leaders.size() == options_.num_shards + 1u;
  for (const auto& [group, node] : leaders) {
    preferred &= node == PreferredLeader(ShardId(static_cast<uint16_t>(group)), host_.Meta(),
                                         options_.peers.size());
  }
  status->set_preferred_leaders(preferred);
  co_return response;
}

Task<bool> Admin::Watch(NodeId node, Completion<Answer> answered) {
  while (!answered.resolved()) {
    v1::NodeRequest request;
    request.mutable_status();
    const Answer alive = co_await AskNode(node, std::move(request), kSilentFor);
    if (answered.resolved()) break;
    if (!alive.ok()) {
      answered.Resolve(absl::DeadlineExceededError("the node does not answer"));
      break;
    }
    (void)co_await router_.Sleep(kSilentFor / 2);
  }
  co_return true;
}

Task<Admin::Answer> Admin::AskForScan(NodeId node, v1::ReplicaScanRequest scan) {
  v1::NodeRequest request;
  *request.mutable_scan() = std::move(scan);
  Completion<Answer> answered;
  Spawn(AskNode(node, std::move(request), kScanFor), [answered](Answer answer) mutable {
    if (!answered.resolved()) answered.Resolve(std::move(answer));
  });
  Spawn(Watch(node, answered), [](bool) {});
  co_return co_await answered;
}

Task<absl::StatusOr<v1::ShardStats>> Admin::ScanLeader(ShardId shard, Timestamp ts) {
  absl::Status error = absl::UnavailableError("no leader");
  // A scan that is given up goes on where it runs: one that takes too long isn't begun
  // again and again.
  const Instant end = env_.clock.Monotonic() + kScanFor;
  for (int ask = 0; ask < kLeaderAsksMax && env_.clock.Monotonic() < end; ++ask) {
    const GroupHost* group = host_.Group(shard);
    const NodeId node = group == nullptr ? kNoNode : group->leader_node();
    if (node != kNoNode) {
      v1::ReplicaScanRequest scan;
      scan.set_shard(shard.value());
      scan.set_timestamp(ts.value());
      const Answer answer = co_await AskForScan(node, std::move(scan));
      if (answer.ok()) co_return answer->scan();
      error = answer.status();
    }
    (void)co_await router_.Sleep(Duration::Milliseconds(100));
  }
  co_return absl::UnavailableError(
      absl::StrCat("shard ", shard.value(), ": ", absl::string_view(error.message())));
}

Task<bool> Admin::ScanFollowers(v1::ShardStats leader, std::set<NodeId>* silent, v1::Stats* stats) {
  for (uint32_t i = 0; i < options_.peers.size(); ++i) {
    const NodeId node(i);
    if (NodeName(node) == leader.node()) continue;
    Answer answer = absl::DeadlineExceededError("the node does not answer");
    if (silent->count(node) == 0) {
      v1::ReplicaScanRequest scan;
      scan.set_shard(leader.shard());
      scan.set_timestamp(stats->timestamp());
      scan.set_applied(leader.applied_index());
      answer = co_await AskForScan(node, std::move(scan));
    }
    if (absl::IsDeadlineExceeded(answer.status())) silent->insert(node);
    if (!answer.ok() || answer->scan().digest() != leader.digest()) {
      stats->set_replicas_equal(false);
    }
    if (answer.ok()) {
      *stats->add_shards() = answer->scan();
      continue;
    }
    v1::SkippedReplica* skipped = stats->add_skipped();
    skipped->set_shard(leader.shard());
    skipped->set_node(NodeName(node));
    skipped->set_reason(std::string(answer.status().message()));
  }
  co_return true;
}

Task<v1::ClientResponse> Admin::Stats(bool digest) {
  v1::ClientResponse response;
  const absl::StatusOr<Timestamp> ts = co_await router_.GetTimestamp();
  if (!ts.ok()) {
    co_return ErrorResponse(absl::StatusCode::kUnavailable, v1::UNAVAILABLE_SHARD,
                            std::string(ts.status().message()));
  }
  v1::Stats* stats = response.mutable_admin()->mutable_stats();
  stats->set_timestamp(ts->value());
  stats->set_replicas_equal(digest);
  stats->set_cache_hits(host_.Adjacency().hits());
  stats->set_cache_misses(host_.Adjacency().misses());
  Hash128 total;
  std::set<NodeId> silent;
  for (uint16_t shard = 0; shard < options_.num_shards; ++shard) {
    const absl::StatusOr<v1::ShardStats> leader = co_await ScanLeader(ShardId(shard), *ts);
    if (!leader.ok()) {
      co_return ErrorResponse(absl::StatusCode::kUnavailable, v1::UNAVAILABLE_SHARD,
                              std::string(leader.status().message()));
    }
    stats->set_nodes(stats->nodes() + leader->nodes());
    stats->set_edges(stats->edges() + leader->edges());
    Hash128 part;
    if (ParseHash128(leader->digest(), &part)) total.Add(part);
    *stats->add_shards() = *leader;
    if (digest) (void)co_await ScanFollowers(*leader, &silent, stats);
  }
  stats->set_digest(total.ToHex());
  co_return response;
}

v1::ClientResponse Admin::RaftStats() const {
  v1::ClientResponse response;
  v1::RaftStats* stats = response.mutable_admin()->mutable_raft_stats();
  stats->set_node(identity_.node);
  stats->set_log_bytes(host_.LogBytes());
  stats->set_log_segments(host_.LogSegments());
  host_.VisitHosts([&](const GroupHost& host) {
    if (!host.running()) return;
    const raft::Status status = host.raft()->GetStatus();
    v1::RaftGroupStats* group = stats->add_groups();
    group->set_group(host.group().value());
    group->set_role(raft::RoleName(status.role));
    group->set_term(status.term.value());
    group->set_commit(status.commit.value());
    group->set_applied(status.applied.value());
    group->set_first_index(status.first.value());
    group->set_last_index(status.last.value());
    group->set_leader(NodeName(host.leader_node()));
    for (std::string& name : NodeNames(status.config.voters)) {
      group->add_voters(std::move(name));
    }
    for (std::string& name : NodeNames(status.config.learners)) {
      group->add_learners(std::move(name));
    }
  });
  return response;
}

Task<absl::StatusOr<v1::MetaStateView>> Admin::MetaState() {
  v1::MetaRequest request;
  request.mutable_get_state();
  absl::StatusOr<v1::MetaResponse> answer = co_await router_.AskMeta(std::move(request));
  if (!answer.ok()) co_return absl::UnavailableError(answer.status().message());
  if (answer->state().cluster_id().empty()) {
    co_return absl::UnavailableError("the cluster is forming: it is not founded yet");
  }
  co_return std::move(*answer->mutable_state());
}

Task<v1::ClientResponse> Admin::ShardMap() {
  const absl::StatusOr<v1::MetaStateView> meta = co_await MetaState();
  if (!meta.ok()) {
    co_return ErrorResponse(absl::StatusCode::kUnavailable, v1::UNAVAILABLE_SHARD,
                            std::string(meta.status().message()));
  }
  v1::ClientResponse response;
  v1::ShardMap* map = response.mutable_admin()->mutable_shard_map();
  map->set_epoch(meta->map().epoch());
  for (const v1::MetaShard& shard : meta->map().shards()) {
    v1::ShardInfo* info = map->add_shards();
    info->set_shard(shard.shard());
    info->set_epoch(shard.epoch());
    *info->mutable_slots() = shard.slots();
    const GroupHost* group = host_.Group(ShardId(static_cast<uint16_t>(shard.shard())));
    if (group == nullptr || !group->running()) continue;
    info->set_leader(NodeName(group->leader_node()));
    for (std::string& name : NodeNames(group->raft()->config().voters)) {
      info->add_replicas(std::move(name));
    }
  }
  co_return response;
}

Task<v1::ClientResponse> Admin::Snapshot(std::shared_ptr<Node::Reply> reply) {
  if (options_.make_snapshot_writer == nullptr) {
    co_return ErrorResponse(absl::StatusCode::kUnimplemented, v1::SEMANTIC,
                            "this program writes no snapshots");
  }
  const absl::StatusOr<Timestamp> at = co_await router_.GetTimestamp();
  // Asked after S: an id in use at S was allocated before.
  const absl::StatusOr<v1::MetaStateView> meta = co_await MetaState();
  absl::Status status = at.ok() ? meta.status() : at.status();
  if (!status.ok()) {
    co_return ErrorResponse(status.code(), v1::UNAVAILABLE_SHARD, std::string(status.message()));
  }
  // Not the node's own map: one that has just joined has none yet.
  absl::StatusOr<shard::ShardMap> map = shard::ShardMap::FromProto(meta->map());
  if (GRAPHDB_MUTANT("cluster.snapshot-own-map")) map = shard::ShardMap(router_.map());
  if (!map.ok()) {
    co_return ErrorResponse(absl::StatusCode::kUnavailable, v1::FORMING,
                            std::string(map.status().message()));
  }
  SnapshotHeader header;
  header.cluster_id = identity_.cluster_id;
  header.at = *at;
  header.id_bound = meta->id_bound();
  header.num_shards = options_.num_shards;
  header.snapshot_id = env_.random.Stream("cluster.snapshot", at->value()).Next();
  const std::unique_ptr<SnapshotFileWriter> writer = options_.make_snapshot_writer();
  std::string bytes;
  status = writer->Begin(header, &bytes);
  SnapshotSource source(router_, *std::move(map), *at, options_.snapshot_page_entries);
  while (status.ok()) {  // ends with the source
    absl::StatusOr<std::optional<SnapshotPage>> page = co_await source.Next();
    status = page.status();
    if (!status.ok()) break;
    if (!page->has_value()) {
      status = writer->Finish(&bytes);
      break;
    }
    status = writer->Add(**page, &bytes);
    if (bytes.size() < options_.tuning.snapshot_piece_bytes) continue;
    v1::ClientResponse part;
    *part.mutable_admin()->mutable_snapshot()->mutable_data() = std::exchange(bytes, {});
    (*reply)(std::move(part));
    (void)co_await router_.Sleep(Duration());
  }
  if (!status.ok()) {
    co_return ErrorResponse(status.code(), v1::UNAVAILABLE_SHARD, std::string(status.message()));
  }
  v1::ClientResponse last;
  last.set_commit_timestamp(at->value());
  *last.mutable_admin()->mutable_snapshot()->mutable_data() = std::move(bytes);
  co_return last;
}

void Admin::Serve(v1::NodeRequest request, absl::AnyInvocable<void(v1::NodeResponse)> reply) {
  v1::NodeResponse response;
  if (request.has_status()) *response.mutable_status() = OwnStatus();
  if (!request.has_scan()) {
    reply(std::move(response));
    return;
  }
  Spawn(Scan(request.scan()),
        [reply = std::move(reply)](absl::StatusOr<v1::NodeResponse> scanned) mutable {
          v1::NodeResponse answer;
          const bool lost = GRAPHDB_MUTANT("cluster.scan-failure-lost");
          if (!scanned.ok() && !lost) {
            answer.set_refusal(std::string(scanned.status().message()));
          }
          reply(scanned.ok() ? *std::move(scanned) : std::move(answer));
        });
}

Task<Admin::Answer> Admin::Scan(v1::ReplicaScanRequest request) {
  const ShardId shard(static_cast<uint16_t>(request.shard()));
  const GroupHost* group = host_.Group(shard);
  if (group == nullptr || !group->running()) co_return absl::UnavailableError("no such replica");
  ReplicaScan scan(options_, env_, router_, *group, Timestamp(request.timestamp()));
  absl::Status settled;
  if (request.applied() == 0) {
    settled = co_await scan.SettleOnLeader();
  } else {
    settled = co_await scan.WaitApplied(LogIndex(request.applied()));
  }
  if (!settled.ok()) co_return settled;
  absl::StatusOr<v1::ShardStats> stats = co_await scan.Run();
  if (!stats.ok()) co_return stats.status();
  stats->set_node(identity_.node);
  stats->set_leader(request.applied() == 0);
  v1::NodeResponse response;
  *response.mutable_scan() = *std::move(stats);
  co_return response;
}

}  // namespace graphdb::cluster
