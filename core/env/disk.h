// Disk: the files of one node, in one flat folder.
//
//   disk.Create("log-7", 64 << 20, [](absl::StatusOr<FileId> file) { ... });
//   disk.Write(file, offset, bytes, [](absl::Status) { ... });
//   disk.Sync(file, [](absl::Status) { ... });
//
// Contract:
//   1. Completions come as events, in any order; until one arrives nothing may
//      be assumed about what the file holds.
//   2. What a completed Write wrote is durable only after a Sync *of that file*
//      that was asked for after the write's completion has succeeded.
//   3. A new, renamed or removed name is durable only after SyncDir succeeded.
//   4. After a failed Sync the file is poisoned: what was written since the
//      last good Sync may be there or not. The caller never syncs it again and
//      believes the answer; the node halts and recovers.
//   5. Reads happen only while a node starts or installs a snapshot; they block,
//      see completed writes, and are bounded by the size asked for.
//
// Faults an implementation may show: any subset of un-synced sectors lost at a
// crash, each on its own; the sectors of a write torn; garbage in the torn part;
// EIO from any call; a failing Sync; a full disk (kResourceExhausted); any
// latency; un-synced names lost; bit rot, seen as other bytes or kDataLoss.
//
// Called on the node's deterministic thread only; so are the completions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/strong_id.h"

namespace graphdb::env {

using FileId = StrongId<struct FileIdTag, uint64_t>;
inline constexpr uint64_t kSectorBytes = 512;

class Disk {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;
  using OpenDone = absl::AnyInvocable<void(absl::StatusOr<FileId>)>;

  virtual ~Disk() = default;

  // Makes a file of `bytes` zero bytes, preallocated. kAlreadyExists where the name is taken.
  virtual void Create(const std::string& name, uint64_t bytes, OpenDone done) = 0;
  // Opens a file for writing. kNotFound.
  virtual void Open(const std::string& name, OpenDone done) = 0;
  // A write past the end extends the file.
  virtual void Write(FileId file, uint64_t offset, std::string bytes, Done done) = 0;
  virtual void Sync(FileId file, Done done) = 0;
  virtual void Close(FileId file) = 0;
  // Atomic; an existing `to` is replaced.
  virtual void Rename(const std::string& from, const std::string& to, Done done) = 0;
  virtual void Remove(const std::string& name, Done done) = 0;
  virtual void SyncDir(Done done) = 0;

  // All names, sorted.
  virtual absl::StatusOr<std::vector<std::string>> List() = 0;
  // Up to `bytes` from `offset`; fewer at the end of the file. kNotFound, kDataLoss.
  virtual absl::StatusOr<std::string> Read(const std::string& name, uint64_t offset,
                                           uint64_t bytes) = 0;
  virtual absl::StatusOr<uint64_t> Size(const std::string& name) = 0;
};

}  // namespace graphdb::env
