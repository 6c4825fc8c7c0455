// PeerLink: the sending half of the transport to one peer. Private to prod/rpc;
// the only user is grpc_network.cc.
//
// Thread-safe: Send comes from the loop, the rest from gRPC's threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "core/env/event_log.h"
#include "core/env/time.h"
#include "prod/env/event_loop.h"
#include "proto/service.grpc.pb.h"

namespace graphdb::prod {

struct TransportCounters {
  std::atomic<uint64_t> sent{0};
  std::atomic<uint64_t> received{0};
  std::atomic<uint64_t> dropped{0};
  std::atomic<uint64_t> connected{0};
};

struct PeerLinkOptions {
  std::string self_name;
  std::string peer_name;
  std::string peer_address;
  EventLoop* loop = nullptr;
  env::EventLog* log = nullptr;
  TransportCounters* counters = nullptr;
};

class PeerLink : public std::enable_shared_from_this<PeerLink> {
 public:
  PeerLink(PeerLinkOptions options, std::shared_ptr<grpc::Channel> channel);

  void Connect();                  // on the loop, or before it runs
  void Send(std::string message);  // on the loop
  // Ends the stream; returns when it has ended.
  void Stop();

 private:
  class Attempt;

  // Takes what goes into the next write; false where nothing waits.
  bool TakeBatch(v1::PeerBatch* batch);
  void Welcomed(Attempt* attempt);
  void Ended(Attempt* attempt, const grpc::Status& status, bool was_welcomed);
  void ClearQueue();  // mutex_ is held

  const PeerLinkOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::PeerService::Stub> stub_;

  std::mutex mutex_;
  std::condition_variable ended_;
  std::deque<std::string> queue_;
  size_t queue_bytes_ = 0;
  Attempt* attempt_ = nullptr;  // it deletes itself in OnDone, after Ended
  bool stopped_ = false;
  Duration backoff_;
  std::string last_error_;  // said once, until it changes
};

}  // namespace graphdb::prod
