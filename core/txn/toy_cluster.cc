#include "core/txn/toy_cluster.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace graphdb::txn {
namespace {
constexpr int64_t kNetworkUs = 4'000;
constexpr int64_t kCommitUs = 3'000;
constexpr int64_t kApplyUs = 1'000;
constexpr int64_t kStaleUs = 60'000;
constexpr uint64_t kSendUs = 1'500'000;
constexpr uint64_t kSilenceUs = 300'000;
constexpr int64_t kLateAnswerUs = 80'000;
constexpr uint64_t kMutedUs = 8'000'000;
constexpr int64_t kLateCopyUs = 3'000'000;
}  // namespace

// ---- gateway ----

ToyGateway::ToyGateway(ToyCluster& cluster, uint64_t number)
    : cluster_(cluster),
      manager_(*this, Random(cluster.Draw() + number), {}, {.attempts_max = 2}) {}

Task<absl::StatusOr<v1::ShardResponse>> ToyGateway::Send(ShardId shard, v1::ShardRequest request) {
  Completion<absl::StatusOr<v1::ShardResponse>> done;
  if (!alive_) co_return absl::UnavailableError("the gateway is dead");
  cluster_.Send(shard, std::move(request), [done](absl::StatusOr<v1::ShardResponse> r) mutable {
    done.Resolve(std::move(r));
  });
  absl::StatusOr<v1::ShardResponse> response = co_await done;
  if (!alive_) co_return absl::UnavailableError("the gateway is dead");
  co_return response;
}

Task<absl::StatusOr<Timestamp>> ToyGateway::GetTimestamp() {
  Completion<absl::StatusOr<Timestamp>> done;
  if (!alive_) co_return absl::UnavailableError("the gateway is dead");
  cluster_.AskOracle(1, [done](bool ok, Timestamp ts) mutable {
    done.Resolve(ok ? absl::StatusOr<Timestamp>(ts) : absl::UnavailableError("no oracle"));
  });
  absl::StatusOr<Timestamp> ts = co_await done;
  co_return ts;
}

Task<absl::StatusOr<IdBlock>> ToyGateway::AllocateIds(uint32_t count) {
  co_return IdBlock{cluster_.AllocateIds(count), count};
}

Task<bool> ToyGateway::Sleep(Duration duration) {
  Completion<bool> done;
  cluster_.After(duration, [done]() mutable { done.Resolve(true); });
  bool slept = co_await done;
  co_return slept;
}

const shard::ShardMap& ToyGateway::map() const { return cluster_.map(); }

// ---- cluster ----

ToyCluster::ToyCluster(ToyOptions options)
    : options_(std::move(options)),
      rng_(options_.seed),
      map_(shard::ShardMap::Equal(options_.shards)) {
  shards_.resize(options_.shards);
  for (uint32_t s = 0; s < options_.shards; ++s) {
    for (uint32_t r = 0; r < options_.replicas; ++r) {
      auto replica = std::make_unique<Replica>();
      ShardLeaderOptions leader = options_.leader;
      leader.shard = ShardId(static_cast<uint16_t>(s));
      leader.founding_slots = map_.Entry(leader.shard).slots;
      replica->actor = std::make_unique<ShardLeader>(leader, replica->engine, replica->cache);
      shards_[s].replicas.push_back(std::move(replica));
    }
    Lead(s, 0);
    if (options_.leader_change > Duration()) ScheduleLeaderChange(s);
    if (options_.mute > Duration()) ScheduleMute(s);
  }
}

ToyGateway& ToyCluster::AddGateway() {
  gateways_.push_back(std::make_unique<ToyGateway>(*this, gateways_.size()));
  return *gateways_.back();
}

void ToyCluster::After(Duration delay, std::function<void()> what) {
  const uint64_t at = now_us_ + static_cast<uint64_t>(delay.nanoseconds() / 1000);
  queue_.emplace(std::make_pair(at, ++sequence_), std::move(what));
}

