#include "sim/check/key_value.h"

#include <map>

namespace graphdb::sim {
namespace {

struct KeyModel {
  using State = std::string;
  using Call = KeyValueCall;
  static State Initial() { return ""; }
  static bool Step(const State& state, const Call& call, State* next) {
    switch (call.kind) {
      case KeyValueCall::Kind::kGet:
        if (state != call.text) return false;
        *next = state;
        return true;
      case KeyValueCall::Kind::kPut:
        *next = call.text;
        return true;
      case KeyValueCall::Kind::kAppend:
        *next = state + call.text;
        return true;
    }
    return false;
  }
  static uint64_t Hash(const State& state) {
    uint64_t hash = state.size();
    for (const char c : state) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
    return linearize_internal::Scramble(hash);
  }
};

}  // namespace

KeyValueVerdict CheckKeyValue(const std::vector<KeyValueCall>& calls, uint64_t budget_per_key) {
  std::map<std::string, std::vector<TimedCall<KeyValueCall>>> by_key;
  for (const KeyValueCall& call : calls) {
    by_key[call.key].push_back({call.invoked, call.completed, call.open_ended, call});
  }
  KeyValueVerdict verdict;
  for (const auto& [key, timed] : by_key) {
    const LinearizeVerdict one = Linearize<KeyModel>(timed, budget_per_key).verdict;
    if (one == LinearizeVerdict::kLinearizable) continue;
    verdict = {one, key};
    if (one == LinearizeVerdict::kViolation) break;
  }
  return verdict;
}

}  // namespace graphdb::sim
