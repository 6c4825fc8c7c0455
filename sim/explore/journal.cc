#include "sim/explore/journal.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sim/env/trace_hash.h"

namespace graphdb::sim {
namespace {

using Verdict = RunResult::Verdict;

constexpr std::pair<Verdict, const char*> kVerdicts[] = {
    {Verdict::kOk, "ok"}, {Verdict::kViolation, "failed"}, {Verdict::kUndecided, "undecided"}};

bool ParseFeatures(absl::string_view text, Features* features) {
  if (text == "-") return true;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    uint32_t feature = 0;
    if (!absl::SimpleHexAtoi(part, &feature)) return false;
    features->push_back(feature);
  }
  return true;
}

}  // namespace

std::string JournalHead(const ExploreOptions& options, absl::string_view commit,
                        absl::string_view mutant) {
  return absl::StrCat("graphdb-explore 1 commit=", commit, " first=", options.first_seed,
                      " last=", options.last_seed, " guided=", options.guided ? 1 : 0,
                      " mutant=", mutant, "\n");
}

std::string FormatJournalLine(const JournalLine& line) {
  std::string verdict;
  for (const auto& [value, name] : kVerdicts) {
    if (value == line.verdict) verdict = name;
  }
  const auto hex = [](std::string* out, uint32_t f) { absl::StrAppend(out, absl::Hex(f)); };
  std::string text =
      absl::StrCat(line.trial.profile, " ", line.trial.seed, " ", verdict, " ",
                   TraceHash::HexOf(line.trace_hash), " ", line.events, " ",
                   line.fresh.empty() ? std::string("-") : absl::StrJoin(line.fresh, ",", hex));
  if (line.verdict != Verdict::kOk) {
    absl::StrAppend(&text, " ", line.oracle, " \"", absl::CEscape(line.message), "\"");
  }
  return absl::StrCat(text, "\n");
}

std::optional<JournalLine> ParseJournalLine(absl::string_view text) {
  const std::vector<absl::string_view> words = absl::StrSplit(text, absl::MaxSplits(' ', 7));
  if (words.size() < 6) return std::nullopt;
  JournalLine line;
  bool known = false;
  for (const auto& [value, name] : kVerdicts) {
    if (words[2] != name) continue;
    line.verdict = value;
    known = true;
  }
  if (!known || !absl::SimpleAtoi(words[0], &line.trial.profile) ||
      !absl::SimpleAtoi(words[1], &line.trial.seed) || words[3].size() != 16 ||
      !absl::SimpleHexAtoi(words[3], &line.trace_hash) ||
      !absl::SimpleAtoi(words[4], &line.events) || !ParseFeatures(words[5], &line.fresh)) {
    return std::nullopt;
  }
  const bool failed = line.verdict != Verdict::kOk;
  if (words.size() != (failed ? 8u : 6u)) return std::nullopt;
  if (!failed) return line;
  line.oracle = std::string(words[6]);
  absl::string_view message = words[7];
  if (!absl::ConsumePrefix(&message, "\"") || !absl::ConsumeSuffix(&message, "\"") ||
      !absl::CUnescape(message, &line.message)) {
    return std::nullopt;
  }
  return line;
}

}  // namespace graphdb::sim
