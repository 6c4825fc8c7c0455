#include "sim/env/event_loop.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/env/random.h"
#include "sim/env/sim_clock.h"
#include "sim/env/sim_process.h"
#include "sim/env/sim_random_source.h"
#include "sim/env/sim_scheduler.h"
#include "sim/env/trace_log.h"

namespace graphdb::sim {
namespace {

constexpr Life kWorld{kWorldActor, 1};

TEST(EventLoopTest, RunsEventsByTimeAndJumpsBetweenThem) {
  EventLoop loop(1);
  std::string order;
  loop.At(Duration::Seconds(2), kWorld, "b", [&] { order += "b"; });
  loop.At(Duration::Seconds(1), kWorld, "a", [&] { order += "a"; });
  loop.At(Duration::Seconds(3), kWorld, "c", [&] { order += "c"; });
  loop.RunUntil(Duration::Milliseconds(2500));
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(loop.now(), Duration::Milliseconds(2500));
  EXPECT_TRUE(loop.RunOne());
  EXPECT_EQ(loop.now(), Duration::Seconds(3));
  EXPECT_FALSE(loop.RunOne());
}

std::string OrderOfTies(uint64_t seed) {
  EventLoop loop(seed);
  std::string order;
  for (char c = 'a'; c <= 'f'; ++c) {
    loop.At(Duration::Seconds(1), kWorld, "tie", [&order, c] { order += c; });
  }
  loop.RunUntil(Duration::Seconds(1));
  return order;
}

TEST(EventLoopTest, DrawsTheOrderOfTiesFromTheSeed) {
  EXPECT_EQ(OrderOfTies(1), OrderOfTies(1));
  bool differs = false;
  for (uint64_t seed = 2; seed < 6; ++seed) differs |= OrderOfTies(seed) != OrderOfTies(1);
  EXPECT_TRUE(differs);
}

TEST(EventLoopTest, CancelledEventNeverRunsAndItsSlotIsReused) {
  EventLoop loop(1);
  int runs = 0;
  const EventId cancelled = loop.At(Duration::Seconds(1), kWorld, "x", [&] { ++runs; });
  loop.Cancel(cancelled);
  loop.RunUntil(Duration::Seconds(2));
  EXPECT_EQ(runs, 0);
  loop.At(Duration::Seconds(3), kWorld, "y", [&] { ++runs; });
  loop.Cancel(cancelled);  // stale: must not hit the event that has its slot now
  loop.RunUntil(Duration::Seconds(4));
  EXPECT_EQ(runs, 1);
}

TEST(EventLoopTest, EndedLifeTakesItsEventsAlongAndNotThoseOfTheNext) {
  EventLoop loop(1);
  const ActorId node = NodeActor(NodeId(0));
  const Life first = loop.Begin(node);
  std::string ran;
  auto alive = std::make_shared<int>(0);
  loop.At(Duration::Seconds(2), first, "old", [&ran, alive] { ran += "old "; });
  loop.At(Duration::Seconds(1), kWorld, "crash", [&] { loop.End(node); });
  loop.RunUntil(Duration::Seconds(1));
  EXPECT_EQ(alive.use_count(), 1) << "the callback must be destroyed with its life";
  EXPECT_EQ(loop.At(Duration::Seconds(2), first, "late", [&] { ran += "late "; }), kNoEvent);
  const Life second = loop.Begin(node);
  loop.At(Duration::Seconds(2), second, "new", [&] { ran += "new "; });
  loop.RunUntil(Duration::Seconds(3));
  EXPECT_EQ(ran, "new ");
}

TEST(EventLoopTest, PausedActorRunsItsEventsAfterwards) {
  EventLoop loop(1);
  const Life life = loop.Begin(NodeActor(NodeId(0)));
  Duration ran_at;
  loop.At(Duration::Seconds(1), life, "work", [&] { ran_at = loop.now(); });
  loop.PauseUntil(life.actor, Duration::Seconds(5));
  loop.RunUntil(Duration::Seconds(9));
  EXPECT_EQ(ran_at, Duration::Seconds(5));
}

TEST(EventLoopTest, RunUntilDoesNotOvershootPastACancelledHead) {
  EventLoop loop(1);
  bool ran = false;
  loop.Cancel(loop.At(Duration::Seconds(1), kWorld, "x", [] {}));
  loop.At(Duration::Seconds(9), kWorld, "y", [&] { ran = true; });
  loop.RunUntil(Duration::Seconds(2));
  EXPECT_FALSE(ran);
  EXPECT_EQ(loop.now(), Duration::Seconds(2));
}

// Invariant 4: what is drawn for other events stays when one is left out.
TEST(EventLoopTest, LeavingOneActorsEventOutDoesNotShiftTheDrawsOfAnother) {
  const auto hops_of_node2 = [](bool with_node1) {
    EventLoop loop(7);
    const Life node1 = loop.Begin(NodeActor(NodeId(0)));
    const Life node2 = loop.Begin(NodeActor(NodeId(1)));
    std::vector<Duration> times;
    for (int i = 0; i < 20; ++i) {
      if (with_node1) loop.Soon(node1, "other", [] {});
      loop.Soon(node2, "own", [&] { times.push_back(loop.now()); });
    }
    loop.RunUntil(Duration::Seconds(1));
    return times;
  };
  EXPECT_EQ(hops_of_node2(true), hops_of_node2(false));
}

TEST(SimSchedulerTest, TimerIsNeverEarlyByTheNodesOwnClock) {
  for (const int64_t ppb : {-50'000'000, -200'000, 0, 200'000, 50'000'000}) {
    EventLoop loop(3);
    const Life life = loop.Begin(NodeActor(NodeId(0)));
    SimClock clock(loop, {.rate_error_ppb = ppb, .origin = Instant::FromNanoseconds(12'345)});
    SimScheduler scheduler(loop, clock, life);
    Random rng(9);
    int fired = 0;
    for (int i = 0; i < 200; ++i) {
      const Duration delay = rng.UniformDuration(Duration::Milliseconds(20));
      const Instant due = clock.Monotonic() + delay;
      scheduler.After(delay, "timer", [&clock, &fired, due] {
        ++fired;
        EXPECT_GE(clock.Monotonic(), due);
      });
      loop.RunUntil(loop.now() + rng.UniformDuration(Duration::Microseconds(333)));
    }
    loop.RunUntil(Duration::Seconds(2));
    EXPECT_EQ(fired, 200);
  }
}

TEST(SimClockTest, EachReadingIsLaterAndNoTimerIsEarly) {
  EventLoop loop(1);
  SimClock clock(loop, {});
  Instant last = clock.Monotonic();
  for (int i = 0; i < 1'000; ++i) {
    const Instant now = clock.Monotonic();
    EXPECT_GT(now, last);
    last = now;
  }
  const Instant due = last + Duration::Milliseconds(1);
  bool fired = false;
  loop.After(clock.ToWorld(Duration::Milliseconds(1)), loop.Begin(NodeActor(NodeId(0))), "test",
             [&] {
               fired = true;
               EXPECT_GE(clock.Monotonic(), due);
             });
  while (loop.RunOne()) {
  }
  EXPECT_TRUE(fired);
}

TEST(SimClockTest, MonotonicFollowsItsRateAndNewIncarnationsHaveAnotherOrigin) {
  EventLoop loop(3);
  SimClock fast(loop, {.rate_error_ppb = 1'000'000, .origin = Instant()});
  loop.RunUntil(Duration::Seconds(10));
  EXPECT_EQ(fast.Monotonic(), Instant() + Duration::Milliseconds(10'010));
  SimClock later(loop, {.rate_error_ppb = 0, .origin = Instant::FromNanoseconds(77)});
  EXPECT_EQ(later.Monotonic(), Instant::FromNanoseconds(77));
  const int64_t before = fast.WallUnixMilliseconds();
  fast.StepWall(-5000);
  EXPECT_EQ(fast.WallUnixMilliseconds(), before - 5000);
}

TEST(SimProcessTest, HaltEndsTheLifeAndKeepsTheReason) {
  EventLoop loop(3);
  const Life life = loop.Begin(NodeActor(NodeId(0)));
  SimProcess process(loop, life);
  bool ran = false;
  loop.At(Duration::Seconds(1), life, "halting", [&] {
    loop.Soon(life, "after", [&] { ran = true; });
    process.Halt(absl::DataLossError("sync failed"));
  });
  loop.RunUntil(Duration::Seconds(2));
  EXPECT_FALSE(ran);
  EXPECT_FALSE(loop.Alive(life));
  EXPECT_EQ(process.reason().message(), "sync failed");
}

TEST(SimRandomSourceTest, StreamsDifferByNameIdAndIncarnation) {
  SimRandomSource one(1, Life{NodeActor(NodeId(0)), 1});
  SimRandomSource two(1, Life{NodeActor(NodeId(0)), 2});
  EXPECT_EQ(one.Stream("a", 1).Next(), one.Stream("a", 1).Next());
  EXPECT_NE(one.Stream("a", 1).Next(), one.Stream("a", 2).Next());
  EXPECT_NE(one.Stream("a", 1).Next(), one.Stream("b", 1).Next());
  EXPECT_NE(one.Stream("a", 1).Next(), two.Stream("a", 1).Next());
}

TEST(TraceLogTest, WritesTimeActorComponentAndText) {
  EventLoop loop(3);
  TraceLog trace(loop);
  SimEventLog log(trace, NodeActor(NodeId(1)));
  std::vector<std::string> lines;
  log.Log(env::LogLevel::kInfo, "raft", "lost: the trace is off");
  trace.SetSink(TraceLog::Detail::kShort,
                [&](absl::string_view line) { lines.emplace_back(line); });
  loop.RunUntil(Duration::Milliseconds(1500));
  log.Log(env::LogLevel::kDebug, "raft", "lost: too fine");
  log.Log(env::LogLevel::kWarning, "raft", "term 3: no leader");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], "   1.500000s node2    warning raft: term 3: no leader");
}

}  // namespace
}  // namespace graphdb::sim
