// Preflight: what can be checked of a config on this machine before anything is
// started: certificates, bind_addr, folders, ports. `graphdb --check-config` calls
// CheckMachine; the start calls it and then CheckPorts.
//
// Errors are kInvalidArgument or kFailedPrecondition and name file, line, key and value.
//
// Thread-safe (no state).
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "prod/config/config.h"
#include "prod/rpc/credentials.h"

namespace graphdb::prod {

struct TlsMaterial {
  std::optional<ServerTls> grpc;
  std::optional<ServerTls> raft_server;
  std::optional<ChannelTls> raft_channel;
};

// Reads and checks the files that the config names.
absl::StatusOr<TlsMaterial> LoadTls(const config::Config& config);

// bind_addr is an address of this machine.
absl::Status CheckBindAddress(const config::Config& config);
// The data folders are there, or can be made; what is in them belongs to this node.
absl::Status CheckFolders(const config::Config& config);
// All of the above, in this order.
absl::StatusOr<TlsMaterial> CheckMachine(const config::Config& config);
// Each listen address is free. Not for --check-config: the node may be running.
absl::Status CheckPorts(const config::Config& config);

}  // namespace graphdb::prod
