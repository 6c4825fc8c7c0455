// Run: one whole run, from options to verdict.
//
//   RunResult result = ExecuteRun(options, factory, {});
//
// The order: the cluster forms and the workloads are set up; load, with the
// fault plan; faults end and every node comes back; every shard acknowledges a
// write through every gateway; final reads; all replicas settle; the oracles
// judge. Raft's oracles look after every event. What has a fault for ever is
// left out of all of it from the end of the faults on.
//
// What no oracle sees here: wrong answers to what no workload asks (Cypher
// among it); slowness below the limits of liveness.
//
// Invariants:
//   1. The result is a function of the options and the program.
//   2. A run that can't go on by what is wrong for ever (Recovery) is no failure:
//      it ends there, and says so.
//
// Deterministic thread only; one run at a time in a process (mutants, cover).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "sim/env/engine_store.h"
#include "sim/env/event_loop.h"
#include "sim/env/sim_fabric.h"
#include "sim/env/trace_log.h"
#include "sim/workload/session.h"
#include "sim/world/program.h"
#include "sim/world/run_options.h"

namespace graphdb::sim {

struct RunResult {
  enum class Verdict : uint8_t { kOk, kViolation, kUndecided };

  uint64_t seed = 0;
  Verdict verdict = Verdict::kOk;
  std::string oracle;  // kViolation, kUndecided
  std::string message;
  uint64_t events = 0;
  Duration virtual_time;
  uint64_t trace_hash = 0;

  SessionCounters clients;
  NetworkCounters network;
  std::map<std::string, uint64_t> faults;  // by kind, as they happened
  uint64_t leader_changes = 0;             // during the load
  // Serialization conflicts: those a client was told of and those the node
  // settled itself by running the batch again.
  uint64_t conflicts = 0;
  uint64_t self_halts = 0;
  uint64_t commits_observed = 0;
  // Of the end of the faults: who had one for ever, and what for.
  std::string left_out;
  Duration slowest_ack;                     // of a write that every shard owes each gateway
  std::map<std::string, uint64_t> excused;  // of those: never acknowledged, by WhyNotName
  std::string unrecoverable;                // kOk: why the run ended early
  std::vector<uint64_t> operations;         // under load, by client
  Tape tape;                                // where it was recorded
  std::vector<FaultMoment> moments;         // where they were asked for
  std::map<std::string, uint64_t> cover;
  std::vector<uint32_t> constellations;  // see Observer

  uint64_t fault_count() const;
};

struct RunTrace {
  TraceLog::Detail detail = TraceLog::Detail::kOff;
  TraceLog::Sink sink;
  Recorder* recorder = nullptr;  // outlives the run
  // Each workload that has one, after the verdict.
  absl::AnyInvocable<void(absl::string_view workload, const History& history)> history;
  // After each event until the verdict; it may turn the loop aside.
  absl::AnyInvocable<void(EventLoop& loop)> after_event;
  // After each event: true ends the run there, undecided, with how things are.
  absl::AnyInvocable<bool(Duration now)> stop;
  EngineStoreFactory engines;  // what the nodes keep their data in; empty: the modelled engine
  bool moments = false;        // note what comes before each action of the plan
  bool tape = false;           // record it
};

RunResult ExecuteRun(const RunOptions& options, const ProgramFactory& factory, RunTrace trace);

// What is known of the present run, for a process that dies of it.
RunResult PresentResult();
// The number of the event that the present run is dispatching; none between two events.
std::optional<uint64_t> EventUnderWay();
// Where the present run is, for a failed check: node, virtual time, seed.
std::string DescribePresentRun();

}  // namespace graphdb::sim
