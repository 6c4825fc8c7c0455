#include "prod/config/config.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "prod/config/cross_checks.h"
#include "prod/config/yaml_section.h"

namespace graphdb::config {
namespace {

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
}

bool IsV6Character(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c)) || c == ':' || c == '.' || c == '%';
}

template <typename Predicate>
bool All(absl::string_view text, Predicate predicate) {
  for (const char c : text) {
    if (!predicate(c)) return false;
  }
  return true;
}

TlsConfig ReadTls(const YamlSection& parent, bool ca_required, Mistakes* mistakes) {
  TlsConfig out;
  const YamlSection tls = parent.Section("tls", {"enabled", "cert_file", "key_file", "ca_file"});
  tls.Boolean("enabled", &out.enabled);
  tls.String("cert_file", &out.cert_file);
  tls.String("key_file", &out.key_file);
  tls.String("ca_file", &out.ca_file);
  CheckTls(tls, out, ca_required, mistakes);
  return out;
}

RaftConfig ReadRaft(const YamlSection& raft, Mistakes* mistakes) {
  RaftConfig out;
  raft.Require("raft_addr", "10.0.1.10:7000");
  raft.Require("data_dir", "/var/lib/graphdb/raft");
  raft.Require("peers", "[node1: 10.0.1.10:7000]");
  raft.Address("raft_addr", &out.raft_addr);
  out.listen_addr = out.raft_addr;
  raft.Address("listen_addr", &out.listen_addr);
  raft.String("data_dir", &out.data_dir);
  raft.Boolean("bootstrap", &out.bootstrap);
  ReadPeers(raft, mistakes, &out.peers);
  uint64_t max_append_entries = out.max_append_entries;
  raft.Integer("max_append_entries", 1, 65536, &max_append_entries);
  out.max_append_entries = static_cast<uint32_t>(max_append_entries);
  out.tls = ReadTls(raft, true, mistakes);
  return out;
}

void ReadStorage(const YamlSection& storage, Mistakes* mistakes, StorageConfig* out) {
  storage.Require("data_dir", "/var/lib/graphdb/data");
  storage.String("data_dir", &out->data_dir);
  storage.Boolean("disk_backed_edges", &out->disk_backed_edges);
  if (!out->disk_backed_edges) {
    mistakes->AddValue(*storage.Find("disk_backed_edges"), storage.PathOf("disk_backed_edges"),
                       "true: edges that are held in memory only are not supported yet");
  }
  storage.Integer("cache_size", 0, 1'000'000'000, &out->cache_size);
}

void ReadMetrics(const YamlSection& metrics, MetricsConfig* out) {
  HostPort address = *ParseHostPort(kDefaultMetricsListenAddress);
  const YAML::Node* node = metrics.Find("listen_addr");
  if (node != nullptr && node->IsScalar() && node->Scalar() == "off") return;
  metrics.Address("listen_addr", &address);
  out->listen_addr = address;
}

void ReadNodeId(const YamlSection& root, Mistakes* mistakes, std::string* out) {
  root.Require("node_id", "node1");
  root.String("node_id", out);
  // It becomes part of metrics, logs and file names.
  constexpr size_t kNodeIdBytesMax = 64;
  if (!All(*out, IsHostCharacter) || out->size() > kNodeIdBytesMax) {
    mistakes->AddValue(*root.Find("node_id"), "node_id",
                       "letters, digits, '.', '-' and '_', at most 64");
    out->clear();
  }
}

// Cluster mode: raft and sharding together.
void ReadCluster(const Sections& in, Mistakes* mistakes, Config* config) {
  config->raft = ReadRaft(in.raft, mistakes);
  if (!in.root.Has("sharding")) in.root.Require("sharding", "");
  uint64_t num_shards = 9;
  if (in.sharding.present()) {
    in.sharding.Require("num_shards", "9");
    in.sharding.Require("cluster_nodes", "[10.0.1.10:9000]");
    in.sharding.Integer("num_shards", 1, kShardsMax, &num_shards);
  }
  config->num_shards = static_cast<uint32_t>(num_shards);
  CheckIdentity(in, mistakes, config);
  MatchClientAddresses(in, mistakes, config);
}

// Milestone 2 mode: one node, one shard, nobody else to name.
void ReadSingleNode(const Sections& in, Mistakes* mistakes, Config* config) {
  uint64_t num_shards = 1;
  in.sharding.Integer("num_shards", 1, kShardsMax, &num_shards);
  if (num_shards != 1) {
    mistakes->AddValue(*in.sharding.Find("num_shards"), "sharding.num_shards",
                       "1, or a raft section: without one the node runs in Milestone 2 mode");
  }
  if (in.sharding.Has("cluster_nodes")) {
    mistakes->Add(in.sharding.MarkOf("cluster_nodes"), "sharding.cluster_nodes",
                  "given without a raft section; a cluster needs both");
  }
  config->num_shards = 1;
  HostPort advertised = config->grpc.listen_addr;
  if (advertised.is_any_host()) {
    advertised.host = config->bind_addr.empty() ? "127.0.0.1" : config->bind_addr;
  }
  config->client_addresses = {advertised.ToString()};
}

std::string DescribeTls(const TlsConfig& tls) {
  if (!tls.enabled) return "no TLS";
  return absl::StrCat("TLS with ", tls.cert_file, tls.ca_file.empty() ? "" : ", CA ", tls.ca_file);
}

}  // namespace

