#include "core/cluster/replica_scan.h"

#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "core/base/hash128.h"
#include "core/base/status_macros.h"
#include "core/graph/element_digest.h"
#include "core/shard/shard_map.h"
#include "core/storage/digest.h"

namespace graphdb::cluster {

bool ParseHash128(absl::string_view hex, Hash128* out) {
  return hex.size() == 32 && absl::SimpleHexAtoi(hex.substr(0, 16), &out->high) &&
         absl::SimpleHexAtoi(hex.substr(16), &out->low);
}

ReplicaScan::ReplicaScan(const NodeOptions& options, env::Env& env, Router& router,
                         const GroupHost& group, Timestamp ts)
    : env_(env),
      router_(router),
      group_(group),
      ts_(ts),
      step_entries_(options.tuning.count_step_entries) {
  std::vector<storage::SlotRange> slots;
  const shard::ShardMap map = shard::ShardMap::Equal(options.num_shards);
  for (const shard::SlotSpan& span : map.Entry(group.group()).slots) {
    slots.push_back({span.first, span.last});
  }
  slots_ = storage::SlotSet(std::move(slots));
}

absl::StatusOr<bool> ReplicaScan::HasIntents() const {
  for (const storage::SlotRange& slots : slots_.ranges()) {
    for (const storage::Tag tag :
         {storage::Tag::kNode, storage::Tag::kEdge, storage::Tag::kRelationship}) {
      const storage::KeyRange range =
          storage::WrapRange(storage::Tag::kWriteIntent, storage::LogicalRange(tag, slots));
      const std::unique_ptr<env::KvIterator> it = env_.kv.Iterate(range.begin, range.end);
      if (!it->status().ok()) return it->status();
      if (it->Valid()) return true;
    }
  }
  return false;
}

Task<absl::Status> ReplicaScan::SettleOnLeader() {
  // A read of nothing still raises the floor and waits for the pipeline (T3).
  v1::ShardRequest barrier;
  barrier.mutable_read()->set_read_ts(ts_.value());
  const absl::StatusOr<v1::ShardResponse> answer =
      co_await router_.Send(group_.group(), std::move(barrier));
  if (!answer.ok()) co_return answer.status();
  if (answer->status() != v1::SHARD_OK) co_return absl::UnavailableError(answer->message());
  if (!group_.is_leader()) co_return absl::UnavailableError("leadership moved on");
  for (int poll = 0; poll < kPollsMax; ++poll) {
    const absl::StatusOr<bool> intents = HasIntents();
    if (!intents.ok()) co_return intents.status();
    if (!*intents) co_return absl::OkStatus();
    (void)co_await router_.Sleep(kPoll);
  }
  co_return absl::UnavailableError("undecided transactions do not end");
}

Task<absl::Status> ReplicaScan::WaitApplied(LogIndex index) {
  for (int poll = 0; poll < kPollsMax; ++poll) {
    if (group_.applied().index >= index) co_return absl::OkStatus();
    (void)co_await router_.Sleep(kPoll);
  }
  co_return absl::UnavailableError("the replica is behind");
}

Task<absl::StatusOr<v1::ShardStats>> ReplicaScan::Run() {
  const LogIndex applied = group_.applied().index;
  const std::unique_ptr<env::KvReader> reader = env_.kv.Snapshot();
  storage::DigestScan scan(*reader, slots_, ts_, graph::kDefaultDigestKey);
  for (;;) {  // ends with the shard's keys
    const absl::StatusOr<bool> done = scan.Step(step_entries_);
    if (!done.ok()) co_return done.status();
    if (*done) break;
    (void)co_await router_.Sleep(Duration());
  }
  v1::ShardStats stats;
  stats.set_shard(group_.group().value());
  stats.set_nodes(scan.result().nodes);
  stats.set_edges(scan.result().edges);
  stats.set_digest(scan.result().exact.ToHex());
  stats.set_applied_index(applied.value());
  co_return stats;
}

}  // namespace graphdb::cluster
