#include "sim/tool/diverge_command.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "sim/run/run.h"
#include "sim/tool/report.h"
#include "sim/tool/run_spec.h"
#include "sim/tripwire/tripwire.h"

namespace graphdb::sim {
namespace {

constexpr int kEqual = 0, kDiffer = 1, kUsage = 2;
constexpr size_t kAround = 6;  // events shown on either side

struct Followed {
  std::vector<uint64_t> hashes;  // rolling, after each event
  std::vector<std::string> shown;
  RunResult result;
};

// The window [from, to) of events is described.
Followed Follow(const RunOptions& options, const ProgramFactory& factory, size_t from, size_t to) {
  Followed followed;
  RunTrace trace;
  trace.after_event = [&followed, from, to](EventLoop& loop) {
    const size_t event = followed.hashes.size();
    followed.hashes.push_back(loop.trace_hash().value());
    if (event < from || event >= to) return;
    followed.shown.push_back(absl::StrFormat("event %d %12s %-8s %s", event, FormatTime(loop.now()),
                                             ActorName(loop.last_ran()), loop.last_kind()));
  };
  SetCostlyChecks(true);
  TripwireArmed armed;
  followed.result = ExecuteRun(options, factory, std::move(trace));
  return followed;
}

void Show(const char* which, const Followed& followed, size_t from, size_t first) {
  std::printf("%s:\n", which);
  for (size_t i = 0; i < followed.shown.size(); ++i) {
    std::printf("%s %s\n", from + i == first ? ">" : " ", followed.shown[i].c_str());
  }
  if (followed.hashes.size() <= first) std::printf(">  the end of the run\n");
  std::printf("  %s", VerdictLine(followed.result).c_str());
}

absl::StatusOr<RunOptions> OptionsOf(std::vector<std::string> args, bool statements) {
  args.insert(args.begin(), "run");
  absl::StatusOr<Arguments> arguments = ParseArguments(args);
  if (!arguments.ok()) return arguments.status();
  if (arguments->many) {
    return absl::InvalidArgumentError("diverge --seeds: expected one run, with --seed N");
  }
  absl::StatusOr<RunSpec> spec = LoadRunSpec(*std::move(arguments), statements);
  if (!spec.ok()) return spec.status();
  return spec->OptionsFor(spec->arguments.seed);
}

}  // namespace

int DivergeMain(const std::vector<std::string>& args, const ProgramFactory& factory,
                bool statements) {
  const auto between = std::find(args.begin(), args.end(), "--");
  const absl::StatusOr<RunOptions> a = OptionsOf({args.begin(), between}, statements);
  const absl::StatusOr<RunOptions> b =
      between == args.end() ? a : OptionsOf({between + 1, args.end()}, statements);
  for (const auto* options : {&a, &b}) {
    if (options->ok()) continue;
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(options->status().message()).c_str());
    return kUsage;
  }
  const Followed whole_a = Follow(*a, factory, 0, 0);
  const Followed whole_b = Follow(*b, factory, 0, 0);
  const auto [end_a, end_b] = std::mismatch(whole_a.hashes.begin(), whole_a.hashes.end(),
                                            whole_b.hashes.begin(), whole_b.hashes.end());
  if (end_a == whole_a.hashes.end() && end_b == whole_b.hashes.end() &&
      whole_a.result.trace_hash == whole_b.result.trace_hash) {
    std::printf("equal: %d events, trace=%s\n", static_cast<int>(whole_a.hashes.size()),
                TraceHash::HexOf(whole_a.result.trace_hash).c_str());
    return kEqual;
  }
  const auto first = static_cast<size_t>(end_a - whole_a.hashes.begin());
  const size_t from = first > kAround ? first - kAround : 0;
  std::printf("the first event that differs: %d\n", static_cast<int>(first));
  Show("first run", Follow(*a, factory, from, first + kAround), from, first);
  Show("second run", Follow(*b, factory, from, first + kAround), from, first);
  return kDiffer;
}

}  // namespace graphdb::sim
