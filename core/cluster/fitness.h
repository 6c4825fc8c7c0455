// Fitness: whether this node should lead. A leader applies and answers only what is on its
// own disk too; a majority that hears one keeps it, however slow that disk has become. A node
// that is unfit says so in every message, hands what it leads to one that isn't, and is handed
// nothing (rule I2).
//
// It is fit again once a slow write hasn't been seen for kRemembered: a node that leads nothing
// writes little, and could hardly learn anything better.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>

#include "core/env/env.h"
#include "core/raft/log/node_log.h"

namespace graphdb::cluster {

class Fitness {
 public:
  static constexpr Duration kRemembered = Duration::Seconds(15);
  // A write to the log that takes longer than this many looks, of Membership::kPeriod
  // each, is too slow for a leader: 500 ms, most of the time that a call waits (Router::kCallFor).
  static constexpr uint32_t kLooksForAWrite = 2;

  explicit Fitness(env::Env& env) : env_(env) {}

  // REQUIRES: called every Membership::kPeriod.
  void LookAtLog(const raft::NodeLog& log);
  bool fit() const { return !slow_at_.has_value(); }

 private:
  env::Env& env_;
  uint64_t blocks_ = 0;             // of the log, at the last look
  uint32_t looks_ = 0;              // in which the block under way stayed the same
  std::optional<Instant> slow_at_;  // seen last; none: it is fit
};

}  // namespace graphdb::cluster
