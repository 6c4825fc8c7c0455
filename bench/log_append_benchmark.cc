// Log append and group commit: what one Append costs without a disk, how many
// entries one sync carries, and the same on real files.
//
// Counters: entries/s, and syncs per entry (the smaller, the better the group
// commit).
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "core/raft/log/memory_disk_testing.h"
#include "core/raft/log/node_log.h"
#include "prod/env/posix_disk.h"

namespace graphdb::raft {
namespace {

constexpr uint16_t kGroups = 9;
constexpr uint64_t kSegmentBytes = 16 << 20;

// A log over some disk, with `Run` that lets completions through.
class Bench {
 public:
  explicit Bench(env::Disk& disk)
      : log_(disk, process_, events_, host_, {.segment_bytes = kSegmentBytes}) {
    log_.Open([this](absl::StatusOr<RecoveredLog> recovered) { open_ = recovered.ok(); });
  }
  bool open() const { return open_; }
  bool failed() const { return !log_.health().ok(); }
  uint64_t syncs() const { return log_.stats().syncs; }
  uint64_t done() const { return done_; }

  void CreateGroups() {
    LogBatch batch;
    for (uint16_t i = 0; i < kGroups; ++i) {
      GroupWrite write;
      write.shard = ShardId(i);
      write.created = GroupCreated{ReplicaId(i + 1u), {}};
      batch.writes.push_back(std::move(write));
    }
    log_.Append(std::move(batch), [](absl::Status) {});
  }

  // One entry of the next group in turn.
  void Append(size_t bytes) {
    const ShardId shard(static_cast<uint16_t>(appended_ % kGroups));
    const uint64_t index = 1 + appended_ / kGroups;
    ++appended_;
    GroupWrite write;
    write.shard = shard;
    write.entries.push_back(
        {Term(1), LogIndex(index), EntryKind::kNormal, std::string(bytes, 'e')});
    LogBatch batch;
    batch.writes.push_back(std::move(write));
    log_.Append(std::move(batch), [this](absl::Status) { ++done_; });
    if (appended_ % 4096 == 0) {
      for (uint16_t i = 0; i < kGroups; ++i) log_.Compact(ShardId(i), LogIndex(index - 1));
    }
  }

 private:
  NotedProcess process_;
  NotedEvents events_;
  MemoryHost host_;
  NodeLog log_;
  bool open_ = false;
  uint64_t appended_ = 0;
  uint64_t done_ = 0;
};

void Report(benchmark::State& state, const Bench& bench, uint64_t syncs_before) {
  state.SetItemsProcessed(static_cast<int64_t>(bench.done()));
  state.counters["syncs_per_entry"] = static_cast<double>(bench.syncs() - syncs_before) /
                                      static_cast<double>(std::max<uint64_t>(bench.done(), 1));
}

// Everything but the disk: coding, checksums, bookkeeping.
void BM_AppendInMemory(benchmark::State& state) {
  const auto waiting = static_cast<uint64_t>(state.range(0));
  const auto bytes = static_cast<size_t>(state.range(1));
  MemoryDisk disk;
  disk.note_calls = false;
  Bench bench(disk);
  disk.Pump();
  bench.CreateGroups();
  disk.Pump();
  const uint64_t before = bench.syncs();
  for (auto _ : state) {
    for (uint64_t i = 0; i < waiting; ++i) bench.Append(bytes);
    disk.Pump();
  }
  Report(state, bench, before);
}
BENCHMARK(BM_AppendInMemory)->Args({1, 256})->Args({64, 256})->Args({64, 4096});

// The event loop of the benchmark over PosixDisk.
class Loop {
 public:
  prod::PosixDisk::Post post() {
    return [this](prod::PosixDisk::Callback callback) {
      const std::lock_guard<std::mutex> lock(mutex_);
      queue_.push_back(std::move(callback));
      wake_.notify_one();
    };
  }
  void RunOne() {
    prod::PosixDisk::Callback callback;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return !queue_.empty(); });
      callback = std::move(queue_.front());
      queue_.pop_front();
    }
    callback();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<prod::PosixDisk::Callback> queue_;
};

// `clients` closed loops: each waits for its entry before it appends the next.
void BM_GroupCommitOnFiles(benchmark::State& state) {
  const auto clients = static_cast<uint64_t>(state.range(0));
  const char* base = std::getenv("TEST_TMPDIR");
  std::string folder = std::string(base != nullptr ? base : "/tmp") + "/log-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return state.SkipWithError("mkdtemp failed");
  {
    Loop loop;
    auto disk = prod::PosixDisk::Open(folder, loop.post());
    if (!disk.ok()) return state.SkipWithError(disk.status().ToString().c_str());
    Bench bench(**disk);
    while (!bench.open() && !bench.failed()) loop.RunOne();
    if (bench.failed()) return state.SkipWithError("the log did not open");
    bench.CreateGroups();
    const uint64_t before = bench.syncs();
    uint64_t appended = 0;
    for (auto _ : state) {
      while (appended - bench.done() < clients) {
        bench.Append(256);
        ++appended;
      }
      const uint64_t done = bench.done();
      while (bench.done() == done && !bench.failed()) loop.RunOne();
    }
    Report(state, bench, before);
    disk->reset();
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_GroupCommitOnFiles)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->UseRealTime();

// The peer: a program that appends an entry to a plain file and syncs it.
void BM_SyncPerEntry(benchmark::State& state) {
  const char* base = std::getenv("TEST_TMPDIR");
  std::string file = std::string(base != nullptr ? base : "/tmp") + "/sync-bench-XXXXXX";
  const int fd = ::mkstemp(file.data());
  if (fd < 0) return state.SkipWithError("mkstemp failed");
  const std::string entry(256, 'e');
  for (auto _ : state) {
    const ssize_t written = ::write(fd, entry.data(), entry.size());
    if (written != static_cast<ssize_t>(entry.size()) || ::fdatasync(fd) != 0) {
      state.SkipWithError("write or fdatasync failed");
      break;
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
  ::close(fd);
  ::unlink(file.c_str());
}
BENCHMARK(BM_SyncPerEntry)->UseRealTime();

}  // namespace
}  // namespace graphdb::raft
