#include "core/shard/timestamp_oracle.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/shard/meta_state_machine.h"

namespace graphdb::shard {

void TimestampOracle::Step(const OracleEvent& event, std::vector<OracleEffect>* effects) {
  std::visit([&](const auto& e) { On(e, effects); }, event);
}

void TimestampOracle::On(const oracle_event::BecameLeader& event, Effects* effects) {
  leading_ = true;
  // Everything up to the bound may have been issued by an earlier leader.
  bound_ = event.bound.value();
  next_ = bound_ + 1;
  proposing_ = false;
  round_ = 0;
  confirmed_round_ = 0;
}

void TimestampOracle::On(const oracle_event::LostLeadership&, Effects* effects) {
  leading_ = false;
  round_ = 0;
  for (std::vector<oracle_event::Request>* queue : {&confirmed_, &in_round_, &waiting_}) {
    for (const oracle_event::Request& request : *queue) {
      effects->push_back(oracle_effect::Refuse{request.id, true});
    }
    queue->clear();
  }
}

void TimestampOracle::On(const oracle_event::Request& event, Effects* effects) {
  GRAPHDB_CHECK(event.count >= 1) << "request " << event.id;
  GRAPHDB_CHECK_LE(event.count, kNumberBlockMax) << "request " << event.id;
  if (!leading_ || waiting_.size() >= kQueueMax) {
    effects->push_back(oracle_effect::Refuse{event.id, !leading_});
    return;
  }
  waiting_.push_back(event);
  if (round_ == 0) BeginRound(effects);
}

void TimestampOracle::BeginRound(Effects* effects) {
  if (waiting_.empty()) return;
  in_round_ = std::exchange(waiting_, {});
  if (GRAPHDB_MUTANT("rule-oracle.read-index")) {
    confirmed_.insert(confirmed_.end(), in_round_.begin(), in_round_.end());
    in_round_.clear();
    ReleaseConfirmed(effects);
    return;
  }
  round_ = ++last_round_;
  effects->push_back(oracle_effect::ReadIndex{round_});
}

void TimestampOracle::On(const oracle_event::ReadIndexDone& event, Effects* effects) {
  if (!leading_ || event.id != round_) return;
  round_ = 0;
  if (event.ok) {
    confirmed_round_ = event.id;
    confirmed_.insert(confirmed_.end(), in_round_.begin(), in_round_.end());
  } else {
    for (const oracle_event::Request& request : in_round_) {
      effects->push_back(oracle_effect::Refuse{request.id, false});
    }
  }
  in_round_.clear();
  ReleaseConfirmed(effects);
  BeginRound(effects);
}

void TimestampOracle::ReleaseConfirmed(Effects* effects) {
  size_t released = 0;
  for (const oracle_event::Request& request : confirmed_) {
    const bool fits = next_ + request.count - 1 <= bound_;
    if (!fits && !GRAPHDB_MUTANT("rule-oracle.bound-first")) break;
    effects->push_back(oracle_effect::Release{request.id, Timestamp(next_), request.count});
    next_ += request.count;
    ++released;
  }
  confirmed_.erase(confirmed_.begin(), confirmed_.begin() + static_cast<ptrdiff_t>(released));
  const bool low = next_ + bound_window_ / 2 > bound_;
  if ((low || !confirmed_.empty()) && !proposing_) {
    proposing_ = true;
    const uint64_t needed = confirmed_.empty() ? 0 : confirmed_.front().count;
    effects->push_back(oracle_effect::ProposeBound{Timestamp(next_ + needed + bound_window_)});
  }
}

void TimestampOracle::On(const oracle_event::BoundApplied& event, Effects* effects) {
  if (!leading_) return;
  proposing_ = false;
  bound_ = std::max(bound_, event.bound.value());
  ReleaseConfirmed(effects);
}

void TimestampOracle::On(const oracle_event::BoundLost&, Effects* effects) {
  if (!leading_) return;
  proposing_ = false;
  for (const oracle_event::Request& request : confirmed_) {
    effects->push_back(oracle_effect::Refuse{request.id, false});
  }
  confirmed_.clear();
}

void TimestampOracle::On(const oracle_event::Founded& event, Effects* effects) {
  if (!leading_ || GRAPHDB_MUTANT("rule-M1.oracle-above-restore")) return;
  bound_ = std::max(bound_, event.bound.value());
  next_ = std::max(next_, event.bound.value() + 1);
}

}  // namespace graphdb::shard
