// RunCommit and SendAll: coroutines around the coordinator's state machine.
#include <deque>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/txn/distributed_transaction.h"

namespace graphdb::txn {
namespace {

class CommitDriver : public std::enable_shared_from_this<CommitDriver> {
 public:
  CommitDriver(ShardClient& client, CommitCoordinator coordinator)
      : client_(client), coordinator_(std::move(coordinator)) {}

  Completion<CommitDecision> finished() const { return finished_; }

  // One event at a time: an answer may come inside the call that asked.
  void Post(CommitEvent event) {
    events_.push_back(std::move(event));
    if (running_) return;
    running_ = true;
    const std::shared_ptr<CommitDriver> self = shared_from_this();
    while (!events_.empty()) {
      const CommitEvent next = std::move(events_.front());
      events_.pop_front();
      std::vector<CommitEffect> effects;
      coordinator_.Step(next, &effects);
      for (CommitEffect& effect : effects) {
        std::visit([this](auto& e) { Carry(std::move(e)); }, effect);
      }
    }
    running_ = false;
  }

 private:
  void Carry(commit_effect::Send effect) {
    Spawn(client_.Send(effect.shard, std::move(effect.request)),
          [self = shared_from_this(), id = effect.id](absl::StatusOr<v1::ShardResponse> response) {
            commit_event::Reply reply;
            reply.id = id;
            reply.ok = response.ok();
            if (response.ok()) reply.response = *std::move(response);
            self->Post(std::move(reply));
          });
  }
  void Carry(commit_effect::AskOracle) {
    Spawn(client_.GetTimestamp(), [self = shared_from_this()](absl::StatusOr<Timestamp> ts) {
      self->Post(commit_event::OracleReply{ts.ok(), ts.ok() ? *ts : Timestamp()});
    });
  }
  void Carry(commit_effect::SetTimer effect) {
    Spawn(client_.Sleep(effect.after), [self = shared_from_this(), id = effect.id](bool) {
      self->Post(commit_event::Timer{id});
    });
  }
  void Carry(commit_effect::Finished effect) { finished_.Resolve(std::move(effect.decision)); }

  ShardClient& client_;
  CommitCoordinator coordinator_;
  std::deque<CommitEvent> events_;
  bool running_ = false;
  Completion<CommitDecision> finished_;
};

}  // namespace

Task<CommitDecision> RunCommit(ShardClient& client, v1::TxnId txn, std::vector<CommitPart> parts,
                               size_t home, std::string result, CommitOptions options) {
  const auto driver = std::make_shared<CommitDriver>(
      client,
      CommitCoordinator(std::move(txn), std::move(parts), home, std::move(result), options));
  driver->Post(commit_event::Start{});
  Completion<CommitDecision> finished = driver->finished();
  CommitDecision decision = co_await finished;
  co_return decision;
}

Task<std::vector<absl::StatusOr<v1::ShardResponse>>> SendAll(
    ShardClient& client, std::vector<std::pair<ShardId, v1::ShardRequest>> requests) {
  using Answer = absl::StatusOr<v1::ShardResponse>;
  std::vector<Completion<Answer>> waiting(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    Spawn(client.Send(requests[i].first, std::move(requests[i].second)),
          [completion = waiting[i]](Answer answer) mutable {
            completion.Resolve(std::move(answer));
          });
  }
  std::vector<Answer> answers;
  for (Completion<Answer>& completion : waiting) {
    Answer answer = co_await completion;
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

}  // namespace graphdb::txn
