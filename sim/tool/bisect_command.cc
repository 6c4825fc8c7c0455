#include "sim/tool/bisect_command.h"

#include <sys/wait.h>
#include <unistd.h>  // LINT-OK(include): forks the world

#include <algorithm>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "sim/explain/failure.h"
#include "sim/explain/recording.h"
#include "sim/run/run.h"
#include "sim/tool/campaign.h"
#include "sim/tool/option_reader.h"
#include "sim/tool/report.h"
#include "sim/tool/run_spec.h"
#include "sim/tripwire/tripwire.h"

namespace graphdb::sim {
namespace {

constexpr int kFound = 0, kNoFailure = 1, kUsage = 2;
constexpr int kChildFailed = 10;
constexpr uint32_t kPasses = 2;
constexpr size_t kMarksShown = 30;

struct BisectArguments {
  RunSpec spec;
  uint32_t moments = 12;
  uint32_t futures = 16;
  uint32_t jobs = 1;
};

absl::StatusOr<BisectArguments> Parse(const std::vector<std::string>& args, bool statements) {
  BisectArguments bisect;
  GRAPHDB_ASSIGN_OR_RETURN(
      std::vector<std::string> rest,
      TakeOptions(args, {"--moments", "--futures"},
                  [&](const std::string& option, const std::string& value) {
                    uint32_t* const number =
                        option == "--moments" ? &bisect.moments : &bisect.futures;
                    return absl::SimpleAtoi(value, number) && *number >= 2 && *number <= 1000
                               ? absl::OkStatus()
                               : Expected(option, value, "a number from 2 to 1000");
                  }));
  rest.insert(rest.begin(), "run");
  GRAPHDB_ASSIGN_OR_RETURN(Arguments arguments, ParseArguments(rest));
  if (arguments.many) {
    return absl::InvalidArgumentError("bisect --seeds: expected one run, with --seed N");
  }
  bisect.jobs = arguments.jobs != 0 ? arguments.jobs : Cores();
  GRAPHDB_ASSIGN_OR_RETURN(bisect.spec, LoadRunSpec(std::move(arguments), statements));
  return bisect;
}

class Bisection {
 public:
  Bisection(const BisectArguments& arguments, const ProgramFactory& factory)
      : arguments_(arguments),
        factory_(factory),
        options_(arguments.spec.OptionsFor(arguments.spec.arguments.seed)) {}

  int Main() {
    base_ = Run({}, nullptr);
    std::printf("%s", VerdictLine(base_).c_str());
    if (base_.verdict != RunResult::Verdict::kViolation) {
      std::printf("bisect: expected a run that fails\n");
      return kNoFailure;
    }
    uint64_t from = 0;
    uint64_t to = base_.events;
    for (uint32_t pass = 0; pass < kPasses && to - from > 1; ++pass) {
      const std::vector<Moment> moments = TryMoments(Spread(from, to));
      for (const Moment& moment : moments) {
        std::printf("event %7llu: %2u of %u futures fail\n",
                    static_cast<unsigned long long>(moment.event), moment.failed,
                    arguments_.futures);
      }
      const size_t split = LikelySplit(moments);
      from = moments[split - 1].event;
      to = moments[split].event;
      std::printf("the failure became likely between events %llu and %llu\n\n",
                  static_cast<unsigned long long>(from), static_cast<unsigned long long>(to));
      std::fflush(stdout);
    }
    Tell(from, to);
    return kFound;
  }

 private:
  std::vector<Moment> Spread(uint64_t from, uint64_t to) const {
    std::vector<Moment> moments;
    for (uint32_t i = 0; i < arguments_.moments; ++i) {
      const uint64_t event = from + (to - from) * i / (arguments_.moments - 1);
      if (moments.empty() || event > moments.back().event) moments.push_back({event});
    }
    return moments;
  }

  // One run passes all moments; at each it forks the futures.
  std::vector<Moment> TryMoments(std::vector<Moment> moments) {
    size_t next = 0;
    RunTrace trace;
    trace.after_event = [&](EventLoop& loop) {
      while (!in_child_ && next < moments.size() &&
             loop.events_dispatched() >= std::max<uint64_t>(moments[next].event, 1)) {
        Fork(loop, next++);
      }
    };
    const RunResult result = Run(std::move(trace), nullptr);
    if (in_child_) {
      const bool same = result.verdict == base_.verdict && result.oracle == base_.oracle;
      _exit(same ? kChildFailed : 0);
    }
    // At the end of the run nothing can be otherwise any more.
    for (; next < moments.size(); ++next) failed_[next] = arguments_.futures;
    while (!children_.empty()) Reap();
    for (size_t i = 0; i < moments.size(); ++i) moments[i].failed = failed_[i];
    failed_.clear();
    return moments;
  }

