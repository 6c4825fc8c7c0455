#include "sim/tool/explore_command.h"

#include <signal.h>  // LINT-OK(include): stops cleanly when asked to

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"
#include "nlohmann/json.hpp"
#include "sim/explore/journal.h"
#include "sim/explore/known_probes.h"
#include "sim/tool/arguments.h"
#include "sim/tool/campaign.h"
#include "sim/tool/explore_arguments.h"
#include "sim/tool/out_folder.h"
#include "sim/tool/report.h"
#include "sim/tool/shrink_run.h"
#include "sim/tripwire/tripwire.h"
#include "sim/world/scenario.h"
#include "sim/world/swarm.h"

namespace graphdb::sim {
namespace {

using Verdict = RunResult::Verdict;
using Json = nlohmann::json;

constexpr int kClean = 0, kFailed = 1, kUsage = 2, kUndecided = 3;
constexpr double kProgressEvery = 5;  // seconds

volatile sig_atomic_t g_stop = 0;  // LINT-OK(mutable-global): set by a signal
void OnStop(int) { g_stop = 1; }

class Explorer {
 public:
  Explorer(const ExploreArguments& arguments, const ProgramFactory& factory, bool statements)
      : arguments_(arguments),
        factory_(factory),
        statements_(statements),
        exploration_(arguments.options),
        started_(WallSeconds()) {}

  int Main() {
    const absl::Status opened = out_.Open(
        arguments_.out,
        JournalHead(arguments_.options, arguments_.commit.empty() ? "unknown" : arguments_.commit,
                    arguments_.mutant));
    if (!opened.ok()) {
      std::fprintf(stderr, "graphdb-sim: %s\n", std::string(opened.message()).c_str());
      return kUsage;
    }
    signal(SIGINT, &OnStop);
    signal(SIGTERM, &OnStop);
    while (!Over()) {
      const Exploration::Round round = exploration_.Next();
      if (round.empty()) break;
      RunRound(round);
    }
    out_.Close();
    if (!arguments_.out.empty() && arguments_.shrink_s > 0) ShrinkFirstOfEachOracle();
    return Conclude();
  }

 private:
  bool Over() const {
    return g_stop != 0 ||
           (arguments_.seconds != 0 && WallSeconds() - started_ >= arguments_.seconds);
  }

  RunOptions OptionsOf(const Trial& trial) const {
    RunOptions options = DrawSwarmOptions(trial.profile);
    if (!statements_) DropStatements(&options);
    options.seed = trial.seed;
    options.mutant = arguments_.mutant;
    return options;
  }

  // What the journal has of it is its beginning: results are written in order.
  void RunRound(const Exploration::Round& round) {
    CampaignOptions campaign;
    campaign.jobs = arguments_.jobs;
    campaign.seed_timeout_s = arguments_.seed_timeout_s;
    for (size_t i = 0; i < round.size(); ++i) {
      const auto done = out_.done().find({round[i].profile, round[i].seed});
      if (done == out_.done().end()) {
        campaign.seeds.push_back(i);
        continue;
      }
      exploration_.Take(round[i], done->second.fresh);
      Count(done->second);
    }
    size_t next = 0;
    RunCampaign(
        campaign,
        [&](uint64_t i) {
          SetCostlyChecks(true);
          TripwireArmed armed;
          return ExecuteRun(OptionsOf(round[i]), factory_, {});
        },
        [&](const RunResult& result) {
          Report(round[campaign.seeds[next++]], result);
          return !Over();
        });
  }

  void Report(const Trial& trial, const RunResult& result) {
    JournalLine line;
    line.trial = trial;
    line.verdict = result.verdict;
    line.trace_hash = result.trace_hash;
    line.events = result.events;
    line.oracle = result.oracle;
    line.message = result.message;
    line.fresh = exploration_.Take(trial, FeaturesOf(result));
    for (const auto& [probe, count] : result.cover) out_.probes().insert(probe);
    totals_.Add(result);
    out_.Append(line);
    Count(line);
    Progress();
  }

  void Count(const JournalLine& line) {
    ++trials_;
    events_ += line.events;
    if (line.verdict == Verdict::kOk) return;
    (line.verdict == Verdict::kViolation ? failed_ : undecided_) += 1;
    Scenario scenario;
    scenario.options = OptionsOf(line.trial);
    scenario.oracle = line.oracle;
    scenario.mutant = arguments_.mutant;
    const std::string replay = TrialReplayLine(line.trial, arguments_.mutant, arguments_.commit);
    const std::string file = out_.WriteFailure(line, scenario, replay);
    failures_.push_back({{"seed", line.trial.seed},
                         {"profile", line.trial.profile},
                         {"verdict", line.verdict == Verdict::kViolation ? "failed" : "undecided"},
                         {"oracle", line.oracle},
                         {"message", line.message},
                         {"event", line.events},
                         {"trace", TraceHash::HexOf(line.trace_hash)},
                         {"replay", replay},
                         {"scenario", file},
                         {"shrunk", ""}});
    failed_lines_.push_back(line);
    RunResult shown;
    shown.verdict = line.verdict;
    shown.oracle = line.oracle;
    shown.message = line.message;
    std::printf("seed %llu: %sreplay: %s\n", static_cast<unsigned long long>(line.trial.seed),
                VerdictLine(shown).c_str(), replay.c_str());
    std::fflush(stdout);
    WriteJson();
  }

