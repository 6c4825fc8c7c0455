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
// Faults an implementation may show:
//   - any latency and stalls; EIO from any call; a full disk (kResourceExhausted),
//     for a time or for good;
//   - a failing Sync; what a failed Sync or Write leaves may be there or not;
//   - at a crash, any subset of un-synced sectors and names lost, each on its
//     own, the sectors of a write torn, garbage in the torn part;
//   - a read that fails once, or once shows another block (a misread): only the
//     bytes that were read say so, and the next reading may be right;
//   - damage that stays: bit rot, a misdirected write (its bytes over those of
//     another place), a sector that can't be read (kDataLoss each time), a Sync
//     that says OK and lies, the whole disk gone. It is seen as other bytes, as
//     kDataLoss, as a file that is too short or as one that isn't there.
//
// A caller therefore checks what it reads by checksum and by address, each time.
// A Sync that lied about the newest write of a file can't be told from a torn
// tail by anybody: an implementation shows a lie only of what something newer in
// the same file proves to have been durable (docs/DETERMINISM.md).
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
