#include "sim/shrink/shrink.h"

#include <algorithm>
#include <utility>

#include "sim/shrink/pieces.h"

namespace graphdb::sim {
namespace {

// Runs that are cheap are tried with more seeds: about so many events for a candidate.
constexpr uint64_t kEventsForSeeds = 600'000;
constexpr uint64_t kFreshSeedsMin = 2;
constexpr uint64_t kFreshSeedsMax = 12;
constexpr int kRoundsMax = 6;
constexpr Duration kDurationMin = Duration::Milliseconds(500);

uint64_t FaultsIn(const FaultPlan& plan) {
  return static_cast<uint64_t>(std::count_if(plan.begin(), plan.end(), IsFault));
}

// A whole millisecond, not before.
Duration RoundUp(Duration time) {
  return Duration::Milliseconds((time.nanoseconds() + 999'999) / 1'000'000);
}

}  // namespace

uint64_t ShrinkState::operation_count() const {
  uint64_t count = 0;
  for (const uint64_t operations_of_client : operations) count += operations_of_client;
  return count;
}

uint64_t ShrinkState::fault_count() const {
  return FaultsIn(options.plan) + FaultsIn(options.forming_plan) + (tape ? tape->size() : 0);
}

Shrinker::Shrinker(ShrinkJudge& judge, Progress progress)
    : judge_(judge), progress_(std::move(progress)) {}

// Boldest first: what makes the other passes quick.
const std::vector<Shrinker::Pieces>& Shrinker::AllPieces() {
  static const std::vector<Pieces> pieces = {
      {"workloads", &WorkloadCount, &WithoutWorkloads},
      {"faults", &FaultPairCount, &WithoutFaultPairs},
      {"clients", &ClientCount, &WithoutClients},
      {"exceptions", &ExceptionCount, &WithoutExceptions},
      {"options", &UnusualCount, &WithoutUnusual},
      {"faults while forming", &FormingActionCount, &WithoutFormingActions},
      {"operations", &OperationCount, &WithoutOperations},
      {"single actions", &ActionCount, &WithoutActions},
  };
  return pieces;
}

uint32_t Shrinker::FreshSeeds() const {
  const uint64_t seeds = kEventsForSeeds / std::max<uint64_t>(now_.events, 1);
  return static_cast<uint32_t>(std::clamp(seeds, kFreshSeedsMin, kFreshSeedsMax));
}

std::optional<ShrinkState> Shrinker::Run(const RunOptions& options) {
  const auto failing = judge_.FirstFailing({options}, 0);
  if (!failing) return std::nullopt;
  first_ = failing->state;
  now_ = first_;
  progress_(now_, "begin");
  CutTape();
  for (int round = 0; round < kRoundsMax && !judge_.TimeIsUp(); ++round) {
    if (!Round()) break;
  }
  UseTriggers();
  CutTime();  // a fault that waits for something no longer needs its time to come
  return now_;
}

bool Shrinker::Try(const char* pass, const std::vector<RunOptions>& candidates, size_t* which) {
  if (candidates.empty() || judge_.TimeIsUp()) return false;
  auto found = judge_.FirstFailing(candidates, FreshSeeds());
  if (!found) return false;
  if (which != nullptr) *which = found->candidate;
  now_ = std::move(found->state);
  progress_(now_, pass);
  return true;
}

bool Shrinker::Round() {
  bool smaller = CutTime();
  for (const Pieces& pieces : AllPieces()) {
    if (pieces.count == &OperationCount) ListOperations();
    smaller = Cut(pieces) || smaller;
    if (pieces.count == &WorkloadCount) smaller = CutTime() || smaller;
  }
  return CutSizes() || smaller;
}

// In chunks of all, half, a quarter ... down to one.
bool Shrinker::Cut(const Pieces& pieces) {
  bool smaller = false;
  for (size_t chunk = pieces.count(now_.options); chunk > 0 && !judge_.TimeIsUp();) {
    size_t at = 0;
    for (;;) {
      const size_t count = pieces.count(now_.options);
      std::vector<RunOptions> candidates;
      std::vector<size_t> begins;
      for (size_t begin = at; begin < count; begin += chunk) {
        RunOptions less = pieces.without(now_.options, begin, std::min(begin + chunk, count));
        if (less == now_.options) continue;
        candidates.push_back(std::move(less));
        begins.push_back(begin);
      }
      size_t which = 0;
      if (!Try(pieces.name, candidates, &which)) break;
      smaller = true;
      at = begins[which];  // those before it are needed
    }
    chunk = chunk == 1 ? 0 : (std::min(chunk, pieces.count(now_.options)) + 1) / 2;
  }
  return smaller;
}

// Nothing exceptional beside the plan; else what was, line by line.
bool Shrinker::CutTape() {
  RunOptions calm = now_.options;
  calm.tape.emplace();
  if (Try("tape", {calm})) return true;
  if (!now_.tape || now_.options.tape) return false;
  RunOptions taped = now_.options;
  taped.tape = now_.tape;
  return Try("tape", {taped});
}

bool Shrinker::CutTime() {
  bool smaller = false;
  for (;;) {
    std::vector<RunOptions> shorter;
    for (const int64_t eighths : {1, 2, 4, 6, 7}) {
      const Duration duration = RoundUp(now_.options.duration * eighths / 8);
      if (duration < kDurationMin || duration >= now_.options.duration) continue;
      shorter.push_back(WithDuration(now_.options, duration));
    }
    if (!Try("duration", shorter)) return smaller;
    smaller = true;
  }
}

bool Shrinker::CutSizes() {
  bool smaller = false;
  std::vector<RunOptions> fewer;
  for (uint32_t nodes = 1; nodes < now_.options.nodes; ++nodes) {
    fewer.push_back(WithNodes(now_.options, nodes));
  }
  smaller = Try("nodes", fewer);
  fewer.clear();
  for (uint32_t shards = 1; shards < now_.options.shards; ++shards) {
    fewer.push_back(WithShards(now_.options, shards));
  }
  return Try("shards", fewer) || smaller;
}

// From now on each client has a list of what it does: the same as before.
bool Shrinker::ListOperations() {
  if (!now_.options.operations.empty()) return false;
  RunOptions listed = now_.options;
  for (uint32_t client = 0; client < now_.operations.size(); ++client) {
    ClientOperations all;
    all.client = client;
    for (uint64_t number = 0; number < now_.operations[client]; ++number) {
      all.numbers.push_back(number);
    }
    listed.operations.push_back(std::move(all));
  }
  return Try("operations", {listed});
}

// A time says little after the next change of the code; what came before the
// fault in its group says more.
void Shrinker::UseTriggers() {
  for (size_t i = 0; i < now_.options.plan.size() && !judge_.TimeIsUp();) {
    if (now_.options.plan[i].when) {
      ++i;
      continue;
    }
    std::vector<RunOptions> candidates;
    for (const FaultMoment& moment : judge_.Moments(now_.options)) {
      if (moment.action != i) continue;
      for (const Duration after : {Duration(), RoundUp(moment.since)}) {
        RunOptions triggered = now_.options;
        FaultAction action = triggered.plan[i];
        action.when = moment.trigger;
        action.at = after;
        triggered.plan[i] = std::move(action);
        SortPlan(&triggered.plan);
        candidates.push_back(std::move(triggered));
      }
    }
    // The next one is in its place.
    if (!Try("triggers", candidates)) ++i;
  }
}

}  // namespace graphdb::sim
