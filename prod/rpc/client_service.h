// ClientService: GraphService on grpc.listen_addr, with health and reflection.
//
// Each call becomes one ClientRequest for the node, handed over on the event
// loop, and the node's responses become the call's. Nothing is decided here but
// what belongs to the wire: sizes, deadlines, cancellation, status details.
//
// Invariants:
//   1. The handler runs on the loop only. Each call ends exactly once, also
//      where the node drops the reply unanswered (UNAVAILABLE).
//   2. Named limits, each answered with RESOURCE_EXHAUSTED and LIMIT:
//      kRequestBytesMax, kRequestsInFlightMax, kStreamBufferBytesMax.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/event_log.h"
#include "core/env/time.h"
#include "prod/env/event_loop.h"
#include "prod/rpc/credentials.h"
#include "proto/client.pb.h"

namespace graphdb::prod {

class ClientService {
 public:
  static constexpr size_t kRequestBytesMax = 8u << 20;
  static constexpr size_t kRequestsInFlightMax = 4096;
  // What a client that reads slowly may keep waiting in this process.
  static constexpr size_t kStreamBufferBytesMax = 256u << 20;

  using Reply = absl::AnyInvocable<void(v1::ClientResponse)>;
  using Handler = std::function<void(v1::ClientRequest, Reply)>;
  // Called on any thread when a call has ended.
  using Observer = std::function<void(const char* method, int code, int64_t microseconds)>;

  struct Options {
    std::string listen_address;
    std::optional<ServerTls> tls;
    EventLoop* loop = nullptr;
    Handler handler;
    Observer observer;  // may be empty
  };

  // kUnavailable where the address can't be listened on.
  static absl::StatusOr<std::unique_ptr<ClientService>> Start(Options options);
  ~ClientService();

  // What the health service says.
  void SetServing(bool serving);
  // Refuses new calls, waits for those in progress at most `grace`, cancels the
  // rest. The loop must still run, or have dropped its events.
  void Stop(Duration grace);

 private:
  struct Impl;
  explicit ClientService(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace graphdb::prod
