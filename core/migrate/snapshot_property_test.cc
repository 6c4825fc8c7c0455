// Property test of the way from a Milestone 2 node to a cluster: rapidcheck
// draws plans, the simulator plays each on whole machines and asks its oracles
// (//sim/migrate: what is played and judged).
//
//   tools/test --only migrate --plans 1000
//   tools/dev property --plans 1000 --seed 3
//   tools/dev property --plan "seed=7 restore_crashes=700"   one plan again; --trace shows it
//   tools/dev property --plan_file FILE                      the same from a failed plan's file
//   tools/dev property --mutant rule-M1.oracle-above-s       a planted bug
//
// A plan that fails is shrunk. The result is written to a file (which
// `tools/test --out DIR` collects in DIR/plans) and printed as one line that
// replays it.
//
// What is drawn: crashes are the rule. Two thirds of the plans crash the machine
// in the restore, at any of its steps, a third break the snapshot off, and nearly
// all disturb the cluster while it forms. A restore that a crash cut off is not a
// refusal: the same command is typed again, and goes through or doesn't. What
// makes a restore refuse is as rare as an operator would have it: in 1 of 20
// plans the copy is damaged, in 1 of 40 the engine fails for good. A file or a
// flush that fails now and then (1 plan of 4 each) is no reason to refuse.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "core/base/check.h"
#include "gtest/gtest.h"
#include "rapidcheck.h"
#include "sim/env/mutants_on.h"
#include "sim/migrate/migration_run.h"

