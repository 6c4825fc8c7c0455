#include "sim/tool/mutants_command.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "sim/mutants/mutant_table.h"
#include "sim/run/run.h"
#include "sim/tool/campaign.h"
#include "sim/tool/option_reader.h"
#include "sim/tool/shrink_run.h"
#include "sim/tripwire/tripwire.h"
#include "sim/world/swarm.h"

namespace graphdb::sim {
namespace {

constexpr int kAllFound = 0, kSomeMissing = 1, kUsage = 2;
// What is lost at most when a sitting ends.
constexpr uint64_t kSeedsPerStep = 100;
constexpr uint32_t kSeedTimeoutS = 120;

class Hunt {
 public:
  Hunt(const MutantsArguments& arguments, const ProgramFactory& factory, bool statements)
      : arguments_(arguments), factory_(factory), statements_(statements) {}

  int Main() {
    if (!arguments_.forget) Read();
    if (!Write()) return kUsage;
    for (const KnownMutant& mutant : KnownMutants()) {
      if (!absl::StartsWith(mutant.id, arguments_.only)) continue;
      if (!HuntOne(mutant)) return kUsage;
    }
    const std::vector<std::string> missing = table_.Missing(KnownMutants());
    std::printf("mutants: up to %llu seeds of each base, %zu not found in time\n",
                static_cast<unsigned long long>(arguments_.seeds), missing.size());
    return missing.empty() ? kAllFound : kSomeMissing;
  }

 private:
  void Read() {
    std::ifstream in(arguments_.table);
    std::stringstream text;
    text << in.rdbuf();
    table_ = MutantTable::Parse(text.str());
  }

  bool Write() const {
    std::ofstream out(arguments_.table);
    out << table_.Markdown(KnownMutants());
    if (out.flush()) return true;
    std::fprintf(stderr, "graphdb-sim: --table '%s': expected a file that can be written\n",
                 arguments_.table.c_str());
    return false;
  }

  bool HuntOne(const KnownMutant& mutant) {
    MutantResult& result = table_.of(mutant.id);
    const size_t bases = mutant.kind == KnownMutant::Kind::kSwarm ? kSeedBases : 1;
    for (size_t b = 0; b < bases; ++b) {
      BaseResult& base = result.bases[b];
      while (!base.found && base.tried < arguments_.seeds) {
        const std::string oracle = Step(mutant.id, b, &base);
        if (result.oracle.empty()) result.oracle = oracle;
        if (!Write()) return false;
      }
      if (base.found && !result.shrunk.known && arguments_.shrink_s > 0) {
        Shrink(mutant.id, FirstSeed(b) + base.tried - 1, &result.shrunk);
        if (!Write()) return false;
      }
    }
    std::printf("%s: %s%llu seeds, %.0f s\n", mutant.id.c_str(),
                result.found_everywhere() ? "" : "not found everywhere, ",
                static_cast<unsigned long long>(result.seeds()), result.seconds());
    std::fflush(stdout);
    return true;
  }

  // Some more seeds of a base. Returns the oracle where one failed.
  std::string Step(const std::string& mutant, size_t b, BaseResult* base) {
    CampaignOptions campaign;
    campaign.jobs = arguments_.jobs;
    campaign.seed_timeout_s = kSeedTimeoutS;
    const uint64_t end = std::min(base->tried + kSeedsPerStep, arguments_.seeds);
    for (uint64_t i = base->tried; i < end; ++i) campaign.seeds.push_back(FirstSeed(b) + i);
    const double started = WallSeconds();
    std::string oracle;
    RunCampaign(
        campaign,
        [&](uint64_t seed) {
          SetCostlyChecks(true);
          TripwireArmed armed;
          return ExecuteRun(OptionsOf(mutant, seed), factory_, {});
        },
        [&](const RunResult& result) {
          ++base->tried;
          if (result.verdict != RunResult::Verdict::kViolation) return true;
          oracle = result.oracle;
          return false;
        });
    base->found = !oracle.empty();
    base->seconds += WallSeconds() - started;
    return oracle;
  }

  void Shrink(const std::string& mutant, uint64_t seed, ShrinkResult* out) {
    const ShrinkLimits limits{arguments_.shrink_s, arguments_.jobs};
    const std::optional<Shrunk> shrunk =
        ShrinkRun(OptionsOf(mutant, seed), limits, factory_, /*tell=*/false);
    SetCheckContext(nullptr);
    if (!shrunk) return;  // it took the time of its first run to fail
    out->known = true;
    out->faults_before = shrunk->first.fault_count();
    out->faults_after = shrunk->smallest.fault_count();
    out->operations_before = shrunk->first.operation_count();
    out->operations_after = shrunk->smallest.operation_count();
    out->seconds = shrunk->seconds;
  }

  RunOptions OptionsOf(const std::string& mutant, uint64_t seed) const {
    RunOptions options = DrawSwarmOptions(seed);
    if (!statements_) DropStatements(&options);
    options.mutant = mutant;
    return options;
  }

  const MutantsArguments& arguments_;
  const ProgramFactory& factory_;
  const bool statements_;
  MutantTable table_;
};

absl::Status ParseOne(const std::string& option, const std::string& value, MutantsArguments* out) {
  if (option == "--seeds") {
    if (absl::SimpleAtoi(value, &out->seeds) && out->seeds > 0 && out->seeds < FirstSeed(1)) {
      return absl::OkStatus();
    }
    return Expected(option, value, absl::StrCat("a number from 1 to ", FirstSeed(1) - 1));
  }
  if (option == "--shrink") {
    if (absl::SimpleAtoi(value, &out->shrink_s)) return absl::OkStatus();
    return Expected(option, value, "a number of seconds");
  }
  if (option == "--jobs") {
    if (absl::SimpleAtoi(value, &out->jobs) && out->jobs > 0) return absl::OkStatus();
    return Expected(option, value, "a number above 0");
  }
  std::string* text = option == "--only" ? &out->only : option == "--table" ? &out->table : nullptr;
  if (text == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown option '", option,
        "' of mutants: expected --seeds, --only, --shrink, --jobs, --table or --forget"));
  }
  if (value.empty()) return Expected(option, value, "a text");
  *text = value;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MutantsArguments> ParseMutantsArguments(const std::vector<std::string>& args) {
  MutantsArguments arguments;
  GRAPHDB_RETURN_IF_ERROR(ReadOptions(
      args,
      [&arguments](const std::string& word) {
        arguments.forget = arguments.forget || word == "--forget";
        return word == "--forget";
      },
      [&arguments](const std::string& option, const std::string& value) {
        return ParseOne(option, value, &arguments);
      }));
  return arguments;
}

int MutantsMain(const std::vector<std::string>& args, const ProgramFactory& factory,
                bool statements) {
  absl::StatusOr<MutantsArguments> arguments = ParseMutantsArguments(args);
  if (!arguments.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(arguments.status().message()).c_str());
    return kUsage;
  }
  if (arguments->jobs == 0) arguments->jobs = Cores();
  return Hunt(*arguments, factory, statements).Main();
}

}  // namespace graphdb::sim
