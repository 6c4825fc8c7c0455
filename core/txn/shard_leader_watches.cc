// Watches of ShardLeader: foreign transactions whose intents are in the way of a
// read or a write (rules T2, T4, T6). Whatever the home answers, intents go only
// by a Resolve in this shard's log.
#include <algorithm>
#include <utility>

#include "core/base/cover.h"
#include "core/base/mutant.h"
#include "core/shard/records.h"
#include "core/txn/shard_leader_impl.h"

namespace graphdb::txn {
namespace {

bool Decided(v1::TxnState state) {
  return state == v1::TXN_COMMITTED || state == v1::TXN_ABORTED || state == v1::TXN_RESOLVED;
}

}  // namespace

// Null where the transaction is not prepared here.
ShardLeader::Impl::Watch* ShardLeader::Impl::WatchOn(Timestamp start_ts) {
  const auto found = watches_.find(start_ts);
  if (found != watches_.end()) return &found->second;
  const auto prepared = shard::GetRecord<v1::PreparedRecord>(
      engine_, "prepared", shard::PreparedKey(options_.shard, start_ts));
  if (!prepared.ok() || !prepared->has_value()) return nullptr;
  Watch& watch = watches_[start_ts];
  watch.txn = (*prepared)->txn();
  watch.period = options_.ask_after;
  return &watch;
}

void ShardLeader::Impl::BlockRead(uint64_t id, std::set<Timestamp> blockers) {
  Read& read = reads_[id];
  for (const Timestamp start_ts : blockers) {
    Watch* watch = WatchOn(start_ts);
    if (watch == nullptr) continue;
    read.blockers.insert(start_ts);
    watch->readers.insert(id);
    if (!watch->timer) {
      watch->timer = true;
      const uint64_t timer = NextId();
      watch_timers_[timer] = start_ts;
      Emit(shard_effect::SetTimer{timer, watch->period});
    }
  }
  if (!read.blockers.empty()) return;
  // Intents without the record that owns them: damage.
  reads_.erase(id);
  Reply(id, v1::SHARD_INVALID, "intent without a prepared record");
}

void ShardLeader::Impl::BlockWrite(uint64_t id, const std::set<Timestamp>& blockers) {
  for (const Timestamp start_ts : blockers) {
    Watch* watch = WatchOn(start_ts);
    // A Resolve that is proposed already goes before us in the log.
    if (watch == nullptr || watch->resolving) continue;
    writes_[id].blockers.insert(start_ts);
    watch->clearers.insert(id);
    if (!watch->asking) Ask(start_ts, watch, v1::PEEK);
  }
  if (writes_[id].blockers.empty()) Proceed(id);
}

void ShardLeader::Impl::Ask(Timestamp start_ts, Watch* watch, v1::StatusMode mode) {
  if (GRAPHDB_MUTANT("rule-T2.asks-home") && mode != v1::PEEK) return;
  watch->asking = true;
  const uint64_t ask = NextId();
  asks_[ask] = start_ts;
  v1::ShardRequest request;
  *request.mutable_question()->mutable_txn() = watch->txn;
  request.mutable_question()->set_mode(mode);
  Emit(shard_effect::SendToSlot{ask, Slot(static_cast<uint16_t>(watch->txn.home_slot())),
                                std::move(request)});
}

void ShardLeader::Impl::OnAnswer(Timestamp start_ts, bool ok, const v1::ShardResponse& response) {
  const auto found = watches_.find(start_ts);
  if (found == watches_.end()) return;
  Watch& watch = found->second;
  watch.asking = false;
  const v1::TxnState state = ok ? response.state().state() : v1::TXN_UNSET;
  if (Decided(state) && !watch.resolving) {
    ProposeResolve(start_ts, state, Timestamp(response.state().commit_ts()));
  }
  ReleaseClearers(start_ts, &watch);
  DropIdleWatch(start_ts);
}

void ShardLeader::Impl::ProposeResolve(Timestamp start_ts, v1::TxnState state,
                                       Timestamp commit_ts) {
  watches_[start_ts].resolving = true;
  if (state == v1::TXN_COMMITTED) RaiseFloorResolved(commit_ts);
  v1::ShardCommand command;
  command.mutable_resolve()->set_start_ts(start_ts.value());
  command.mutable_resolve()->set_state(state);
  command.mutable_resolve()->set_commit_ts(commit_ts.value());
  Proposal proposal;
  proposal.resolves = start_ts;
  Propose(std::move(command), std::move(proposal));
}

void ShardLeader::Impl::ReleaseClearers(Timestamp start_ts, Watch* watch) {
  const std::set<uint64_t> clearers = std::exchange(watch->clearers, {});
  for (const uint64_t id : clearers) {
    const auto write = writes_.find(id);
    if (write == writes_.end() || write->second.blockers.erase(start_ts) == 0) continue;
    if (write->second.blockers.empty()) Proceed(id);
  }
}

void ShardLeader::Impl::OnResolved(Timestamp start_ts) {
  const auto found = watches_.find(start_ts);
  if (found == watches_.end()) return;
  Watch watch = std::move(found->second);
  watches_.erase(found);
  ReleaseClearers(start_ts, &watch);
  for (const uint64_t id : watch.readers) {
    const auto read = reads_.find(id);
    if (read != reads_.end()) read->second.blockers.erase(start_ts);
  }
}

void ShardLeader::Impl::OnWatchTimer(Timestamp start_ts) {
  const auto found = watches_.find(start_ts);
  if (found == watches_.end()) return;
  Watch& watch = found->second;
  watch.timer = false;
  watch.waited = watch.waited + watch.period;
  watch.period = std::min(watch.period * 2, options_.ask_after * 8);
  const bool demand = watch.waited >= options_.abort_after;
  if (!watch.resolving && demand && GRAPHDB_MUTANT("rule-T6.timer-proposes")) {
    ProposeResolve(start_ts, v1::TXN_ABORTED, Timestamp());
  } else if (!watch.asking && !watch.resolving) {
    if (demand) GRAPHDB_COVER("txn.reader_demands_decision");
    Ask(start_ts, &watch, demand ? v1::ABORT : v1::QUESTION);
  }
  if (watch.readers.empty()) return;
  watch.timer = true;
  const uint64_t timer = NextId();
  watch_timers_[timer] = start_ts;
  Emit(shard_effect::SetTimer{timer, watch.period});
}

void ShardLeader::Impl::DropIdleWatch(Timestamp start_ts) {
  const auto found = watches_.find(start_ts);
  if (found == watches_.end()) return;
  const Watch& watch = found->second;
  const bool needed = !watch.readers.empty() || !watch.clearers.empty() || watch.asking ||
                      watch.resolving || watch.timer;
  if (!needed) watches_.erase(found);
}

}  // namespace graphdb::txn