namespace graphdb::sim {

void showValue(const PlannedFault& fault, std::ostream& out) {
  out << PlannedFaultName(fault.kind) << "@" << fault.at_ms;
}

void showValue(const MigrationPlan& plan, std::ostream& out) { out << PlanText(plan); }

namespace {

constexpr uint64_t kGateSeed = 24;
constexpr uint64_t kGatePlans = 200;
constexpr uint64_t kPlansForShare = 100;

struct Arguments {
  uint64_t plans = kGatePlans;
  uint64_t seed = kGateSeed;
  std::string plan;
  std::string mutant;
  bool trace = false;
};
Arguments arguments;  // LINT-OK(mutable-global): of the command line

template <typename T>
rc::Gen<std::vector<T>> UpTo(int count, const rc::Gen<T>& items) {
  return rc::gen::resize(
      count, rc::gen::container<std::vector<T>>(rc::gen::resize(rc::kNominalSize, items)));
}

rc::Gen<PlannedFault> Faults(uint32_t nodes, uint32_t within_ms,
                             const std::vector<PlannedFault::Kind>& kinds) {
  using rc::gen::inRange;
  return rc::gen::build<PlannedFault>(
      rc::gen::set(&PlannedFault::kind, rc::gen::elementOf(kinds)),
      rc::gen::set(&PlannedFault::node, inRange<uint32_t>(0, nodes)),
      rc::gen::set(&PlannedFault::at_ms, inRange<uint32_t>(0, within_ms)),
      rc::gen::set(&PlannedFault::for_ms, inRange<uint32_t>(20, 1500)));
}

rc::Gen<MigrationPlan> Plans() {
  using Damage = MigrationPlan::Damage;
  using Kind = PlannedFault::Kind;
  using rc::gen::inRange;
  using rc::gen::set;
  using rc::gen::weightedElement;
  const std::vector<Kind> on_one = {Kind::kPowerCut, Kind::kKill,     Kind::kSlowDisk,
                                    Kind::kPause,    Kind::kFailSync, Kind::kFailWrite};
  const std::vector<Kind> on_three = {Kind::kPowerCut, Kind::kKill,  Kind::kPartition,
                                      Kind::kDeaf,     Kind::kPause, Kind::kFailSync,
                                      Kind::kSlowDisk, Kind::kLossy, Kind::kFailWrite};
  // Every plan of a run is as large as any other.
  return rc::gen::resize(
      rc::kNominalSize,
      rc::gen::build<MigrationPlan>(
          set(&MigrationPlan::seed, inRange<uint64_t>(1, 1'000'000)),
          set(&MigrationPlan::clients, inRange<uint32_t>(1, 4)),
          set(&MigrationPlan::ids, inRange<uint32_t>(1, 40)),
          set(&MigrationPlan::load_ms, inRange<uint32_t>(0, 1000)),
          set(&MigrationPlan::think_ms, weightedElement<uint32_t>({{2, 1}, {2, 5}, {1, 60}})),
          set(&MigrationPlan::page,
              weightedElement<uint32_t>({{3, 1}, {4, 3}, {3, 10}, {2, 2000}})),
          set(&MigrationPlan::source, UpTo(2, Faults(1, 1500, on_one))),
          set(&MigrationPlan::snapshot_crashes, UpTo(2, inRange<uint32_t>(1, 120))),
          set(&MigrationPlan::damage, weightedElement<Damage>({{95, Damage::kNone},
                                                               {1, Damage::kFlip},
                                                               {1, Damage::kTruncate},
                                                               {1, Damage::kDropLine},
                                                               {1, Damage::kRepeatLine},
                                                               {1, Damage::kSwapLines}})),
          set(&MigrationPlan::damage_at, inRange<uint32_t>(0, 100'000)),
          set(&MigrationPlan::batch, weightedElement<uint32_t>({{1, 512}, {2, 20}, {1, 3}})),
          set(&MigrationPlan::restore_crashes, UpTo(2, inRange<uint32_t>(0, 1000))),
          set(&MigrationPlan::start_unfinished, rc::gen::arbitrary<bool>()),
          set(&MigrationPlan::read_error_percent, weightedElement<uint32_t>({{3, 0}, {1, 10}})),
          set(&MigrationPlan::flush_error_percent, weightedElement<uint32_t>({{3, 0}, {1, 10}})),
          set(&MigrationPlan::write_error_percent, weightedElement<uint32_t>({{39, 0}, {1, 2}})),
          set(&MigrationPlan::shards, inRange<uint32_t>(1, 5)),
          set(&MigrationPlan::target_clients, inRange<uint32_t>(1, 3)),
          set(&MigrationPlan::node2_ms, inRange<uint32_t>(0, 4000)),
          set(&MigrationPlan::node3_ms, inRange<uint32_t>(0, 4000)),
          set(&MigrationPlan::forming, UpTo(5, Faults(3, 5500, on_three)))));
}

// What the plans of a run came to.
class Tally {
 public:
  void Add(const MigrationResult& result) {
    ++plans;
    ++ways[result.way];
    if (!result.refused_for.empty()) ++refused_for[result.refused_for];
    snapshots_broken += result.snapshots_broken > 0 ? 1 : 0;
    restores_crashed += result.restores_crashed > 0 ? 1 : 0;
    starts_refused += result.starts_refused;
    transactions += result.source_transactions;
    elements += result.nodes + result.relationships;
    events += result.events;
    for (const auto& [kind, count] : result.faults) faults[kind] += count;
  }

  uint64_t WithoutRerun() const { return plans - Of(MigrationResult::Way::kRerun); }

  void Print() const {
    if (plans == 0) return;
    std::cout << "plans: " << plans << ", equal without a rerun " << WithoutRerun() << " ("
              << absl::StrFormat("%.1f", 100.0 * WithoutRerun() / plans) << " %): at once "
              << Of(MigrationResult::Way::kAtOnce) << ", after a crash in the restore "
              << Of(MigrationResult::Way::kReentered)
              << "\nrefused, then equal after a rerun: " << Of(MigrationResult::Way::kRerun);
    for (const auto& [reason, count] : refused_for) std::cout << ", " << reason << " " << count;
    std::cout << "\ncrashed in the restore " << restores_crashed << ", snapshot broken off "
              << snapshots_broken << ", starts refused on half a restore " << starts_refused
              << "\nfaults:";
    for (const auto& [kind, count] : faults) std::cout << " " << kind << " " << count;
    std::cout << "\nper plan: " << transactions / plans
              << " transactions before the snapshot's end, " << elements / plans
              << " elements restored, " << events / plans << " events" << std::endl;
  }

  uint64_t plans = 0;

 private:
  uint64_t Of(MigrationResult::Way way) const {
    const auto it = ways.find(way);
    return it == ways.end() ? 0 : it->second;
  }

  std::map<MigrationResult::Way, uint64_t> ways;
  std::map<std::string, uint64_t> refused_for;
  std::map<std::string, uint64_t> faults;
  uint64_t snapshots_broken = 0;
  uint64_t restores_crashed = 0;
  uint64_t starts_refused = 0;
  uint64_t transactions = 0;
  uint64_t elements = 0;
  uint64_t events = 0;
};

std::string ReplayLine(const MigrationPlan& plan) {
  std::string line = absl::StrCat("tools/dev property --plan \"", PlanText(plan), "\"");
  if (!arguments.mutant.empty()) absl::StrAppend(&line, " --mutant ", arguments.mutant);
  if (const char* commit = std::getenv("GRAPHDB_COMMIT")) {
    absl::StrAppend(&line, "  # at commit ", commit);
  }
  return line;
}

// Says how to see it again, and leaves the plan where CI finds it.
void Report(const MigrationPlan& plan, const std::string& failure) {
  std::cout << "failed: " << failure << "\nreplay: " << ReplayLine(plan) << std::endl;
  const char* const folder = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (folder == nullptr) return;
  std::ofstream file(absl::StrCat(folder, "/snapshot_property_seed_", plan.seed, ".plan"));
  file << "# " << failure << "\n# replay: " << ReplayLine(plan) << "\n" << PlanText(plan) << "\n";
}

// A failed check ends the process: it reports what the world says and the plan.
const MigrationPlan* g_present = nullptr;  // LINT-OK(mutable-global): for a failed check alone

std::string CheckContext() {
  if (g_present != nullptr) Report(*g_present, "a failed check");
  return "";
}

MigrationResult Play(const MigrationPlan& plan, TraceLog::Sink sink = nullptr) {
  g_present = &plan;
  MigrationResult result = RunMigration(plan, std::move(sink));
  g_present = nullptr;
  return result;
}

void RunGivenPlan(const std::string& text) {
  const auto plan = ParsePlan(text);
  ASSERT_TRUE(plan.ok()) << plan.status();
  TraceLog::Sink sink;
  if (arguments.trace) sink = [](absl::string_view line) { std::cout << line << "\n"; };
  SetActiveMutant(arguments.mutant);
  const MigrationResult result = Play(*plan, std::move(sink));
  SetActiveMutant("");
  Tally tally;
  tally.Add(result);
  tally.Print();
  std::cout << absl::StrFormat("trace=%016x", result.trace_hash) << std::endl;
  if (!result.failure.empty()) Report(*plan, result.failure);
  EXPECT_EQ(result.failure, "");
}

TEST(SnapshotProperty, EqualOnAllReplicasAndToTheLedger) {
  if (!arguments.plan.empty()) {
    RunGivenPlan(arguments.plan);
    return;
  }
  std::cout << "seed " << arguments.seed << ", plans " << arguments.plans << std::endl;
  Tally tally;
  MigrationPlan last_failed;
  std::string failure;
  SetActiveMutant(arguments.mutant);
  const bool clean = rc::check("equal on all replicas and to the ledger", [&] {
    const MigrationPlan plan = *Plans();
    const MigrationResult result = Play(plan);
    if (result.failure.empty()) {
      if (failure.empty()) tally.Add(result);
      return;
    }
    last_failed = plan;  // the last one is the smallest
    failure = result.failure;
    RC_FAIL(failure);
  });
  SetActiveMutant("");
  tally.Print();
  if (!failure.empty()) Report(last_failed, failure);
  ASSERT_TRUE(clean);
  // Of fewer the share says little: one damaged copy in ten plans is chance.
  if (tally.plans >= kPlansForShare) {
    EXPECT_GE(tally.WithoutRerun() * 100, tally.plans * 90);
  }
}

TEST(MigrationPlanTest, TextIsTheInverseOfParse) {
  MigrationPlan plan;
  plan.seed = 77;
  plan.restore_crashes = {5, 9};
  plan.snapshot_crashes = {1};
  plan.damage = MigrationPlan::Damage::kSwapLines;
  plan.start_unfinished = true;
  plan.source = {{PlannedFault::Kind::kFailSync, 0, 12, 30}};
  plan.forming = {{PlannedFault::Kind::kDeaf, 2, 12, 30}, {PlannedFault::Kind::kKill, 1, 1, 2}};
  EXPECT_EQ(*ParsePlan(PlanText(plan)), plan);
  EXPECT_EQ(PlanText(*ParsePlan("seed=3")), "seed=3");
  for (const char* bad :
       {"ids=x", "ids=0", "shards=0", "damage=fire", "forming=crash:1@2+3", "forming=kill:0@2+3",
        "forming=kill:1@2", "restore_crashes=1,,2", "read_error_percent=101", "what=1"}) {
    EXPECT_FALSE(ParsePlan(bad).ok()) << bad;
  }
}

bool ReadPlanFile(const std::string& name, std::string* plan) {
  std::ifstream file(name);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.empty() && line[0] != '#') *plan = line;
  }
  return !plan->empty();
}

// Plans that once failed; each file says why.
TEST(MigrationRunTest, RegressionsStayClean) {
  const std::filesystem::path folder = "scenarios/regressions";
  uint64_t plans = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".plan") continue;
    std::string text;
    ASSERT_TRUE(ReadPlanFile(entry.path().string(), &text)) << entry.path();
    const auto plan = ParsePlan(text);
    ASSERT_TRUE(plan.ok()) << entry.path() << ": " << plan.status();
    EXPECT_EQ(Play(*plan).failure, "") << entry.path();
    ++plans;
  }
  EXPECT_GT(plans, 0u);
}

