#include "sim/mutants/mutant_table.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace graphdb::sim {
namespace {

constexpr char kHead[] = R"(# Mutants

Each mutant takes one sentence of a lettered rule (docs/rules.md), or one line that other
systems have got wrong, out of the database while the simulator runs. The default swarm
profile, with no option of its own, has to find it, from three seed bases (seeds 1, 1,000,001
and 2,000,001 on); the worst counts. A base says after how many seeds it failed, or how many
were run without (`>25`: a small number is no verdict), and in how many seconds. Faults and
operations: of the first failing run, and of what `shrink` made of it within 60 s. Written by
`graphdb-sim mutants` (`tools/dev campaign mutants`), which goes on where it was stopped; one
that was found is run again with `tools/dev sim run --swarm --seed N --mutate=ID`.

Tiers: 1 within 200 seeds and 60 s, 2 within 5,000 seeds and 10 minutes, 3 within 100,000
seeds and 90 minutes.

Kinds: `swarm` as above. `count`: the sentence guards progress or cost, so no answer becomes
wrong without it; a scenario or unit test asserts a count instead. `unit`: the simulated
devices never show what it guards against, or another check stands before it; a unit test
holds it. Those two kinds are run from the first base too: what the swarm says of them is in
the table.

)";
constexpr absl::string_view kColumnNames[] = {
    "ID",     "Other name", "Tier",   "Kind",       "Oracle",    "Base 1",
    "Base 2", "Base 3",     "Faults", "Operations", "Shrunk in", "What it takes away"};
constexpr size_t kColumns = std::size(kColumnNames);

// "17 (3 s)", ">25 (4 s)", "-" where none was run.
std::string BaseCell(const BaseResult& base) {
  if (base.tried == 0) return "-";
  return absl::StrFormat("%s%d (%.0f s)", base.found ? "" : ">", base.tried, base.seconds);
}

BaseResult ParseBase(absl::string_view cell) {
  BaseResult base;
  base.found = !absl::ConsumePrefix(&cell, ">");
  const std::vector<absl::string_view> words = absl::StrSplit(cell, ' ');
  if (words.size() != 3 || !absl::SimpleAtoi(words[0], &base.tried) ||
      !absl::SimpleAtod(absl::StripPrefix(words[1], "("), &base.seconds)) {
    return {};
  }
  return base;
}

// "61 to 2".
bool ParseFromTo(absl::string_view cell, uint64_t* from, uint64_t* to) {
  const std::vector<absl::string_view> words = absl::StrSplit(cell, ' ');
  return words.size() == 3 && absl::SimpleAtoi(words[0], from) && absl::SimpleAtoi(words[2], to);
}

ShrinkResult ParseShrunk(absl::string_view faults, absl::string_view operations,
                         absl::string_view seconds) {
  ShrinkResult shrunk;
  shrunk.known = ParseFromTo(faults, &shrunk.faults_before, &shrunk.faults_after) &&
                 ParseFromTo(operations, &shrunk.operations_before, &shrunk.operations_after) &&
                 absl::SimpleAtod(absl::StripSuffix(seconds, " s"), &shrunk.seconds);
  return shrunk.known ? shrunk : ShrinkResult{};
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double GoneOf(uint64_t before, uint64_t after) {
  return 100.0 * (1 - static_cast<double>(after) / static_cast<double>(before));
}

std::string Row(const KnownMutant& mutant, const MutantResult& result) {
  std::vector<std::string> cells = {absl::StrCat("`", mutant.id, "`"), mutant.other_name,
                                    absl::StrCat(mutant.tier), KindName(mutant.kind),
                                    result.oracle};
  for (const BaseResult& base : result.bases) cells.push_back(BaseCell(base));
  const ShrinkResult& s = result.shrunk;
  cells.push_back(s.known ? absl::StrCat(s.faults_before, " to ", s.faults_after) : "");
  cells.push_back(s.known ? absl::StrCat(s.operations_before, " to ", s.operations_after) : "");
  cells.push_back(s.known ? absl::StrFormat("%.0f s", s.seconds) : "");
  cells.push_back(mutant.takes_away);
  return absl::StrCat("| ", absl::StrJoin(cells, " | "), " |\n");
}

}  // namespace

