// Stage: a world with its observer, stepped under limits, and what an operator
// does in it: starts and stops of programs, admin requests.
//
// Deterministic thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sim/run/observer.h"
#include "sim/world/world.h"

namespace graphdb::sim {

class Stage {
 public:
  Stage(const RunOptions& options, ProgramFactory factory);

  World& world() { return world_; }
  Observer& observer() { return observer_; }
  const std::string& failure() const { return failure_; }
  // Keeps the first.
  bool Fail(absl::string_view text);

  // One event. False: the run has failed.
  bool Step();
  // Until the condition holds, looked at every `kPoll`; fails after `limit`.
  bool Until(absl::string_view what, Duration limit, absl::FunctionRef<bool()> condition);
  bool For(Duration time);

  void Start(NodeId node);
  void Stop(NodeId node, bool power);
  // Asks `node` once. Unset: it was down, went down, or the run failed.
  std::optional<v1::ClientResponse> Ask(uint32_t client, NodeId node, v1::AdminRequest request,
                                        absl::FunctionRef<bool()> step);
  std::optional<v1::ClientResponse> Ask(uint32_t client, NodeId node, v1::AdminRequest request);

  static constexpr Duration kLimit = Duration::Seconds(60);

 private:
  static constexpr Duration kPoll = Duration::Milliseconds(50);
  static constexpr uint64_t kEventsMax = 10'000'000;

  World world_;
  Observer observer_;
  std::string failure_;
};

}  // namespace graphdb::sim
