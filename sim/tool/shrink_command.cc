#include "sim/tool/shrink_command.h"

#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "sim/tool/arguments.h"
#include "sim/tool/campaign.h"
#include "sim/tool/option_reader.h"
#include "sim/tool/run_spec.h"
#include "sim/tool/shrink_run.h"

namespace graphdb::sim {
namespace {

constexpr int kShrunk = 0, kNoFailure = 1, kUsage = 2;

struct ShrinkArguments {
  RunSpec spec;
  ShrinkLimits limits;
  std::string out;   // empty: standard output
  std::string name;  // empty: from mutant, oracle and seed
};

absl::StatusOr<ShrinkArguments> Parse(const std::vector<std::string>& args, bool statements) {
  ShrinkArguments shrink;
  GRAPHDB_ASSIGN_OR_RETURN(std::vector<std::string> rest,
                           TakeOptions(args, {"--seconds", "--out", "--name"},
                                       [&](const std::string& option, const std::string& value) {
                                         if (option == "--seconds") {
                                           return absl::SimpleAtoi(value, &shrink.limits.seconds)
                                                      ? absl::OkStatus()
                                                      : Expected(option, value,
                                                                 "a number of seconds");
                                         }
                                         if (value.empty())
                                           return Expected(option, value, "a name");
                                         (option == "--out" ? shrink.out : shrink.name) = value;
                                         return absl::OkStatus();
                                       }));
  rest.insert(rest.begin(), "run");
  GRAPHDB_ASSIGN_OR_RETURN(Arguments arguments, ParseArguments(rest));
  if (arguments.many) {
    return absl::InvalidArgumentError("shrink --seeds: expected one run, with --seed N");
  }
  shrink.limits.jobs = arguments.jobs != 0 ? arguments.jobs : Cores();
  GRAPHDB_ASSIGN_OR_RETURN(shrink.spec, LoadRunSpec(std::move(arguments), statements));
  return shrink;
}

// Where there were none, none are gone.
std::string Gone(uint64_t before, uint32_t gone) {
  return before == 0 ? "none before" : absl::StrCat(gone, "% gone");
}

void Conclude(const Shrunk& shrunk) {
  const uint64_t faults = shrunk.first.fault_count();
  const uint64_t operations = shrunk.first.operation_count();
  std::fprintf(stderr,
               "shrunk in %.0f s and %llu runs: faults %llu to %llu (%s), operations %llu to "
               "%llu (%s), %s to %s\n",
               shrunk.seconds, static_cast<unsigned long long>(shrunk.runs),
               static_cast<unsigned long long>(faults),
               static_cast<unsigned long long>(shrunk.smallest.fault_count()),
               Gone(faults, shrunk.FaultsGone()).c_str(),
               static_cast<unsigned long long>(operations),
               static_cast<unsigned long long>(shrunk.smallest.operation_count()),
               Gone(operations, shrunk.OperationsGone()).c_str(),
               DurationText(shrunk.first.options.duration).c_str(),
               DurationText(shrunk.smallest.options.duration).c_str());
}

}  // namespace

int ShrinkMain(const std::vector<std::string>& args, const ProgramFactory& factory,
               bool statements) {
  const absl::StatusOr<ShrinkArguments> arguments = Parse(args, statements);
  if (!arguments.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(arguments.status().message()).c_str());
    return kUsage;
  }
  const uint64_t seed = arguments->spec.arguments.seed;
  const std::optional<Shrunk> shrunk =
      ShrinkRun(arguments->spec.OptionsFor(seed), arguments->limits, factory, /*tell=*/true);
  if (!shrunk) {
    std::printf("the run doesn't fail\n");
    return kNoFailure;
  }
  const std::string text = ShrunkFile(*shrunk, seed, arguments->name, arguments->out);
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
  Conclude(*shrunk);
  return kShrunk;
}

}  // namespace graphdb::sim
