// TraceHash: one number that stands for everything that happened in a run. Two
// runs of one seed must end with the same number; one other byte in one message
// or two events in another order must give another.
//
// Invariants:
//   1. The value depends on number, time, actor, kind and payload of every event
//      added, and on their order.
//   2. It depends on nothing else: no address, no process state.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "core/env/time.h"

namespace graphdb::sim {

class TraceHash {
 public:
  void Add(uint64_t event_number, Duration time, uint64_t actor, absl::string_view kind,
           uint64_t payload);
  uint64_t value() const { return value_; }
  std::string ToHex() const { return HexOf(value_); }  // 16 lower-case digits
  static std::string HexOf(uint64_t value);

 private:
  uint64_t value_ = 0x6a09e667f3bcc908u;
};

}  // namespace graphdb::sim
