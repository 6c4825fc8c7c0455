#include "sim/tool/shrink_command.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "sim/run/run.h"
#include "sim/shrink/shrink.h"
#include "sim/tool/arguments.h"
#include "sim/tool/campaign.h"
#include "sim/tool/run_spec.h"
#include "sim/tripwire/tripwire.h"
#include "sim/world/scenario.h"

namespace graphdb::sim {
namespace {

constexpr int kShrunk = 0, kNoFailure = 1, kUsage = 2;
constexpr uint32_t kRunSecondsMax = 20;
constexpr char kCheckBegins[] = "CHECK failed: ";

struct ShrinkArguments {
  RunSpec spec;
  uint32_t seconds = 60;  // 0: until nothing can be cut
  uint32_t jobs = 1;
  std::string out;   // empty: standard output
  std::string name;  // empty: from mutant, oracle and seed
};

absl::StatusOr<ShrinkArguments> Parse(const std::vector<std::string>& args, bool statements) {
  ShrinkArguments shrink;
  std::vector<std::string> rest = {"run"};
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg != "--seconds" && arg != "--out" && arg != "--name") {
      rest.push_back(arg);
      continue;
    }
    const std::string value = ++i < args.size() ? args[i] : "";
    if (arg == "--out") shrink.out = value;
    if (arg == "--name") shrink.name = value;
    const bool number = arg == "--seconds";
    if (number ? !absl::SimpleAtoi(value, &shrink.seconds) : value.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(arg, " '", value, "': expected ",
                                                     number ? "a number of seconds" : "a name"));
    }
  }
  GRAPHDB_ASSIGN_OR_RETURN(Arguments arguments, ParseArguments(rest));
  if (arguments.many) {
    return absl::InvalidArgumentError("shrink --seeds: expected one run, with --seed N");
  }
  shrink.jobs = arguments.jobs != 0 ? arguments.jobs : Cores();
  GRAPHDB_ASSIGN_OR_RETURN(shrink.spec, LoadRunSpec(std::move(arguments), statements));
  return shrink;
}

// What has to be the same for a failure to be the same: the oracle and, of a
// failed check, which one.
std::string SignatureOf(const RunResult& result) {
  if (result.verdict != RunResult::Verdict::kViolation) return "";
  const size_t begin = result.message.find(kCheckBegins);
  if (result.oracle != "check" || begin == std::string::npos) return result.oracle;
  const size_t place = result.message.find(" at ", begin);
  const size_t end = result.message.find(": ", place);
  return absl::StrCat("check ", result.message.substr(begin, end - begin));
}

// In a worker: what is known of the run goes to the parent before the process dies.
std::string TellBeforeDeath() {
  const std::string text = absl::StrCat("  in ", DescribePresentRun());
  std::fprintf(stderr, "%s\n", text.c_str());
  SendLastResult(PresentResult());
  return "";
}

// Runs candidates in worker processes.
class ProcessJudge final : public ShrinkJudge {
 public:
  ProcessJudge(const ShrinkArguments& arguments, const ProgramFactory& factory)
      : arguments_(arguments),
        factory_(factory),
        first_seed_(arguments.spec.arguments.seed),
        started_(WallSeconds()) {}

  std::optional<Found> FirstFailing(const std::vector<RunOptions>& candidates,
                                    uint32_t fresh_seeds) override {
    std::vector<RunOptions> attempts = candidates;
    for (uint32_t fresh = 1; fresh <= fresh_seeds; ++fresh) {
      for (const RunOptions& candidate : candidates) {
        attempts.push_back(candidate);
        attempts.back().seed = first_seed_ + fresh;
      }
    }
    std::optional<Found> found;
    Each(attempts, /*moments=*/false, [&](size_t attempt, const RunResult& result) {
      const std::string signature = SignatureOf(result);
      if (signature.empty() || (!signature_.empty() && signature != signature_)) return !TimeIsUp();
      signature_ = signature;
      oracle_ = result.oracle;
      message_ = result.message;
      found.emplace();
      found->candidate = attempt % candidates.size();
      found->state = StateOf(attempts[attempt], result);
      return false;
    });
    return found;
  }

  std::vector<FaultMoment> Moments(const RunOptions& options) override {
    std::vector<FaultMoment> moments;
    Each({options}, /*moments=*/true, [&](size_t, const RunResult& result) {
      moments = result.moments;
      return false;
    });
    return moments;
  }

  bool TimeIsUp() const override {
    return arguments_.seconds != 0 && WallSeconds() - started_ > arguments_.seconds;
  }

  double seconds() const { return WallSeconds() - started_; }
  uint64_t runs() const { return runs_; }
  const std::string& oracle() const { return oracle_; }
  const std::string& message() const { return message_; }

 private:
  void Each(const std::vector<RunOptions>& attempts, bool moments,
            const std::function<bool(size_t, const RunResult&)>& report) {
    CampaignOptions campaign;
    for (size_t i = 0; i < attempts.size(); ++i) campaign.seeds.push_back(i);
    campaign.jobs = static_cast<uint32_t>(std::min<size_t>(arguments_.jobs, campaign.seeds.size()));
    campaign.seed_timeout_s = kRunSecondsMax;
    size_t reported = 0;
    RunCampaign(
        campaign,
        [&](uint64_t attempt) {
          RunTrace trace;
          trace.tape = true;
          trace.moments = moments;
          SetCostlyChecks(true);
          TripwireArmed armed;
          return ExecuteRun(attempts[attempt], factory_, std::move(trace));
        },
        [&](const RunResult& result) {
          ++runs_;
          return report(reported++, result);
        });
  }

