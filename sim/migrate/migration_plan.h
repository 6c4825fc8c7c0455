// MigrationPlan: one way from a Milestone 2 node to a cluster of three, with
// everything that goes wrong on it, as data that can be drawn, cut, written down
// and read back. What happens is in migration_run.h.
//
//   "seed=7 clients=2 ids=9 load_ms=700 source=crash:1@300+200 restore_crashes=400,90"
//
// Fields that are at their default are left out of the text, so that a shrunk
// plan shows what matters.
//
// Invariants:
//   1. ParsePlan(PlanText(plan)) gives the plan again.
//
// Plain values; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/world/fault_plan.h"

namespace graphdb::sim {

// A fault and its end: a crashed node starts again, a partition heals. Written
// KIND:NODE@AT+FOR in milliseconds, for example "partition:2@900+1500".
struct PlannedFault {
  enum class Kind : uint8_t {
    kPowerCut,
    kKill,
    kPartition,  // the node from all others, both ways
    kDeaf,       // the node hears nobody
    kSlowDisk,   // for: what a sync may take
    kPause,
    kFailSync,  // until the node has restarted; it does so by itself
    kFailWrite,
    kLossy,  // every link
  };
  Kind kind = Kind::kPowerCut;
  uint32_t node = 0;  // from 0; modulo the nodes there are
  uint32_t at_ms = 0;
  uint32_t for_ms = 100;

  friend bool operator==(const PlannedFault&, const PlannedFault&) = default;
};
inline constexpr int kPlannedFaultKinds = 9;
const char* PlannedFaultName(PlannedFault::Kind kind);

struct MigrationPlan {
  // To the copy of the file that the restore is given.
  enum class Damage : uint8_t { kNone, kFlip, kTruncate, kDropLine, kRepeatLine, kSwapLines };

  uint64_t seed = 1;
  // The Milestone 2 node.
  uint32_t clients = 2;
  uint32_t ids = 16;       // node ids that clients choose
  uint32_t load_ms = 500;  // before the snapshot begins
  uint32_t think_ms = 4;   // at most, between two transactions of a client
  uint32_t page = 2000;    // entries of a page of the snapshot
  std::vector<PlannedFault> source;
  std::vector<uint32_t> snapshot_crashes;  // the i-th attempt: after so many events of the node
  // The restore on node1.
  Damage damage = Damage::kNone;
  uint32_t damage_at = 0;                 // which byte or line, modulo their number
  uint32_t batch = 512;                   // elements of a batch; pieces and steps are as small
  std::vector<uint32_t> restore_crashes;  // the i-th start: after so many thousandths of its events
  bool start_unfinished = false;          // node1 is started on what a crash left
  uint32_t read_error_percent = 0;        // of reads of the file
  uint32_t flush_error_percent = 0;       // of flushes of all engines
  uint32_t write_error_percent = 0;       // of writes to all engines; an engine that failed is lost
  // The cluster.
  uint32_t shards = 3;
  uint32_t target_clients = 1;
  uint32_t node2_ms = 0;  // from the start of node1
  uint32_t node3_ms = 0;
  std::vector<PlannedFault> forming;

  friend bool operator==(const MigrationPlan&, const MigrationPlan&) = default;
};

std::string PlanText(const MigrationPlan& plan);
// kInvalidArgument names the field and its value.
absl::StatusOr<MigrationPlan> ParsePlan(absl::string_view text);

// The faults as the world plays them, their ends included, in order of time.
FaultPlan ToFaultPlan(const std::vector<PlannedFault>& faults, uint32_t nodes);

}  // namespace graphdb::sim
