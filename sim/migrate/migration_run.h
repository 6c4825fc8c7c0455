// MigrationRun: plays one MigrationPlan on whole simulated machines and judges
// it. The nodes are the database's own (core/cluster), the file is what a node
// answered, the restore is core/migrate's: what an operator does with the
// programs, step by step:
//
//   1. A Milestone 2 node takes transactions. Meanwhile an operator asks it for
//      a snapshot, again where the answer breaks off.
//   2. The file is copied, perhaps badly, and restored into node1's stopped
//      folder. Who finds the machine rebooted types the command again.
//   3. A restore that is refused is run again, with a good copy, when the faults
//      have stopped. They don't come back in this plan.
//   4. node1 starts with `bootstrap: true`, then the other two, while clients
//      write. Faults stop; the cluster gets healthy, takes writes and is read.
//
// What is judged: the file is the ledger at S (P7); the cluster is that ledger
// and its own clients' later transactions, element by element through the API,
// by digest over every replica of every shard, and byte by byte between engines
// (P24); no timestamp or id comes twice (M1); a damaged copy is refused (P41);
// a node refuses to start on half a restore and is none the worse for it.
//
// Invariants:
//   1. The result is a function of the plan and the mutant switched on.
//
// For tests; deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/env/trace_log.h"
#include "sim/migrate/migration_plan.h"

namespace graphdb::sim {

struct MigrationResult {
  // How the graph came to be equal on all replicas.
  enum class Way : uint8_t {
    kAtOnce,     // the restore ran once
    kReentered,  // the machine crashed in it; the same command then ran through
    kRerun,      // a restore was refused, and another one ran when faults had stopped
  };

  std::string failure;  // what an oracle saw; empty: clean
  Way way = Way::kAtOnce;
  std::string refused_for;  // kRerun: damaged copy, lost engine, ...
  uint32_t snapshots_broken = 0;
  uint32_t restores_crashed = 0;
  uint32_t starts_refused = 0;             // of node1, on an unfinished restore
  std::map<std::string, uint64_t> faults;  // that happened, by kind
  uint64_t nodes = 0;                      // in the snapshot
  uint64_t relationships = 0;
  uint64_t source_transactions = 0;
  uint64_t target_transactions = 0;
  uint64_t events = 0;
  Duration virtual_time;
  uint64_t trace_hash = 0;
};

// `sink` gets the trace of both worlds, where it is set.
MigrationResult RunMigration(const MigrationPlan& plan, TraceLog::Sink sink = nullptr);

}  // namespace graphdb::sim
