// FormatAdmin: status and statistics as text and as JSON.
//
// StatusText of a fresh healthy cluster is the migration guide's table, byte for
// byte.
//
// Thread-safe (no state).
#pragma once

#include <string>

#include "nlohmann/json_fwd.hpp"
#include "proto/client.pb.h"

namespace graphdb::cli {

std::string StatusText(const v1::ClusterStatus& status);
nlohmann::ordered_json StatusJson(const v1::ClusterStatus& status);
// Formed, every node healthy, every group led by its preferred node.
bool IsHealthy(const v1::ClusterStatus& status);

// Some replica has another digest than its shard's leader.
bool ReplicasDiffer(const v1::Stats& stats);
// `digest`: the replicas were scanned as well.
std::string StatsText(const v1::Stats& stats, bool digest);
nlohmann::ordered_json StatsJson(const v1::Stats& stats, bool digest);

std::string RaftText(const v1::RaftStats& stats);
nlohmann::ordered_json RaftJson(const v1::RaftStats& stats);

std::string ShardMapText(const v1::ShardMap& map);
nlohmann::ordered_json ShardMapJson(const v1::ShardMap& map);

}  // namespace graphdb::cli
