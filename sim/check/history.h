// History: what the clients of a run asked for and heard back, as plain data.
// An oracle takes a history and gives back a violation or nothing.
//
// Invariants (of a well-formed history):
//   1. invoked <= completed. An operation whose outcome is not known (kInfo) may
//      have taken effect at any time after `invoked`, or never; its `completed`
//      means nothing.
//   2. A value is written to a key at most once.
//
// Plain values; deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/env/time.h"

namespace graphdb::sim {

enum class Outcome : uint8_t { kOk, kFail, kInfo };

// One micro-operation of a transaction. A kMismatch is a compare-and-set that was
// compared and did not match: it read something other than `expected`.
struct Mop {
  enum class Kind : uint8_t { kAppend, kReadList, kWrite, kRead, kCas, kMismatch };
  Kind kind = Kind::kRead;
  uint64_t key = 0;
  std::optional<int64_t> value;     // written, read (unset: nothing there), new value of a cas
  std::optional<int64_t> expected;  // cas; kMismatch: what was not there
  std::vector<int64_t> list;        // kReadList
};

struct Op {
  uint32_t client = 0;
  Duration invoked;
  Duration completed;
  Outcome outcome = Outcome::kInfo;
  std::vector<Mop> mops;
};

using History = std::vector<Op>;  // in order of `invoked`

// "client3@12.345678s": how a message of an oracle names what a client was doing
// at a time, so that a person finds it in the trace, and //sim/explain on its page.
std::string OpName(uint32_t client, Duration at);

struct Violation {
  std::string oracle;   // "list-append.G-single-realtime"
  std::string message;  // with the operations that prove it
};

using MaybeViolation = std::optional<Violation>;

}  // namespace graphdb::sim
