#include "sim/tool/shrink_run.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/base/check.h"
#include "sim/tool/campaign.h"
#include "sim/tripwire/tripwire.h"
#include "sim/world/scenario.h"

namespace graphdb::sim {
namespace {

constexpr uint32_t kRunSecondsMax = 20;
constexpr char kCheckBegins[] = "CHECK failed: ";

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
  ProcessJudge(const ShrinkLimits& limits, uint64_t first_seed, const ProgramFactory& factory)
      : limits_(limits), factory_(factory), first_seed_(first_seed), started_(WallSeconds()) {}

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
    return limits_.seconds != 0 && WallSeconds() - started_ > limits_.seconds;
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
    campaign.jobs = static_cast<uint32_t>(std::min<size_t>(limits_.jobs, campaign.seeds.size()));
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

  const ShrinkLimits& limits_;
  const ProgramFactory& factory_;
  const uint64_t first_seed_;
  const double started_;
  uint64_t runs_ = 0;
  std::string signature_;
  std::string oracle_;
  std::string message_;
};

uint32_t Gone(uint64_t before, uint64_t after) {
  if (before == 0) return 100;
  return static_cast<uint32_t>((before - std::min(before, after)) * 100 / before);
}

std::string FirstLine(absl::string_view text) {
  return std::string(text.substr(0, std::min<size_t>(text.find('\n'), 200)));
}

void TellStep(const ProcessJudge& judge, const ShrinkState& state, const char* pass) {
  std::fprintf(stderr, "shrink: %4.0f s, %5llu runs: %s; %llu faults, %llu operations, %s\n",
               judge.seconds(), static_cast<unsigned long long>(judge.runs()), pass,
               static_cast<unsigned long long>(state.fault_count()),
               static_cast<unsigned long long>(state.operation_count()),
               DurationText(state.options.duration).c_str());
}

}  // namespace

uint32_t Shrunk::FaultsGone() const { return Gone(first.fault_count(), smallest.fault_count()); }

uint32_t Shrunk::OperationsGone() const {
  return Gone(first.operation_count(), smallest.operation_count());
}

std::optional<Shrunk> ShrinkRun(const RunOptions& options, const ShrinkLimits& limits,
                                const ProgramFactory& factory, bool tell) {
  SetCheckContext(&TellBeforeDeath);
  ProcessJudge judge(limits, options.seed, factory);
  Shrinker shrinker(judge, [&judge, tell](const ShrinkState& state, const char* pass) {
    if (tell) TellStep(judge, state, pass);
  });
  std::optional<ShrinkState> smallest = shrinker.Run(options);
  if (!smallest) return std::nullopt;
  Shrunk shrunk;
  shrunk.first = shrinker.first();
  shrunk.smallest = *std::move(smallest);
  shrunk.oracle = judge.oracle();
  shrunk.message = judge.message();
  shrunk.seconds = judge.seconds();
  shrunk.runs = judge.runs();
  return shrunk;
}

std::string ShrunkFile(const Shrunk& shrunk, uint64_t found_at_seed, std::string name,
                       std::string file) {
  Scenario scenario;
  scenario.options = shrunk.smallest.options;
  scenario.mutant = std::exchange(scenario.options.mutant, "");
  scenario.oracle = shrunk.oracle;
  scenario.about =
      absl::StrCat("shrunk from seed ", found_at_seed, ": ", FirstLine(shrunk.message));
  if (name.empty()) {
    name = absl::StrReplaceAll(
        absl::StrCat(scenario.mutant.empty() ? "found" : scenario.mutant, "_", shrunk.oracle),
        {{".", "_"}, {"-", "_"}});
  }
  scenario.options.name = name;
  if (file.empty()) file = absl::StrCat(name, ".txt");
  const std::string mutate =
      scenario.mutant.empty() ? "" : absl::StrCat(" --mutate=", scenario.mutant);
  return WriteScenario(scenario, absl::StrCat("tools/dev sim run --scenario ", file, " --seed ",
                                              scenario.options.seed, mutate));
}

}  // namespace graphdb::sim
