// HttpServer: GET /metrics, /healthz and /readyz.
//
//   /metrics  200 and the text of `metrics`; 503 where it is not to be had
//   /healthz  200 "ok" where `healthy` says so, else 503 and why
//   /readyz   the same with `ready`
//
// The functions are called on this server's threads, several at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace graphdb::prod {

class HttpServer {
 public:
  struct Pages {
    std::function<absl::StatusOr<std::string>()> metrics;
    std::function<absl::Status()> healthy;
    std::function<absl::Status()> ready;
  };

  // kUnavailable where the address can't be listened on.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& host, int port,
                                                           Pages pages);
  ~HttpServer();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace graphdb::prod
