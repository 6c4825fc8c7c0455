// Report: what graphdb-sim says about one run and about many.
//
// Pure functions and a value type; thread-safe as such.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/run/run.h"

namespace graphdb::sim {

// "verdict: ok" or "verdict: FAILED oracle: message".
std::string VerdictLine(const RunResult& result);
// Counters and, last, "trace=" with 16 hex digits.
std::string StatsLines(const RunResult& result);

// Sums over the runs of a campaign.
class Totals {
 public:
  void Add(const RunResult& result);
  uint64_t runs() const { return runs_; }
  uint64_t failed() const { return failed_; }
  uint64_t undecided() const { return undecided_; }
  // Averages per run, and speed over `wall_seconds` on `jobs` processes that
  // used `cpu_seconds` and at most `memory_kb` each.
  std::string Summary(double wall_seconds, double cpu_seconds, int64_t memory_kb,
                      uint32_t jobs) const;

 private:
  uint64_t runs_ = 0;
  uint64_t failed_ = 0;
  uint64_t undecided_ = 0;
  uint64_t events_ = 0;
  int64_t virtual_ms_ = 0;
  uint64_t fault_count_ = 0;
  uint64_t fault_kinds_ = 0;
  uint64_t leader_changes_ = 0;
  uint64_t self_halts_ = 0;
  uint64_t conflicts_ = 0;
  // Runs in which nodes had a fault for ever, writes were excused, all of it ended for that.
  uint64_t left_out_runs_ = 0;
  uint64_t excused_runs_ = 0;
  uint64_t unrecoverable_runs_ = 0;
  std::map<std::string, uint64_t> excused_;
  Duration slowest_ack_;
  SessionCounters clients_;
  std::map<std::string, uint64_t> faults_;
  std::map<std::string, uint64_t> cover_runs_;  // in how many runs a probe was hit
};

}  // namespace graphdb::sim
