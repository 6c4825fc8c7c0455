#include "sim/tool/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/env/trace_hash.h"

namespace graphdb::sim {
namespace {

std::string JoinCounts(const std::map<std::string, uint64_t>& counts) {
  return absl::StrJoin(counts, " ", absl::PairFormatter("="));
}

}  // namespace

std::string VerdictLine(const RunResult& result) {
  switch (result.verdict) {
    case RunResult::Verdict::kOk:
      return result.unrecoverable.empty()
                 ? "verdict: ok\n"
                 : absl::StrCat("verdict: ok, unrecoverable: ", result.unrecoverable, "\n");
    case RunResult::Verdict::kViolation:
      return absl::StrCat("verdict: FAILED ", result.oracle, ": ", result.message, "\n");
    case RunResult::Verdict::kUndecided:
      return absl::StrCat("verdict: undecided ", result.oracle, ": ", result.message, "\n");
  }
  return "";
}

std::string StatsLines(const RunResult& result) {
  const SessionCounters& c = result.clients;
  return absl::StrCat("clients: requests=", c.requests, " acknowledged=", c.acknowledged,
                      " failed=", c.failed, " unknown=", c.unknown, " conflicts=", result.conflicts,
                      " attempts=", c.attempts, " retried=", c.retried,
                      " multi_shard=", c.multi_shard, "\n", "network: sent=", result.network.sent,
                      " delivered=", result.network.delivered, " bytes=", result.network.bytes,
                      " dropped=", result.network.dropped, " cut=", result.network.cut,
                      " duplicated=", result.network.duplicated, " late=", result.network.late,
                      " copied=", result.network.copied, " reset=", result.network.reset, "\n",
                      "faults: ", result.fault_count(), " ", JoinCounts(result.faults),
                      " self_halts=", result.self_halts, " leader_changes=", result.leader_changes,
                      "\n", "liveness: slowest_ack=", FormatTime(result.slowest_ack),
                      " left_out: ", result.left_out.empty() ? "nobody" : result.left_out,
                      " explained_away: ", JoinCounts(result.excused), "\n",
                      "probes: ", JoinCounts(result.cover), "\n", "events=", result.events,
                      " commits=", result.commits_observed,
                      " virtual=", FormatTime(result.virtual_time),
                      " trace=", TraceHash::HexOf(result.trace_hash), "\n");
}

void Totals::Add(const RunResult& result) {
  ++runs_;
  failed_ += result.verdict == RunResult::Verdict::kViolation ? 1 : 0;
  undecided_ += result.verdict == RunResult::Verdict::kUndecided ? 1 : 0;
  events_ += result.events;
  virtual_ms_ += result.virtual_time.milliseconds();
  fault_count_ += result.fault_count();
  leader_changes_ += result.leader_changes;
  self_halts_ += result.self_halts;
  clients_.requests += result.clients.requests;
  clients_.acknowledged += result.clients.acknowledged;
  clients_.unknown += result.clients.unknown;
  conflicts_ += result.conflicts;
  clients_.multi_shard += result.clients.multi_shard;
  for (const auto& [kind, count] : result.faults) {
    faults_[kind] += count;
    fault_kinds_ += kind != "heal" && kind != "restart" ? 1 : 0;
  }
  left_out_runs_ += result.left_out.empty() ? 0 : 1;
  excused_runs_ += result.excused.empty() ? 0 : 1;
  unrecoverable_runs_ += result.unrecoverable.empty() ? 0 : 1;
  slowest_ack_ = std::max(slowest_ack_, result.slowest_ack);
  for (const auto& [why, count] : result.excused) excused_[why] += count;
  for (const auto& [probe, count] : result.cover) ++cover_runs_[probe];
}

std::string Totals::Summary(double wall_seconds, double cpu_seconds, int64_t memory_kb,
                            uint32_t jobs) const {
  const double runs = static_cast<double>(std::max<uint64_t>(runs_, 1));
  const double wall = std::max(wall_seconds, 1e-6);
  const double cpu = std::max(cpu_seconds, 1e-6);
  const double virtual_s = static_cast<double>(virtual_ms_) / 1000.0;
  const auto per_run = [&](uint64_t sum) { return static_cast<double>(sum) / runs; };
  const double acknowledged = 100.0 * static_cast<double>(clients_.acknowledged) /
                              static_cast<double>(std::max<uint64_t>(clients_.requests, 1));
  std::string text = absl::StrFormat(
      "runs %d, ok %d, failed %d, undecided %d\n"
      "per run: %.1f simulated s, %.0f requests, %.0f%% acknowledged, %.1f unknown, "
      "%.1f multi-shard commits, %.1f conflicts, %.1f faults of %.1f kinds, %.1f leader changes, "
      "%.1f self halts, %.0f events\n"
      "wall %.1f s on %d processes: %.1f runs/s, %.0f events/s, simulated/real %.0f\n"
      "cpu %.1f s: %.1f runs/s per core, %.0f events/s per core, simulated/real %.0f per core\n"
      "memory: at most %d MB in a process\n",
      runs_, runs_ - failed_ - undecided_, failed_, undecided_, virtual_s / runs,
      per_run(clients_.requests), acknowledged, per_run(clients_.unknown),
      per_run(clients_.multi_shard), per_run(conflicts_), per_run(fault_count_),
      per_run(fault_kinds_), per_run(leader_changes_), per_run(self_halts_), per_run(events_), wall,
      jobs, runs / wall, static_cast<double>(events_) / wall, virtual_s / wall, cpu, runs / cpu,
      static_cast<double>(events_) / cpu, virtual_s / cpu, memory_kb / 1024);
  absl::StrAppendFormat(
      &text,
      "liveness: slowest write after the faults %s; nodes left out for good in %d runs (%.1f%%); "
      "explained away in %d runs (%.1f%%), of which %d could not go on: %s\n",
      FormatTime(slowest_ack_), left_out_runs_, 100.0 * per_run(left_out_runs_), excused_runs_,
      100.0 * per_run(excused_runs_), unrecoverable_runs_, JoinCounts(excused_));
  absl::StrAppend(&text, "faults: ", JoinCounts(faults_), "\n");
  absl::StrAppend(&text, "probes (runs that hit them): ", JoinCounts(cover_runs_), "\n");
  return text;
}

}  // namespace graphdb::sim
