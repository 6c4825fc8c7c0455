#include "sim/check/register.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"

namespace graphdb::sim {
namespace {

std::string Show(const std::optional<int64_t>& value) {
  return value ? absl::StrCat(*value) : "nothing";
}

std::string Show(const Op& op) {
  const Mop& mop = op.mops[0];
  std::string text =
      absl::StrCat(OpName(op.client, op.invoked), " (",
                   op.outcome == Outcome::kInfo
                       ? std::string("no answer")
                       : absl::StrCat("answered after ",
                                      (op.completed - op.invoked).nanoseconds() / 1'000, " us"),
                   ") ");
  switch (mop.kind) {
    case Mop::Kind::kRead:
      return absl::StrCat(text, "read ", Show(mop.value));
    case Mop::Kind::kCas:
      return absl::StrCat(text, "cas ", Show(mop.expected), " -> ", Show(mop.value));
    case Mop::Kind::kMismatch:
      return absl::StrCat(text, "cas ", Show(mop.expected), " -> ", Show(mop.value), " refused");
    default:
      return absl::StrCat(text, "write ", Show(mop.value));
  }
}

}  // namespace

bool RegisterModel::Step(const State& state, const Call& call, State* next) {
  if (call.kind == Mop::Kind::kMismatch) {
    *next = state;
    return state != call.expected;
  }
  *next = call.value;
  if (call.kind == Mop::Kind::kRead) return state == call.value;
  return call.kind == Mop::Kind::kWrite || state == call.expected;
}

uint64_t RegisterModel::Hash(const State& state) {
  return state ? linearize_internal::Scramble(static_cast<uint64_t>(*state) + 0x51ed27) : 0;
}

RegisterVerdict CheckRegisters(const History& history, uint64_t budget_per_key) {
  std::map<uint64_t, std::vector<size_t>> by_key;
  for (size_t i = 0; i < history.size(); ++i) {
    const Op& op = history[i];
    GRAPHDB_CHECK_EQ(op.mops.size(), 1u);
    const bool informs = op.outcome != Outcome::kFail;
    const bool unread = op.outcome == Outcome::kInfo && op.mops[0].kind == Mop::Kind::kRead;
    if (informs && !unread) by_key[op.mops[0].key].push_back(i);
  }
  RegisterVerdict verdict;
  for (const auto& [key, indexes] : by_key) {
    std::vector<TimedCall<RegisterCall>> calls;
    for (const size_t i : indexes) {
      const Op& op = history[i];
      const Mop& mop = op.mops[0];
      calls.push_back({op.invoked, op.completed, op.outcome == Outcome::kInfo,
                       RegisterCall{mop.kind, mop.value, mop.expected}});
    }
    const LinearizeResult result = Linearize<RegisterModel>(calls, budget_per_key);
    if (result.verdict == LinearizeVerdict::kUndecided) verdict.verdict = result.verdict;
    if (result.verdict != LinearizeVerdict::kViolation) continue;
    std::string message = absl::StrCat("register ", key, " is not linearizable; no order places ",
                                       Show(history[indexes[result.stuck]]), " after:");
    const size_t shown = std::min<size_t>(result.longest.size(), 5);
    for (size_t i = result.longest.size() - shown; i < result.longest.size(); ++i) {
      absl::StrAppend(&message, "\n    ", Show(history[indexes[result.longest[i]]]));
    }
    verdict.verdict = LinearizeVerdict::kViolation;
    verdict.violation = Violation{"register", message};
    return verdict;
  }
  return verdict;
}

}  // namespace graphdb::sim
