// Identity: who this node's disk is. One small file beside the log, replaced
// atomically, written before anything else exists on the disk.
//
// Place: read by Node::Start before log and engine are; kept by bootstrap.
//
// Invariants:
//   1. The store id is drawn once and never changes: a wiped disk is another
//      store (design.md, Identity).
//   2. cluster_id goes from empty to a value once, and never changes again.
//   3. The count of starts never falls: no two incarnations share a number.
//   4. A file that can't be read whole is an error, never "a fresh disk".
//
// Format: docs/formats/identity.md. Deterministic thread only.
#pragma once

#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/env/disk.h"

namespace graphdb::cluster {

inline constexpr size_t kClusterIdBytes = 16;

struct Identity {
  enum class State : uint8_t {
    kAlone = 1,     // has a store id, belongs to no cluster
    kFounding = 2,  // is writing the first state of a cluster; redone at start
    kMember = 3,
  };

  State state = State::kAlone;
  StoreId store;
  std::string node;        // node_id
  std::string cluster_id;  // 16 bytes, or empty
  uint16_t num_shards = 0;
  std::string peers;  // "node1=10.0.1.10:7000,..." as configured
  // Counted up and written before anything leaves the node: its incarnation.
  uint64_t starts = 0;

  // 0: it belongs to no cluster.
  StoreId member_store() const { return state == State::kMember ? store : StoreId(); }

  friend bool operator==(const Identity&, const Identity&) = default;
};

std::string EncodeIdentity(const Identity& identity);
// kDataLoss where damaged, kFailedPrecondition where of a newer format.
absl::StatusOr<Identity> DecodeIdentity(absl::string_view bytes);

// Unset where the disk has none yet.
absl::StatusOr<std::optional<Identity>> LoadIdentity(env::Disk& disk);
// Temporary file, sync, rename, sync of the folder; then `done`.
void SaveIdentity(env::Disk& disk, const Identity& identity,
                  absl::AnyInvocable<void(absl::Status)> done);

}  // namespace graphdb::cluster
