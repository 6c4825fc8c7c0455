// AppliedRecord: how far a group's state machine is, kept in the engine in the
// same batch as the data it speaks of (rule L5).
//
// Format: docs/formats/engine-records.md. Plain value.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/kv_engine.h"
#include "core/raft/types.h"

namespace graphdb::cluster {

// Suffix of the record's key in the group's own records.
inline constexpr absl::string_view kAppliedSuffix = "replica";

struct AppliedRecord {
  LogIndex index;
  Term term;            // of the entry at `index`
  raft::Config config;  // in effect after it

  friend bool operator==(const AppliedRecord&, const AppliedRecord&) = default;
};

std::string EncodeApplied(const AppliedRecord& record);
absl::StatusOr<AppliedRecord> DecodeApplied(absl::string_view bytes);

std::string AppliedRecordKey(ShardId group);
void PutApplied(env::KvBatch* batch, ShardId group, const AppliedRecord& record);
// Unset where the engine has nothing of the group.
absl::StatusOr<std::optional<AppliedRecord>> ReadApplied(const env::KvReader& reader,
                                                         ShardId group);

}  // namespace graphdb::cluster
