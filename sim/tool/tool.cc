#include "sim/tool/tool.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/program_version.h"
#include "sim/check/history_edn.h"
#include "sim/explain/failure.h"
#include "sim/explain/page.h"
#include "sim/explain/recording.h"
#include "sim/run/run.h"
#include "sim/tool/arguments.h"
#include "sim/tool/bisect_command.h"
#include "sim/tool/campaign.h"
#include "sim/tool/check_command.h"
#include "sim/tool/diverge_command.h"
#include "sim/tool/exhaust_command.h"
#include "sim/tool/explore_command.h"
#include "sim/tool/hang_watch.h"
#include "sim/tool/mutants_command.h"
#include "sim/tool/report.h"
#include "sim/tool/run_spec.h"
#include "sim/tool/shrink_command.h"
#include "sim/tripwire/tripwire.h"
#include "sim/world/scenario.h"

namespace graphdb::sim {
namespace {

enum ExitStatus { kClean = 0, kFailed = 1, kUsage = 2, kUndecided = 3, kNotDeterministic = 4 };

// For the text of a failed check: SetCheckContext takes a plain function.
std::string g_replay;         // LINT-OK(mutable-global): set before each run, read when it dies
bool g_print_replay = false;  // LINT-OK(mutable-global): a worker's parent prints it instead

// What is still to be said of a run that dies.
std::function<void()> g_last_words;  // LINT-OK(mutable-global): as above

std::string CheckContext() {
  if (g_last_words) std::exchange(g_last_words, nullptr)();
  std::string text = absl::StrCat("  in ", DescribePresentRun());
  if (g_print_replay) absl::StrAppend(&text, "\nreplay: ", g_replay);
  return text;
}

int Complain(absl::string_view message) {
  std::fprintf(stderr, "graphdb-sim: %s\n", std::string(message).c_str());
  return kUsage;
}

std::string EscapedBytes(absl::string_view bytes) { return absl::CHexEscape(bytes); }

class Tool {
 public:
  Tool(RunSpec spec, const ProgramFactory& factory, const MessageDescriber& describe)
      : spec_(std::move(spec)),
        arguments_(spec_.arguments),
        factory_(factory),
        describe_(describe) {}

  int Main() {
    SetCheckContext(&CheckContext);
    WatchForHangs();
    if (arguments_.explain) return ExplainOne();
    return arguments_.many ? Many() : One();
  }

 private:
  RunOptions OptionsFor(uint64_t seed) const { return spec_.OptionsFor(seed); }

  RunResult RunOnce(const RunOptions& options, RunTrace trace) const {
    g_replay = ReplayLine(arguments_, options.seed);
    SetCostlyChecks(true);
    TripwireArmed armed;
    return ExecuteRun(options, factory_, std::move(trace));
  }

  // The run as a file. Before it runs: it may die.
  bool Write(const RunOptions& options) const {
    Scenario scenario = spec_.scenario;
    scenario.options = options;
    std::ofstream out(arguments_.write_scenario);
    out << WriteScenario(scenario,
                         absl::StrCat("tools/dev sim run --scenario ", arguments_.write_scenario));
    out.close();
    if (out.good()) return true;
    Complain(absl::StrCat("--write-scenario '", arguments_.write_scenario,
                          "': expected a file that can be written"));
    return false;
  }

  // Lines to standard output; `reached` where one has the text of --break-on.
  void Print(RunTrace* trace, bool* reached) const {
    const bool quiet = arguments_.log == LogDetail::kNone;
    if (quiet && arguments_.break_on.empty()) return;
    trace->detail =
        arguments_.log == LogDetail::kFull ? TraceLog::Detail::kFull : TraceLog::Detail::kShort;
    trace->sink = [this, quiet, reached](absl::string_view line) {
      if (!quiet) std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
      const std::string& text = arguments_.break_on;
      if (!text.empty() && absl::StrContains(line, text)) *reached = true;
    };
  }