  void ShrinkFirstOfEachOracle() {
    std::set<std::string> oracles;
    for (size_t i = 0; i < failed_lines_.size() && g_stop == 0; ++i) {
      const JournalLine& line = failed_lines_[i];
      if (line.verdict != Verdict::kViolation || !oracles.insert(line.oracle).second) continue;
      const std::string file = out_.ShrunkName(line);
      if (!std::ifstream(file).good() && !Shrink(line, file)) continue;
      failures_[i]["shrunk"] = file;
      std::printf("seed %llu: shrunk: %s\n", static_cast<unsigned long long>(line.trial.seed),
                  file.c_str());
    }
  }

  bool Shrink(const JournalLine& line, const std::string& file) {
    const std::optional<Shrunk> shrunk = ShrinkRun(
        OptionsOf(line.trial), {arguments_.shrink_s, arguments_.jobs}, factory_, /*tell=*/false);
    if (!shrunk) return false;
    std::ofstream(file) << ShrunkFile(*shrunk, line.trial.seed, "", file);
    return true;
  }

  void Progress() {
    const double now = WallSeconds();
    if (now - progress_at_ < kProgressEvery) return;
    progress_at_ = now;
    const double rate = static_cast<double>(totals_.runs()) / (now - started_);
    std::string left = "no end";
    if (arguments_.seconds != 0) {
      left = absl::StrFormat("%.0f s", arguments_.seconds - (now - started_));
    } else if (arguments_.options.last_seed != ~uint64_t{0}) {
      const uint64_t all = arguments_.options.last_seed - arguments_.options.first_seed + 1;
      left = absl::StrFormat("%d to go, %.0f s", all - trials_,
                             static_cast<double>(all - trials_) / rate);
    }
    std::fprintf(stderr, "explore: %llu trials, %.1f/s, %llu failed, corpus %zu, %s\n",
                 static_cast<unsigned long long>(trials_), rate,
                 static_cast<unsigned long long>(failed_), exploration_.corpus().size(),
                 left.c_str());
  }

  std::vector<std::string> NeverHit() {
    std::vector<std::string> never;
    for (const absl::string_view probe : absl::StrSplit(kKnownProbes, '\n', absl::SkipEmpty())) {
      if (out_.probes().count(std::string(probe)) == 0) never.emplace_back(probe);
    }
    return never;
  }

  void WriteJson() {
    if (arguments_.json.empty()) return;
    const double wall = WallSeconds() - started_;
    const Json report = {{"failures", failures_},
                         {"totals",
                          {{"seeds", trials_},
                           {"failed", failed_},
                           {"undecided", undecided_},
                           {"events", events_},
                           {"wall_seconds", wall},
                           {"cpu_seconds", CpuSeconds()},
                           {"corpus", exploration_.corpus().size()},
                           {"features", exploration_.features_seen()}}},
                         {"probes_never_hit", NeverHit()},
                         {"stopped", g_stop != 0}};
    std::ofstream(arguments_.json)
        << report.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace) << "\n";
  }

  int Conclude() {
    WriteJson();
    std::printf(
        "%s",
        totals_.Summary(WallSeconds() - started_, CpuSeconds(), PeakMemoryKb(), arguments_.jobs)
            .c_str());
    const std::vector<std::string> never = NeverHit();
    std::printf("probes never hit: %zu of %zu%s%s\n", never.size(),
                never.size() + out_.probes().size(), never.empty() ? "" : ": ",
                absl::StrJoin(never, " ").c_str());
    if (g_stop != 0) {
      std::printf("stopped after %llu trials%s\n", static_cast<unsigned long long>(trials_),
                  arguments_.out.empty() ? "" : "; the same command goes on");
    }
    if (failed_ > 0) return kFailed;
    return undecided_ > 0 ? kUndecided : kClean;
  }

  const ExploreArguments& arguments_;
  const ProgramFactory& factory_;
  const bool statements_;
  Exploration exploration_;
  OutFolder out_;
  Totals totals_;  // of the trials of this process
  Json failures_ = Json::array();
  std::vector<JournalLine> failed_lines_;  // of failures_, in its order
  const double started_;
  double progress_at_ = 0;
  uint64_t trials_ = 0;
  uint64_t failed_ = 0;
  uint64_t undecided_ = 0;
  uint64_t events_ = 0;
};

}  // namespace

std::string TrialReplayLine(const Trial& trial, const std::string& mutant,
                            const std::string& commit) {
  return absl::StrCat("tools/dev sim run --swarm --seed ", trial.seed,
                      trial.profile == trial.seed ? "" : absl::StrCat(" --profile ", trial.profile),
                      mutant.empty() ? "" : absl::StrCat(" --mutate=", mutant), " --at ",
                      commit.empty() ? kUnknownCommit : commit);
}

int ExploreMain(const std::vector<std::string>& args, const ProgramFactory& factory,
                bool statements) {
  absl::StatusOr<ExploreArguments> arguments = ParseExploreArguments(args);
  if (!arguments.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(arguments.status().message()).c_str());
    return kUsage;
  }
  if (arguments->commit.empty()) {
    const char* commit = std::getenv("GRAPHDB_COMMIT");
    if (commit != nullptr) arguments->commit = commit;
  }
  if (arguments->jobs == 0) arguments->jobs = Cores();
  return Explorer(*arguments, factory, statements).Main();
}

}  // namespace graphdb::sim
