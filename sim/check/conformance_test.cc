// Recorded histories with known verdicts (a register with compare-and-set, and
// a key-value store with append), read from the folder in GRAPHDB_SHARED.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "sim/check/register.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kBudget = 20'000'000;

// One line of a history file, either form.
struct Line {
  int process = 0;
  std::string type;   // invoke, ok, fail, info
  std::string what;   // read, write, cas, get, put, append
  std::string key;    // key-value form only
  std::string value;  // as written
};

bool ParseJepsen(const std::string& text, Line* line) {
  std::istringstream in(text);
  std::string word, type, what;
  std::vector<std::string> words;
  while (in >> word) words.push_back(word);
  if (words.size() < 6 || words[0] != "INFO" || words[2] != "-" || words[4][0] != ':') return false;
  if (!absl::SimpleAtoi(words[3], &line->process)) return false;
  line->type = words[4].substr(1);
  line->what = words[5].substr(1);
  line->value.clear();
  for (size_t i = 6; i < words.size(); ++i) line->value += (i > 6 ? " " : "") + words[i];
  return true;
}

std::string Quoted(const std::string& text, const std::string& tag) {
  const size_t at = text.find(tag);
  if (at == std::string::npos) return "";
  const size_t open = text.find_first_not_of(' ', at + tag.size());
  if (open == std::string::npos || text[open] != '"') return "";
  const size_t close = text.find('"', open + 1);
  return text.substr(open + 1, close - open - 1);
}

bool ParseKv(const std::string& text, Line* line) {
  if (!absl::StartsWith(text, "{:process ")) return false;
  line->process = std::atoi(text.c_str() + 10);
  const auto word = [&](const std::string& tag) {
    const size_t at = text.find(tag) + tag.size();
    return text.substr(at, text.find_first_of(", }", at) - at);
  };
  line->type = word(":type :");
  line->what = word(":f :");
  line->key = Quoted(text, ":key");
  line->value = Quoted(text, ":value");
  return true;
}

// A string register for the key-value histories.
struct TextCall {
  enum class Kind { kGet, kPut, kAppend } kind;
  std::string text;
};
struct TextModel {
  using State = std::string;
  using Call = TextCall;
  static State Initial() { return ""; }
  static bool Step(const State& state, const Call& call, State* next) {
    if (call.kind == TextCall::Kind::kGet) {
      *next = state;
      return state == call.text;
    }
    *next = call.kind == TextCall::Kind::kPut ? call.text : state + call.text;
    return true;
  }
  static uint64_t Hash(const State& state) {
    uint64_t hash = state.size();
    for (const char c : state) hash = linearize_internal::Scramble(hash + static_cast<uint8_t>(c));
    return hash;
  }
};

// An invocation and its completion, by place in the file.
struct Pair {
  Line invoke;
  Line complete;
  int64_t from = 0;
  int64_t to = 0;
  bool completed = false;
};

std::vector<Pair> ReadPairs(const std::string& path, bool kv) {
  std::ifstream in(path);
  std::vector<Pair> pairs;
  std::map<int, size_t> open;
  std::string text;
  for (int64_t at = 1; std::getline(in, text); ++at) {
    Line line;
    if (!(kv ? ParseKv(text, &line) : ParseJepsen(text, &line))) continue;
    if (line.type == "invoke") {
      open[line.process] = pairs.size();
      pairs.push_back({line, {}, at, at, false});
      continue;
    }
    const auto found = open.find(line.process);
    if (found == open.end()) continue;
    pairs[found->second].complete = line;
    pairs[found->second].to = at;
    pairs[found->second].completed = true;
    open.erase(found);
  }
  return pairs;
}

std::optional<int64_t> Number(const std::string& text) {
  int64_t value;
  if (!absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

LinearizeVerdict JepsenVerdict(const std::string& path) {
  History history;
  for (const Pair& pair : ReadPairs(path, false)) {
    Op op;
    op.client = static_cast<uint32_t>(pair.invoke.process);
    op.invoked = Duration::Nanoseconds(pair.from);
    op.completed = Duration::Nanoseconds(pair.to);
    const bool known = pair.completed && pair.complete.type != "info";
    op.outcome = !known                         ? Outcome::kInfo
                 : pair.complete.type == "fail" ? Outcome::kFail
                                                : Outcome::kOk;
    Mop mop;
    if (pair.invoke.what == "read") {
      mop.kind = Mop::Kind::kRead;
      mop.value = Number(pair.complete.value);
    } else if (pair.invoke.what == "write") {
      mop.kind = Mop::Kind::kWrite;
      mop.value = Number(pair.invoke.value);
    } else {
      mop.kind = Mop::Kind::kCas;
      const std::vector<std::string> two =
          absl::StrSplit(pair.invoke.value, absl::ByAnyChar("[ ]"), absl::SkipEmpty());
      mop.expected = Number(two.at(0));
      mop.value = Number(two.at(1));
    }
    op.mops = {mop};
    history.push_back(op);
  }
  return CheckRegisters(history, kBudget).verdict;
}

LinearizeVerdict KvVerdict(const std::string& path) {
  std::map<std::string, std::vector<TimedCall<TextCall>>> by_key;
  for (const Pair& pair : ReadPairs(path, true)) {
    TextCall call{TextCall::Kind::kPut, pair.invoke.value};
    if (pair.invoke.what == "append") call.kind = TextCall::Kind::kAppend;
    if (pair.invoke.what == "get") call = {TextCall::Kind::kGet, pair.complete.value};
    if (!pair.completed && call.kind == TextCall::Kind::kGet) continue;
    by_key[pair.invoke.key].push_back(
        {Duration::Nanoseconds(pair.from), Duration::Nanoseconds(pair.to), !pair.completed, call});
  }
  LinearizeVerdict verdict = LinearizeVerdict::kLinearizable;
  for (const auto& [key, calls] : by_key) {
    const LinearizeVerdict one = Linearize<TextModel>(calls, kBudget).verdict;
    if (one != LinearizeVerdict::kLinearizable) verdict = one;
    if (one == LinearizeVerdict::kViolation) break;
  }
  return verdict;
}

TEST(ConformanceTest, RecordedHistoriesGetTheirKnownVerdicts) {
  const char* shared = std::getenv("GRAPHDB_SHARED");
  const std::string folder =
      std::string(shared == nullptr ? "" : shared) + "/conformance/histories/";
  std::ifstream verdicts(folder + "verdicts.txt");
  if (!verdicts) {
    GTEST_SKIP() << "NO HISTORIES: GRAPHDB_SHARED names no folder with "
                    "conformance/histories/verdicts.txt; nothing was checked";
  }
  std::string file, expectation;
  int count = 0;
  while (verdicts >> file >> expectation) {
    const bool kv = absl::StartsWith(file, "kv/");
    const LinearizeVerdict verdict = kv ? KvVerdict(folder + file) : JepsenVerdict(folder + file);
    const bool expected = expectation == "linearizable=true";
    EXPECT_EQ(verdict, expected ? LinearizeVerdict::kLinearizable : LinearizeVerdict::kViolation)
        << file;
    ++count;
  }
  EXPECT_GE(count, 70);
}

}  // namespace
}  // namespace graphdb::sim
