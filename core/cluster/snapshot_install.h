// SnapshotInstall: replaces a group's keys in the engine by a staged snapshot:
// clear, ingest, applied record, flush (the middle of rule L6). Idempotent, so
// that a start can do it again from the same file.
//
// Invariants:
//   1. The applied record is removed by the first batch and written by the
//      last: an engine that shows one is whole.
//   2. `done` is called once, as an event; OK means flushed.
//
// Deterministic thread only.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "core/cluster/applied_record.h"
#include "core/cluster/snapshot_stage.h"
#include "core/cluster/state_machine.h"
#include "core/env/env.h"

namespace graphdb::cluster {

class SnapshotInstall {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  SnapshotInstall(env::Env& env, ShardId group, StagedSnapshot staged, AppliedRecord applied,
                  std::vector<storage::KeyRange> ranges, uint64_t step_bytes, Done done);
  ~SnapshotInstall();

  void Start();
  const StagedSnapshot& staged() const { return staged_; }

 private:
  void Step();
  // Takes whole key-value pairs off the front of buffer_.
  absl::Status IngestBuffered(env::KvBatch* batch);
  void Finish(absl::Status status);

  env::Env& env_;
  const ShardId group_;
  const StagedSnapshot staged_;
  const AppliedRecord applied_;
  const std::vector<storage::KeyRange> ranges_;
  const uint64_t step_bytes_;  // ingested at once
  Done done_;
  uint64_t offset_ = 0;
  std::string buffer_;
  env::TimerId timer_ = env::kNoTimer;
};

}  // namespace graphdb::cluster
