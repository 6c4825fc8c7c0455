// Preflight: what can be checked of a config on this machine before anything is
// started: certificates, bind_addr, ports. `graphdb --check-config` and the
// start use the same functions.
//
// Errors are kInvalidArgument or kFailedPrecondition and name key and value.
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

// bind_addr is an address of this machine; each listen address is free.
absl::Status CheckAddresses(const config::Config& config);

}  // namespace graphdb::prod
