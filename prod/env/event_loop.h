// EventLoop: env::Scheduler on one thread: the deterministic thread of a node.
//
//   EventLoop loop(&clock);
//   loop.Post("main.start", [&] { node.Start(); });
//   loop.Run();  // until Stop()
//
// Post and Stop may be called on any thread: that is how completions of I/O,
// messages and client requests come in. After and Cancel belong to the loop's
// thread (or to the time before Run).
//
// Invariants:
//   1. Callbacks run one at a time, on the thread in Run, never inside a call
//      of this class.
//   2. Posted callbacks run in the order in which they were posted.
//   3. What is left when Run returns is destroyed without being run, by
//      DropAll or the destructor.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/env/clock.h"
#include "core/env/scheduler.h"

namespace graphdb::prod {

class EventLoop : public env::Scheduler {
 public:
  explicit EventLoop(env::Clock* clock) : clock_(clock) {}
  ~EventLoop() override { DropAll(); }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  env::TimerId After(Duration delay, const char* kind, Callback callback) override;
  void Cancel(env::TimerId timer) override;
  void Post(const char* kind, Callback callback) override;

  // Runs events until Stop. The event in progress at Stop ends normally.
  void Run();
  void Stop();
  // After Run: destroys what was not run; later posts are destroyed at once.
  void DropAll();

  // Events run so far and the longest of them; for the metrics.
  uint64_t events() const { return events_.load(std::memory_order_relaxed); }
  int64_t longest_event_us() const { return longest_us_.load(std::memory_order_relaxed); }

 private:
  struct Event {
    const char* kind;
    Callback callback;
  };
  using TimerKey = std::pair<Instant, env::TimerId>;

  void RunOne(Event event);
  void RunDueTimers();
  // Waits for posts, at most until the next timer; takes what was posted.
  std::vector<Event> TakePosted();

  env::Clock* const clock_;
  std::map<TimerKey, Event> timers_;
  std::map<env::TimerId, Instant> due_;
  env::TimerId next_timer_{1};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Event> posted_;  // guarded by mutex_
  bool dropped_ = false;       // guarded by mutex_
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> events_{0};
  std::atomic<int64_t> longest_us_{0};
};

}  // namespace graphdb::prod
