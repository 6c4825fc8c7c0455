// What a group costs by itself: propose to commit over three replicas with
// memory for a disk and a vector for a network, the append of a batch at a
// follower, and the message codec. Per iteration: range(0) entries of 256 bytes.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/raft/codec.h"
#include "core/raft/group.h"

namespace graphdb::raft {
namespace {

constexpr size_t kEntryBytes = 256;
// Compaction keeps the logs small, as a host would.
constexpr uint64_t kEntriesKept = 4096;

class Trio {
 public:
  Trio() {
    Config config;
    for (uint32_t i = 1; i <= 3; ++i) config.voters[ReplicaId(i)] = NodeId(i);
    for (uint64_t i = 1; i <= 3; ++i) {
      Options options;
      options.shard = ShardId(1);
      options.self = ReplicaId(i);
      RestartState state;
      state.config = config;
      auto group = Group::Create(options, std::move(state), Random(i), Instant());
      GRAPHDB_CHECK_OK(group.status());
      groups_.push_back(*std::move(group));
    }
    GRAPHDB_CHECK(leader().Campaign());
    Pump();
    GRAPHDB_CHECK(leader().is_leader());
  }

  Group& leader() { return *groups_[0]; }

  void Pump() {
    bool moved = true;
    while (moved) {
      moved = false;
      for (auto& group : groups_) {
        while (group->HasReady()) {
          moved = true;
          Handle(group.get(), group->TakeReady());
        }
      }
    }
  }

 private:
  void Handle(Group* group, Ready ready) {
    if (ready.NeedsWrite()) {
      AppendDone done;
      done.seq = ready.seq;
      if (!ready.entries.empty()) {
        done.term = ready.entries.back().term;
        done.index = ready.entries.back().index;
      }
      group->OnAppendDone(done);
    }
    for (const Message& m : ready.messages) groups_[m.to.value() - 1]->Step(m);
    reads_ += ready.reads.size();
    if (ready.committed.empty()) return;
    group->ApplyDone(ready.committed.back().index);
    const uint64_t applied = group->applied().value();
    if (applied - group->log().compacted_index().value() > 2 * kEntriesKept) {
      group->Compact(LogIndex(applied - kEntriesKept));
    }
  }

  std::vector<std::unique_ptr<Group>> groups_;
  size_t reads_ = 0;
};

void ProposeToCommit(benchmark::State& state) {
  Trio trio;
  const std::string data(kEntryBytes, 'x');
  for (auto _ : state) {
    LogIndex last;
    for (int64_t i = 0; i < state.range(0); ++i) {
      const absl::StatusOr<LogIndex> index = trio.leader().Propose(data);
      GRAPHDB_CHECK_OK(index.status());
      last = *index;
    }
    trio.Pump();
    GRAPHDB_CHECK_GE(trio.leader().commit(), last);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(ProposeToCommit)->Arg(1)->Arg(16)->Arg(64)->Arg(256);

void ReadIndexBatch(benchmark::State& state) {
  Trio trio;
  uint64_t id = 0;
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(0); ++i) {
      GRAPHDB_CHECK_OK(trio.leader().ReadIndex(ReadId(++id)));
    }
    trio.Pump();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(ReadIndexBatch)->Arg(1)->Arg(64);

Message AppendOf(int64_t entries) {
  Message m;
  m.type = MessageType::kAppend;
  m.from = ReplicaId(1);
  m.to = ReplicaId(2);
  m.term = Term(1);
  for (int64_t i = 1; i <= entries; ++i) {
    Entry entry;
    entry.term = Term(1);
    entry.index = LogIndex(static_cast<uint64_t>(i));
    entry.data.assign(kEntryBytes, 'x');
    m.entries.push_back(std::move(entry));
  }
  return m;
}

void EncodeAndDecodeAppend(benchmark::State& state) {
  const Message m = AppendOf(state.range(0));
  for (auto _ : state) {
    std::string bytes;
    EncodeMessage(m, &bytes);
    const absl::StatusOr<Message> decoded = DecodeMessage(bytes);
    GRAPHDB_CHECK_OK(decoded.status());
    benchmark::DoNotOptimize(decoded->entries.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(EncodeAndDecodeAppend)->Arg(1)->Arg(64);

}  // namespace
}  // namespace graphdb::raft
