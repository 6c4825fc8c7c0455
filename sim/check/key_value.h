// KeyValue: a store of strings with get, put and append; each key has to be
// linearizable by itself. A key that was never written holds "".
//
// What it does not see: order between different keys.
//
// Pure function; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/check/linearizability.h"

namespace graphdb::sim {

struct KeyValueCall {
  enum class Kind : uint8_t { kGet, kPut, kAppend };
  Kind kind = Kind::kGet;
  std::string key;
  std::string text;  // written, or what a get answered
  Duration invoked;
  Duration completed;
  bool open_ended = false;  // a write whose outcome is not known
};

struct KeyValueVerdict {
  LinearizeVerdict verdict = LinearizeVerdict::kLinearizable;
  std::string key;  // kViolation, kUndecided: where
};

// `budget_per_key` bounds the steps of each search.
KeyValueVerdict CheckKeyValue(const std::vector<KeyValueCall>& calls, uint64_t budget_per_key);

}  // namespace graphdb::sim
