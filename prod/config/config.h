// Config: what the operator wrote, checked and with its defaults filled in.
//
//   absl::StatusOr<Config> config = LoadConfig("/etc/graphdb/config.yaml");
//
// docs/config.md describes every key. An error is kInvalidArgument and holds one
// line per mistake: file, line, column, key, value, what was expected and, for
// an unknown key, the nearest known one. kNotFound where there is no such file.
//
// Invariants of a Config that a function here returned:
//   1. With `raft` set, node_index is this node's place in raft->peers, and
//      client_addresses has one address per peer, in the order of the peers.
//   2. Without it (Milestone 2 mode) there is one shard and one client address.
//   3. Every port is 1..65535, every address has a host.
//
// Immutable value; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::config {

inline constexpr char kDefaultConfigPath[] = "/etc/graphdb/config.yaml";
inline constexpr char kDefaultGrpcListenAddress[] = "0.0.0.0:9000";
inline constexpr char kDefaultMetricsListenAddress[] = "127.0.0.1:9464";
inline constexpr uint32_t kConfigBytesMax = 1u << 20;
inline constexpr uint32_t kPeersMax = 64;
inline constexpr uint32_t kShardsMax = 1024;

struct HostPort {
  std::string host;  // name or address, IPv6 without brackets
  uint16_t port = 0;

  // "host:port", IPv6 in brackets.
  std::string ToString() const;
  bool is_any_host() const { return host == "0.0.0.0" || host == "::"; }
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// "host:port", "[v6]:port". kInvalidArgument says what is wrong, without a position.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);

struct TlsConfig {
  bool enabled = false;
  std::string cert_file;
  std::string key_file;
  std::string ca_file;
};

struct Peer {
  std::string name;
  HostPort address;  // where it speaks Raft
};

struct RaftConfig {
  HostPort raft_addr;
  HostPort listen_addr;  // raft_addr unless the peers reach that through something else
  std::string data_dir;
  bool bootstrap = false;
  std::vector<Peer> peers;
  uint32_t max_append_entries = 1024;
  TlsConfig tls;
};

struct GrpcConfig {
  HostPort listen_addr;
  TlsConfig tls;
};

struct StorageConfig {
  std::string data_dir;
  bool disk_backed_edges = true;
  uint64_t cache_size = 100'000;  // adjacency lists
};

struct MetricsConfig {
  std::optional<HostPort> listen_addr;  // unset: off
};

struct Config {
  std::string file;
  std::string node_id;
  std::string bind_addr;  // may be empty
  std::optional<RaftConfig> raft;
  GrpcConfig grpc;
  StorageConfig storage;
  MetricsConfig metrics;
  uint32_t num_shards = 1;

  uint32_t node_index = 0;
  std::vector<std::string> client_addresses;

  std::map<std::string, std::string> places;  // "FILE:LINE:COLUMN" of each key that is given

  // "FILE:LINE:COLUMN: key", as messages begin; without line where the key isn't given.
  std::string At(const std::string& key) const;
  bool milestone2() const { return !raft.has_value(); }
  // The folder of the log: raft.data_dir, or below storage.data_dir in Milestone 2 mode.
  std::string LogFolder() const;
  // Where this node's listener of clients is reached by others.
  const std::string& AdvertisedClientAddress() const { return client_addresses[node_index]; }
};

// `file` is used in messages only.
absl::StatusOr<Config> ParseConfig(absl::string_view text, const std::string& file);
absl::StatusOr<Config> LoadConfig(const std::string& path);

// What the file means, for `graphdb --check-config`; ends with a newline.
std::string Describe(const Config& config);

}  // namespace graphdb::config
