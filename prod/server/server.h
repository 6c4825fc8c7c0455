// Server: one running node: ports, Node, services, in the order in which they
// depend on each other.
//
//   absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(config);
//   (*server)->Run();  // until SIGTERM or SIGINT, then drained
//
// Errors of Start: kInvalidArgument, kFailedPrecondition, kNotFound are the
// operator's (config, certificates, ports, folders); kDataLoss is damage; others
// are this machine's.
//
// The thread that calls Start and Run is the node's deterministic thread. Block
// SIGTERM and SIGINT (BlockStopSignals) before any thread is started.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "core/env/time.h"
#include "prod/config/config.h"

namespace graphdb::prod {

void BlockStopSignals();

class Server {
 public:
  // How long a drain may take before the process ends all the same.
  static constexpr Duration kDrainLimit = Duration::Seconds(10);

  static absl::StatusOr<std::unique_ptr<Server>> Start(const config::Config& config);
  ~Server();
  void Run();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace graphdb::prod
