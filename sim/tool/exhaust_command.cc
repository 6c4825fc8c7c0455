#include "sim/tool/exhaust_command.h"

#include <cstdio>
#include <numeric>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "sim/env/mutants_on.h"
#include "sim/exhaustive/search.h"
#include "sim/mutants/known_mutants.h"
#include "sim/tool/campaign.h"
#include "sim/tool/option_reader.h"

namespace graphdb::sim {
namespace {

constexpr int kHolds = 0, kFails = 1, kUsage = 2, kCutOff = 3;

struct ScopeOption {
  const char* name;
  uint32_t Scope::*field;
  uint32_t least;
  uint32_t most;
};
constexpr ScopeOption kScopeOptions[] = {
    {"--nodes", &Scope::nodes, 1, 5},
    {"--elections", &Scope::elections, 0, 9},
    {"--entries", &Scope::entries, 0, 9},
    {"--reads", &Scope::reads, 0, 9},
    {"--crashes", &Scope::crashes, 0, 9},
    {"--drops", &Scope::drops, 0, 9},
    {"--overtakings", &Scope::overtakings, 0, 9},
    {"--stalls", &Scope::stalls, 0, 9},
    {"--beats", &Scope::beats, 0, 9},
};

absl::Status ParseOne(const std::string& option, const std::string& value, ExhaustArguments* out) {
  for (const ScopeOption& known : kScopeOptions) {
    if (option != known.name) continue;
    uint32_t* field = &(out->scope.*known.field);
    if (absl::SimpleAtoi(value, field) && *field >= known.least && *field <= known.most) {
      return absl::OkStatus();
    }
    return Expected(option, value, absl::StrCat("a number from ", known.least, " to ", known.most));
  }
  if (option == "--states") {
    if (absl::SimpleAtoi(value, &out->states_max) && out->states_max > 0) return absl::OkStatus();
    return Expected(option, value, "a number above 0");
  }
  if (option == "--seconds") {
    if (absl::SimpleAtoi(value, &out->seconds) && out->seconds > 0) return absl::OkStatus();
    return Expected(option, value, "a number above 0");
  }
  if (option == "--mutate") {
    GRAPHDB_ASSIGN_OR_RETURN(out->mutant, MutantId(value));
    return absl::OkStatus();
  }
  if (option == "--path") {
    GRAPHDB_ASSIGN_OR_RETURN(out->path, ParsePath(value));
    out->play = true;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown option '", option,
      "' of exhaust: expected --nodes, --elections, --entries, --reads, --crashes, --drops, "
      "--overtakings, --stalls, --beats, --states, --seconds, --mutate or --path"));
}

std::string ReplayLine(const ExhaustArguments& arguments, absl::string_view path) {
  std::string line = "tools/dev sim exhaust";
  for (const ScopeOption& option : kScopeOptions) {
    absl::StrAppend(&line, " ", option.name, " ", arguments.scope.*option.field);
  }
  if (!arguments.mutant.empty()) absl::StrAppend(&line, " --mutate ", arguments.mutant);
  return absl::StrCat(line, " --path '", path, "'");
}

void PrintStep(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);  // the next step may be the last
}

class Exhaust {
 public:
  explicit Exhaust(ExhaustArguments arguments) : arguments_(std::move(arguments)) {}

  int Main() {
    SetCostlyChecks(true);
    SetCheckContext(&PathContext);
    SetActiveMutant(arguments_.mutant);
    const RunResult result = InAProcess([this] { return arguments_.play ? Play() : Search(); });
    if (result.verdict == RunResult::Verdict::kOk) {
      std::printf("%s\n", result.message.c_str());
      return kHolds;
    }
    if (result.verdict == RunResult::Verdict::kUndecided) {
      std::printf("cut off: %s\n", result.message.c_str());
      return kCutOff;
    }
    std::printf("FAILED %s\n", result.message.c_str());
    absl::StatusOr<std::vector<Action>> path = ParsePath(PathIn(result.message));
    if (arguments_.play || !path.ok()) return kFails;
    const std::vector<Action> shrunk = Shrink(*std::move(path));
    std::printf("path: %s\nreplay: %s\n", ToText(shrunk).c_str(),
                ReplayLine(arguments_, ToText(shrunk)).c_str());
    return kFails;
  }

 private:
  RunResult InAProcess(const std::function<RunResult()>& run) const {
    CampaignOptions campaign;
    campaign.seeds = {1};
    campaign.seed_timeout_s = arguments_.seconds;
    RunResult only;
    RunCampaign(
        campaign, [&run](uint64_t) { return run(); },
        [&only](const RunResult& result) {
          only = result;
          return true;
        });
    return only;
  }

  RunResult Play() const {
    PlayPath(arguments_.scope, arguments_.path, &PrintStep);
    RunResult result;
    result.message = "the path holds";
    return result;
  }

  RunResult Search() const {
    const double started = WallSeconds();
    const SearchResult found = SearchAll(arguments_.scope, arguments_.states_max);
    RunResult result;
    if (!found.complete) result.verdict = RunResult::Verdict::kUndecided;
    result.message = absl::StrCat(
        found.complete ? "everything was seen and holds: " : "", found.states, " states, ",
        found.steps, " steps, ", found.ends, " ends, longest path ", found.deepest, ", ",
        static_cast<int64_t>(WallSeconds() - started), " s, ", PeakMemoryKb() / 1024, " MB");
    return result;
  }

  // Leaves out what the failure does without, one step at a time.
  std::vector<Action> Shrink(std::vector<Action> path) const {
    const auto without = [&path](uint64_t place) {
      std::vector<Action> shorter = path;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(place));
      return shorter;
    };
    bool shrunk = true;
    while (shrunk) {
      shrunk = false;
      CampaignOptions campaign;
      campaign.seeds.resize(path.size());
      std::iota(campaign.seeds.rbegin(), campaign.seeds.rend(), 0);
      campaign.jobs = Cores();
      uint64_t needless = 0;
      RunCampaign(
          campaign,
          [&](uint64_t place) {
            PlayPath(arguments_.scope, without(place), nullptr);
            RunResult result;
            result.seed = place;
            return result;
          },
          [&](const RunResult& result) {
            shrunk = result.verdict == RunResult::Verdict::kViolation;
            needless = result.seed;
            return !shrunk;
          });
      if (shrunk) path = without(needless);
    }
    return path;
  }

  const ExhaustArguments arguments_;
};

}  // namespace

absl::StatusOr<ExhaustArguments> ParseExhaustArguments(const std::vector<std::string>& args) {
  ExhaustArguments arguments;
  GRAPHDB_RETURN_IF_ERROR(
      ReadOptions(args, {}, [&arguments](const std::string& option, const std::string& value) {
        return ParseOne(option, value, &arguments);
      }));
  return arguments;
}

int ExhaustMain(const std::vector<std::string>& args) {
  absl::StatusOr<ExhaustArguments> arguments = ParseExhaustArguments(args);
  if (!arguments.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(arguments.status().message()).c_str());
    return kUsage;
  }
  return Exhaust(*std::move(arguments)).Main();
}

}  // namespace graphdb::sim
