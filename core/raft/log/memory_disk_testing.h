// MemoryDisk: env::Disk in memory for tests, fuzzing and benchmarks of the log.
// Calls are noted and complete when Pump says so; faults are set by hand.
// Crashes are not modelled here: that is sim/env/sim_disk.h.
//
// Deterministic thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/env/disk.h"
#include "core/env/env.h"
#include "core/raft/log/node_log.h"

namespace graphdb::raft {

class MemoryDisk : public env::Disk {
 public:
  std::map<std::string, std::string> files;
  std::vector<std::string> calls;  // "write raft-...", in the order of asking
  bool note_calls = true;
  absl::Status fail_write, fail_sync, fail_create, fail_open,
      fail_dir_sync;  // of the calls to come

  // Completes one call, or all until none is left.
  bool PumpOne() {
    if (queue_.empty()) return false;
    auto next = std::move(queue_.front());
    queue_.pop_front();
    next();
    return true;
  }
  void Pump() {
    while (PumpOne()) {
    }
  }
  // The node died: nothing completes any more.
  void DropCalls() { queue_.clear(); }
  size_t in_flight() const { return queue_.size(); }
  size_t Count(absl::string_view call) const {
    return static_cast<size_t>(std::count_if(calls.begin(), calls.end(), [&](const auto& c) {
      return absl::string_view(c).substr(0, call.size()) == call;
    }));
  }

  void Create(const std::string& name, uint64_t bytes, OpenDone done) override {
    Note("create ", name);
    absl::StatusOr<env::FileId> result = absl::AlreadyExistsError(name);
    if (!fail_create.ok()) {
      result = fail_create;
    } else if (files.count(name) == 0) {
      files[name] = std::string(bytes, '\0');
      result = NewId(name);
    }
    queue_.push_back([done = std::move(done), result]() mutable { done(result); });
  }
  void Open(const std::string& name, OpenDone done) override {
    absl::StatusOr<env::FileId> result = absl::NotFoundError(name);
    if (files.count(name) > 0) result = NewId(name);
    if (!fail_open.ok()) result = fail_open;
    queue_.push_back([done = std::move(done), result]() mutable { done(result); });
  }
  void Write(env::FileId file, uint64_t offset, std::string bytes, Done done) override {
    const std::string& name = names_.at(file);
    Note("write ", name);
    if (fail_write.ok()) {
      std::string& content = files[name];
      if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size(), '\0');
      content.replace(offset, bytes.size(), bytes);
    }
    Finish(std::move(done), fail_write);
  }
  void Sync(env::FileId file, Done done) override {
    Note("sync ", names_.at(file));
    Finish(std::move(done), fail_sync);
  }
  void Close(env::FileId file) override { names_.erase(file); }
  void Rename(const std::string& from, const std::string& to, Done done) override {
    files[to] = std::move(files[from]);
    files.erase(from);
    Finish(std::move(done), absl::OkStatus());
  }
  void Remove(const std::string& name, Done done) override {
    Note("remove ", name);
    files.erase(name);
    Finish(std::move(done), absl::OkStatus());
  }
  void SyncDir(Done done) override {
    Note("syncdir", "");
    Finish(std::move(done), fail_dir_sync);
  }
  absl::StatusOr<std::vector<std::string>> List() override {
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name);
    return names;
  }
  absl::StatusOr<std::string> Read(const std::string& name, uint64_t offset,
                                   uint64_t bytes) override {
    const auto it = files.find(name);
    if (it == files.end()) return absl::NotFoundError(name);
    if (offset >= it->second.size()) return std::string();
    return it->second.substr(offset, bytes);
  }
  absl::StatusOr<uint64_t> Size(const std::string& name) override {
    const auto it = files.find(name);
    if (it == files.end()) return absl::NotFoundError(name);
    return it->second.size();
  }

 private:
  env::FileId NewId(const std::string& name) {
    const env::FileId id(next_id_++);
    names_[id] = name;
    return id;
  }
  void Note(const char* call, const std::string& name) {
    if (note_calls) calls.push_back(absl::StrCat(call, name));
  }
  void Finish(Done done, absl::Status status) {
    queue_.push_back([done = std::move(done), status]() mutable { done(status); });
  }

  std::deque<absl::AnyInvocable<void()>> queue_;
  std::map<env::FileId, std::string> names_;
  uint64_t next_id_ = 1;
};

// Notes that the node was told to stop.
class NotedProcess : public env::Process {
 public:
  void Halt(const absl::Status& reason) override { halts.push_back(reason); }
  std::vector<absl::Status> halts;
};

class NotedEvents : public env::EventLog {
 public:
  void Log(env::LogLevel level, absl::string_view component, absl::string_view text) override {
    lines.push_back(std::string(text));
  }
  std::vector<std::string> lines;
};

// A host that keeps the entries as a replica would, and flushes when told to.
class MemoryHost : public NodeLogHost {
 public:
  void FlushAndCompact(Done done) override { flushes.push_back(std::move(done)); }
  std::vector<Entry> ReadEntries(ShardId shard, LogIndex first, LogIndex last) override {
    std::vector<Entry> found;
    const auto& log = entries[shard];
    for (auto it = log.lower_bound(first); it != log.end() && it->first <= last; ++it) {
      found.push_back(it->second);
    }
    return found;
  }
  // What an Append of these entries leaves behind.
  void Note(ShardId shard, const std::vector<Entry>& appended) {
    auto& log = entries[shard];
    for (const Entry& entry : appended) {
      log.erase(log.lower_bound(entry.index), log.end());
      log[entry.index] = entry;
    }
  }

  std::vector<Done> flushes;
  std::map<ShardId, std::map<LogIndex, Entry>> entries;
};

}  // namespace graphdb::raft
