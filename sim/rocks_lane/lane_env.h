// LaneEnv: RocksDB's view of the machine in this lane: a file system of ours, and
// a clock that doesn't sleep long. After a failed flush RocksDB sleeps for a
// second, also on its way out; nobody waits for that here.
//
// Thread-safe.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "rocksdb/env.h"
#include "rocksdb/system_clock.h"

namespace graphdb::sim {

class ImpatientClock : public rocksdb::SystemClockWrapper {
 public:
  ImpatientClock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "ImpatientClock"; }
  void SleepForMicroseconds(int microseconds) override {
    SystemClockWrapper::SleepForMicroseconds(std::min(microseconds, 100));
  }
};

class LaneEnv : public rocksdb::EnvWrapper {
 public:
  explicit LaneEnv(std::unique_ptr<rocksdb::Env> base)
      : EnvWrapper(base.get()), base_(std::move(base)) {
    system_clock_ = std::make_shared<ImpatientClock>();
  }

 private:
  const std::unique_ptr<rocksdb::Env> base_;
};

}  // namespace graphdb::sim
