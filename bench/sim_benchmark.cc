// What the simulator itself costs: an event from schedule to dispatch, a message
// over a link, and the oracles on histories of range(0) operations. Items are
// events, messages, operations.
#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/env/random.h"
#include "sim/check/list_append.h"
#include "sim/check/register.h"
#include "sim/env/event_loop.h"
#include "sim/env/sim_fabric.h"

namespace graphdb::sim {
namespace {

constexpr Life kWorld{kWorldActor, 1};

// `pending` timers that set themselves again.
void BM_DispatchTimers(benchmark::State& state) {
  EventLoop loop(1);
  struct Timer {
    EventLoop& loop;
    Duration period;
    void Set() {
      loop.After(period, kWorld, "bench.timer", [this] { Set(); });
    }
  };
  std::vector<Timer> timers;
  for (int64_t i = 0; i < state.range(0); ++i) {
    timers.push_back({loop, Duration::Microseconds(50 + i % 17)});
  }
  for (Timer& timer : timers) timer.Set();
  for (auto _ : state) loop.RunOne();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DispatchTimers)->Arg(16)->Arg(1024);

void BM_SendAndDeliver(benchmark::State& state) {
  EventLoop loop(1);
  SimFabric fabric(loop, 3);
  loop.Begin(NodeActor(NodeId(1)));
  uint64_t bytes = 0;
  fabric.SetReceiver(NodeId(1), [&](NodeId, std::string m) { bytes += m.size(); });
  const std::string message(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    fabric.Send(NodeId(0), NodeId(1), message);
    loop.RunOne();
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_SendAndDeliver)->Arg(128)->Arg(4096);

void BM_TraceHash(benchmark::State& state) {
  TraceHash hash;
  uint64_t number = 0;
  for (auto _ : state) {
    ++number;
    hash.Add(number, Duration::Seconds(1), 3, "net.message", number);
  }
  benchmark::DoNotOptimize(hash.value());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_TraceHash);

// A serial execution with overlapping times.
History AppendHistory(int64_t count) {
  Random rng(7);
  std::map<uint64_t, std::vector<int64_t>> lists;
  History history;
  for (int64_t i = 0; i < count; ++i) {
    Op op;
    op.invoked = Duration::Nanoseconds(i * 10 - static_cast<int64_t>(rng.Below(25)));
    op.completed = Duration::Nanoseconds(i * 10 + 1 + static_cast<int64_t>(rng.Below(25)));
    op.outcome = Outcome::kOk;
    for (int m = 0; m < 2; ++m) {
      Mop mop;
      mop.key = static_cast<uint64_t>(i / 20) * 4 + rng.Below(4);
      mop.kind = rng.Chance(1, 2) ? Mop::Kind::kAppend : Mop::Kind::kReadList;
      if (mop.kind == Mop::Kind::kAppend) {
        mop.value = i * 2 + m;
        lists[mop.key].push_back(*mop.value);
      } else {
        mop.list = lists[mop.key];
      }
      op.mops.push_back(std::move(mop));
    }
    history.push_back(std::move(op));
  }
  return history;
}

void BM_CheckListAppend(benchmark::State& state) {
  const History history = AppendHistory(state.range(0));
  for (auto _ : state) {
    if (CheckListAppend(history)) state.SkipWithError("a serial history was refused");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_CheckListAppend)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void BM_CheckRegister(benchmark::State& state) {
  Random rng(5);
  History history;
  int64_t value = 0;
  for (int64_t i = 0; i < state.range(0); ++i) {
    Mop mop;
    mop.kind = i == 0 || rng.Chance(1, 2) ? Mop::Kind::kWrite : Mop::Kind::kRead;
    if (mop.kind == Mop::Kind::kWrite) value = i;
    mop.value = value;
    const Duration from = Duration::Nanoseconds(i * 10 - static_cast<int64_t>(rng.Below(50)));
    const Duration to = Duration::Nanoseconds(i * 10 + 1 + static_cast<int64_t>(rng.Below(50)));
    history.push_back({0, from, to, Outcome::kOk, {mop}});
  }
  for (auto _ : state) {
    if (CheckRegisters(history).violation) state.SkipWithError("a right history was refused");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_CheckRegister)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace graphdb::sim