Duration ToyCluster::Delay(int64_t max_us) {
  return Duration::Microseconds(rng_.Between(50, max_us));
}

bool ToyCluster::Chance(uint32_t percent) { return percent > 0 && rng_.Below(100) < percent; }

bool ToyCluster::RunUntil(const std::function<bool()>& done, Duration limit) {
  const uint64_t end = now_us_ + static_cast<uint64_t>(limit.nanoseconds() / 1000);
  while (!done()) {
    if (queue_.empty() || queue_.begin()->first.first > end) {
      now_us_ = std::max(now_us_, end);
      return false;
    }
    auto event = queue_.extract(queue_.begin());
    now_us_ = event.key().first;
    ++events_;
    event.mapped()();
  }
  return true;
}

void ToyCluster::RunFor(Duration duration) {
  RunUntil([] { return false; }, duration);
}

void ToyCluster::Calm() {
  options_.drop_percent = 0;
  options_.duplicate_percent = 0;
  options_.fail_percent = 0;
  options_.leader_change = Duration();
  options_.mute = Duration();
  for (Shard& shard : shards_) shard.muted_until = 0;
}

const storage::MemoryKv& ToyCluster::engine(uint32_t shard) const {
  return shards_[shard].replicas[shards_[shard].leader]->engine;
}
ShardLeader& ToyCluster::leader(uint32_t shard) { return *At(shard, shards_[shard].leader).actor; }

bool ToyCluster::ReplicasEqual(uint32_t shard) const {
  const auto& replicas = shards_[shard].replicas;
  for (const auto& replica : replicas) {
    if (replica->applied != replicas[0]->applied) return false;
    if (replica->engine.map() != replicas[0]->engine.map()) return false;
  }
  return true;
}

// ---- the toy log ----

void ToyCluster::Lead(uint32_t shard, uint32_t replica) {
  Shard& s = shards_[shard];
  s.term = s.term.Next();
  s.leader = replica;
  Replica& r = At(shard, replica);
  r.leads = s.term;
  r.announced = false;
  s.log.push_back({s.term, ""});
  r.own_entry = s.log.size();
  After(Delay(kCommitUs),
        [this, shard, index = s.log.size(), term = s.term] { Commit(shard, index, term); });
}

void ToyCluster::Depose(uint32_t shard, uint32_t replica) {
  Replica& r = At(shard, replica);
  if (r.announced) Step(shard, replica, shard_event::LostLeadership{});
  r.leads = Term();
  r.announced = false;
}

void ToyCluster::ChangeLeader(uint32_t shard) {
  Shard& s = shards_[shard];
  ++leader_changes_;
  const uint32_t old = s.leader;
  const Term old_term = s.term;
  const uint32_t next = (old + 1) % options_.replicas;
  // Some of what was not committed survives in the new leader's log.
  const size_t lost = rng_.Below(s.log.size() - s.committed + 1);
  s.log.resize(s.log.size() - lost);
  if (At(shard, next).leads.value() != 0) Depose(shard, next);
  Lead(shard, next);
  // The old one may serve on for a while.
  After(Delay(kStaleUs), [this, shard, old, old_term] {
    if (At(shard, old).leads == old_term) Depose(shard, old);
  });
}

void ToyCluster::ScheduleLeaderChange(uint32_t shard) {
  const Duration delay = rng_.UniformDuration(options_.leader_change * 2);
  After(delay, [this, shard] {
    if (options_.leader_change == Duration()) return;
    ChangeLeader(shard);
    ScheduleLeaderChange(shard);
  });
}

void ToyCluster::ScheduleMute(uint32_t shard) {
  After(rng_.UniformDuration(options_.mute * 2), [this, shard] {
    if (options_.mute == Duration()) return;
    shards_[shard].muted_until = now_us_ + rng_.Below(kMutedUs);
    ScheduleMute(shard);
  });
}

