#include "core/cluster/shard_host.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/cluster/start_checks.h"
#include "core/raft/group.h"
#include "core/txn/transaction_manager.h"

namespace graphdb::cluster {
namespace {

// What a commit carries is one proposal, with this much around it at most.
constexpr size_t kCommitFrameBytesMax = 64u << 10;
static_assert(txn::TransactionLimits{}.commit_bytes_max + kCommitFrameBytesMax <=
                  raft::Options{}.max_proposal_bytes,
              "txn.commit_bytes_max: a commit has to fit a proposal");

txn::ShardLeaderOptions LeaderOptions(const NodeOptions& options, ShardId shard) {
  txn::ShardLeaderOptions out;
  out.shard = shard;
  out.founding_slots = shard::ShardMap::Equal(options.num_shards).Entry(shard).slots;
  out.txn_life_periods = options.txn_life_periods;
  out.dedupe_retention_periods = options.tuning.dedupe_retention_periods;
  out.read_entries_max = options.tuning.read_entries_max;
  out.read_bytes_max = options.tuning.read_bytes_max;
  return out;
}

}  // namespace

ShardHost::ShardHost(const NodeOptions& options, env::Env& env, GroupHost& group, Router& router,
                     storage::AdjacencyCache& cache)
    : options_(options),
      env_(env),
      group_(group),
      router_(router),
      cache_(cache),
      machine_(group.group(), options.tuning.shard_pages, options.newest_version),
      leader_(LeaderOptions(options, group.group()), env.kv, cache) {}

void ShardHost::Serve(v1::ShardRequest request, Reply reply) {
  const bool forming = group_.raft() != nullptr &&
                       group_.raft()->config().voters.size() < MajorityOf(options_.peers.size());
  if (forming && !GRAPHDB_MUTANT("rule-I1.forming")) {
    v1::ShardResponse response;
    response.set_status(v1::SHARD_BUSY);
    response.set_message(absl::StrCat("forming: ", group_.raft()->config().voters.size(), " of ",
                                      options_.peers.size(), " configured peers vote"));
    reply(std::move(response));
    return;
  }
  const uint64_t id = ++last_request_;
  replies_.Insert(id, std::move(reply));
  Step(txn::shard_event::Request{id, std::move(request)});
}

void ShardHost::Step(txn::ShardEvent event) {
  events_.push_back(std::move(event));
  if (stepping_) return;
  stepping_ = true;
  while (!events_.empty()) {
    const txn::ShardEvent next = std::move(events_.front());
    events_.pop_front();
    std::vector<txn::ShardEffect> effects;
    leader_.Step(next, &effects);
    for (txn::ShardEffect& effect : effects) {
      std::visit([this](auto& e) { Carry(std::move(e)); }, effect);
    }
  }
  stepping_ = false;
}

void ShardHost::Carry(txn::shard_effect::Reply effect) {
  Reply* found = replies_.Find(effect.id);
  GRAPHDB_CHECK(found != nullptr) << "a request is answered once, request " << effect.id;
  Reply reply = std::move(*found);
  replies_.Erase(effect.id);
  reply(std::move(effect.response));
}

void ShardHost::Carry(txn::shard_effect::Propose effect) {
  if (!group_.Propose(std::move(effect.bytes)).ok()) {
    Step(txn::shard_event::ProposalLost{effect.proposal});
  }
}

void ShardHost::Carry(txn::shard_effect::ReadIndex effect) {
  if (!group_.ReadIndex(raft::ReadId(effect.id)).ok()) {
    Step(txn::shard_event::ReadIndexDone{effect.id, false, LogIndex()});
  }
}

void ShardHost::Carry(txn::shard_effect::AskOracle effect) {
  Spawn(router_.GetTimestamps(effect.count),
        [this, id = effect.id](const absl::StatusOr<Timestamp>& first) {
          Step(txn::shard_event::OracleReply{id, first.ok(), first.ok() ? *first : Timestamp()});
        });
}

void ShardHost::Carry(txn::shard_effect::SendToSlot effect) {
  const ShardId to = router_.map().empty() ? group_.group() : router_.map().ShardOf(effect.slot);
  Spawn(router_.Send(to, std::move(effect.request)),
        [this, id = effect.id](absl::StatusOr<v1::ShardResponse> response) {
          txn::shard_event::PeerReply reply;
          reply.id = id;
          reply.ok = response.ok();
          if (response.ok()) reply.response = *std::move(response);
          Step(std::move(reply));
        });
}

void ShardHost::Carry(txn::shard_effect::SetTimer effect) {
  env_.scheduler.After(effect.after, "shard.timer",
                       [this, id = effect.id] { Step(txn::shard_event::Timer{id}); });
}

absl::Status ShardHost::Apply(const raft::Entry& entry, env::KvBatch* batch) {
  absl::StatusOr<shard::ApplyResult> result =
      machine_.Apply(entry.term, entry.index, entry.data, env_.kv, batch);
  if (!result.ok()) return result.status();
  result_ = *std::move(result);
  cache_.OnBatch(*batch);
  return absl::OkStatus();
}

void ShardHost::Advance(const raft::Entry& entry, env::KvBatch* batch) {
  machine_.Advance(entry.term, entry.index, batch);
  result_ = shard::ApplyResult();
}

void ShardHost::Applied(const raft::Entry& entry) {
  Step(txn::shard_event::Applied{entry.index, std::move(result_)});
}

void ShardHost::BecameLeader(Term term) { Step(txn::shard_event::BecameLeader{term}); }
void ShardHost::LostLeadership(Term term) { Step(txn::shard_event::LostLeadership{}); }

void ShardHost::ReadReady(raft::ReadId id, LogIndex index) {
  Step(txn::shard_event::ReadIndexDone{id.value(), true, index});
}

void ShardHost::ReadFailed(raft::ReadId id) {
  Step(txn::shard_event::ReadIndexDone{id.value(), false, LogIndex()});
}

absl::Status ShardHost::Restored() {
  cache_.Clear();
  return CheckShardVersion(options_, group_.group(), env_.kv);
}

std::vector<storage::KeyRange> ShardHost::OwnedRanges() const {
  std::vector<storage::SlotRange> slots;
  const shard::ShardMap map = shard::ShardMap::Equal(options_.num_shards);
  for (const shard::SlotSpan& span : map.Entry(group_.group()).slots) {
    slots.push_back({span.first, span.last});
  }
  return storage::OwnedRanges(group_.group(), storage::SlotSet(std::move(slots)));
}

}  // namespace graphdb::cluster