bool MutantResult::found_everywhere() const {
  return std::all_of(bases.begin(), bases.end(), [](const BaseResult& b) { return b.found; });
}

uint64_t MutantResult::seeds() const {
  uint64_t worst = 0;
  for (const BaseResult& base : bases) worst = std::max(worst, base.tried);
  return worst;
}

double MutantResult::seconds() const {
  double worst = 0;
  for (const BaseResult& base : bases) worst = std::max(worst, base.seconds);
  return worst;
}

bool MutantResult::Within(const TierLimit& limit) const {
  return found_everywhere() && seeds() <= limit.seeds && seconds() <= limit.seconds;
}

MutantTable MutantTable::Parse(absl::string_view markdown) {
  MutantTable table;
  for (absl::string_view line : absl::StrSplit(markdown, '\n')) {
    if (!absl::ConsumePrefix(&line, "| `")) continue;
    std::vector<std::string> cells = absl::StrSplit(line, " |");
    for (std::string& cell : cells) cell = std::string(absl::StripAsciiWhitespace(cell));
    if (cells.size() < kColumns) continue;
    MutantResult& result = table.results_[std::string(absl::StripSuffix(cells[0], "`"))];
    result.oracle = cells[4];
    for (size_t b = 0; b < kSeedBases; ++b) result.bases[b] = ParseBase(cells[5 + b]);
    result.shrunk = ParseShrunk(cells[8], cells[9], cells[10]);
  }
  return table;
}

std::vector<std::string> MutantTable::Missing(const std::vector<KnownMutant>& mutants) const {
  std::vector<std::string> missing;
  for (const KnownMutant& mutant : mutants) {
    if (mutant.kind != KnownMutant::Kind::kSwarm) continue;
    const auto result = results_.find(mutant.id);
    if (result == results_.end() || !result->second.Within(LimitOf(mutant.tier))) {
      missing.push_back(mutant.id);
    }
  }
  return missing;
}

std::string MutantTable::Markdown(const std::vector<KnownMutant>& mutants) const {
  std::string text = absl::StrCat(kHead, "| ", absl::StrJoin(kColumnNames, " | "), " |\n|");
  for (size_t i = 0; i < kColumns; ++i) text += "---|";
  text += "\n";
  std::vector<double> faults, operations, seconds;
  size_t swarm = 0;
  for (const KnownMutant& mutant : mutants) {
    const auto known = results_.find(mutant.id);
    const MutantResult result = known == results_.end() ? MutantResult() : known->second;
    text += Row(mutant, result);
    if (mutant.kind == KnownMutant::Kind::kSwarm) ++swarm;
    const ShrinkResult& s = result.shrunk;
    if (!s.known) continue;
    if (s.faults_before > 0) faults.push_back(GoneOf(s.faults_before, s.faults_after));
    if (s.operations_before > 0) {
      operations.push_back(GoneOf(s.operations_before, s.operations_after));
    }
    seconds.push_back(s.seconds);
  }
  const std::vector<std::string> missing = Missing(mutants);
  absl::StrAppend(&text, "\nOf ", swarm, " that the swarm has to find, ", swarm - missing.size(),
                  " are found from all three bases within their tier's limit.");
  if (!seconds.empty()) {
    absl::StrAppendFormat(&text,
                          " Shrunk: %d; medians: %.0f %% of faults gone, %.0f %% of operations, "
                          "in %.0f s.",
                          seconds.size(), Median(faults), Median(operations), Median(seconds));
  }
  text += "\n";
  absl::StrAppend(&text, "\nNot yet: ",
                  missing.empty() ? "none" : absl::StrCat("`", absl::StrJoin(missing, "`, `"), "`"),
                  ".\n\nWhere another one is held, and why the swarm need not find it:\n\n");
  for (const KnownMutant& mutant : mutants) {
    if (!mutant.why.empty()) absl::StrAppend(&text, "- `", mutant.id, "`: ", mutant.why, "\n");
  }
  return text;
}

}  // namespace graphdb::sim