void ToyCluster::Append(uint32_t shard, uint32_t replica, uint64_t proposal, std::string bytes) {
  Shard& s = shards_[shard];
  const bool leads = s.leader == replica && At(shard, replica).leads == s.term;
  if (!leads) return;  // lost with the leadership, which it will hear of
  if (Chance(options_.fail_percent)) {
    After(Duration(), [this, shard, replica, proposal] {
      Step(shard, replica, shard_event::ProposalLost{proposal});
    });
    return;
  }
  s.log.push_back({s.term, std::move(bytes)});
  After(Delay(kCommitUs),
        [this, shard, index = s.log.size(), term = s.term] { Commit(shard, index, term); });
}

void ToyCluster::Commit(uint32_t shard, size_t index, Term term) {
  Shard& s = shards_[shard];
  if (index > s.log.size() || s.log[index - 1].term != term || s.term != term) return;
  s.committed = std::max(s.committed, index);
  for (uint32_t r = 0; r < options_.replicas; ++r) {
    After(Delay(kApplyUs), [this, shard, r] { ApplyNext(shard, r); });
  }
}

void ToyCluster::ApplyNext(uint32_t shard, uint32_t replica) {
  Shard& s = shards_[shard];
  Replica& r = At(shard, replica);
  while (r.applied < s.committed) {
    const Entry& entry = s.log[r.applied];
    const LogIndex index(r.applied + 1);
    env::KvBatch batch;
    shard_event::Applied event;
    event.index = index;
    if (!entry.bytes.empty()) {
      shard::ShardStateMachine machine(ShardId(static_cast<uint16_t>(shard)));
      absl::StatusOr<shard::ApplyResult> result =
          machine.Apply(entry.term, index, entry.bytes, r.engine, &batch);
      GRAPHDB_CHECK_OK(result.status());
      event.result = *std::move(result);
      r.cache.OnBatch(batch);
    }
    GRAPHDB_CHECK_OK(r.engine.Write(ShardId(static_cast<uint16_t>(shard)), index, batch));
    ++r.applied;
    Step(shard, replica, event);
    const bool own = r.leads.value() != 0 && !r.announced && r.applied >= r.own_entry;
    if (own && r.leads == s.term) {
      r.announced = true;
      Step(shard, replica, shard_event::BecameLeader{r.leads});
    }
  }
}

void ToyCluster::Step(uint32_t shard, uint32_t replica, const ShardEvent& event) {
  std::vector<ShardEffect> effects;
  At(shard, replica).actor->Step(event, &effects);
  for (ShardEffect& effect : effects) Carry(shard, replica, std::move(effect));
}

void ToyCluster::Carry(uint32_t shard, uint32_t replica, ShardEffect effect) {
  if (auto* reply = std::get_if<shard_effect::Reply>(&effect)) {
    const auto found = replies_.find(reply->id);
    GRAPHDB_CHECK(found != replies_.end()) << "answered twice: " << reply->id;
    auto answer = std::move(found->second);
    replies_.erase(found);
    answer(std::move(reply->response));
  } else if (auto* propose = std::get_if<shard_effect::Propose>(&effect)) {
    Append(shard, replica, propose->proposal, std::move(propose->bytes));
  } else if (auto* read = std::get_if<shard_effect::ReadIndex>(&effect)) {
    const Term term = At(shard, replica).leads;
    const LogIndex index(shards_[shard].committed);
    const bool fails = Chance(options_.fail_percent);
    After(Delay(kCommitUs), [this, shard, replica, term, index, fails, id = read->id] {
      const Shard& s = shards_[shard];
      const bool ok = !fails && s.leader == replica && s.term == term;
      Step(shard, replica, shard_event::ReadIndexDone{id, ok, index});
    });
  } else if (auto* ask = std::get_if<shard_effect::AskOracle>(&effect)) {
    AskOracle(ask->count, [this, shard, replica, id = ask->id](bool ok, Timestamp first) {
      Step(shard, replica, shard_event::OracleReply{id, ok, first});
    });
  } else if (auto* send = std::get_if<shard_effect::SendToSlot>(&effect)) {
    Send(map_.ShardOf(send->slot), std::move(send->request),
         [this, shard, replica, id = send->id](absl::StatusOr<v1::ShardResponse> response) {
           shard_event::PeerReply peer;
           peer.id = id;
           peer.ok = response.ok();
           if (response.ok()) peer.response = *std::move(response);
           Step(shard, replica, peer);
         });
  } else if (auto* timer = std::get_if<shard_effect::SetTimer>(&effect)) {
    After(timer->after,
          [this, shard, replica, id = timer->id] { Step(shard, replica, shard_event::Timer{id}); });
  }
}

