#include "core/txn/shard_leader.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/txn/shard_leader_impl.h"

namespace graphdb::txn {

ShardLeader::ShardLeader(ShardLeaderOptions options, const env::KvEngine& engine,
                         storage::AdjacencyCache& cache)
    : impl_(std::make_unique<Impl>(std::move(options), engine, cache)) {}
ShardLeader::~ShardLeader() = default;

void ShardLeader::Step(const ShardEvent& event, std::vector<ShardEffect>* effects) {
  impl_->Step(event, effects);
}
bool ShardLeader::leading() const { return impl_->leading(); }
Timestamp ShardLeader::read_floor() const { return impl_->read_floor(); }
Timestamp ShardLeader::newest_read() const { return impl_->newest_read(); }
std::optional<Timestamp> ShardLeader::commit_floor() const { return impl_->commit_floor(); }

void ShardLeader::Impl::Step(const ShardEvent& event, std::vector<ShardEffect>* effects) {
  effects_ = effects;
  std::visit([this](const auto& e) { On(e); }, event);
  effects_ = nullptr;
}

void ShardLeader::Impl::On(const shard_event::BecameLeader& event) {
  leading_ = true;
  term_ = event.term;
  floor_ = Timestamp();
  newest_read_ = Timestamp();
  floor_ready_ = false;
  absl::Status loaded = LoadState();
  if (loaded.ok()) loaded = LoadOpen();
  // Damage: this replica can't serve. Requests are told why.
  if (!loaded.ok()) {
    state_ = shard::ShardStateView();
    return;
  }
  if (state_.epoch.value() == 0) {
    Found();
    return;
  }
  AskFloor();
  ArmJanitor();
}

void ShardLeader::Impl::Found() {
  v1::ShardCommand command;
  v1::Adopt* adopt = command.mutable_adopt();
  adopt->set_epoch(shard::kFirstEpoch.value());
  for (const shard::SlotSpan& span : options_.founding_slots) {
    v1::SlotRange* range = adopt->add_slots();
    range->set_first(span.first.value());
    range->set_last(span.last.value());
  }
  Proposal proposal;
  proposal.founds = true;
  Propose(std::move(command), std::move(proposal));
}

void ShardLeader::Impl::On(const shard_event::LostLeadership&) {
  if (!leading_) return;
  leading_ = false;
  for (const auto& [id, read] : reads_) Reply(id, v1::SHARD_NOT_LEADER);
  for (const auto& [id, write] : writes_) Reply(id, v1::SHARD_NOT_LEADER);
  for (const auto& [number, proposal] : proposals_) {
    if (proposal.request != 0) Reply(proposal.request, v1::SHARD_NOT_LEADER);
  }
  reads_.clear();
  read_rounds_.clear();
  read_checks_.clear();
  writes_.clear();
  wants_timestamp_.clear();
  asked_timestamp_.clear();
  timestamp_ask_ = 0;
  floor_ask_ = 0;
  floor_timer_ = 0;
  proposals_.clear();
  pipeline_.clear();
  watches_.clear();
  asks_.clear();
  drives_.clear();
  watch_timers_.clear();
  janitor_timer_ = 0;
  periods_ = 0;
  active_period_ = 0;
  samples_.clear();
  open_prepared_.clear();
  open_home_.clear();
}

void ShardLeader::Impl::On(const shard_event::ClusterVersion& event) {
  if (!leading_ || state_.epoch.value() == 0) return;
  if (event.version <= state_.cluster_version || proposals_.count(switch_proposal_) > 0) return;
  v1::ShardCommand command;
  command.mutable_cluster_version()->set_version(state_.cluster_version + 1);
  switch_proposal_ = Propose(std::move(command), Proposal());
}

void ShardLeader::Impl::On(const shard_event::Applied& event) {
  applied_ = event.index;
  if (!leading_) return;
  const shard::ApplyResult& result = event.result;
  using Body = v1::ShardCommand;
  const bool changes_state = result.kind == Body::kAdopt || result.kind == Body::kRaiseFloors ||
                             result.kind == Body::kClusterVersion;
  if (changes_state) {
    const absl::Status loaded = LoadState();
    if (!loaded.ok()) state_ = shard::ShardStateView();
  }
  // Rule T3: what another owner of the range has read is not known here.
  if (result.kind == Body::kAdopt) AskFloor();
  NoteApplied(result);
  if (result.proposer_term == term_) {
    const auto found = proposals_.find(result.proposal);
    if (found != proposals_.end()) {
      const Proposal proposal = std::move(found->second);
      proposals_.erase(found);
      pipeline_.erase(result.proposal);
      ReplyApplied(proposal, result);
    }
  }
  for (const Timestamp start_ts : result.resolved) OnResolved(start_ts);
  TryReads();
}

void ShardLeader::Impl::On(const shard_event::ProposalLost& event) {
  const auto found = proposals_.find(event.proposal);
  if (found == proposals_.end()) return;
  const Proposal proposal = std::move(found->second);
  proposals_.erase(found);
  pipeline_.erase(event.proposal);
  if (proposal.request != 0) Reply(proposal.request, v1::SHARD_BUSY, "not proposed");
  if (proposal.founds) ArmFloorTimer();
  if (proposal.resolves.value() != 0) {
    const auto watch = watches_.find(proposal.resolves);
    if (watch != watches_.end()) watch->second.resolving = false;
    DropIdleWatch(proposal.resolves);
  }
  TryReads();
}

void ShardLeader::Impl::On(const shard_event::ReadIndexDone& event) {
  const auto round = read_rounds_.find(event.id);
  if (round == read_rounds_.end()) return;
  const uint64_t id = round->second;
  read_rounds_.erase(round);
  const auto read = reads_.find(id);
  GRAPHDB_CHECK(read != reads_.end()) << "read " << id << " left before its round";
  if (!event.ok) {
    reads_.erase(read);
    Reply(id, v1::SHARD_BUSY, "leadership not confirmed");
    return;
  }
  read->second.confirmed = true;
  read->second.index = event.index;
  if (GRAPHDB_MUTANT("rule-T3.floor-first")) RaiseFloor(read->second.ts);
  TryRead(id);
}

void ShardLeader::Impl::On(const shard_event::OracleReply& event) {
  if (event.ok) seen_ = std::max(seen_, event.first);
  if (event.id == floor_ask_ && floor_ask_ != 0) {
    floor_ask_ = 0;
    if (!event.ok) return ArmFloorTimer();
    RaiseFloor(event.first);
    floor_ready_ = true;
    AskTimestamps();
    return;
  }
  if (event.id == timestamp_ask_ && timestamp_ask_ != 0) {
    TakeTimestamps(event);
    return;
  }
  const auto check = read_checks_.find(event.id);
  if (check == read_checks_.end()) return;
  const uint64_t id = check->second;
  read_checks_.erase(check);
  if (event.ok && event.first >= reads_[id].ts) {
    ConfirmRead(id);
    return;
  }
  reads_.erase(id);
  Reply(id, event.ok ? v1::SHARD_INVALID : v1::SHARD_BUSY,
        event.ok ? "read_ts: the oracle has not issued it" : "no oracle");
}

void ShardLeader::Impl::On(const shard_event::PeerReply& event) {
  const bool ok = event.ok && event.response.status() == v1::SHARD_OK;
  if (const auto ask = asks_.find(event.id); ask != asks_.end()) {
    const Timestamp start_ts = ask->second;
    asks_.erase(ask);
    OnAnswer(start_ts, ok, event.response);
    return;
  }
  if (const auto drive = drives_.find(event.id); drive != drives_.end()) {
    const Timestamp start_ts = drive->second;
    drives_.erase(drive);
    OnDriveReply(start_ts, event.id, ok);
  }
}

void ShardLeader::Impl::On(const shard_event::Timer& event) {
  if (!leading_) return;
  if (event.id == janitor_timer_) {
    janitor_timer_ = 0;
    OnJanitor();
  } else if (event.id == floor_timer_) {
    floor_timer_ = 0;
    if (state_.epoch.value() == 0) {
      Found();
    } else {
      AskFloor();
    }
  } else if (const auto timer = watch_timers_.find(event.id); timer != watch_timers_.end()) {
    const Timestamp start_ts = timer->second;
    watch_timers_.erase(timer);
    OnWatchTimer(start_ts);
  }
}

absl::Status ShardLeader::Impl::LoadState() {
  absl::StatusOr<shard::ShardStateView> state = shard::LoadShardState(options_.shard, engine_);
  if (!state.ok()) return state.status();
  state_ = *std::move(state);
  return absl::OkStatus();
}

}  // namespace graphdb::txn
