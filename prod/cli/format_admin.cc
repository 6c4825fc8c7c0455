#include "prod/cli/format_admin.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "prod/cli/table.h"

namespace graphdb::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint32_t kMetaNumber = 65535;

std::string HealthText(v1::NodeHealth health) {
  switch (health) {
    case v1::HEALTHY:
      return "Healthy";
    case v1::DEGRADED:
      return "Degraded";
    case v1::UNREACHABLE:
      return "Unreachable";
    case v1::NODE_DRAINING:
      return "Draining";
    case v1::NODE_FORMING:
      return "Forming";
    default:
      return "Unknown";
  }
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

std::string GroupText(uint32_t group) {
  return group == kMetaNumber ? "meta" : absl::StrCat(group);
}

std::string BytesText(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  const char* const units[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit < 3) {
    value /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, units[unit]);
}

struct NodeTotals {
  uint64_t nodes = 0;
  uint64_t edges = 0;
  std::vector<uint32_t> shards;
};

// Counts of the shards each node leads: summed over the nodes they are the graph.
std::map<std::string, NodeTotals> TotalsByNode(const v1::Stats& stats) {
  std::map<std::string, NodeTotals> totals;
  for (const v1::ShardStats& shard : stats.shards()) {
    NodeTotals& node = totals[shard.node()];
    if (!shard.leader()) continue;
    node.nodes += shard.nodes();
    node.edges += shard.edges();
    node.shards.push_back(shard.shard());
  }
  return totals;
}

const char* EqualityText(const v1::Stats& stats) {
  if (ReplicasDiffer(stats)) return "NOT EQUAL";
  return stats.replicas_equal() ? "equal" : "equal as far as compared";
}

template <typename Repeated>
Json Array(const Repeated& items) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(item);
  return out;
}

}  // namespace

std::string StatusText(const v1::ClusterStatus& status) {
  Table table({{"Node", 12}, {"Role", 8}, {"Status", 8}, {"Shards", 0}});
  for (const v1::NodeStatus& node : status.nodes()) {
    table.AddRow({node.name(), node.meta_leader() ? "Leader" : "Follower",
                  HealthText(node.health()), OrDash(absl::StrJoin(node.shards_led(), ","))});
  }
  std::string out = table.ToString();
  if (status.voters() < status.configured()) {
    absl::StrAppend(&out, "forming: ", status.voters(), " of ", status.configured(),
                    " configured nodes are voters\n");
  }
  return out;
}

bool IsHealthy(const v1::ClusterStatus& status) {
  if (status.cluster_id().empty() || status.nodes().empty()) return false;
  if (status.voters() < status.configured() || !status.preferred_leaders()) return false;
  for (const v1::NodeStatus& node : status.nodes()) {
    if (node.health() != v1::HEALTHY) return false;
  }
  return true;
}

Json StatusJson(const v1::ClusterStatus& status) {
  Json out;
  out["cluster_id"] = status.cluster_id();
  out["healthy"] = IsHealthy(status);
  out["voters"] = status.voters();
  out["configured"] = status.configured();
  out["num_shards"] = status.num_shards();
  out["preferred_leaders"] = status.preferred_leaders();
  out["nodes"] = Json::array();
  for (const v1::NodeStatus& node : status.nodes()) {
    Json line;
    line["node"] = node.name();
    line["role"] = node.meta_leader() ? "Leader" : "Follower";
    line["status"] = HealthText(node.health());
    line["shards"] = Array(node.shards_led());
    line["client_address"] = node.client_address();
    line["store_id"] = absl::StrFormat("%016x", node.store_id());
    line["groups_voting"] = node.groups_voting();
    out["nodes"].push_back(std::move(line));
  }
  return out;
}

bool ReplicasDiffer(const v1::Stats& stats) {
  if (stats.skipped().empty()) return !stats.replicas_equal();
  // A shard's leader comes first.
  std::map<uint32_t, std::string> digests;
  for (const v1::ShardStats& shard : stats.shards()) {
    const auto [leader, first] = digests.emplace(shard.shard(), shard.digest());
    if (!first && shard.digest() != leader->second) return true;
  }
  return false;
}

std::string StatsText(const v1::Stats& stats, bool digest) {
  std::string out = absl::StrCat("Timestamp: ", stats.timestamp(), "\n");
  Table table({{"Node", 12}, {"Nodes", 8}, {"Edges", 8}, {"Shards", 0}});
  for (const auto& [name, node] : TotalsByNode(stats)) {
    table.AddRow({OrDash(name), absl::StrCat(node.nodes), absl::StrCat(node.edges),
                  OrDash(absl::StrJoin(node.shards, ","))});
  }
  table.AddRow({"Total", absl::StrCat(stats.nodes()), absl::StrCat(stats.edges()), ""});
  absl::StrAppend(&out, table.ToString());
  const uint64_t lookups = stats.cache_hits() + stats.cache_misses();
  if (lookups > 0) {
    absl::StrAppendFormat(
        &out, "Cache: %.1f %% of %d lookups of adjacency lists hit (this node)\n",
        100.0 * static_cast<double>(stats.cache_hits()) / static_cast<double>(lookups), lookups);
  }
  if (stats.memory_bytes() > 0) {
    absl::StrAppend(&out, "Memory: ", BytesText(stats.memory_bytes()), " (this node)\n");
  }
  if (stats.disk_bytes() > 0) {
    absl::StrAppend(&out, "Disk: ", BytesText(stats.disk_bytes()), " (this node)\n");
  }
  if (!digest) return out;
  Table replicas({{"Shard", 0},
                  {"Node", 12},
                  {"Role", 8},
                  {"Nodes", 8},
                  {"Edges", 8},
                  {"Applied", 8},
                  {"Digest", 0}});
  for (const v1::ShardStats& shard : stats.shards()) {
    replicas.AddRow({absl::StrCat(shard.shard()), shard.node(),
                     shard.leader() ? "Leader" : "Follower", absl::StrCat(shard.nodes()),
                     absl::StrCat(shard.edges()), absl::StrCat(shard.applied_index()),
                     OrDash(shard.digest())});
  }
  absl::StrAppend(&out, "\n", replicas.ToString(), "Digest: ", stats.digest(),
                  "\nReplicas: ", EqualityText(stats), "\n");
  for (const v1::SkippedReplica& skipped : stats.skipped()) {
    absl::StrAppend(&out, "Not compared: shard ", skipped.shard(), " on ", skipped.node(), ": ",
                    skipped.reason(), "\n");
  }
  return out;
}

