#include "prod/config/cross_checks.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "prod/config/nearest.h"

namespace graphdb::config {
namespace {

std::vector<std::string> Names(const std::vector<Peer>& peers) {
  std::vector<std::string> names;
  for (const Peer& peer : peers) names.push_back(peer.name);
  return names;
}

std::string HostKey(const HostPort& address) { return absl::AsciiStrToLower(address.host); }

// `number` counts from 1: an entry that isn't there stands where its list's key does.
void AddEntry(const YamlSection& section, const std::string& key, size_t number,
              const YAML::Node& item, absl::string_view expected, Mistakes* mistakes) {
  if (!item.IsNull()) return mistakes->AddValue(item, section.PathOf(key), expected);
  mistakes->Add(section.MarkOf(key), section.PathOf(key),
                absl::StrCat("entry ", number, ": got nothing, expected ", expected));
}

// Reads a list of host:port; false where anything in it is wrong.
bool ReadAddresses(const YamlSection& section, const std::string& key, Mistakes* mistakes,
                   std::vector<HostPort>* out) {
  const YAML::Node& node = *section.Find(key);
  if (!node.IsSequence() || node.size() == 0) {
    section.AddValue(key, "a list of host:port, one for each of raft.peers");
    return false;
  }
  bool good = true;
  size_t number = 0;
  for (const YAML::Node& item : node) {
    ++number;
    const absl::StatusOr<HostPort> address =
        item.IsScalar() ? ParseHostPort(item.Scalar())
                        : absl::StatusOr<HostPort>(absl::InvalidArgumentError("not a text"));
    if (!address.ok()) {
      AddEntry(section, key, number, item,
               absl::StrCat("host:port such as 10.0.1.10:9000 (", address.status().message(), ")"),
               mistakes);
      good = false;
      continue;
    }
    if (std::find(out->begin(), out->end(), *address) != out->end()) {
      mistakes->AddValue(item, section.PathOf(key), "each address once");
      good = false;
      continue;
    }
    out->push_back(*address);
  }
  return good;
}

}  // namespace

void ReadPeers(const YamlSection& raft, Mistakes* mistakes, std::vector<Peer>* peers) {
  const YAML::Node* node = raft.Find("peers");
  if (node == nullptr) return;
  constexpr char kForm[] = "a list of lines such as '- node1: 10.0.1.10:7000'";
  if (!node->IsSequence() || node->size() == 0) {
    raft.AddValue("peers", kForm);
    return;
  }
  if (node->size() > kPeersMax) {
    mistakes->Add(node->Mark(), "raft.peers",
                  absl::StrCat(node->size(), " peers, expected at most ", kPeersMax));
    return;
  }
  size_t number = 0;
  for (const YAML::Node& item : *node) {
    ++number;
    if (!item.IsMap() || item.size() != 1 || !item.begin()->first.IsScalar()) {
      AddEntry(raft, "peers", number, item, kForm, mistakes);
      continue;
    }
    const std::string name = item.begin()->first.Scalar();
    const YAML::Node value = item.begin()->second;
    const absl::StatusOr<HostPort> address =
        value.IsScalar() ? ParseHostPort(value.Scalar())
                         : absl::StatusOr<HostPort>(absl::InvalidArgumentError("not a text"));
    if (name.empty() || !address.ok() || address->is_any_host()) {
      const YAML::Mark at = value.IsNull() ? item.begin()->first.Mark() : value.Mark();
      mistakes->Add(at, absl::StrCat("raft.peers.", name),
                    absl::StrCat("got ", Shown(value),
                                 ", expected host:port such as 10.0.1.10:7000, as the other nodes "
                                 "reach it"));
      continue;
    }
    for (const Peer& other : *peers) {
      if (other.name == name)
        mistakes->AddValue(item.begin()->first, "raft.peers", "each name once");
      if (other.address == *address) {
        mistakes->AddValue(value, absl::StrCat("raft.peers.", name),
                           absl::StrCat("an address of its own; ", other.name, " has the same"));
      }
    }
    peers->push_back({name, *address});
  }
}

void CheckIdentity(const Sections& in, Mistakes* mistakes, Config* config) {
  const std::vector<Peer>& peers = config->raft->peers;
  if (peers.empty() || config->node_id.empty()) return;
  const auto own = std::find_if(peers.begin(), peers.end(),
                                [&](const Peer& p) { return p.name == config->node_id; });
  if (own == peers.end()) {
    const std::vector<std::string> names = Names(peers);
    const std::optional<std::string> nearest = Nearest(config->node_id, names);
    mistakes->AddValue(
        *in.root.Find("node_id"), "node_id",
        absl::StrCat("one of raft.peers (", absl::StrJoin(names, ", "), ")",
                     nearest ? absl::StrCat("; did you mean '", *nearest, "'?") : ""));
    return;
  }
  config->node_index = static_cast<uint32_t>(own - peers.begin());
  if (config->raft->raft_addr.port == 0) return;  // noted already
  HostPort advertised = config->raft->raft_addr;
  if (advertised.is_any_host()) {
    if (config->bind_addr.empty()) {
      mistakes->Add(
          in.root.mark(), "bind_addr",
          absl::StrCat("missing; raft.raft_addr is ", advertised.ToString(),
                       ", so this must say under which address the peers reach this node"));
      return;
    }
    advertised.host = config->bind_addr;
  }
  if (!(advertised == own->address)) {
    mistakes->AddValue(*in.raft.Find("raft_addr"), "raft.raft_addr",
                       absl::StrCat("this node's entry in raft.peers, ", own->address.ToString()));
  }
}

void MatchClientAddresses(const Sections& in, Mistakes* mistakes, Config* config) {
  const YAML::Node* node = in.sharding.Find("cluster_nodes");
  const std::vector<Peer>& peers = config->raft->peers;
  if (node == nullptr || peers.empty()) return;
  constexpr char kKey[] = "sharding.cluster_nodes";
  std::vector<HostPort> addresses;
  if (!ReadAddresses(in.sharding, "cluster_nodes", mistakes, &addresses)) return;
  // Matched by host; where a host has several nodes, by their order.
  std::map<std::string, std::vector<HostPort>> by_host;
  for (const HostPort& address : addresses) by_host[HostKey(address)].push_back(address);
  std::map<std::string, size_t> used;
  for (const Peer& peer : peers) {
    const std::string host = HostKey(peer.address);
    const std::vector<HostPort>& here = by_host[host];
    const size_t place = used[host]++;
    if (place >= here.size()) {
      mistakes->Add(
          node->Mark(), kKey,
          absl::StrCat("no address for ", peer.name, ", whose host in raft.peers is ",
                       peer.address.host, "; expected one entry per peer, with the same host"));
      return;
    }
    config->client_addresses.push_back(here[place].ToString());
  }
  for (const auto& [host, here] : by_host) {
    if (here.size() > used[host]) {
      mistakes->Add(
          node->Mark(), kKey,
          absl::StrCat(here[used[host]].ToString(), " matches no entry of raft.peers by its host"));
      return;
    }
  }
  const absl::StatusOr<HostPort> own = ParseHostPort(config->client_addresses[config->node_index]);
  if (own.ok() && config->grpc.listen_addr.port != 0 &&
      own->port != config->grpc.listen_addr.port) {
    mistakes->Add(node->Mark(), kKey,
                  absl::StrCat("the entry of ", config->node_id, " is ", own->ToString(),
                               ", but grpc.listen_addr has port ", config->grpc.listen_addr.port));
  }
}

void CheckListenAddresses(const Sections& in, Mistakes* mistakes, const Config& config) {
  struct Listener {
    const char* key;
    const YAML::Node* node;  // null where it is the default
    HostPort address;
  };
  std::vector<Listener> listeners;
  if (config.raft.has_value()) {
    const YAML::Node* own = in.raft.Find("listen_addr");
    listeners.push_back({own == nullptr ? "raft.raft_addr" : "raft.listen_addr",
                         own == nullptr ? in.raft.Find("raft_addr") : own,
                         config.raft->listen_addr});
  }
  listeners.push_back({"grpc.listen_addr", in.grpc.Find("listen_addr"), config.grpc.listen_addr});
  if (config.metrics.listen_addr.has_value()) {
    listeners.push_back(
        {"metrics.listen_addr", in.metrics.Find("listen_addr"), *config.metrics.listen_addr});
  }
  for (size_t i = 0; i < listeners.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const HostPort& one = listeners[i].address;
      const HostPort& other = listeners[j].address;
      const bool meet = HostKey(one) == HostKey(other) || one.is_any_host() || other.is_any_host();
      if (one.port == 0 || one.port != other.port || !meet) continue;
      const YAML::Node* node = listeners[i].node != nullptr ? listeners[i].node : listeners[j].node;
      mistakes->Add(node == nullptr ? in.root.mark() : node->Mark(), listeners[i].key,
                    absl::StrCat("is ", one.ToString(), ", expected a port of its own; ",
                                 listeners[j].key, " is ", other.ToString()));
    }
  }
}

void CheckFolders(const Sections& in, Mistakes* mistakes, const Config& config) {
  const auto normal = [](const std::string& folder) {
    return std::filesystem::path(folder + "/").lexically_normal();
  };
  const YAML::Node* node = in.raft.Find("data_dir");
  if (!config.raft.has_value() || node == nullptr) return;
  if (normal(config.raft->data_dir) != normal(config.storage.data_dir)) return;
  mistakes->AddValue(*node, "raft.data_dir", "another folder than storage.data_dir");
}

void CheckTls(const YamlSection& tls, const TlsConfig& value, bool ca_required,
              Mistakes* mistakes) {
  if (!value.enabled) return;
  tls.Require("cert_file", "/etc/graphdb/server.crt");
  tls.Require("key_file", "/etc/graphdb/server.key");
  if (ca_required) tls.Require("ca_file", "/etc/graphdb/ca.crt");
}

}  // namespace graphdb::config
