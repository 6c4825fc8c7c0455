// The janitor of ShardLeader: transactions whose gateway is gone are decided and
// resolved, records and floors follow (rules T6, T7). It only ever proposes.
#include <algorithm>
#include <utility>

#include "core/base/cover.h"
#include "core/base/status_macros.h"
#include "core/shard/records.h"
#include "core/txn/shard_leader_impl.h"

namespace graphdb::txn {

absl::Status ShardLeader::Impl::LoadOpen() {
  const storage::KeyRange prepared = shard::PreparedRange(options_.shard);
  std::unique_ptr<env::KvIterator> it = engine_.Iterate(prepared.begin, prepared.end);
  for (; it->Valid(); it->Next()) {
    GRAPHDB_ASSIGN_OR_RETURN(const auto record,
                             shard::DecodeRecord<v1::PreparedRecord>("prepared", it->value()));
    if (!record.home()) open_prepared_[Timestamp(record.txn().start_ts())] = 0;
  }
  GRAPHDB_RETURN_IF_ERROR(it->status());
  for (const storage::SlotRange& span : state_.slots.ranges()) {
    const storage::KeyRange records = storage::SlotKeyRange(storage::Tag::kTxnRecord, span);
    it = engine_.Iterate(records.begin, records.end);
    for (; it->Valid(); it->Next()) {
      GRAPHDB_ASSIGN_OR_RETURN(
          const auto record, shard::DecodeRecord<v1::TxnRecord>("transaction record", it->value()));
      if (record.finished()) continue;
      open_home_[Timestamp(record.txn().start_ts())].home =
          Slot(static_cast<uint16_t>(record.txn().home_slot()));
    }
    GRAPHDB_RETURN_IF_ERROR(it->status());
  }
  return absl::OkStatus();
}

void ShardLeader::Impl::NoteApplied(const shard::ApplyResult& result) {
  using Body = v1::ShardCommand;
  for (const Timestamp start_ts : result.resolved) open_prepared_.erase(start_ts);
  if (result.kind == Body::kPrepare && result.verdict == v1::VERDICT_DONE) {
    const auto prepared = shard::GetRecord<v1::PreparedRecord>(
        engine_, "prepared", shard::PreparedKey(options_.shard, result.start_ts));
    if (prepared.ok() && prepared->has_value()) {
      const v1::PreparedRecord& record = **prepared;
      if (record.home()) {
        open_home_[result.start_ts].home = Slot(static_cast<uint16_t>(record.txn().home_slot()));
      } else {
        open_prepared_.emplace(result.start_ts, 0);
      }
    }
  }
  if (result.kind == Body::kFinish && result.state != v1::TXN_PENDING) {
    open_home_.erase(result.start_ts);
  }
  const bool leaves_something = result.kind == Body::kCommit || result.kind == Body::kPrepare ||
                                result.kind == Body::kQuestion || result.kind == Body::kFence;
  if (leaves_something) {
    active_period_ = periods_;
    ArmJanitor();
  }
}

void ShardLeader::Impl::ArmJanitor() {
  if (janitor_timer_ != 0) return;
  // An idle shard costs nothing once what it left has been dropped.
  const bool idle =
      periods_ > active_period_ + options_.dedupe_retention_periods + 2 * kFloorPeriods;
  if (idle && open_prepared_.empty() && open_home_.empty()) return;
  janitor_timer_ = NextId();
  Emit(shard_effect::SetTimer{janitor_timer_, options_.janitor_period});
}

void ShardLeader::Impl::OnJanitor() {
  ++periods_;
  samples_.push_back(seen_);
  while (samples_.size() > options_.dedupe_retention_periods + 1u) samples_.pop_front();
  LookAfterPrepared();
  LookAfterHomes();
  if (periods_ % kFloorPeriods == 0) ProposeFloors();
  ArmJanitor();
}

void ShardLeader::Impl::LookAfterPrepared() {
  for (auto& [start_ts, periods] : open_prepared_) {
    if (++periods < options_.janitor_patience) continue;
    Watch* watch = WatchOn(start_ts);
    if (watch == nullptr || watch->asking || watch->resolving) continue;
    GRAPHDB_COVER("txn.janitor_asks_home");
    Ask(start_ts, watch, v1::ABORT);
  }
}

void ShardLeader::Impl::LookAfterHomes() {
  for (auto& [start_ts, open] : open_home_) {
    if (++open.periods < options_.janitor_patience) continue;
    const auto record = shard::GetRecord<v1::TxnRecord>(engine_, "transaction record",
                                                        shard::TxnRecordKey(open.home, start_ts));
    if (!record.ok() || !record->has_value()) continue;
    if ((*record)->state() == v1::TXN_PENDING) {
      GRAPHDB_COVER("txn.janitor_aborts_pending");
      v1::ShardCommand command;
      *command.mutable_question()->mutable_txn() = (*record)->txn();
      command.mutable_question()->set_mode(v1::ABORT);
      Propose(std::move(command), {});
    } else if (open.asks.empty()) {
      GRAPHDB_COVER("txn.janitor_resolves");
      DriveResolution(start_ts, &open, **record);
    }
  }
}

void ShardLeader::Impl::DriveResolution(Timestamp start_ts, OpenHome* open,
                                        const v1::TxnRecord& record) {
  open->failed = false;
  for (const uint32_t number : record.participant_slots()) {
    const Slot slot(static_cast<uint16_t>(number));
    // Our own part went with the decision.
    if (state_.slots.Contains(slot)) continue;
    const uint64_t ask = NextId();
    open->asks.insert(ask);
    drives_[ask] = start_ts;
    v1::ShardRequest request;
    request.mutable_resolve()->set_start_ts(start_ts.value());
    request.mutable_resolve()->set_state(record.state());
    request.mutable_resolve()->set_commit_ts(record.commit_ts());
    Emit(shard_effect::SendToSlot{ask, slot, std::move(request)});
  }
  if (open->asks.empty()) OnDriveReply(start_ts, 0, true);
}

void ShardLeader::Impl::OnDriveReply(Timestamp start_ts, uint64_t ask, bool ok) {
  const auto found = open_home_.find(start_ts);
  if (found == open_home_.end()) return;
  OpenHome& open = found->second;
  open.asks.erase(ask);
  open.failed = open.failed || !ok;
  if (!open.asks.empty() || open.failed) return;
  const auto record = shard::GetRecord<v1::TxnRecord>(engine_, "transaction record",
                                                      shard::TxnRecordKey(open.home, start_ts));
  if (!record.ok() || !record->has_value()) return;
  v1::ShardCommand command;
  *command.mutable_finish()->mutable_txn() = (*record)->txn();
  Propose(std::move(command), {});
}

void ShardLeader::Impl::ProposeFloors() {
  const auto sample = [&](uint32_t periods_ago) {
    return samples_.size() > periods_ago ? samples_[samples_.size() - 1 - periods_ago]
                                         : Timestamp();
  };
  const Timestamp start = sample(options_.txn_life_periods);
  const Timestamp dedupe = sample(options_.dedupe_retention_periods);
  if (start <= state_.start_ts_floor && dedupe <= state_.dedupe_floor) return;
  GRAPHDB_COVER("txn.floors_raised");
  v1::ShardCommand command;
  command.mutable_raise_floors()->set_start_ts_floor(start.value());
  command.mutable_raise_floors()->set_dedupe_floor(dedupe.value());
  Propose(std::move(command), {});
}

}  // namespace graphdb::txn
