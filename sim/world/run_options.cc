#include "sim/world/run_options.h"

#include "absl/strings/str_cat.h"

namespace graphdb::sim {

std::string ToText(const RunOptions& options) {
  std::string text = absl::StrCat(
      "nodes=", options.nodes, " shards=", options.shards,
      " duration=", DurationText(options.duration), " think=", DurationText(options.think_mean),
      " clock_error_ppb=", options.clock_error_ppb_max, " drop_ppm=", options.network.drop_ppm,
      " duplicate_ppm=", options.network.duplicate_ppm, " tail_ppm=", options.network.tail_ppm,
      " stale_ppm=", options.network.stale_ppm, " slow_links=", options.slow_links.size(),
      " lost_ppm=", options.clients.lost_ppm, " late_ppm=", options.clients.late_ppm,
      " impatient_ppm=", options.clients.impatient_ppm,
      " patient_ppm=", options.clients.patient_ppm,
      " delay=", DurationText(options.network.delay_mean), " hop=", DurationText(options.hop_max),
      " sync=", DurationText(options.disk.sync_latency_max), " stall_ppm=", options.disk.stall_ppm,
      " sync_error_ppm=", options.disk.sync_error_ppm, " corrupt_ppm=", options.disk.corrupt_ppm,
      " flush_bytes=", options.kv.flush_every_bytes,
      " flush_error_ppm=", options.kv.flush_error_ppm, " segment=", options.knobs.log_segment_bytes,
      " log_max=", options.knobs.log_bytes_max, " kept=", options.knobs.log_entries_kept,
      " append_max=", options.knobs.append_entries_max,
      " adjacency=", options.knobs.adjacency_cache_lists,
      " txn_life=", options.knobs.txn_life_periods,
      " supervisor=", DurationText(options.supervisor_delay),
      " join=", DurationText(options.join_delay), " forming_faults=", options.forming_plan.size(),
      " faults=", options.plan.size(), " epilogue=", static_cast<int>(options.epilogue));
  for (const WorkloadSpec& spec : options.workloads) {
    absl::StrAppend(&text, " ", spec.name, "=", spec.clients);
  }
  if (!options.mutant.empty()) absl::StrAppend(&text, " mutant=", options.mutant);
  return text;
}

}  // namespace graphdb::sim