  void Fork(EventLoop& loop, size_t moment) {
    std::fflush(nullptr);
    for (uint32_t future = 1; future <= arguments_.futures; ++future) {
      if (children_.size() >= arguments_.jobs) Reap();
      const pid_t pid = fork();  // LINT-OK(thread): a world of its own
      GRAPHDB_CHECK(pid >= 0) << "fork: errno " << errno;
      if (pid == 0) {
        in_child_ = true;
        close(STDERR_FILENO);  // a failed check of one future is no news
        loop.TurnAside(future * 0x9e3779b97f4a7c15u);
        return;
      }
      children_[pid] = moment;
    }
  }

  void Reap() {
    int status = 0;
    const pid_t pid = wait(&status);
    const auto child = children_.find(pid);
    if (child == children_.end()) return;
    const bool check = WIFSIGNALED(status) && base_.oracle == "check";
    if (check || (WIFEXITED(status) && WEXITSTATUS(status) == kChildFailed)) {
      ++failed_[child->second];
    }
    children_.erase(child);
  }

  RunResult Run(RunTrace trace, Recorder* recorder) const {
    trace.recorder = recorder;
    SetCostlyChecks(true);
    TripwireArmed armed;
    return ExecuteRun(options_, factory_, std::move(trace));
  }

  // What the run did between the two moments.
  void Tell(uint64_t from, uint64_t to) const {
    Recording recording;
    Duration begin;
    Duration end;
    RunTrace trace;
    trace.after_event = [&](EventLoop& loop) {
      if (loop.events_dispatched() <= from) begin = loop.now();
      if (loop.events_dispatched() <= to) end = loop.now();
    };
    Run(std::move(trace), &recording);
    std::printf("from %s to %s:\n", FormatTime(begin).c_str(), FormatTime(end).c_str());
    size_t shown = 0;
    for (const RecordedMark& mark : recording.marks()) {
      if (mark.at < begin || mark.at > end || shown == kMarksShown) continue;
      ++shown;
      std::printf("%12s %s\n", FormatTime(mark.at).c_str(), DescribeMark(mark).c_str());
    }
    for (const RecordedOp& op : recording.ops()) {
      if (op.invoked > end || (op.done && op.completed < begin) || shown == kMarksShown) continue;
      ++shown;
      std::printf("%12s %s %s\n", FormatTime(op.invoked).c_str(), ActorName(op.client).c_str(),
                  op.text.substr(0, 120).c_str());
    }
  }

  const BisectArguments& arguments_;
  const ProgramFactory& factory_;
  const RunOptions options_;
  RunResult base_;
  bool in_child_ = false;
  std::map<pid_t, size_t> children_;   // and their moments
  std::map<size_t, uint32_t> failed_;  // by moment
};

}  // namespace

size_t LikelySplit(const std::vector<Moment>& moments) {
  int64_t all = 0;
  for (const Moment& moment : moments) all += moment.failed;
  size_t best = 1;
  int64_t best_gain = -1;
  int64_t before = 0;
  const auto count = static_cast<int64_t>(moments.size());
  for (size_t i = 1; i < moments.size(); ++i) {
    before += moments[i - 1].failed;
    const auto n = static_cast<int64_t>(i);
    // (mean after - mean before)^2 n (count - n), in whole numbers: times count^2.
    const int64_t rise = (all - before) * n - before * (count - n);
    const int64_t gain = rise <= 0 ? 0 : rise * rise * 1'000 / (n * (count - n));
    // Of equal ones the later: nearer to the failure there is less to look at.
    if (gain < best_gain) continue;
    best = i;
    best_gain = gain;
  }
  return best;
}

int BisectMain(const std::vector<std::string>& args, const ProgramFactory& factory,
               bool statements) {
  const absl::StatusOr<BisectArguments> arguments = Parse(args, statements);
  if (!arguments.ok()) {
    std::fprintf(stderr, "graphdb-sim: %s\n", std::string(arguments.status().message()).c_str());
    return kUsage;
  }
  return Bisection(*arguments, factory).Main();
}

}  // namespace graphdb::sim
