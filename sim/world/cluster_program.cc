#include "sim/world/cluster_program.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/cluster/applied_record.h"
#include "core/cluster/node.h"
#include "core/migrate/node_seams.h"
#include "core/raft/codec.h"
#include "core/raft/describe.h"
#include "core/raft/group.h"
#include "core/shard/timestamp_oracle.h"
#include "core/txn/shard_leader.h"
#include "proto/peer.pb.h"
#include "proto/shard.pb.h"
#include "sim/env/mixing.h"

namespace graphdb::sim {
namespace {

cluster::Tuning TuningOf(const NodeKnobs& knobs) {
  cluster::Tuning tuning;
  tuning.append_bytes_max = knobs.append_bytes_max;
  tuning.inflight_messages_max = knobs.inflight_messages_max;
  tuning.apply_bytes_max = knobs.apply_bytes_max;
  tuning.snapshot_piece_bytes = knobs.snapshot_piece_bytes;
  tuning.install_step_bytes = knobs.install_step_bytes;
  tuning.read_entries_max = knobs.read_entries_max;
  tuning.read_bytes_max = knobs.read_bytes_max;
  tuning.scan_page_nodes = knobs.scan_page_nodes;
  tuning.read_keys_per_request = knobs.read_keys_per_request;
  tuning.read_ranges_per_request = knobs.read_ranges_per_request;
  tuning.adjacency_list_edges_max = knobs.adjacency_list_edges_max;
  tuning.batch_rows = knobs.batch_rows;
  tuning.yield_rows = knobs.yield_rows;
  tuning.rows_per_response = knobs.rows_per_response;
  tuning.commit_attempts_max = knobs.commit_attempts_max;
  tuning.dedupe_retention_periods = knobs.dedupe_retention_periods;
  tuning.oracle_bound_window = knobs.oracle_bound_window;
  tuning.id_block = knobs.id_block;
  tuning.write_keys_max = knobs.write_keys_max;
  tuning.count_step_entries = knobs.count_step_entries;
  tuning.plans_kept = knobs.plans_kept;
  tuning.shard_pages = {knobs.edge_entries_per_look, knobs.records_dropped_max};
  return tuning;
}

cluster::NodeOptions OptionsOf(const ProgramOptions& options, uint32_t snapshot_page_entries) {
  cluster::NodeOptions node;
  migrate::FillNodeSeams("graphdb-sim", &node);
  if (snapshot_page_entries != 0) node.snapshot_page_entries = snapshot_page_entries;
  node.self = options.self;
  for (uint32_t n = 0; n < options.nodes; ++n) {
    const std::string name = absl::StrCat("node", n + 1);
    node.peers.push_back({name, absl::StrCat(name, ":9001"), absl::StrCat(name, ":9000")});
  }
  node.bootstrap = options.self == options.founder;
  node.num_shards = static_cast<uint16_t>(options.shards);
  if (options.mistake == Mistake::kPeers) node.peers[0].raft_address = "node0:9001";
  if (options.mistake == Mistake::kShards) node.num_shards += 1;
  if (options.mistake == Mistake::kBootstrap) node.bootstrap = true;
  node.newest_version = options.version;
  node.log_segment_bytes = options.knobs.log_segment_bytes;
  node.log_bytes_max = options.knobs.log_bytes_max;
  node.log_entries_kept = options.knobs.log_entries_kept;
  node.max_append_entries = options.knobs.append_entries_max;
  node.adjacency_cache_lists = options.knobs.adjacency_cache_lists;
  node.txn_life_periods = options.knobs.txn_life_periods;
  node.tuning = TuningOf(options.knobs);
  return node;
}

uint32_t VotersOf(const raft::Config& config) {
  return config.joint() ? 0 : static_cast<uint32_t>(config.voters.size());
}

bool HasMajority(const raft::MemberSet& members, absl::FunctionRef<bool(NodeId)> with) {
  size_t count = 0;
  for (const auto& [replica, node] : members) count += with(node) ? 1 : 0;
  return members.empty() || count > members.size() / 2;
}

std::vector<NodeId> NodesOf(const raft::MemberSet& members) {
  std::vector<NodeId> nodes;
  for (const auto& [replica, node] : members) nodes.push_back(node);
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

DecisionView DecisionOf(ShardId group, const raft::Entry& entry) {
  DecisionView decision;
  if (entry.kind == raft::EntryKind::kConfig) {
    const absl::StatusOr<raft::Config> config = raft::DecodeConfig(entry.data);
    if (!config.ok()) return decision;
    decision.voters = VotersView{NodesOf(config->voters), NodesOf(config->outgoing)};
    return decision;
  }
  if (group == kMetaGroup && entry.kind == raft::EntryKind::kNormal) {
    v1::MetaCommand meta;
    if (!meta.ParseFromString(entry.data)) return decision;
    decision.oracle_bound = Timestamp(meta.raise_bounds().oracle_bound());
    decision.founded_bound = Timestamp(meta.found().oracle_bound());
    decision.version = meta.cluster_version().version();
    for (const v1::MetaMember& member : meta.found().members()) {
      decision.member = NodeId(member.node());
    }
    if (meta.has_put_member()) decision.member = NodeId(meta.put_member().member().node());
    return decision;
  }
  v1::ShardCommand command;
  const bool of_shard = group != kMetaGroup && entry.kind == raft::EntryKind::kNormal;
  if (!of_shard || !command.ParseFromString(entry.data)) return decision;
  const auto keep = [&decision](const v1::TxnId& txn, v1::TxnPart* part) {
    decision.txn = Timestamp(txn.start_ts());
    decision.session = txn.session();
    decision.sequence = txn.sequence();
    if (part != nullptr) decision.part = std::make_shared<v1::TxnPart>(std::move(*part));
  };
  if (command.has_commit()) {
    decision = {true, Timestamp(command.commit().commit_ts())};
    keep(command.commit().txn(), command.mutable_commit()->mutable_part());
  } else if (command.has_prepare()) {
    keep(command.prepare().txn(), command.mutable_prepare()->mutable_part());
  } else if (command.has_decide()) {
    decision.commit_ts = Timestamp(command.decide().commit_ts());
    keep(command.decide().txn(), nullptr);
  } else if (command.has_cluster_version()) {
    decision.version = command.cluster_version().version();
  } else if (command.has_resolve() && command.resolve().state() != v1::TXN_RESOLVED) {
    decision.resolves = Timestamp(command.resolve().start_ts());
    if (command.resolve().state() == v1::TXN_COMMITTED) {
      decision.commit_ts = Timestamp(command.resolve().commit_ts());
    }
  }
  return decision;
}

// "shard=2: Append t5 ...": who talks to whom is known from the frame.
std::string DescribeRaft(absl::string_view bytes) {
  if (raft::IsBeat(bytes)) {
    const absl::StatusOr<raft::Beat> beat = raft::DecodeBeat(bytes);
    if (!beat.ok()) return "unreadable beat";
    const std::string text = raft::DescribeBeat(*beat);
    return text.substr(text.find(' ') + 1);
  }
  const absl::StatusOr<raft::Message> message = raft::DecodeMessage(bytes);
  if (!message.ok()) return "unreadable Raft message";
  const std::string text = raft::DescribeMessage(*message);
  return absl::StrCat(GroupName(message->shard), ": ", text.substr(text.find(' ') + 1));
}

// "request 4711 to shard=2: ".
std::string CallName(absl::string_view what, uint64_t id, uint32_t group) {
  return absl::StrCat(what, " ", id, " ", GroupName(ShardId(static_cast<uint16_t>(group))), ": ");
}

// The messages inside a call are bytes to PeerMessage.
template <typename ShardMessage, typename MetaMessage>
std::string Body(uint32_t group, const std::string& body) {
  ShardMessage of_shard;
  MetaMessage of_meta;
  if (ShardId(static_cast<uint16_t>(group)) == kMetaGroup) {
    return of_meta.ParseFromString(body) ? of_meta.ShortDebugString() : "unreadable";
  }
  return of_shard.ParseFromString(body) ? of_shard.ShortDebugString() : "unreadable";
}

class ClusterProgram final : public Program {
 public:
  ClusterProgram(cluster::NodeOptions options, env::Env& env) : node_(std::move(options), env) {}

  absl::Status Start() override { return node_.Start(); }

  void HandleClient(v1::ClientRequest request, Reply reply) override {
    node_.HandleClient(std::move(request), std::move(reply));
  }

  std::string AppliedRecordKey(ShardId group) const override {
    return cluster::AppliedRecordKey(group);
  }

  StoreId MemberStore() const override { return node_.member_store(); }

  void HandLeadership(ShardId group, NodeId to) override { node_.HandLeadership(group, to); }

  void Drain(Duration limit, absl::AnyInvocable<void()> done) override {
    node_.Drain(limit, std::move(done));
  }

  void VisitReplicas(absl::FunctionRef<void(const ReplicaView&)> visit) const override {
    node_.VisitGroups([&](const cluster::GroupView& group) {
      if (group.raft == nullptr) return;
      const raft::EntryLog& log = group.raft->log();
      const auto entry = [&log](LogIndex index) {
        const raft::Entry& e = log.At(index);
        return LogEntryView{e.term, Mix(HashBytes(e.data), static_cast<uint64_t>(e.kind))};
      };
      const auto decision = [&log, &group](LogIndex index) {
        return DecisionOf(group.group, log.At(index));
      };
      const raft::Config& config = group.raft->config();
      const auto quorum = [&config](absl::FunctionRef<bool(NodeId)> with) {
        return HasMajority(config.voters, with) && HasMajority(config.outgoing, with);
      };
      ReplicaView view{.group = group.group,
                       .is_leader = group.raft->is_leader(),
                       .term = group.raft->term(),
                       .first = log.first_index(),
                       .last = log.last_index(),
                       .commit = group.raft->commit(),
                       .applied = group.applied,
                       .voters = VotersOf(config),
                       .replica = group.raft->options().self,
                       .campaigns = group.raft->role() == raft::Role::kCandidate ||
                                    group.raft->role() == raft::Role::kPreCandidate,
                       .durable = group.raft->durable(),
                       .config_epoch = config.epoch,
                       .quorum = quorum,
                       .entry = entry,
                       .decision = decision,
                       .knows_leader = group.raft->leader() != kNoReplica,
                       .hands_over = group.raft->transferring(),
                       .vote = group.raft->vote(),
                       .last_term = log.last_term(),
                       .reads_asked = group.raft->reads().asked(),
                       .reads_waiting = group.raft->reads().size(),
                       .reads_index = group.raft->reads().confirmed()};
      if (group.serving != nullptr) {
        view.newest_read = group.serving->newest_read();
        view.commit_floor = group.serving->commit_floor();
      }
      if (group.oracle != nullptr && group.oracle->leading()) {
        view.issues = true;
        view.issued = group.oracle->issued();
        view.last_round = group.oracle->last_round();
        view.confirmed_round = group.oracle->confirmed_round();
      }
      visit(view);
    });
  }

 private:
  cluster::Node node_;
};

}  // namespace

std::string PeerMessageDescriber::operator()(absl::string_view bytes) {
  v1::PeerMessage message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return "unreadable";
  std::vector<std::string> parts;
  for (const std::string& raft : message.raft()) parts.push_back(DescribeRaft(raft));
  if (message.has_request()) {
    const v1::RpcRequest& request = message.request();
    group_of_call_[request.id()] = request.group();
    parts.push_back(
        absl::StrCat(CallName(request.pass_on() ? "request to pass on" : "request", request.id(),
                              request.group()),
                     Body<v1::ShardRequest, v1::MetaRequest>(request.group(), request.body())));
  } else if (message.has_response()) {
    const v1::RpcResponse& response = message.response();
    const auto group = group_of_call_.find(response.id());
    parts.push_back(absl::StrCat(
        CallName("response", response.id(), group == group_of_call_.end() ? 0 : group->second),
        response.message(),
        group == group_of_call_.end()
            ? absl::CHexEscape(response.body())
            : Body<v1::ShardResponse, v1::MetaResponse>(group->second, response.body())));
  } else {
    // Ids of the frame are the same in every message.
    message.clear_raft();
    message.clear_cluster_id();
    message.clear_store_id();
    const std::string body = message.ShortDebugString();
    if (!body.empty()) parts.push_back(body);
  }
  return absl::StrJoin(parts, "; ");
}

ProgramFactory ClusterProgramFactory(uint32_t snapshot_page_entries) {
  return [snapshot_page_entries](const ProgramOptions& options,
                                 env::Env& env) -> std::unique_ptr<Program> {
    return std::make_unique<ClusterProgram>(OptionsOf(options, snapshot_page_entries), env);
  };
}

ProgramFactory EditedClusterProgramFactory(ConfigEdit edit) {
  return [edit = std::move(edit)](const ProgramOptions& options,
                                  env::Env& env) -> std::unique_ptr<Program> {
    cluster::NodeOptions node = OptionsOf(options, 0);
    edit(&node);
    return std::make_unique<ClusterProgram>(std::move(node), env);
  };
}

}  // namespace graphdb::sim
