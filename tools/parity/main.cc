// parity: plays scenario files in the simulator and by real processes, and
// compares the verdicts.
//
//   parity --graphdb PROGRAM --planted PROGRAM --folder DIR FILE...
//
// A file with a line `# mutant: ID` is played once more with that bug planted, by
// the second program, which is //tools/parity:graphdb_planted; both worlds have to
// fail by the oracle of its line `# oracle:`.
//
// Exit status: 0 all verdicts are as they should be, 1 one is not, 2 a file can't
// be read or not be played by processes.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "prod/testing/process.h"
#include "sim/run/run.h"
#include "sim/world/cluster_program.h"
#include "sim/world/scenario.h"
#include "tools/parity/real_run.h"

namespace graphdb::parity {
namespace {

struct Arguments {
  std::string graphdb;
  std::string planted;
  std::string folder;
  std::vector<std::string> files;
};

struct Counts {
  int played = 0;
  int failed_in_both = 0;
  int wrong = 0;
};

std::string Words(const std::string& oracle) { return oracle.empty() ? "ok" : oracle; }

sim::RunResult Simulate(const sim::RunOptions& options) {
  return sim::ExecuteRun(options, sim::ClusterProgramFactory(), {});
}

RealVerdict PlayReal(const Arguments& arguments, const sim::RunOptions& options, int attempt) {
  const bool planted = !options.mutant.empty();
  RealRunOptions real{planted ? arguments.planted : arguments.graphdb,
                      absl::StrCat(arguments.folder, "/", options.name,
                                   planted ? absl::StrCat("-planted", attempt) : "")};
  if (planted) real.env = {absl::StrCat("GRAPHDB_PLANTED=", options.mutant)};
  return RunReal(options, real);
}

// `expected`: the oracle, or nothing. A race isn't lost every time: where a planted
// bug doesn't show at once, the simulator is asked for more seeds and the
// processes to try again.
void Play(const Arguments& arguments, sim::RunOptions options, const std::string& expected,
          Counts* counts) {
  constexpr int kSeeds = 40;
  constexpr int kAttempts = 5;
  std::string simulated;
  for (int i = 0; i < (expected.empty() ? 1 : kSeeds); ++i, ++options.seed) {
    simulated = Simulate(options).oracle;
    if (simulated == expected) break;
  }
  RealVerdict verdict;
  for (int i = 0; i < (expected.empty() ? 1 : kAttempts); ++i) {
    verdict = PlayReal(arguments, options, i);
    if (verdict.oracle == expected) break;
  }
  const bool right = simulated == expected && verdict.oracle == expected;
  ++counts->played;
  if (!right) ++counts->wrong;
  if (right && !expected.empty()) ++counts->failed_in_both;
  std::printf("%s: %s%s: simulator %s, processes %s (%lu requests, %lu acknowledged, %lu faults)\n",
              right ? "same" : "DIFFERENT", options.name.c_str(),
              options.mutant.empty() ? "" : absl::StrCat(" with ", options.mutant).c_str(),
              Words(simulated).c_str(), Words(verdict.oracle).c_str(), verdict.requests,
              verdict.acknowledged, verdict.faults);
  if (!right) std::printf("  processes: %s\n", verdict.message.c_str());
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Plays scenarios in the simulator and by real processes.");
  app.add_option("--graphdb", arguments.graphdb)->required();
  app.add_option("--planted", arguments.planted)->required();
  app.add_option("--folder", arguments.folder)->required();
  app.add_option("files", arguments.files)->required();
  CLI11_PARSE(app, argc, argv);
  Counts counts;
  for (const std::string& file : arguments.files) {
    const absl::StatusOr<sim::Scenario> scenario =
        sim::ParseScenario(prod::ReadWholeFile(file), file);
    absl::Status status = scenario.status();
    if (status.ok()) status = CheckPlayable(scenario->options);
    if (!status.ok()) {
      std::fprintf(stderr, "parity: %s: %s\n", file.c_str(), std::string(status.message()).c_str());
      return 2;
    }
    sim::RunOptions options = scenario->options;
    Play(arguments, options, "", &counts);
    options.mutant = scenario->mutant;
    if (!options.mutant.empty()) Play(arguments, options, scenario->oracle, &counts);
  }
  std::printf("%d runs, %d fail in both worlds by the same oracle, %d different\n", counts.played,
              counts.failed_in_both, counts.wrong);
  return counts.wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace graphdb::parity

int main(int argc, char** argv) { return graphdb::parity::Main(argc, argv); }
