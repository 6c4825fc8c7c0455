#include "sim/mutants/known_mutants.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "sim/mutants/mutants_text.h"

namespace graphdb::sim {
namespace {

constexpr KnownMutant::Kind kKinds[] = {KnownMutant::Kind::kSwarm, KnownMutant::Kind::kCount,
                                        KnownMutant::Kind::kUnit};
constexpr TierLimit kLimits[] = {{200, 60}, {5'000, 600}, {100'000, 5'400}};

absl::StatusOr<KnownMutant> ParseLine(absl::string_view line) {
  const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits('|', 5));
  const auto part = [&parts](size_t i) {
    return i < parts.size() ? std::string(absl::StripAsciiWhitespace(parts[i])) : std::string();
  };
  KnownMutant mutant;
  mutant.id = part(0);
  mutant.other_name = part(2);
  mutant.takes_away = part(4);
  mutant.why = part(5);
  if (mutant.id.empty() || mutant.takes_away.empty()) {
    return absl::InvalidArgumentError(
        "expected ID | tier | other name | kind | what it takes away");
  }
  if (!absl::SimpleAtoi(part(1), &mutant.tier) || mutant.tier < 1 || mutant.tier > 3) {
    return absl::InvalidArgumentError(absl::StrCat("tier '", part(1), "': expected 1, 2 or 3"));
  }
  for (const KnownMutant::Kind kind : kKinds) {
    if (part(3) != KindName(kind)) continue;
    mutant.kind = kind;
    if (mutant.why.empty() != (kind == KnownMutant::Kind::kSwarm)) {
      return absl::InvalidArgumentError(
          "expected a sixth part where the kind is not swarm: why, and the test that finds it");
    }
    return mutant;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("kind '", part(3), "': expected swarm, count or unit"));
}

std::vector<KnownMutant> BuiltIn() {
  absl::StatusOr<std::vector<KnownMutant>> mutants = ParseKnownMutants(kMutantsText);
  GRAPHDB_CHECK_OK(mutants.status());
  return *std::move(mutants);
}

}  // namespace

const char* KindName(KnownMutant::Kind kind) {
  switch (kind) {
    case KnownMutant::Kind::kSwarm:
      return "swarm";
    case KnownMutant::Kind::kCount:
      return "count";
    case KnownMutant::Kind::kUnit:
      return "unit";
  }
  return "?";
}

TierLimit LimitOf(uint32_t tier) {
  GRAPHDB_CHECK(tier >= 1 && tier <= 3) << "tier " << tier;
  return kLimits[tier - 1];
}

absl::StatusOr<std::vector<KnownMutant>> ParseKnownMutants(absl::string_view text) {
  std::vector<KnownMutant> mutants;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    absl::StatusOr<KnownMutant> mutant = ParseLine(line);
    if (!mutant.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("mutants.txt:", number, ": ", mutant.status().message()));
    }
    mutants.push_back(*std::move(mutant));
  }
  return mutants;
}

const std::vector<KnownMutant>& KnownMutants() {
  static const std::vector<KnownMutant> mutants = BuiltIn();
  return mutants;
}

absl::StatusOr<std::string> MutantId(absl::string_view name) {
  if (name.empty() || absl::StartsWith(name, "toy.")) return std::string(name);
  for (const KnownMutant& mutant : KnownMutants()) {
    if (name == mutant.id || name == mutant.other_name) return mutant.id;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--mutate '", name, "': expected an ID of docs/mutants.md"));
}

}  // namespace graphdb::sim
