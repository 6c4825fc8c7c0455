// Registers: each key is a register with read, write and compare-and-set, and
// has to be linearizable by itself.
//
// What it does not see: order between different keys (list-append does); lost
// writes that nobody reads (the ledger does).
//
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/check/history.h"
#include "sim/check/linearizability.h"

namespace graphdb::sim {

struct RegisterCall {
  Mop::Kind kind;  // kRead, kWrite, kCas, kMismatch
  std::optional<int64_t> value;
  std::optional<int64_t> expected;
};

struct RegisterModel {
  using State = std::optional<int64_t>;
  using Call = RegisterCall;
  static State Initial() { return std::nullopt; }
  static bool Step(const State& state, const Call& call, State* next);
  static uint64_t Hash(const State& state);
};

struct RegisterVerdict {
  LinearizeVerdict verdict = LinearizeVerdict::kLinearizable;
  MaybeViolation violation;
};

// Each op holds exactly one mop. A failed operation had no effect, except that
// a failed kCas with kOk outcome doesn't exist: the recorder marks it kFail.
RegisterVerdict CheckRegisters(const History& history, uint64_t budget_per_key = 2'000'000);

}  // namespace graphdb::sim
