// A world that stands still, for tests of one actor of a node: time moves when the
// test moves it, timers are never due, messages are noted and go nowhere.
//
// Deterministic thread only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/cluster/peer_link.h"
#include "core/env/env.h"

namespace graphdb::cluster {

class StandingClock final : public env::Clock {
 public:
  Instant Monotonic() override { return now; }
  int64_t WallUnixMilliseconds() override { return 0; }
  Instant now = Instant::FromNanoseconds(1'000'000'000);
};

class NoScheduler final : public env::Scheduler {
 public:
  env::TimerId After(Duration, const char*, Callback) override { return env::kNoTimer; }
  void Cancel(env::TimerId) override {}
  void Post(const char*, Callback) override {}
};

class NotedNetwork final : public env::Network {
 public:
  void Send(NodeId, std::string message) override { sent.push_back(std::move(message)); }
  void SetReceiver(Receiver) override {}
  std::vector<std::string> sent;
};

class FixedRandom final : public env::RandomSource {
 public:
  Random Stream(absl::string_view, uint64_t id) override { return Random(id + 1); }
};

class NoPeers final : public PeerHandler {
 public:
  bool declines_leadership() const override { return false; }
  void OnDeclines(NodeId) override {}
  uint32_t newest_version() const override { return 1; }
  void OnNewest(NodeId, uint32_t) override {}
  void OnRaftMessage(NodeId, absl::string_view) override {}
  void OnHello(NodeId, const v1::PeerMessage&) override {}
  void OnSnapshotPiece(NodeId, v1::SnapshotPiece) override {}
  void OnSnapshotAck(NodeId, const v1::SnapshotAck&) override {}
  void OnRequest(NodeId, v1::RpcRequest) override {}
};

}  // namespace graphdb::cluster