Json StatsJson(const v1::Stats& stats, bool digest) {
  Json out;
  out["timestamp"] = stats.timestamp();
  out["nodes"] = stats.nodes();
  out["edges"] = stats.edges();
  out["per_node"] = Json::array();
  for (const auto& [name, node] : TotalsByNode(stats)) {
    out["per_node"].push_back(
        {{"node", name}, {"nodes", node.nodes}, {"edges", node.edges}, {"shards", node.shards}});
  }
  out["cache_hits"] = stats.cache_hits();
  out["cache_misses"] = stats.cache_misses();
  out["memory_bytes"] = stats.memory_bytes();
  out["disk_bytes"] = stats.disk_bytes();
  if (!digest) return out;
  out["digest"] = stats.digest();
  out["replicas_equal"] = stats.replicas_equal();
  out["replicas"] = Json::array();
  for (const v1::ShardStats& shard : stats.shards()) {
    Json line;
    line["shard"] = shard.shard();
    line["node"] = shard.node();
    line["leader"] = shard.leader();
    line["nodes"] = shard.nodes();
    line["edges"] = shard.edges();
    line["applied_index"] = shard.applied_index();
    line["digest"] = shard.digest();
    out["replicas"].push_back(std::move(line));
  }
  out["not_compared"] = Json::array();
  for (const v1::SkippedReplica& skipped : stats.skipped()) {
    out["not_compared"].push_back(
        {{"shard", skipped.shard()}, {"node", skipped.node()}, {"reason", skipped.reason()}});
  }
  return out;
}

std::string RaftText(const v1::RaftStats& stats) {
  Table table({{"Group", 0},
               {"Role", 8},
               {"Term", 0},
               {"Commit", 8},
               {"Applied", 8},
               {"Log", 8},
               {"Leader", 8},
               {"Voters", 8},
               {"Learners", 0}});
  for (const v1::RaftGroupStats& group : stats.groups()) {
    table.AddRow({GroupText(group.group()), group.role(), absl::StrCat(group.term()),
                  absl::StrCat(group.commit()), absl::StrCat(group.applied()),
                  absl::StrCat(group.first_index(), "..", group.last_index()),
                  OrDash(group.leader()), OrDash(absl::StrJoin(group.voters(), ",")),
                  OrDash(absl::StrJoin(group.learners(), ","))});
  }
  return absl::StrCat("Node: ", stats.node(), "\n", table.ToString(),
                      "Log: ", BytesText(stats.log_bytes()), "\n");
}

Json RaftJson(const v1::RaftStats& stats) {
  Json out;
  out["node"] = stats.node();
  out["log_bytes"] = stats.log_bytes();
  out["groups"] = Json::array();
  for (const v1::RaftGroupStats& group : stats.groups()) {
    Json line;
    line["group"] = GroupText(group.group());
    line["role"] = group.role();
    line["term"] = group.term();
    line["commit"] = group.commit();
    line["applied"] = group.applied();
    line["first_index"] = group.first_index();
    line["last_index"] = group.last_index();
    line["leader"] = group.leader();
    line["voters"] = Array(group.voters());
    line["learners"] = Array(group.learners());
    out["groups"].push_back(std::move(line));
  }
  return out;
}

std::string ShardMapText(const v1::ShardMap& map) {
  Table table({{"Shard", 0}, {"Slots", 12}, {"Leader", 12}, {"Replicas", 12}, {"Epoch", 0}});
  for (const v1::ShardInfo& shard : map.shards()) {
    const std::string slots =
        absl::StrJoin(shard.slots(), ",", [](std::string* out, const v1::SlotRange& range) {
          absl::StrAppend(out, range.first(), "-", range.last());
        });
    table.AddRow({absl::StrCat(shard.shard()), OrDash(slots), OrDash(shard.leader()),
                  absl::StrJoin(shard.replicas(), ","), absl::StrCat(shard.epoch())});
  }
  return absl::StrCat("Map epoch: ", map.epoch(), "\n", table.ToString());
}

Json ShardMapJson(const v1::ShardMap& map) {
  Json out;
  out["epoch"] = map.epoch();
  out["shards"] = Json::array();
  for (const v1::ShardInfo& shard : map.shards()) {
    Json line;
    line["shard"] = shard.shard();
    line["slots"] = Json::array();
    for (const v1::SlotRange& range : shard.slots()) {
      line["slots"].push_back({{"first", range.first()}, {"last", range.last()}});
    }
    line["leader"] = shard.leader();
    line["replicas"] = Array(shard.replicas());
    line["epoch"] = shard.epoch();
    out["shards"].push_back(std::move(line));
  }
  return out;
}

}  // namespace graphdb::cli
