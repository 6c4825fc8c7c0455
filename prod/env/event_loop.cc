#include "prod/env/event_loop.h"

#include <algorithm>
#include <chrono>

namespace graphdb::prod {

env::TimerId EventLoop::After(Duration delay, const char* kind, Callback callback) {
  const env::TimerId id = next_timer_;
  next_timer_ = next_timer_.Next();
  const Instant at = clock_->Monotonic() + std::max(delay, Duration());
  timers_.emplace(TimerKey(at, id), Event{kind, std::move(callback)});
  due_.emplace(id, at);
  return id;
}

void EventLoop::Cancel(env::TimerId timer) {
  const auto found = due_.find(timer);
  if (found == due_.end()) return;
  timers_.erase(TimerKey(found->second, timer));
  due_.erase(found);
}

void EventLoop::Post(const char* kind, Callback callback) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (dropped_) return;  // the callback dies with the parameter, outside the lock's scope
    posted_.push_back({kind, std::move(callback)});
  }
  wake_.notify_one();
}

void EventLoop::Stop() {
  {
    // Under the lock, or the wake-up could fall between test and wait.
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_.store(true);
  }
  wake_.notify_all();
}

void EventLoop::RunOne(Event event) {
  const Instant begin = clock_->Monotonic();
  event.callback();
  const int64_t us = (clock_->Monotonic() - begin).nanoseconds() / 1'000;
  if (us > longest_us_.load(std::memory_order_relaxed)) longest_us_.store(us);
  events_.fetch_add(1, std::memory_order_relaxed);
}

void EventLoop::RunDueTimers() {
  // A timer set by one of these waits for the next round, so posts get their turn.
  const Instant now = clock_->Monotonic();
  while (!stop_.load() && !timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    due_.erase(node.key().second);
    RunOne(std::move(node.mapped()));
  }
}

std::vector<EventLoop::Event> EventLoop::TakePosted() {
  std::vector<Event> taken;
  std::unique_lock<std::mutex> lock(mutex_);
  if (posted_.empty() && !stop_.load()) {
    const auto ready = [this] { return !posted_.empty() || stop_.load(); };
    if (timers_.empty()) {
      wake_.wait(lock, ready);
    } else {
      const Duration wait = timers_.begin()->first.first - clock_->Monotonic();
      if (wait > Duration()) {
        wake_.wait_for(lock, std::chrono::nanoseconds(wait.nanoseconds()), ready);
      }
    }
  }
  taken.swap(posted_);
  return taken;
}

void EventLoop::Run() {
  while (!stop_.load()) {
    std::vector<Event> batch = TakePosted();
    for (Event& event : batch) {
      if (stop_.load()) break;
      RunOne(std::move(event));
    }
    RunDueTimers();
  }
}

void EventLoop::DropAll() {
  std::vector<Event> posted;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    dropped_ = true;
    posted.swap(posted_);
  }
  // Destroying a callback may cancel timers, so they leave the maps first.
  std::map<TimerKey, Event> timers;
  timers.swap(timers_);
  due_.clear();
}

}  // namespace graphdb::prod
