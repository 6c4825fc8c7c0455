#include "core/shard/meta_leader.h"

#include <utility>

#include "core/base/check.h"

namespace graphdb::shard {
namespace {

v1::MetaResponse Answer(v1::ShardStatus status, std::string message = {}) {
  v1::MetaResponse response;
  response.set_status(status);
  response.set_message(std::move(message));
  return response;
}

bool CountSound(uint32_t count) { return count >= 1 && count <= kNumberBlockMax; }

}  // namespace

void MetaLeader::Step(const MetaEvent& event, std::vector<MetaEffect>* effects) {
  std::visit([&](const auto& e) { On(e, effects); }, event);
}

void MetaLeader::On(const meta_event::BecameLeader& event, Effects* effects) {
  const absl::StatusOr<v1::MetaStateView> state = MetaStateMachine::Load(engine_);
  GRAPHDB_CHECK_OK(state.status());
  leading_ = true;
  term_ = event.term;
  StepOracle(oracle_event::BecameLeader{Timestamp(state->oracle_bound())}, effects);
}

void MetaLeader::On(const meta_event::LostLeadership&, Effects* effects) {
  if (!leading_) return;
  leading_ = false;
  StepOracle(oracle_event::LostLeadership{}, effects);
  const auto refuse = [&](uint64_t id) {
    if (id != 0) effects->push_back(meta_effect::Reply{id, Answer(v1::SHARD_NOT_LEADER)});
  };
  for (const auto& [proposal, request] : proposals_) refuse(request);
  for (const auto& [round, request] : state_rounds_) refuse(request);
  for (const auto& [index, request] : state_reads_) refuse(request);
  proposals_.clear();
  oracle_rounds_.clear();
  state_rounds_.clear();
  state_reads_.clear();
}

void MetaLeader::On(const meta_event::Request& event, Effects* effects) {
  using Body = v1::MetaRequest;
  const v1::MetaRequest& request = event.request;
  const auto reply = [&](v1::MetaResponse response) {
    effects->push_back(meta_effect::Reply{event.id, std::move(response)});
  };
  if (!leading_) return reply(Answer(v1::SHARD_NOT_LEADER));
  switch (request.body_case()) {
    case Body::kGetTimestamps: {
      const uint32_t count = request.get_timestamps().count();
      if (!CountSound(count)) return reply(Answer(v1::SHARD_INVALID, "timestamps: count"));
      return StepOracle(oracle_event::Request{event.id, count}, effects);
    }
    case Body::kAllocateIds: {
      if (!CountSound(request.allocate_ids().count())) {
        return reply(Answer(v1::SHARD_INVALID, "ids: count"));
      }
      v1::MetaCommand command;
      *command.mutable_allocate_ids() = request.allocate_ids();
      return Propose(std::move(command), event.id, effects);
    }
    case Body::kGetState: {
      const uint64_t round = ++last_id_;
      state_rounds_[round] = event.id;
      effects->push_back(meta_effect::ReadIndex{round});
      return;
    }
    case Body::BODY_NOT_SET:
      break;
  }
  reply(Answer(v1::SHARD_INVALID, "empty request"));
}

void MetaLeader::On(const meta_event::Command& event, Effects* effects) {
  if (!leading_) {
    effects->push_back(meta_effect::Reply{event.id, Answer(v1::SHARD_NOT_LEADER)});
    return;
  }
  Propose(event.command, event.id, effects);
}

void MetaLeader::Propose(v1::MetaCommand command, uint64_t request, Effects* effects) {
  const uint64_t proposal = ++last_id_;
  command.set_version(kMetaCommandVersion);
  command.set_proposer_term(term_.value());
  command.set_proposal(proposal);
  proposals_[proposal] = request;
  effects->push_back(meta_effect::Propose{proposal, command.SerializeAsString()});
}

void MetaLeader::On(const meta_event::Applied& event, Effects* effects) {
  applied_ = event.index;
  const MetaApplyResult& result = event.result;
  if (leading_ && !result.refused && result.kind == v1::MetaCommand::kFound) {
    // This leader began before there was a state to take its bound from.
    StepOracle(oracle_event::Founded{result.oracle_bound}, effects);
  }
  const auto found = proposals_.find(result.proposal);
  const bool ours = leading_ && result.proposer_term == term_ && found != proposals_.end();
  if (ours) {
    const uint64_t request = found->second;
    proposals_.erase(found);
    if (request == 0) {
      StepOracle(result.refused ? OracleEvent(oracle_event::BoundLost{})
                                : OracleEvent(oracle_event::BoundApplied{result.oracle_bound}),
                 effects);
    } else if (result.refused) {
      effects->push_back(meta_effect::Reply{request, Answer(v1::SHARD_INVALID, result.message)});
    } else if (result.kind == v1::MetaCommand::kAllocateIds) {
      v1::MetaResponse response = Answer(v1::SHARD_OK);
      response.mutable_ids()->set_first(result.first_id);
      response.mutable_ids()->set_count(result.count);
      effects->push_back(meta_effect::Reply{request, std::move(response)});
    } else {
      ReplyState(request, effects);
    }
  }
  if (leading_) ServeReads(effects);
}

void MetaLeader::On(const meta_event::ProposalLost& event, Effects* effects) {
  const auto found = proposals_.find(event.proposal);
  if (found == proposals_.end()) return;
  const uint64_t request = found->second;
  proposals_.erase(found);
  if (request == 0) {
    StepOracle(oracle_event::BoundLost{}, effects);
  } else {
    effects->push_back(meta_effect::Reply{request, Answer(v1::SHARD_BUSY)});
  }
}

void MetaLeader::On(const meta_event::ReadIndexDone& event, Effects* effects) {
  if (const auto found = oracle_rounds_.find(event.id); found != oracle_rounds_.end()) {
    const uint64_t round = found->second;
    oracle_rounds_.erase(found);
    StepOracle(oracle_event::ReadIndexDone{round, event.ok}, effects);
    return;
  }
  const auto found = state_rounds_.find(event.id);
  if (found == state_rounds_.end()) return;
  const uint64_t request = found->second;
  state_rounds_.erase(found);
  if (!event.ok) {
    effects->push_back(meta_effect::Reply{request, Answer(v1::SHARD_BUSY)});
    return;
  }
  state_reads_.emplace(event.index, request);
  // Where nothing is applied any more, `applied_` stands at the index already.
  ServeReads(effects);
}

void MetaLeader::ServeReads(Effects* effects) {
  while (!state_reads_.empty() && state_reads_.begin()->first <= applied_) {
    const uint64_t request = state_reads_.begin()->second;
    state_reads_.erase(state_reads_.begin());
    ReplyState(request, effects);
  }
}

void MetaLeader::ReplyState(uint64_t id, Effects* effects) {
  absl::StatusOr<v1::MetaStateView> state = MetaStateMachine::Load(engine_);
  GRAPHDB_CHECK_OK(state.status());
  v1::MetaResponse response = Answer(v1::SHARD_OK);
  *response.mutable_state() = *std::move(state);
  effects->push_back(meta_effect::Reply{id, std::move(response)});
}

void MetaLeader::StepOracle(const OracleEvent& event, Effects* effects) {
  std::vector<OracleEffect> out;
  oracle_.Step(event, &out);
  for (const OracleEffect& effect : out) {
    if (const auto* release = std::get_if<oracle_effect::Release>(&effect)) {
      v1::MetaResponse response = Answer(v1::SHARD_OK);
      response.mutable_timestamps()->set_first(release->first.value());
      response.mutable_timestamps()->set_count(release->count);
      effects->push_back(meta_effect::Reply{release->id, std::move(response)});
    } else if (const auto* refuse = std::get_if<oracle_effect::Refuse>(&effect)) {
      effects->push_back(meta_effect::Reply{
          refuse->id, Answer(refuse->not_leader ? v1::SHARD_NOT_LEADER : v1::SHARD_BUSY)});
    } else if (const auto* round = std::get_if<oracle_effect::ReadIndex>(&effect)) {
      const uint64_t id = ++last_id_;
      oracle_rounds_[id] = round->id;
      effects->push_back(meta_effect::ReadIndex{id});
    } else if (const auto* bound = std::get_if<oracle_effect::ProposeBound>(&effect)) {
      v1::MetaCommand command;
      command.mutable_raise_bounds()->set_oracle_bound(bound->bound.value());
      Propose(std::move(command), 0, effects);
    }
  }
}

}  // namespace graphdb::shard
