// Session: one client as its library would be: a session id, a sequence per
// write, and retries that keep "exactly once" (rule T7): an unknown outcome is
// asked for again with the same sequence and retry = true, at another gateway.
//
//   Session session(world, client, rng);
//   session.Run(op, {}, [](OpOutcome outcome) { ... });
//
// Invariants:
//   1. kOk and kFail are certain: kFail had no effect and never will have.
//   2. One request at a time.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "core/env/random.h"
#include "sim/workload/workload.h"
#include "sim/world/world.h"

namespace graphdb::sim {

struct SessionPolicy {
  // Attempts before an outcome stays unknown; 0: until it is known and good.
  uint32_t attempts_max = 6;
  Duration timeout = Duration::Milliseconds(2000);
  std::optional<NodeId> gateway;  // it asks no other
};

struct SessionCounters {
  uint64_t requests = 0;
  uint64_t acknowledged = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;
  uint64_t conflicts = 0;
  uint64_t attempts = 0;
  uint64_t retried = 0;      // attempts with retry = true
  uint64_t multi_shard = 0;  // acknowledged writes that touch several shards
};

class Session {
 public:
  using Done = absl::AnyInvocable<void(OpOutcome)>;

  // `world` and `counters` outlive it.
  Session(World& world, uint32_t client, Random rng, SessionCounters& counters);

  void Run(const PlannedOp& op, SessionPolicy policy, Done done);
  bool busy() const { return static_cast<bool>(done_); }
  uint32_t client() const { return client_; }
  uint64_t session() const { return 1 + client_; }
  Random& rng() { return rng_; }
  // What the request under way has met so far, for the report of a run that hangs.
  std::string Describe() const;

 private:
  // Whether the client behaves unlike others, now.
  bool Happens(ChoiceKind kind, uint32_t ppm);
  void Attempt();
  // Asks the gateway so many nodes further on from now on.
  void TurnTo(uint64_t step);
  void OnResult(uint64_t attempt, CallResult result);
  void OnAnswer(v1::ClientResponse response);
  void Again(bool maybe_ran);
  void Record(TraceEvent::Kind kind, NodeId peer, absl::string_view text);
  void Finish(Outcome outcome, v1::ErrorReason reason, v1::ClientResponse response);

  World& world_;
  const uint32_t client_;
  Random rng_;
  SessionCounters& counters_;
  NodeId gateway_;
  v1::ClientRequest request_;
  bool write_ = false;
  bool maybe_ran_ = false;  // an attempt of this request may have had its effect
  SessionPolicy policy_;
  uint32_t attempts_ = 0;
  std::string last_refusal_;
  uint64_t attempt_id_ = 0;  // of the attempt whose answer counts
  uint64_t sequence_ = 0;
  uint64_t operations_ = 0;
  EventId timer_ = kNoEvent;
  Duration invoked_;
  Done done_;
};

}  // namespace graphdb::sim
