#include "tools/parity/real_run.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "prod/testing/test_cluster.h"
#include "tools/parity/cut_proxy.h"
#include "tools/parity/real_clients.h"

namespace graphdb::parity {
namespace {

using sim::FaultAction;
using sim::FaultKind;
using sim::FaultTarget;
using Clock = std::chrono::steady_clock;

constexpr FaultKind kPlayable[] = {FaultKind::kCrash,     FaultKind::kRestart, FaultKind::kHeal,
                                   FaultKind::kPartition, FaultKind::kCut,     FaultKind::kPause,
                                   FaultKind::kSlowLink};

std::chrono::nanoseconds Real(Duration time) {
  return std::chrono::nanoseconds(time.nanoseconds());
}

uint16_t PortOf(const std::string& address) {
  return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

std::vector<ProxiedNode> NodesOf(const prod::TestCluster& cluster) {
  std::vector<ProxiedNode> nodes;
  for (int i = 0; i < cluster.size(); ++i) {
    nodes.push_back(
        {cluster.host(i), PortOf(cluster.raft_address(i)), PortOf(cluster.raft_listen_address(i))});
  }
  return nodes;
}

class RealRun {
 public:
  RealRun(const sim::RunOptions& options, const RealRunOptions& real)
      : options_(options),
        cluster_({.program = real.program,
                  .folder = real.folder,
                  .nodes = static_cast<int>(options.nodes),
                  .shards = static_cast<int>(options.shards),
                  .proxied = true,
                  .env = real.env}),
        proxy_(NodesOf(cluster_)),
        clients_(options, cluster_.client_addresses(), cluster_.transport()) {}

  RealVerdict Run() {
    Phases();
    verdict_.requests = clients_.requests();
    verdict_.acknowledged = clients_.acknowledged();
    return verdict_;
  }

 private:
  void Phases() {
    for (int i = 0; i < cluster_.size(); ++i) Start(i);
    if (!Good("liveness", clients_.SetUp())) return;
    clients_.Start();
    PlayPlan();
    clients_.Stop();
    EndFaults();
    if (!Good("liveness", clients_.ReadAll())) return;
    if (!Good("state-equality", ReplicasEqual())) return;
    if (const sim::MaybeViolation violation = clients_.Check()) {
      verdict_.oracle = violation->oracle;
      verdict_.message = violation->message;
    }
  }

  bool Good(const char* oracle, const absl::Status& status) {
    if (status.ok()) return true;
    verdict_.oracle = oracle;
    verdict_.message = std::string(status.message());
    return false;
  }

  // --- Nodes ------------------------------------------------------------------

  void Start(int node) {
    if (up_.insert(node).second) cluster_.Start(node);
  }

  void Kill(int node) {
    if (up_.erase(node) > 0) cluster_.Kill(node);
    paused_.erase(node);
  }

  void Resume(int node) {
    if (paused_.erase(node) > 0) cluster_.process(node)->Signal(SIGCONT);
  }

  // Of a group, as far as the nodes that answer know.
  std::optional<int> LeaderOf(ShardId group) {
    const absl::StatusOr<v1::ClusterStatus> status = cluster_.Status();
    if (!status.ok()) return std::nullopt;
    for (int i = 0; i < status->nodes_size(); ++i) {
      const v1::NodeStatus& node = status->nodes(i);
      const auto& led = node.shards_led();
      const bool leads = group == kMetaGroup
                             ? node.meta_leader()
                             : std::find(led.begin(), led.end(), group.value()) != led.end();
      if (leads) return i;
    }
    return std::nullopt;
  }

  std::vector<int> Targets(const FaultTarget& target) {
    std::vector<int> all;
    for (int i = 0; i < cluster_.size(); ++i) all.push_back(i);
    switch (target.kind) {
      case FaultTarget::Kind::kNode:
        return {static_cast<int>(target.node.value())};
      case FaultTarget::Kind::kAll:
        return all;
      case FaultTarget::Kind::kGateway:
        // Every node is the gateway of some client.
        return {static_cast<int>(verdict_.faults % all.size())};
      case FaultTarget::Kind::kLeader:
      case FaultTarget::Kind::kFollower:
        break;
    }
    const std::optional<int> leader = LeaderOf(target.group);
    if (!leader) return {};
    if (target.kind == FaultTarget::Kind::kLeader) return {*leader};
    return {(*leader + 1) % cluster_.size()};
  }

  // --- Faults -----------------------------------------------------------------

  using Schedule = std::multimap<Duration, std::function<void()>>;

  // A pause adds its own end.
  void PlayPlan() {
    const Clock::time_point begin = Clock::now();
    Schedule due;
    for (const FaultAction& action : options_.plan) {
      due.emplace(action.at, [this, &action, &due] { Play(action, &due); });
    }
    while (!due.empty() && due.begin()->first <= options_.duration) {
      const auto [at, act] = *due.begin();
      due.erase(due.begin());
      std::this_thread::sleep_until(begin + Real(at));
      act();
    }
    std::this_thread::sleep_until(begin + Real(options_.duration));
  }

  void Play(const FaultAction& action, Schedule* due) {
    ++verdict_.faults;
    switch (action.kind) {
      case FaultKind::kCrash:
        for (const int node : Targets(action.target)) Kill(node);
        return;
      case FaultKind::kRestart:
        for (const int node : Targets(action.target)) Start(node);
        return;
      case FaultKind::kPause:
        for (const int node : Targets(action.target)) {
          if (!up_.contains(node)) continue;
          cluster_.process(node)->Signal(SIGSTOP);
          paused_.insert(node);
          due->emplace(action.at + action.amount, [this, node] { Resume(node); });
        }
        return;
      default:
        return PlayOnLinks(action);
    }
  }

  void PlayOnLinks(const FaultAction& action) {
    const auto from = action.from ? static_cast<int>(action.from->value()) : -1;
    const auto to = action.to ? static_cast<int>(action.to->value()) : -1;
    if (action.kind == FaultKind::kHeal) return from < 0 ? proxy_.HealAll() : proxy_.Heal(from, to);
    if (action.kind == FaultKind::kCut) return proxy_.Cut(from, to);
    if (action.kind == FaultKind::kPartition) return Partition(action.groups);
    if (from >= 0) return proxy_.Slow(from, to, action.amount);
    for (const int node : Targets(action.target)) {
      for (int other = 0; other < cluster_.size(); ++other) {
        if (other == node) continue;
        proxy_.Slow(node, other, action.amount);
        proxy_.Slow(other, node, action.amount);
      }
    }
  }

  void Partition(const std::vector<std::vector<NodeId>>& groups) {
    for (uint32_t from = 0; from < options_.nodes; ++from) {
      for (uint32_t to = 0; to < options_.nodes; ++to) {
        if (!sim::Parted(groups, NodeId(from), NodeId(to))) continue;
        proxy_.Cut(static_cast<int>(from), static_cast<int>(to));
      }
    }
  }

  void EndFaults() {
    proxy_.HealAll();
    for (int i = 0; i < cluster_.size(); ++i) {
      Resume(i);
      Start(i);
    }
  }

  // --- At the end ---------------------------------------------------------------

  absl::Status ReplicasEqual() {
    const Clock::time_point end = Clock::now() + Real(options_.final_limit);
    client::ClientOptions options;
    options.addresses = cluster_.client_addresses();
    options.timeout = Duration::Seconds(10);
    client::Client client(std::move(options), cluster_.transport());
    v1::AdminRequest request;
    request.mutable_stats()->set_digest(true);
    absl::Status last;
    do {
      const absl::StatusOr<v1::AdminResponse> answer = client.Admin(request);
      if (answer.ok() && answer->stats().replicas_equal()) return absl::OkStatus();
      last =
          answer.ok() ? absl::InternalError(answer->stats().ShortDebugString()) : answer.status();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    } while (Clock::now() < end);
    return absl::InternalError(absl::StrCat("replicas differ: ", last.message()));
  }

  const sim::RunOptions options_;
  prod::TestCluster cluster_;
  CutProxy proxy_;
  RealClients clients_;
  std::set<int> up_;
  std::set<int> paused_;
  RealVerdict verdict_;
};

}  // namespace

absl::Status CheckPlayable(const sim::RunOptions& options) {
  const auto refuse = [](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat("real processes can't play `", what, "`"));
  };
  for (const FaultAction& action : options.plan) {
    const bool kind =
        std::find(std::begin(kPlayable), std::end(kPlayable), action.kind) != std::end(kPlayable);
    const bool plain =
        action.moment == sim::CrashMoment::kNow && action.bytes_per_second == 0 && !action.forever;
    if (!kind || action.when || !plain) {
      return refuse(ToText(action));
    }
  }
  for (const sim::WorkloadSpec& spec : options.workloads) {
    if (spec.name == "operator") return refuse("workload operator");
  }
  // What is left when all that can be played is taken away has to be nothing.
  sim::RunOptions plain;
  sim::RunOptions rest = options;
  rest.name = plain.name;
  rest.seed = plain.seed;
  rest.nodes = plain.nodes;
  rest.shards = plain.shards;
  rest.duration = plain.duration;
  rest.think_mean = plain.think_mean;
  rest.form_limit = plain.form_limit;
  rest.final_limit = plain.final_limit;
  rest.workloads.clear();
  rest.plan.clear();
  rest.mutant.clear();
  return rest == plain ? absl::OkStatus() : refuse(ToText(rest));
}

RealVerdict RunReal(const sim::RunOptions& options, const RealRunOptions& real) {
  return RealRun(options, real).Run();
}

}  // namespace graphdb::parity
