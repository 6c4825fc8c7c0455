#include "core/cluster/router.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/group_text.h"
#include "core/base/mutant.h"

namespace graphdb::cluster {

Router::Router(const NodeOptions& options, env::Env& env, PeerLink& link, RouterHost& host)
    : options_(options), env_(env), link_(link), host_(host), detours_(env) {}

Task<bool> Router::Sleep(Duration duration) {
  Completion<bool> woken;
  env_.scheduler.After(duration, "router.sleep", [woken]() mutable { woken.Resolve(true); });
  co_return co_await woken;
}

Task<absl::StatusOr<v1::RpcResponse>> Router::CallNode(NodeId node, ShardId group, std::string body,
                                                       Duration timeout) {
  if (node != options_.self) {
    co_return co_await link_.Call(node, group, std::move(body), timeout);
  }
  using Answer = absl::StatusOr<v1::RpcResponse>;
  Completion<Answer> answered;
  const env::TimerId timer =
      env_.scheduler.After(timeout, "router.local_timeout", [answered]() mutable {
        if (!answered.resolved()) answered.Resolve(absl::UnavailableError("no answer in time"));
      });
  host_.ServeLocally(group, std::move(body), [answered](v1::RpcResponse response) mutable {
    if (!answered.resolved()) answered.Resolve(std::move(response));
  });
  Answer answer = co_await answered;
  env_.scheduler.Cancel(timer);
  co_return answer;
}

std::vector<NodeId> Router::Helpers(NodeId leader) const {
  std::vector<NodeId> helpers;
  for (uint32_t i = 0; i < options_.peers.size(); ++i) {
    const NodeId node(i);
    if (node != options_.self && node != leader && host_.Hears(node)) helpers.push_back(node);
  }
  return helpers;
}

Task<absl::StatusOr<v1::RpcResponse>> Router::CallOnce(NodeId leader, NodeId helper, ShardId group,
                                                       std::string body) {
  const bool for_ever = GRAPHDB_MUTANT("cluster.waits-for-leader");
  const Duration call_for = for_ever ? Duration::Seconds(100'000) : kCallFor;
  if (helper != kNoNode) {
    co_return co_await link_.Call(helper, group, std::move(body), call_for, /*pass_on=*/true);
  }
  if (leader == kNoNode) {
    co_return absl::UnavailableError(absl::StrCat("no leader of ", GroupText(group)));
  }
  co_return co_await CallNode(leader, group, std::move(body), call_for);
}

void Router::PassOn(v1::RpcRequest request, absl::AnyInvocable<void(v1::RpcResponse)> reply) {
  const ShardId group(static_cast<uint16_t>(request.group()));
  const NodeId leader = host_.LeaderOf(group);
  if (leader == kNoNode || leader == options_.self) {
    host_.ServeLocally(group, std::move(*request.mutable_body()), std::move(reply));
    return;
  }
  Spawn(link_.Call(leader, group, std::move(*request.mutable_body()), kCallFor),
        [reply = std::move(reply)](absl::StatusOr<v1::RpcResponse> answer) mutable {
          if (answer.ok()) return reply(*std::move(answer));
          v1::RpcResponse failed;
          failed.set_code(static_cast<int>(answer.status().code()));
          failed.set_message(std::string(answer.status().message()));
          reply(std::move(failed));
        });
}

Task<absl::StatusOr<std::string>> Router::CallLeader(
    ShardId group, std::string body, std::function<bool(const std::string&)> again) {
  const Instant deadline = env_.clock.Monotonic() + kSendFor;
  absl::Status last;
  Duration pause = kPause;
  while (env_.clock.Monotonic() < deadline) {
    const NodeId leader = host_.LeaderOf(group);
    const bool here = leader == options_.self;
    const NodeId helper = here ? kNoNode : detours_.By(leader, Helpers(leader));
    absl::StatusOr<v1::RpcResponse> answer = co_await CallOnce(leader, helper, group, body);
    const bool done = answer.ok() && answer->code() == 0 && !again(answer->body());
    // A link is whole that brings any answer, a helper is good for the leader's.
    if (!here) detours_.Note(leader, helper, helper == kNoNode ? answer.ok() : done);
    if (done) co_return std::move(*answer->mutable_body());
    if (!answer.ok()) {
      last = answer.status();
    } else if (answer->code() != 0) {
      last = absl::UnavailableError(answer->message());
    } else {
      const NodeId asked = helper != kNoNode ? helper : leader;
      last = absl::UnavailableError(
          absl::StrCat(GroupText(group), ": no leader at ", options_.peers[asked.value()].name));
    }
    (void)co_await Sleep(pause);
    pause = std::min(pause * 2, kPauseMax);
  }
  co_return last;
}

Task<absl::StatusOr<v1::ShardResponse>> Router::Send(ShardId shard, v1::ShardRequest request) {
  const shard::ShardMap& map = host_.Map();
  if (map.empty() || shard.value() >= map.shards().size()) {
    co_return absl::UnavailableError("this node does not know the shard map yet");
  }
  request.set_shard(shard.value());
  request.set_epoch(map.Entry(shard).epoch.value());
  v1::ShardResponse response;
  absl::StatusOr<std::string> body = co_await CallLeader(
      shard, request.SerializeAsString(), [&response](const std::string& bytes) {
        response.Clear();
        return !response.ParseFromString(bytes) || response.status() == v1::SHARD_NOT_LEADER ||
               response.status() == v1::SHARD_BUSY;
      });
  if (!body.ok()) co_return body.status();
  co_return response;
}

Task<absl::StatusOr<v1::MetaResponse>> Router::AskMeta(v1::MetaRequest request) {
  v1::MetaResponse response;
  absl::StatusOr<std::string> body = co_await CallLeader(
      kMetaGroup, request.SerializeAsString(), [&response](const std::string& bytes) {
        response.Clear();
        return !response.ParseFromString(bytes) || response.status() == v1::SHARD_NOT_LEADER ||
               response.status() == v1::SHARD_BUSY;
      });
  if (!body.ok()) co_return body.status();
  if (response.status() != v1::SHARD_OK) co_return absl::UnavailableError(response.message());
  co_return response;
}

Task<absl::StatusOr<Timestamp>> Router::GetTimestamp() { return GetTimestamps(1); }

Task<absl::StatusOr<Timestamp>> Router::GetTimestamps(uint32_t count) {
  Waiter waiter{count, {}};
  Completion<absl::StatusOr<Timestamp>> completion = waiter.completion;
  waiting_.push_back(std::move(waiter));
  if (!fetching_) {
    fetching_ = true;
    Spawn(FetchTimestamps(), [](bool) {});
  }
  co_return co_await completion;
}

// Serves everybody who waits at the moment with one request, until nobody does.
Task<bool> Router::FetchTimestamps() {
  while (!waiting_.empty()) {
    std::vector<Waiter> batch;
    batch.swap(waiting_);
    uint32_t total = 0;
    for (const Waiter& waiter : batch) total += waiter.count;
    v1::MetaRequest request;
    request.mutable_get_timestamps()->set_count(total);
    const absl::StatusOr<v1::MetaResponse> response = co_await AskMeta(std::move(request));
    uint64_t next = response.ok() ? response->timestamps().first() : 0;
    for (Waiter& waiter : batch) {
      if (!response.ok()) {
        waiter.completion.Resolve(response.status());
        continue;
      }
      const Timestamp first(next);
      next += waiter.count;
      waiter.completion.Resolve(first);
    }
  }
  fetching_ = false;
  co_return true;
}

Task<absl::StatusOr<txn::IdBlock>> Router::AllocateIds(uint32_t count) {
  v1::MetaRequest request;
  request.mutable_allocate_ids()->set_count(count);
  absl::StatusOr<v1::MetaResponse> response = co_await AskMeta(std::move(request));
  if (!response.ok()) co_return response.status();
  co_return txn::IdBlock{response->ids().first(), response->ids().count()};
}

}  // namespace graphdb::cluster