// ---- messages ----

void ToyCluster::AskOracle(uint32_t count, std::function<void(bool, Timestamp)> answer) {
  const bool fails = Chance(options_.fail_percent);
  After(Delay(kNetworkUs), [this, count, fails, answer = std::move(answer)] {
    const Timestamp first(next_timestamp_);
    next_timestamp_ += count;
    // Now and then an answer is overtaken by much else.
    const Duration back = rng_.Below(20) == 0 ? Delay(kLateAnswerUs) : Delay(kNetworkUs);
    After(back, [fails, first, answer] { answer(!fails, first); });
  });
}

uint64_t ToyCluster::AllocateIds(uint32_t count) {
  const uint64_t first = next_id_;
  next_id_ += count;
  return first;
}

void ToyCluster::Send(ShardId shard, v1::ShardRequest request, Answer answer) {
  auto call = std::make_shared<Call>();
  call->answer = std::move(answer);
  call->shard = shard;
  call->request = std::move(request);
  call->request.set_shard(shard.value());
  call->request.set_epoch(map_.Entry(shard).epoch.value());
  call->deadline = now_us_ + kSendUs;
  Try(std::move(call));
}

// One attempt; its silence, a refusal or a lost message lead to the next.
void ToyCluster::Try(std::shared_ptr<Call> call) {
  if (!call->open) return;
  if (now_us_ >= call->deadline) {
    call->open = false;
    After(Duration(), [call] { call->answer(absl::UnavailableError("no answer")); });
    return;
  }
  const uint32_t shard = call->shard.value();
  const auto again = std::make_shared<bool>(true);  // one successor per attempt
  const auto retry = [this, call, again](Duration delay) {
    After(delay, [this, call, again] {
      if (std::exchange(*again, false)) Try(call);
    });
  };
  const uint32_t copies = Chance(options_.duplicate_percent) ? 2 : 1;
  for (uint32_t copy = 0; copy < copies; ++copy) {
    if (Chance(options_.drop_percent)) continue;
    const uint32_t replica =
        Chance(10) ? static_cast<uint32_t>(rng_.Below(options_.replicas)) : shards_[shard].leader;
    const Duration delay = copy == 0 ? Delay(kNetworkUs) : Delay(kLateCopyUs);
    After(delay, [this, call, shard, replica, retry] {
      const uint64_t id = ++last_request_;
      const bool muted = now_us_ < shards_[shard].muted_until;
      const bool reply_lost = Chance(options_.drop_percent) || muted;
      replies_[id] = [this, call, retry, reply_lost](v1::ShardResponse response) {
        if (reply_lost) return;
        After(Delay(kNetworkUs), [call, retry, response] {
          if (!call->open) return;
          const bool refused =
              response.status() == v1::SHARD_NOT_LEADER || response.status() == v1::SHARD_BUSY;
          if (refused) return retry(Duration::Milliseconds(10));
          call->open = false;
          call->answer(response);
        });
      };
      Step(shard, replica, shard_event::Request{id, call->request});
    });
  }
  retry(Duration::Microseconds(kSilenceUs));
}

}  // namespace graphdb::txn
