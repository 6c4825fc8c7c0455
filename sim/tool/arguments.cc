#include "sim/tool/arguments.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "sim/mutants/known_mutants.h"
#include "sim/tool/option_reader.h"

namespace graphdb::sim {
namespace {

constexpr uint64_t kSeedsMax = 100'000'000;

bool ParseNumber(absl::string_view text, uint64_t* value) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9' && absl::SimpleAtoi(text, value);
}

absl::Status SetSeeds(absl::string_view value, Arguments* arguments) {
  const std::vector<absl::string_view> ends = absl::StrSplit(value, "..");
  const bool good = ends.size() == 2 && ParseNumber(ends[0], &arguments->first_seed) &&
                    ParseNumber(ends[1], &arguments->last_seed) &&
                    arguments->first_seed <= arguments->last_seed &&
                    arguments->last_seed - arguments->first_seed < kSeedsMax;
  if (!good) return Expected("--seeds", value, "A..B with A <= B, for example 1..500");
  arguments->many = true;
  return absl::OkStatus();
}

absl::Status SetLog(absl::string_view value, Arguments* arguments) {
  if (value == "none") {
    arguments->log = LogDetail::kNone;
  } else if (value == "short") {
    arguments->log = LogDetail::kShort;
  } else if (value == "full") {
    arguments->log = LogDetail::kFull;
  } else {
    return Expected("--log", value, "none, short or full");
  }
  return absl::OkStatus();
}

absl::Status SetUntil(absl::string_view value, Arguments* arguments) {
  uint64_t number = 0;
  int64_t unit_ns = 0;
  absl::string_view digits = value;
  if (absl::ConsumeSuffix(&digits, "ms")) {
    unit_ns = 1'000'000;
  } else if (absl::ConsumeSuffix(&digits, "us")) {
    unit_ns = 1'000;
  } else if (absl::ConsumeSuffix(&digits, "s")) {
    unit_ns = 1'000'000'000;
  }
  constexpr uint64_t kMax = 10'000'000'000;
  if (unit_ns == 0 || !ParseNumber(digits, &number) || number == 0 || number > kMax) {
    return Expected("--until", value, "a virtual time such as 12s, 12500ms or 12500001us");
  }
  // Beyond ten thousand seconds no run goes.
  const uint64_t seconds_max = kMax / 1'000'000;
  const bool beyond = number / (1'000'000'000 / static_cast<uint64_t>(unit_ns)) > seconds_max;
  if (beyond) return Expected("--until", value, absl::StrCat("at most ", seconds_max, "s"));
  arguments->until = Duration::Nanoseconds(static_cast<int64_t>(number) * unit_ns);
  return absl::OkStatus();
}

absl::Status SetSmallNumber(absl::string_view option, absl::string_view value, uint64_t max,
                            uint32_t* number) {
  uint64_t parsed = 0;
  if (!ParseNumber(value, &parsed) || parsed < 1 || parsed > max) {
    return Expected(option, value, absl::StrCat("a number from 1 to ", max));
  }
  *number = static_cast<uint32_t>(parsed);
  return absl::OkStatus();
}

absl::Status SetValue(absl::string_view option, absl::string_view value, Arguments* arguments) {
  if (option == "--scenario") {
    arguments->scenario = std::string(value);
  } else if (option == "--seed") {
    if (!ParseNumber(value, &arguments->seed)) {
      return Expected(option, value, "a number from 0 to 2^64-1");
    }
    arguments->seed_given = true;
  } else if (option == "--profile") {
    if (!ParseNumber(value, &arguments->profile)) {
      return Expected(option, value, "a number from 0 to 2^64-1");
    }
    arguments->profile_given = true;
  } else if (option == "--seeds") {
    return SetSeeds(value, arguments);
  } else if (option == "--jobs") {
    return SetSmallNumber(option, value, 256, &arguments->jobs);
  } else if (option == "--seed-timeout") {
    return SetSmallNumber(option, value, 86'400, &arguments->seed_timeout_s);
  } else if (option == "--mutate") {
    GRAPHDB_ASSIGN_OR_RETURN(arguments->mutant, MutantId(value));
  } else if (option == "--hashes") {
    arguments->hashes = std::string(value);
  } else if (option == "--check-hashes") {
    arguments->check_hashes = std::string(value);
  } else if (option == "--write-scenario") {
    arguments->write_scenario = std::string(value);
  } else if (option == "--commit") {
    arguments->commit = std::string(value);
  } else if (option == "--at") {
    arguments->at = std::string(value);
  } else if (option == "--until") {
    return SetUntil(value, arguments);
  } else if (option == "--break-on") {
    arguments->break_on = std::string(value);
  } else if (option == "--history") {
    arguments->history = std::string(value);
  } else if (option == "--html") {
    arguments->html = std::string(value);
  } else if (option == "--lines") {
    return SetSmallNumber(option, value, 100'000, &arguments->lines);
  } else if (option == "--log") {
    return SetLog(value, arguments);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown option '", option, "'; see graphdb-sim --help"));
  }
  return absl::OkStatus();
}

bool SetSwitch(absl::string_view option, Arguments* arguments, bool* swarm) {
  if (option == "--help" || option == "-h") {
    arguments->help = true;
  } else if (option == "--reverse") {
    arguments->reverse = true;
  } else if (option == "--fail-fast") {
    arguments->fail_fast = true;
  } else if (option == "--force") {
    arguments->force = true;
  } else if (option == "--tape") {
    arguments->tape = true;
  } else if (option == "--swarm") {
    *swarm = true;
  } else {
    return false;
  }
  return true;
}

absl::Status CheckTogether(const Arguments& arguments, bool swarm) {
  if (swarm != arguments.scenario.empty()) {
    return absl::InvalidArgumentError("expected one of --swarm and --scenario FILE");
  }
  if (arguments.many && arguments.seed_given) {
    return absl::InvalidArgumentError("--seed and --seeds: expected one of them");
  }
  if (arguments.profile_given && (arguments.many || !arguments.scenario.empty())) {
    return absl::InvalidArgumentError("--profile: expected with --swarm --seed N");
  }
  if (arguments.many && !arguments.history.empty()) {
    return absl::InvalidArgumentError("--history: expected one run, with --seed N");
  }
  const bool stops = arguments.until > Duration() || !arguments.break_on.empty();
  if (stops && (arguments.many || arguments.explain)) {
    return absl::InvalidArgumentError("--until and --break-on: expected with one run");
  }
  if (arguments.explain && arguments.many) {
    return absl::InvalidArgumentError("explain --seeds: expected one run, with --seed N");
  }
  if (!arguments.explain && !arguments.html.empty()) {
    return absl::InvalidArgumentError("--html: expected with the command explain");
  }
  const bool campaign_only = arguments.reverse || arguments.fail_fast ||
                             !arguments.hashes.empty() || !arguments.check_hashes.empty();
  if (campaign_only && !arguments.many) {
    return absl::InvalidArgumentError(
        "--reverse, --fail-fast, --hashes and --check-hashes: expected together with --seeds");
  }
  if (arguments.tape && arguments.write_scenario.empty()) {
    return absl::InvalidArgumentError("--tape: expected together with --write-scenario");
  }
  if (arguments.many && !arguments.write_scenario.empty()) {
    return absl::InvalidArgumentError("--write-scenario: expected without --seeds");
  }
  return absl::OkStatus();
}

}  // namespace

absl::string_view Usage() {
  return R"(graphdb-sim: runs GraphDB in a simulated world, driven by one seed.

  graphdb-sim run --scenario FILE [--seed N]   one run of a scenario file
  graphdb-sim run --swarm --seed N             one run whose faults the seed draws
  graphdb-sim run --swarm --seeds A..B         many, on all cores
  graphdb-sim explore --seeds A..B | --seconds S [--seed-base B] [--guided yes|no]
                      [--out DIR] [--json FILE] [--shrink S]
                                               looks for unknown bugs: every failure with
                                               its replay line; with DIR a stopped one goes
                                               on, and in the end the first failure of each
                                               oracle is made small for S seconds (20).
                                               By the clock, every second run tries a
                                               profile again that showed something new
  graphdb-sim explain ... [--html FILE] [--lines N]
                                               one run as above, told in words, and
                                               as a page for a browser
  graphdb-sim bisect ... [--moments N] [--futures N]
                                               when a failure became likely: forks the run
                                               at N moments, N futures each
  graphdb-sim diverge ... [-- ...]             the first event in which two runs differ; of
                                               one, whether it is deterministic
  graphdb-sim shrink --swarm --seed N [--seconds S] [--out FILE] [--name NAME]
                                               makes a failing run small, as a scenario file
  graphdb-sim mutants [--seeds N] [--only PREFIX] [--shrink S] [--table FILE] [--forget]
                                               how soon the swarm finds each planted bug,
                                               into docs/mutants.md; goes on where it was
  graphdb-sim exhaust [--nodes 3] [--elections 2] [--entries 3] [--reads 0] [--crashes 1]
                      [--drops 1] [--overtakings 0] [--stalls 0] [--beats 0] [--path ACTIONS]
                                               every run of a Raft group within that scope;
                                               a path that fails is made short, and played
                                               again with --path
  graphdb-sim check FILE --model register|kv|append [--budget STEPS]
                                               judges a recorded history

  --log none|short|full   what one run prints of its trace (default short)
  --profile P             the faults that seed P draws, everything else of --seed
  --mutate ID             plants a bug (docs/mutants.md)
  --write-scenario FILE   writes the run as a scenario file, which replays it
  --tape                  with what happened in it beside the plan, line by line
  --until T               stops the run at this virtual time: 12s, 12500ms
  --break-on TEXT         stops where a line of its trace has the text (with --log full:
                          also of the lines that full adds); says how things are there
  --history DIR           writes what the clients of registers and lists saw, as EDN
  --jobs N                worker processes (default: all cores)
  --hashes FILE           writes one line SEED,HASH per seed
  --check-hashes FILE     compares with such a file; exit 4 where one differs
  --reverse               the last seed first
  --fail-fast             stops at the first seed that fails
  --seed-timeout S        a seed that takes longer (wall time) is undecided
  --commit HASH           of this program (default: $GRAPHDB_COMMIT)
  --at HASH [--force]     the run is of this commit: another one's program refuses it

Exit status: 0 clean, 1 an oracle failed, 2 usage, 3 undecided, 4 not deterministic.

Example: graphdb-sim run --scenario scenarios/cluster/leader_crash.txt --seed 7
)";
}

absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& args) {
  Arguments arguments;
  bool swarm = false;
  if (args.empty())
    return absl::InvalidArgumentError(
        "no command: expected run, explore, explain, bisect, diverge, shrink, mutants, exhaust or "
        "check");
  if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    arguments.help = true;
    return arguments;
  }
  arguments.explain = args[0] == "explain";
  if (args[0] != "run" && !arguments.explain) {
    return Expected("command", args[0],
                    "run, explore, explain, bisect, diverge, shrink, mutants, exhaust or check");
  }
  GRAPHDB_RETURN_IF_ERROR(ReadOptions(
      {args.begin() + 1, args.end()},
      [&](const std::string& word) { return SetSwitch(word, &arguments, &swarm); },
      [&](const std::string& option, const std::string& value) {
        return SetValue(option, value, &arguments);
      }));
  GRAPHDB_RETURN_IF_ERROR(CheckTogether(arguments, swarm));
  return arguments;
}

