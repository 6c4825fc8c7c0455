// Checks between keys: what each key alone can't tell. Private to prod/config.
#pragma once

#include "prod/config/config.h"
#include "prod/config/yaml_section.h"

namespace graphdb::config {

struct Sections {
  const YamlSection& root;
  const YamlSection& raft;
  const YamlSection& grpc;
  const YamlSection& storage;
  const YamlSection& sharding;
  const YamlSection& metrics;
};

// raft.peers, a list of maps with one key each.
void ReadPeers(const YamlSection& raft, Mistakes* mistakes, std::vector<Peer>* peers);

// Finds this node among the peers; sets node_index.
void CheckIdentity(const Sections& in, Mistakes* mistakes, Config* config);

// Matches sharding.cluster_nodes to the peers; sets client_addresses.
void MatchClientAddresses(const Sections& in, Mistakes* mistakes, Config* config);

// Each address to listen on has a port of its own there.
void CheckListenAddresses(const Sections& in, Mistakes* mistakes, const Config& config);

// The log and the data lie in two folders.
void CheckFolders(const Sections& in, Mistakes* mistakes, const Config& config);

// An enabled tls section has its files.
void CheckTls(const YamlSection& tls, const TlsConfig& value, bool ca_required, Mistakes* mistakes);

}  // namespace graphdb::config