  int One() {
    const RunOptions options = OptionsFor(arguments_.seed);
    if (!arguments_.write_scenario.empty() && !Write(options)) return kUsage;
    std::printf("run: %s seed %llu\noptions: %s\n", options.name.c_str(),
                static_cast<unsigned long long>(options.seed), ToText(options).c_str());
    RunTrace trace;
    bool reached = false;
    Print(&trace, &reached);
    if (arguments_.until > Duration() || !arguments_.break_on.empty()) {
      trace.stop = [&](Duration now) {
        return reached || (arguments_.until > Duration() && now >= arguments_.until);
      };
    }
    trace.tape = arguments_.tape;
    g_print_replay = true;
    bool written = true;
    if (!arguments_.history.empty()) {
      trace.history = [&](absl::string_view workload, const History& history) {
        written = WriteHistory(workload, history) && written;
      };
    }
    const RunResult result = RunOnce(options, std::move(trace));
    if (!written) {
      return Complain(absl::StrCat("--history '", arguments_.history,
                                   "': expected a folder that files can be written to"));
    }
    if (arguments_.tape) {
      RunOptions taped = options;
      taped.tape = result.tape;
      if (!Write(taped)) return kUsage;
    }
    std::printf("%s%s", VerdictLine(result).c_str(), StatsLines(result).c_str());
    if (result.oracle == "stopped") return kClean;
    const int status = StatusOf(result);
    if (status != kClean) std::printf("replay: %s\n", g_replay.c_str());
    return status;
  }

  bool WriteHistory(absl::string_view workload, const History& history) const {
    History in_time = history;
    std::stable_sort(in_time.begin(), in_time.end(),
                     [](const Op& a, const Op& b) { return a.invoked < b.invoked; });
    std::ofstream out(absl::StrCat(arguments_.history, "/", workload, ".edn"));
    out << WriteEdn(in_time);
    return static_cast<bool>(out.flush());
  }

  int ExplainOne() {
    const RunOptions options = OptionsFor(arguments_.seed);
    Recording recording;
    RunTrace trace;
    trace.recorder = &recording;
    g_print_replay = true;
    g_last_words = [this, &options, &recording] {
      TripwireSafe outside_the_world;
      RunResult result = PresentResult();
      result.verdict = RunResult::Verdict::kViolation;
      result.oracle = "check";
      result.message = "a check failed, as standard error says";
      Tell(options, recording, result);
      std::fflush(stdout);
    };
    const RunResult result = RunOnce(options, std::move(trace));
    g_last_words = nullptr;
    return Tell(options, recording, result) ? StatusOf(result) : kUsage;
  }

  // False, with a complaint, where the page can't be written.
  bool Tell(const RunOptions& options, const Recording& recording, const RunResult& result) const {
    std::printf("run: %s seed %llu\n%s%s", options.name.c_str(),
                static_cast<unsigned long long>(options.seed),
                Explain(recording, result, arguments_.lines).c_str(), StatsLines(result).c_str());
    if (result.verdict != RunResult::Verdict::kOk) std::printf("replay: %s\n", g_replay.c_str());
    if (!arguments_.html.empty()) {
      const PageTitle title{options.name, ToText(options), g_replay, options.nodes};
      std::ofstream out(arguments_.html);
      out << HtmlPage(title, recording, result, describe_);
      if (!out.flush()) {
        Complain(
            absl::StrCat("--html '", arguments_.html, "': expected a file that can be written"));
        return false;
      }
      std::printf("page: %s\n", arguments_.html.c_str());
    }
    return true;
  }

  int StatusOf(const RunResult& result) const {
    if (result.verdict == RunResult::Verdict::kUndecided) return kUndecided;
    const bool violated = result.verdict == RunResult::Verdict::kViolation;
    if (violated == spec_.ExpectsViolation()) return kClean;
    if (!violated) std::printf("expected a violation, found none\n");
    return kFailed;
  }

  int Many() {
    CampaignOptions campaign;
    for (uint64_t s = arguments_.first_seed; s <= arguments_.last_seed; ++s) {
      campaign.seeds.push_back(s);
    }
    if (arguments_.reverse) std::reverse(campaign.seeds.begin(), campaign.seeds.end());
    campaign.jobs = arguments_.jobs != 0 ? arguments_.jobs : Cores();
    campaign.seed_timeout_s = arguments_.seed_timeout_s;
    std::map<uint64_t, std::string> expected;
    if (!arguments_.check_hashes.empty() && !ReadHashes(&expected)) return kUsage;
    std::ofstream hashes;
    if (!arguments_.hashes.empty()) {
      hashes.open(arguments_.hashes);
      if (!hashes) {
        return Complain(absl::StrCat("--hashes '", arguments_.hashes,
                                     "': expected a file that can be written"));
      }
    }
    std::printf("seeds %llu..%llu of %s on %u processes\n",
                static_cast<unsigned long long>(arguments_.first_seed),
                static_cast<unsigned long long>(arguments_.last_seed),
                arguments_.scenario.empty() ? "the swarm" : arguments_.scenario.c_str(),
                campaign.jobs);
    const double started = WallSeconds();
    Totals totals;
    uint64_t differing = 0;
    bool clean = true;
    RunCampaign(
        campaign, [this](uint64_t seed) { return RunOnce(OptionsFor(seed), {}); },
        [&](const RunResult& result) {
          totals.Add(result);
          const std::string hash = TraceHash::HexOf(result.trace_hash);
          if (hashes.is_open()) hashes << result.seed << "," << hash << "\n";
          const auto known = expected.find(result.seed);
          if (known != expected.end() && known->second != hash) {
            ++differing;
            std::printf("seed %llu: NOT deterministic: trace=%s, was %s\n",
                        static_cast<unsigned long long>(result.seed), hash.c_str(),
                        known->second.c_str());
          }
          const bool good = ReportOne(result);
          clean = clean && good;
          return good || !arguments_.fail_fast;
        });
    std::printf("%s",
                totals.Summary(WallSeconds() - started, CpuSeconds(), PeakMemoryKb(), campaign.jobs)
                    .c_str());
    if (hashes.is_open() && !hashes.flush()) return Complain("--hashes: the file is incomplete");
    if (differing > 0) return kNotDeterministic;
    if (!clean && totals.undecided() > 0 && totals.failed() == 0) return kUndecided;
    return clean ? kClean : kFailed;
  }

