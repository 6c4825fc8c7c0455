// PostQueue: where RocksDB's threads leave what the one thread of this lane runs.
//
// Post() from any thread; RunOne() and Clear() from one.
#pragma once

#include <condition_variable>  // LINT-OK(include): RocksDB brings its own threads into this lane
#include <deque>
#include <mutex>  // LINT-OK(include): RocksDB brings its own threads into this lane
#include <utility>

#include "prod/rocks/rocks_kv.h"

namespace graphdb::sim {

class PostQueue {
 public:
  using Callback = prod::RocksKv::Callback;

  void Post(Callback callback) {
    const Lock lock(mutex_);
    queue_.push_back(std::move(callback));
    wake_.notify_one();
  }
  // Runs the oldest. False where there is none, and it need not `wait` for one.
  bool RunOne(bool wait) {
    Callback callback;
    {
      Lock lock(mutex_);
      if (wait) wake_.wait(lock, [this] { return !queue_.empty(); });
      if (queue_.empty()) return false;
      callback = std::move(queue_.front());
      queue_.pop_front();
    }
    callback();
    return true;
  }
  void Clear() {
    const Lock lock(mutex_);
    queue_.clear();
  }

 private:
  using Lock = std::unique_lock<std::mutex>;  // LINT-OK(thread): RocksDB's own threads post

  std::mutex mutex_;              // LINT-OK(thread): RocksDB's own threads post
  std::condition_variable wake_;  // LINT-OK(thread): RocksDB's own threads post
  std::deque<Callback> queue_;
};

}  // namespace graphdb::sim