TEST(MigrationRunTest, TheSamePlanGivesTheSameTrace) {
  const MigrationPlan plan = *ParsePlan(
      "seed=5 restore_crashes=400 batch=3 forming=power:1@900+700 source=kill:1@100+50 "
      "load_ms=300");
  const MigrationResult once = RunMigration(plan);
  EXPECT_EQ(once.failure, "");
  EXPECT_EQ(once.trace_hash, RunMigration(plan).trace_hash);
  MigrationPlan other = plan;
  other.seed = 6;
  EXPECT_NE(once.trace_hash, RunMigration(other).trace_hash);
}

struct Planted {
  const char* mutant;
  const char* plan;  // what it needs beside a seed
};

// Each planted bug is found within few plans of its kind.
TEST(MigrationRunTest, EveryPlantedBugIsFound) {
  for (const Planted& planted : std::vector<Planted>{
           {"prop-P7.at-one-timestamp", "page=1"},
           {"prop-P7.page-boundary", "page=2"},
           {"prop-P31.flipped-byte", "damage=flip"},
           {"prop-P41.no-footer", "damage=truncate"},
           {"prop-P24.durable-first", ""},
           {"prop-P24.both-halves", ""},
           {"rule-M1.own-timestamp", ""},
           {"rule-M1.oracle-above-s", ""},
           {"rule-M1.oracle-above-restore", ""},
           {"rule-M1.ids-above-largest", ""},
           {"rule-M1.before-any-serves", "batch=3 restore_crashes=700"},
           {"rule-M1.unfinished-refused", "batch=3 restore_crashes=700 start_unfinished=1"}}) {
    SetActiveMutant(planted.mutant);
    std::string failure;
    uint64_t seed = 0;
    while (failure.empty() && seed < 40) {
      MigrationPlan plan = *ParsePlan(absl::StrCat("ids=9 ", planted.plan));
      plan.seed = ++seed;
      for (uint32_t& crash : plan.restore_crashes) crash = static_cast<uint32_t>(seed * 97 % 1000);
      plan.damage_at = static_cast<uint32_t>(seed * 7919);
      failure = Play(plan).failure;
    }
    SetActiveMutant("");
    EXPECT_NE(failure, "") << planted.mutant;
    std::cout << planted.mutant << ": seed " << seed << ": " << failure.substr(0, 120) << std::endl;
  }
}