absl::Status CheckCommit(const Arguments& arguments) {
  const std::string& ours = arguments.commit;
  const std::string& theirs = arguments.at;
  const auto known = [](absl::string_view commit) {
    return !commit.empty() && commit != kUnknownCommit;
  };
  if (arguments.force || !known(ours) || !known(theirs)) return absl::OkStatus();
  if (absl::StartsWith(ours, theirs) || absl::StartsWith(theirs, ours)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("--at '", theirs, "': this program is of commit ", ours,
                   ", where the same seed is another run; check that commit out, or add --force"));
}

std::string ReplayLine(const Arguments& arguments, uint64_t seed) {
  std::string line = "tools/dev sim run";
  if (arguments.scenario.empty()) {
    absl::StrAppend(&line, " --swarm");
  } else {
    absl::StrAppend(&line, " --scenario ", arguments.scenario);
  }
  absl::StrAppend(&line, " --seed ", seed);
  if (arguments.profile_given) absl::StrAppend(&line, " --profile ", arguments.profile);
  if (!arguments.mutant.empty()) absl::StrAppend(&line, " --mutate=", arguments.mutant);
  absl::StrAppend(&line, " --at ", arguments.commit.empty() ? kUnknownCommit : arguments.commit);
  return line;
}

}  // namespace graphdb::sim
