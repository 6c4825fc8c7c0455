#include "sim/migrate/stage.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace graphdb::sim {

Stage::Stage(const RunOptions& options, ProgramFactory factory)
    : world_(options, std::move(factory)), observer_(world_) {}

bool Stage::Fail(absl::string_view text) {
  if (failure_.empty()) failure_ = std::string(text);
  return false;
}

bool Stage::Step() {
  if (!failure_.empty()) return false;
  if (!world_.Step()) return Fail("stalled: no event is left");
  if (auto violation = observer_.Look()) {
    return Fail(absl::StrCat(violation->oracle, ": ", violation->message));
  }
  if (world_.loop().events_dispatched() > kEventsMax) return Fail("more events than the limit");
  return true;
}

bool Stage::Until(absl::string_view what, Duration limit, absl::FunctionRef<bool()> condition) {
  const Duration end = world_.loop().now() + limit;
  Duration next_poll = world_.loop().now();
  while (failure_.empty()) {
    Duration due;
    const bool nothing_left = !world_.loop().NextDue(&due);
    if (nothing_left || world_.loop().now() >= next_poll) {
      if (condition()) return failure_.empty();
      next_poll = world_.loop().now() + kPoll;
    }
    if (world_.loop().now() > end) {
      return Fail(absl::StrCat("liveness: not ", what, " within ", DurationText(limit), "; ",
                               world_.start_failure().ToString()));
    }
    if (!Step()) return false;
  }
  return false;
}

bool Stage::For(Duration time) {
  const Duration end = world_.loop().now() + time;
  Duration due;
  while (world_.loop().NextDue(&due) && due <= end) {
    if (!Step()) return false;
  }
  return failure_.empty();
}

void Stage::Start(NodeId node) {
  FaultAction action;
  action.kind = FaultKind::kRestart;
  action.target.node = node;
  world_.Apply(action);
}

void Stage::Stop(NodeId node, bool power) {
  FaultAction action;
  action.kind = FaultKind::kCrash;
  action.target.node = node;
  action.power = power;
  world_.Apply(action);
}

std::optional<v1::ClientResponse> Stage::Ask(uint32_t client, NodeId node, v1::AdminRequest request,
                                             absl::FunctionRef<bool()> step) {
  v1::ClientRequest asked;
  *asked.mutable_admin() = std::move(request);
  auto answer = std::make_shared<std::optional<CallResult>>();
  world_.Call(client, node, asked, /*write=*/false,
              [answer](CallResult result) { *answer = std::move(result); });
  const Duration end = world_.loop().now() + kLimit;
  while (!answer->has_value()) {
    if (!step()) return std::nullopt;
    if (world_.loop().now() > end) {
      Fail("liveness: an admin request is not answered");
      return std::nullopt;
    }
  }
  if ((*answer)->kind != CallResult::Kind::kAnswered) return std::nullopt;
  return std::move((*answer)->response);
}

std::optional<v1::ClientResponse> Stage::Ask(uint32_t client, NodeId node,
                                             v1::AdminRequest request) {
  return Ask(client, node, std::move(request), [this] { return Step(); });
}

}  // namespace graphdb::sim
