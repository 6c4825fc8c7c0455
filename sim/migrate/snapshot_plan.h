// A plan of the snapshot property test: what is stored, how it is exported and
// restored, and what goes wrong on the way; with its text, and the run that
// checks it.
//
//   GRAPHDB_ASSIGN_OR_RETURN(SnapshotPlan plan, ParsePlan("seed=7 nodes=20 crash=40"));
//   PlanResult result = RunPlan(plan);       // result.failure empty: every oracle agreed
//
// Invariants:
//   1. A plan's run depends on the plan alone.
//   2. Every decision is drawn from a stream of its own (seed, name, number):
//      dropping one event of a plan leaves the others as they were.
//
// For tests; deterministic thread only.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace graphdb::sim {

struct SnapshotPlan {
  enum class Damage : uint8_t { kNone, kFlip, kTruncate, kDropLine, kRepeatLine, kSwapLines };

  uint64_t seed = 1;
  uint32_t nodes = 8;         // ids in use
  uint32_t edges = 8;         // relationship ids in use
  uint32_t commits = 30;      // versions written before S
  uint32_t late_commits = 5;  // versions above S, written while the export runs
  uint32_t shards = 3;        // slot ranges of the export
  uint32_t page = 1024;       // entries of a page of the export
  uint32_t crash = 0;         // events after which each restore crashes; 0: none
  uint32_t crashes = 0;       // how many restores crash
  uint32_t flush_error_percent = 0;
  Damage damage = Damage::kNone;
  uint32_t damage_at = 0;  // which byte or line, modulo their number

  friend bool operator==(const SnapshotPlan&, const SnapshotPlan&) = default;
};

std::string PlanText(const SnapshotPlan& plan);
// kInvalidArgument names the field.
absl::StatusOr<SnapshotPlan> ParsePlan(absl::string_view text);

struct PlanResult {
  std::string failure;  // what an oracle saw; empty: clean
  bool damage_refused = false;
  uint32_t restores = 0;       // how many times it was started
  uint32_t refused = 0;        // how many ended with an error (not a crash)
  bool ended_at_once = false;  // equal after the first start, no rerun by hand
};

PlanResult RunPlan(const SnapshotPlan& plan);

}  // namespace graphdb::sim
