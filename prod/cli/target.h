// Target: which node a command speaks to, and whom it trusts.
//
//   address: --address, GRAPHDB_ADDRESS, the local config, 127.0.0.1:9000
//   trust:   --ca-file, GRAPHDB_CA_FILE, the local config's grpc.tls.ca_file,
//            else exactly the certificate in its cert_file
//
// Without any of the last four the connection is plain text; --no-tls says so
// where a local config would say otherwise.
//
// Thread-safe (no state; reads no file and no environment by itself).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "prod/config/config.h"

namespace graphdb::cli {

struct TargetInputs {
  std::string address_flag;  // may hold several, separated by commas
  std::string address_env;
  std::string ca_flag;
  std::string ca_env;
  bool no_tls = false;
  std::optional<config::Config> local;
};

struct Target {
  std::vector<std::string> addresses;
  bool tls = false;
  std::string ca_file;      // trust this CA, or
  std::string pinned_file;  // exactly this certificate
};

// kInvalidArgument names the source and the value that is wrong.
absl::StatusOr<Target> ChooseTarget(const TargetInputs& in);

}  // namespace graphdb::cli