  static ShrinkState StateOf(const RunOptions& options, const RunResult& result) {
    ShrinkState state;
    state.options = options;
    state.events = result.events;
    state.operations = result.operations;
    for (const ClientOperations& only : options.operations) {
      if (only.client >= state.operations.size()) continue;
      uint64_t& count = state.operations[only.client];
      const auto end = std::lower_bound(only.numbers.begin(), only.numbers.end(), count);
      count = static_cast<uint64_t>(end - only.numbers.begin());
    }
    // Who died without a word recorded nothing.
    if (result.events != 0) state.tape = result.tape;
    return state;
  }

  const ShrinkArguments& arguments_;
  const ProgramFactory& factory_;
  const uint64_t first_seed_;
  const double started_;
  uint64_t runs_ = 0;
  std::string signature_;
  std::string oracle_;
  std::string message_;
};

std::string Percent(uint64_t before, uint64_t after) {
  if (before == 0) return "none before";
  return absl::StrCat((before - std::min(before, after)) * 100 / before, "%");
}

std::string FirstLine(absl::string_view text) {
  return std::string(text.substr(0, std::min<size_t>(text.find('\n'), 200)));
}

// The head names the mutant; the file runs clean without it.
std::string FileOf(const ShrinkArguments& arguments, const ProcessJudge& judge,
                   const ShrinkState& smallest) {
  Scenario scenario;
  scenario.options = smallest.options;
  scenario.mutant = std::exchange(scenario.options.mutant, "");
  scenario.oracle = judge.oracle();
  scenario.about = absl::StrCat("shrunk from seed ", arguments.spec.arguments.seed, ": ",
                                FirstLine(judge.message()));
  scenario.options.name =
      !arguments.name.empty()
          ? arguments.name
          : absl::StrReplaceAll(absl::StrCat(scenario.mutant.empty() ? "found" : scenario.mutant,
                                             "_", judge.oracle()),
                                {{".", "_"}, {"-", "_"}});
  const std::string file =
      arguments.out.empty() ? absl::StrCat(scenario.options.name, ".txt") : arguments.out;
  const std::string mutate =
      scenario.mutant.empty() ? "" : absl::StrCat(" --mutate=", scenario.mutant);
  return WriteScenario(scenario, absl::StrCat("tools/dev sim run --scenario ", file, " --seed ",
                                              smallest.options.seed, mutate));
}

}  // namespace

int ShrinkMain(const std::vector<std::string>& args, const ProgramFactory& factory,
               bool statements) {
  const absl::StatusOr<ShrinkArguments> arguments = Parse(args, statements);
  if (!arguments.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(arguments.status().message()).c_str());
    return kUsage;
  }
  SetCheckContext(&TellBeforeDeath);
  ProcessJudge judge(*arguments, factory);
  Shrinker shrinker(judge, [&judge](const ShrinkState& state, const char* pass) {
    std::fprintf(stderr, "shrink: %4.0f s, %5llu runs: %s; %llu faults, %llu operations, %s\n",
                 judge.seconds(), static_cast<unsigned long long>(judge.runs()), pass,
                 static_cast<unsigned long long>(state.fault_count()),
                 static_cast<unsigned long long>(state.operation_count()),
                 DurationText(state.options.duration).c_str());
  });
  const RunSpec& spec = arguments->spec;
  const std::optional<ShrinkState> smallest = shrinker.Run(spec.OptionsFor(spec.arguments.seed));
  if (!smallest) {
    std::printf("the run doesn't fail\n");
    return kNoFailure;
  }
  const std::string text = FileOf(*arguments, judge, *smallest);
  if (arguments->out.empty()) {
    std::printf("%s", text.c_str());
  } else {
    std::ofstream out(arguments->out);
    out << text;
    if (!out.flush()) {
      std::fprintf(stderr, "graphdb-sim: --out '%s': expected a file that can be written\n",
                   arguments->out.c_str());
      return kUsage;
    }
  }
  const ShrinkState& first = shrinker.first();
  std::fprintf(stderr,
               "shrunk in %.0f s and %llu runs: faults %llu to %llu (%s gone), operations %llu to "
               "%llu (%s gone), %s to %s\n",
               judge.seconds(), static_cast<unsigned long long>(judge.runs()),
               static_cast<unsigned long long>(first.fault_count()),
               static_cast<unsigned long long>(smallest->fault_count()),
               Percent(first.fault_count(), smallest->fault_count()).c_str(),
               static_cast<unsigned long long>(first.operation_count()),
               static_cast<unsigned long long>(smallest->operation_count()),
               Percent(first.operation_count(), smallest->operation_count()).c_str(),
               DurationText(first.options.duration).c_str(),
               DurationText(smallest->options.duration).c_str());
  return kShrunk;
}

}  // namespace graphdb::sim