std::string HostPort::ToString() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  constexpr size_t kHostBytesMax = 253;
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return absl::InvalidArgumentError("no port");
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port_text = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return absl::InvalidArgumentError("no host");
  if (host.size() > kHostBytesMax) return absl::InvalidArgumentError("the host is too long");
  if (bracketed ? !All(host, IsV6Character) : !All(host, IsHostCharacter)) {
    return absl::InvalidArgumentError("not a host name or address");
  }
  uint32_t port = 0;
  const bool digits = !port_text.empty() && port_text.size() <= 5 &&
                      All(port_text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || !absl::SimpleAtoi(port_text, &port) || port < 1 || port > 65535) {
    return absl::InvalidArgumentError("the port is not a number from 1 to 65535");
  }
  return HostPort{std::string(host), static_cast<uint16_t>(port)};
}

std::string Config::At(const std::string& key) const {
  const auto place = places.find(key);
  return absl::StrCat(place == places.end() ? file : place->second, ": ", key);
}

std::string Config::LogFolder() const {
  return raft.has_value() ? raft->data_dir : absl::StrCat(storage.data_dir, "/raft");
}

absl::StatusOr<Config> ParseConfig(absl::string_view text, const std::string& file) {
  if (text.size() > kConfigBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", text.size(),
                                                   " bytes, expected at most ", kConfigBytesMax,
                                                   " for a config file"));
  }
  GRAPHDB_ASSIGN_OR_RETURN(const YAML::Node document, LoadYaml(text, file));
  Config config;
  config.file = file;
  Mistakes mistakes(file);
  const YamlSection root(
      &mistakes, "", document, document.Mark(),
      {"node_id", "bind_addr", "raft", "grpc", "storage", "sharding", "metrics"});
  if (!document.IsMap()) return mistakes.ToStatus();
  const YamlSection raft = root.Section(
      "raft",
      {"raft_addr", "listen_addr", "data_dir", "bootstrap", "peers", "max_append_entries", "tls"});
  const YamlSection grpc = root.Section("grpc", {"listen_addr", "tls"});
  const YamlSection storage =
      root.Section("storage", {"data_dir", "disk_backed_edges", "cache_size"});
  const YamlSection sharding = root.Section("sharding", {"num_shards", "cluster_nodes"});
  const YamlSection metrics = root.Section("metrics", {"listen_addr"});

  ReadNodeId(root, &mistakes, &config.node_id);
  root.IpAddress("bind_addr", &config.bind_addr);
  config.grpc.listen_addr = *ParseHostPort(kDefaultGrpcListenAddress);
  grpc.Address("listen_addr", &config.grpc.listen_addr);
  config.grpc.tls = ReadTls(grpc, false, &mistakes);
  root.Require("storage", "");
  if (storage.present()) ReadStorage(storage, &mistakes, &config.storage);
  ReadMetrics(metrics, &config.metrics);
  const Sections sections{root, raft, grpc, storage, sharding, metrics};
  if (raft.present()) {
    ReadCluster(sections, &mistakes, &config);
  } else {
    ReadSingleNode(sections, &mistakes, &config);
  }
  CheckListenAddresses(sections, &mistakes, config);
  CheckFolders(sections, &mistakes, config);
  if (!mistakes.empty()) return mistakes.ToStatus();
  config.places = mistakes.places();
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  std::FILE* in = std::fopen(path.c_str(), "rb");
  if (in == nullptr) {
    const int error = errno;
    const std::string text =
        absl::StrCat(path, ": can't read the config file: ", std::strerror(error));
    return error == ENOENT ? absl::NotFoundError(text) : absl::InvalidArgumentError(text);
  }
  std::string bytes(kConfigBytesMax + 1, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), in));
  const bool failed = std::ferror(in) != 0;
  std::fclose(in);
  if (failed) return absl::InvalidArgumentError(absl::StrCat(path, ": can't read the config file"));
  return ParseConfig(bytes, path);
}

std::string Describe(const Config& config) {
  std::string out = absl::StrCat(config.file, ": ok\n");
  if (config.milestone2()) {
    absl::StrAppend(&out, "mode      Milestone 2: one node, one shard (no raft section)\n");
  } else {
    absl::StrAppend(&out, "mode      cluster of ", config.raft->peers.size(), " nodes, ",
                    config.num_shards, " shards", config.raft->bootstrap ? ", bootstrap" : "",
                    "\n");
  }
  absl::StrAppend(&out, "node      ", config.node_id, "\n");
  absl::StrAppend(&out, "clients   ", config.grpc.listen_addr.ToString(), ", reached at ",
                  config.AdvertisedClientAddress(), ", ", DescribeTls(config.grpc.tls), "\n");
  if (!config.milestone2()) {
    absl::StrAppend(&out, "peers     ", config.raft->listen_addr.ToString(), ", ",
                    DescribeTls(config.raft->tls), "\n");
    for (size_t i = 0; i < config.raft->peers.size(); ++i) {
      absl::StrAppend(&out, "          ", config.raft->peers[i].name, " ",
                      config.raft->peers[i].address.ToString(), ", clients ",
                      config.client_addresses[i], "\n");
    }
  }
  absl::StrAppend(&out, "data      ", config.storage.data_dir, ", log in ", config.LogFolder(),
                  "\n");
  absl::StrAppend(&out, "cache     ", config.storage.cache_size, " adjacency lists\n");
  absl::StrAppend(&out, "metrics   ",
                  config.metrics.listen_addr ? config.metrics.listen_addr->ToString() : "off",
                  "\n");
  return out;
}

}  // namespace graphdb::config
