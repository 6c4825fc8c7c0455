// Restore: puts a snapshot file into the engine of a node that belongs to no
// cluster yet. The cluster founded on it starts with the graph as it was, every
// element at its own commit timestamp (rule M1).
//
//   auto restore = std::make_shared<Restore>(source, engine, scheduler, done);
//   restore->Start();
//
// Steps, each bounded, one event each: look at the engine; verify the whole
// file; mark "in progress" and make that durable; write the versions; make them
// durable; compare the engine's digest with the file's; mark "complete" and
// make that durable.
//
// Invariants:
//   1. A file that isn't whole and right changes nothing: it is verified to its
//      footer before the first write.
//   2. A crash leaves nothing, an unfinished restore (which no node starts on,
//      and which is run again from its beginning with the same result) or a
//      finished one.
//   3. Finished means: durable, and equal to the file by digest; every
//      relationship has both its ends, both its halves and its record.
//   4. An engine that holds anything but a restore's data is never touched.
//
// Errors: the reader's for the file; kFailedPrecondition (the engine holds
// data, or another snapshot; nothing changed); kDataLoss (a relationship
// without its end; the engine disagrees with the file); the engine's own.
// Restoring the snapshot that is there already succeeds and does nothing.
// A read of the file or a flush that answers kUnavailable is tried again, up to
// kTriesMax times, with a pause.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "core/env/import_source.h"
#include "core/env/kv_engine.h"
#include "core/env/scheduler.h"
#include "core/migrate/snapshot_reader.h"
#include "core/storage/digest.h"
#include "core/storage/restore_marker.h"

namespace graphdb::migrate {

// Held by shared_ptr: its own events keep it until `done` was called.
class Restore : public std::enable_shared_from_this<Restore>, public SnapshotSink {
 public:
  // The marker that stands in the engine now, complete.
  using Done = absl::AnyInvocable<void(absl::StatusOr<storage::RestoreMarker>)>;

  // What one step may take. Small ones make many steps of a small graph.
  struct Limits {
    uint64_t piece_bytes = 256 << 10;  // of the file, read at once
    size_t batch_elements = 512;
    size_t compare_entries = 4096;
  };
  static constexpr int kTriesMax = 10;
  static constexpr Duration kTryPause = Duration::Milliseconds(50);

  // All outlive it.
  Restore(env::ImportSource& source, env::KvEngine& engine, env::Scheduler& scheduler, Done done)
      : Restore(source, engine, scheduler, std::move(done), Limits()) {}
  Restore(env::ImportSource& source, env::KvEngine& engine, env::Scheduler& scheduler, Done done,
          const Limits& limits);

  void Start();

 private:
  enum class Phase { kLook, kVerify, kMark, kWrite, kMakeDurable, kCompare, kComplete, kDone };

  void Soon();
  void Step();
  absl::Status RunStep();
  absl::Status Look();
  absl::Status ReadPiece();
  absl::Status Verified(const SnapshotSummary& summary);
  absl::Status Mark();
  absl::Status Written(const SnapshotSummary& summary);
  absl::Status Compare();
  absl::Status Complete();
  void FlushThen(Phase next);
  // False where `status` is for good. Else `again` runs after a pause.
  bool TryAgain(const absl::Status& status, absl::AnyInvocable<void(Restore&)> again);
  void End(absl::StatusOr<storage::RestoreMarker> result);

  absl::Status OnNode(const graph::Node& node, Timestamp ts) override;
  absl::Status OnRelationship(const graph::Relationship& relationship, Timestamp ts) override;
  absl::Status CheckEnd(const graph::Relationship& relationship, ElementId end);
  absl::Status WriteBatch();

  env::ImportSource& source_;
  env::KvEngine& engine_;
  env::Scheduler& scheduler_;
  Done done_;
  const Limits limits_;
  Phase phase_ = Phase::kLook;
  std::optional<storage::RestoreMarker> found_;  // what an earlier restore left
  storage::RestoreMarker marker_;
  std::unique_ptr<SnapshotReader> reader_;
  uint64_t offset_ = 0;
  env::KvBatch batch_;
  size_t batch_elements_ = 0;
  bool writing_edges_ = false;
  std::unique_ptr<storage::DigestScan> scan_;
  storage::GraphDigest expected_;
  int failed_in_a_row_ = 0;
};

}  // namespace graphdb::migrate
