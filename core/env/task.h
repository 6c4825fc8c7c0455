// Task<T>: a lazily started C++20 coroutine for query execution and multi-step
// client work, on one deterministic thread.
//
//   Task<absl::StatusOr<int>> Twice(Store& store) {
//     absl::StatusOr<int> v = co_await store.Read();
//     if (!v.ok()) co_return v.status();
//     co_return *v * 2;
//   }
//   Spawn(Twice(store), [](absl::StatusOr<int> result) { ... });
//
// A task suspends only on another Task or on a Completion (a reply, a timer, a
// yield). Nothing in raft, storage, shard, txn's actors or migrate suspends in
// the middle of a step.
//
// Invariants:
//   1. A task runs when it is awaited or spawned, not before.
//   2. A Completion is resolved at most once; resolving resumes its waiter
//      inside the call, so the resolver touches nothing of its own afterwards.
//   3. A Completion that is destroyed unresolved leaves its waiter suspended
//      for good and its frame is freed with the spawned task's owner: resolve
//      every completion, with an error where need be.
//
// Parameters of a coroutine are taken by value, or refer to what outlives it.
// Deterministic thread only.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/check.h"

namespace graphdb {

template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> continuation = std::noop_coroutine();

    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct FinalAwaiter {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
        return self.promise().continuation;
      }
      void await_resume() noexcept {}
    };
    FinalAwaiter final_suspend() noexcept { return {}; }
    template <typename U>
    void return_value(U&& result) {
      value.emplace(std::forward<U>(result));
    }
    void unhandled_exception() { std::terminate(); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) noexcept {
    handle_.promise().continuation = waiter;
    return handle_;
  }
  T await_resume() {
    GRAPHDB_CHECK(handle_.promise().value.has_value()) << "a task ended without a value";
    return *std::move(handle_.promise().value);
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

// The one-shot meeting point of a coroutine and a callback. Cheap to copy; all
// copies are the same completion.
template <typename T>
class Completion {
 public:
  Completion() : state_(std::make_shared<State>()) {}

  void Resolve(T value) {
    GRAPHDB_CHECK(!state_->value.has_value()) << "a completion is resolved once";
    const std::shared_ptr<State> keep = state_;
    keep->value.emplace(std::move(value));
    if (keep->waiter) std::exchange(keep->waiter, nullptr).resume();
  }
  bool resolved() const { return state_->value.has_value(); }

  bool await_ready() const noexcept { return state_->value.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { state_->waiter = waiter; }
  T await_resume() { return *std::move(state_->value); }

 private:
  struct State {
    std::optional<T> value;
    std::coroutine_handle<> waiter;
  };
  std::shared_ptr<State> state_;
};

namespace task_internal {

struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
  };
};

template <typename T, typename Done>
Detached RunDetached(Task<T> task, Done done) {
  done(co_await task);
}

}  // namespace task_internal

// Starts the task now; `done` gets its value when it ends.
template <typename T, typename Done>
void Spawn(Task<T> task, Done done) {
  task_internal::RunDetached<T, Done>(std::move(task), std::move(done));
}

}  // namespace graphdb