bool SetArgument(absl::string_view flag, const std::string& value) {
  if (flag == "--plans") return absl::SimpleAtoi(value, &arguments.plans) && arguments.plans > 0;
  if (flag == "--seed") return absl::SimpleAtoi(value, &arguments.seed);
  if (flag == "--plan") arguments.plan = value;
  if (flag == "--mutant") arguments.mutant = value;
  if (flag == "--plan_file") return ReadPlanFile(value, &arguments.plan);
  return flag == "--plan" || flag == "--mutant";
}

}  // namespace

// False: bad usage.
bool ReadArguments(int argc, char** argv) {
  if (const char* plans = std::getenv("GRAPHDB_PLANS")) {
    if (!SetArgument("--plans", plans)) return false;
  }
  for (int i = 1; i < argc; ++i) {
    const absl::string_view flag = argv[i];
    if (flag == "--trace") {
      arguments.trace = true;
    } else if (i + 1 == argc || !SetArgument(flag, argv[++i])) {
      return false;
    }
  }
  // Who asks for plans wants nothing else.
  if (argc > 1) testing::GTEST_FLAG(filter) = "SnapshotProperty.*";
  SetCheckContext(&CheckContext);
  setenv("RC_PARAMS",
         absl::StrCat("seed=", arguments.seed, " max_success=", arguments.plans).c_str(),
         /*overwrite=*/1);
  return true;
}

}  // namespace graphdb::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!graphdb::sim::ReadArguments(argc, argv)) {
    std::cerr << "usage: [--plans N] [--seed N] [--plan TEXT | --plan_file FILE] [--trace]"
                 " [--mutant ID]\n";
    return 2;
  }
  return RUN_ALL_TESTS();
}
