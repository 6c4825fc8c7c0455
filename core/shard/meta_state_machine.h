// MetaStateMachine: what an entry of the meta group's log does: founding,
// members, the shard map, the bounds of timestamps and ids, cluster version.
//
// Use as ShardStateMachine (core/shard/shard_state_machine.h); the shard id of
// its engine batches is kMetaGroup.
//
// Invariants:
//   1. Founded once: a second Found is refused and changes nothing.
//   2. Bounds never fall: no timestamp and no id is issued twice.
//
// Deterministic thread only.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/env/kv_engine.h"
#include "core/shard/cluster_version.h"
#include "proto/shard.pb.h"

namespace graphdb::shard {

inline constexpr uint32_t kMetaCommandVersion = 1;
// Ids one request may ask for, and timestamps likewise.
inline constexpr uint32_t kNumberBlockMax = 1u << 20;

struct MetaApplyResult {
  Term proposer_term;
  uint64_t proposal = 0;
  v1::MetaCommand::BodyCase kind = v1::MetaCommand::BODY_NOT_SET;
  bool refused = false;  // Found twice, anything else before Found, a count of 0 or too large
  std::string message;
  uint64_t first_id = 0;  // AllocateIds: [first_id, first_id + count)
  uint32_t count = 0;
  Timestamp oracle_bound;  // after this entry
};

class MetaStateMachine {
 public:
  // `newest`: the cluster version that this program knows; a command beyond it is an error.
  explicit MetaStateMachine(uint32_t newest = kNewestClusterVersion) : newest_(newest) {}

  absl::StatusOr<MetaApplyResult> Apply(Term term, LogIndex index, absl::string_view command,
                                        const env::KvReader& engine, env::KvBatch* batch) const;
  void Advance(Term, LogIndex, env::KvBatch*) const {}  // Raft's own entries

  // cluster_id is empty before founding.
  static absl::StatusOr<v1::MetaStateView> Load(const env::KvReader& engine);

 private:
  uint32_t newest_;
};

}  // namespace graphdb::shard