  bool ReportOne(const RunResult& result) const {
    const bool violated = result.verdict == RunResult::Verdict::kViolation;
    const bool undecided = result.verdict == RunResult::Verdict::kUndecided;
    if (!undecided && violated == spec_.ExpectsViolation()) return true;
    std::printf("seed %llu: %sreplay: %s\n", static_cast<unsigned long long>(result.seed),
                VerdictLine(result).c_str(), ReplayLine(arguments_, result.seed).c_str());
    std::fflush(stdout);
    return false;
  }

  bool ReadHashes(std::map<uint64_t, std::string>* expected) const {
    std::ifstream in(arguments_.check_hashes);
    std::string line;
    size_t number = 0;
    while (std::getline(in, line)) {
      ++number;
      const size_t comma = line.find(',');
      uint64_t seed = 0;
      if (comma == std::string::npos || line.size() != comma + 17 ||
          !absl::SimpleAtoi(line.substr(0, comma), &seed)) {
        Complain(absl::StrCat(arguments_.check_hashes, ":", number, ": '", line,
                              "': expected SEED,HASH as --hashes writes it"));
        return false;
      }
      expected->emplace(seed, line.substr(comma + 1));
    }
    if (number > 0) return true;
    Complain(absl::StrCat("--check-hashes '", arguments_.check_hashes,
                          "': expected a file with SEED,HASH lines"));
    return false;
  }

  const RunSpec spec_;
  const Arguments& arguments_;
  const ProgramFactory& factory_;
  const MessageDescriber& describe_;
};

}  // namespace

int ToolMain(int argc, char** argv, const ProgramFactory& factory, bool statements,
             const MessageDescriber& describe) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (!args.empty() && args[0] == "explore") {
    return ExploreMain({args.begin() + 1, args.end()}, factory, statements);
  }
  if (!args.empty() && args[0] == "diverge") {
    return DivergeMain({args.begin() + 1, args.end()}, factory, statements);
  }
  if (!args.empty() && args[0] == "bisect") {
    return BisectMain({args.begin() + 1, args.end()}, factory, statements);
  }
  if (!args.empty() && args[0] == "shrink") {
    return ShrinkMain({args.begin() + 1, args.end()}, factory, statements);
  }
  if (!args.empty() && args[0] == "mutants") {
    return MutantsMain({args.begin() + 1, args.end()}, factory, statements);
  }
  if (!args.empty() && args[0] == "exhaust") return ExhaustMain({args.begin() + 1, args.end()});
  if (!args.empty() && args[0] == "check") return CheckMain({args.begin() + 1, args.end()});
  if (!args.empty() && args[0] == "--version") {
    std::printf("graphdb-sim %s\n", kProgramVersion);
    return kClean;
  }
  absl::StatusOr<Arguments> arguments = ParseArguments(args);
  if (!arguments.ok()) return Complain(arguments.status().message());
  if (arguments->help) {
    std::printf("%s", std::string(Usage()).c_str());
    return kClean;
  }
  if (arguments->commit.empty()) {
    const char* commit = std::getenv("GRAPHDB_COMMIT");
    if (commit != nullptr) arguments->commit = commit;
  }
  const absl::Status same = CheckCommit(*arguments);
  if (!same.ok()) return Complain(same.message());
  absl::StatusOr<RunSpec> spec = LoadRunSpec(*std::move(arguments), statements);
  if (!spec.ok()) return Complain(spec.status().message());
  const MessageDescriber escaped = &EscapedBytes;
  return Tool(*std::move(spec), factory, describe ? describe : escaped).Main();
}

}  // namespace graphdb::sim
