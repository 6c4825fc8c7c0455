#include "prod/env/event_loop.h"

#include <memory>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prod/env/os_random.h"
#include "prod/env/stderr_event_log.h"
#include "prod/env/system_clock.h"

namespace graphdb::prod {
namespace {

TEST(EventLoopTest, RunsPostsInOrderAndTimersAtTheirTime) {
  SystemClock clock;
  EventLoop loop(&clock);
  std::string order;
  const Instant begin = clock.Monotonic();
  Instant fired;
  loop.After(Duration::Milliseconds(20), "t.late", [&] {
    order += 'd';
    fired = clock.Monotonic();
    loop.Stop();
  });
  loop.After(Duration::Milliseconds(5), "t.early", [&] { order += 'c'; });
  const env::TimerId never =
      loop.After(Duration::Milliseconds(1), "t.never", [&] { order += 'x'; });
  loop.Post("p.a", [&] {
    order += 'a';
    loop.Cancel(never);
    loop.Post("p.b", [&] { order += 'b'; });
  });
  loop.Run();
  EXPECT_EQ(order, "abcd");
  EXPECT_GE(fired - begin, Duration::Milliseconds(20));
  EXPECT_GE(loop.events(), 4u);
}

TEST(EventLoopTest, PostsFromManyThreadsAllRunOnTheLoop) {
  SystemClock clock;
  EventLoop loop(&clock);
  constexpr int kThreads = 4;
  constexpr int kPosts = 2000;
  int ran = 0;  // touched on the loop only
  const std::thread::id self = std::this_thread::get_id();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kPosts; ++i) {
        loop.Post("t", [&] {
          EXPECT_EQ(std::this_thread::get_id(), self);
          if (++ran == kThreads * kPosts) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ran, kThreads * kPosts);
}

TEST(EventLoopTest, WhatIsLeftIsDestroyedUnrun) {
  SystemClock clock;
  auto token = std::make_shared<int>(1);
  EventLoop loop(&clock);
  loop.Post("p.stop", [&] { loop.Stop(); });
  loop.Post("p.left", [token] { FAIL(); });
  loop.After(Duration::Seconds(100), "t.left", [token] { FAIL(); });
  loop.Run();
  loop.DropAll();
  loop.Post("p.after", [token] { FAIL(); });
  EXPECT_EQ(token.use_count(), 1);
}

TEST(OsRandomTest, StreamsDiffer) {
  OsRandom random;
  Random a = random.Stream("x", 1);
  Random b = random.Stream("x", 1);
  EXPECT_NE(a.Next(), b.Next());
}

TEST(StderrEventLogTest, ALineStaysOneLine) {
  EXPECT_EQ(LogLine("node1", "raft", "became {leader}"), "node1 raft: became {leader}");
  EXPECT_EQ(LogLine("node1", "rpc", "a\nb"), "node1 rpc: a\\nb");
  testing::internal::CaptureStderr();
  StderrEventLog log("node1", env::LogLevel::kInfo);
  log.Log(env::LogLevel::kDebug, "raft", "hidden");
  log.Log(env::LogLevel::kWarning, "raft", "shown {}");
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      testing::MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]+Z warning node1 raft: shown \\{\\}\n"));
}

}  // namespace
}  // namespace graphdb::prod
