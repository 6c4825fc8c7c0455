// RunOptions: everything that decides a run beside the program itself. Two runs
// with equal options have equal traces.
//
// Plain values; deterministic thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/env/time.h"
#include "core/shard/cluster_version.h"
#include "core/shard/shard_pages.h"
#include "sim/env/choices.h"
#include "sim/env/sim_disk.h"
#include "sim/env/sim_fabric.h"
#include "sim/env/sim_kv.h"
#include "sim/world/fault_plan.h"

namespace graphdb::sim {

struct WorkloadSpec {
  std::string name;  // of MakeWorkload (sim/workload/generators.h)
  uint32_t clients = 1;

  friend bool operator==(const WorkloadSpec&, const WorkloadSpec&) = default;
};

// What goes wrong between clients and gateways. Rates per million attempts.
struct ClientFaults {
  uint32_t lost_ppm = 0;  // the request or its answer is lost, the connection breaks in time
  uint32_t late_ppm = 0;  // the request arrives when its client may have given it up
  Duration late_max = Duration::Seconds(5);
  uint32_t impatient_ppm = 0;  // the client gives up early and asks another gateway
  uint32_t patient_ppm = 0;    // of requests: it waits ten times as long as others
  uint32_t tardy_ppm = 0;      // of retries: they come up to tardy_max later
  Duration tardy_max = Duration::Seconds(30);
  uint32_t anonymous_ppm = 0;  // of writes: sent without a session, so never asked for again

  friend bool operator==(const ClientFaults&, const ClientFaults&) = default;
};

// A link that is slower than the others as long as faults go on.
struct SlowLink {
  NodeId from, to;
  Duration delay_mean;

  friend bool operator==(const SlowLink&, const SlowLink&) = default;
};

// Sizes of a node that are small here, so that short runs roll segments over,
// flush, compact and send snapshots.
struct NodeKnobs {
  uint64_t log_segment_bytes = 512 << 10;
  uint64_t log_bytes_max = 4 << 20;
  uint64_t log_entries_kept = 256;
  uint32_t append_entries_max = 64;
  uint64_t adjacency_cache_lists = 1000;
  uint32_t txn_life_periods = 60;  // of half a second

  // As in cluster::Tuning (core/cluster/tuning.h).
  uint64_t append_bytes_max = 1u << 20;
  uint64_t inflight_messages_max = 256;
  uint64_t apply_bytes_max = 4u << 20;
  uint64_t snapshot_piece_bytes = 256u << 10;
  uint64_t install_step_bytes = 256u << 10;
  uint32_t read_entries_max = 10'000;
  uint64_t read_bytes_max = 4u << 20;
  uint32_t scan_page_nodes = 1'000;
  uint64_t read_keys_per_request = 2'000;
  uint64_t read_ranges_per_request = 500;
  uint64_t adjacency_list_edges_max = 4096;
  uint32_t batch_rows = 1024;
  uint32_t yield_rows = 4096;
  uint32_t rows_per_response = 256;
  uint32_t commit_attempts_max = 6;
  uint32_t dedupe_retention_periods = 1200;
  uint64_t oracle_bound_window = 1'000'000;
  uint32_t id_block = 1'000;
  uint64_t write_keys_max = 20'000;
  uint32_t count_step_entries = 2'000;
  uint32_t plans_kept = 1'000;
  uint32_t edge_entries_per_look = shard::ShardPages().edge_entries;
  uint32_t records_dropped_max = shard::ShardPages().records_dropped;

  friend bool operator==(const NodeKnobs&, const NodeKnobs&) = default;
};

// What is done to the founder after the final reads, when all is calm: a run
// that lost a disk could no longer be judged by what its replicas hold.
enum class Epilogue : uint8_t {
  kNone,
  kWipeFounder,       // its disk is emptied; it has to ask first, and is refused
  kWipeCutOffFounder  // as above, and it can't ask anybody for a while (rule I1)
};

// An operator's, in the config of one node: the last but for the founder. It is mended when the
// node starts again, so it has to stop before anybody admits it (rule I1).
enum class Mistake : uint8_t {
  kNone,
  kPeers,     // another address of a peer
  kShards,    // another number of shards
  kBootstrap  // `bootstrap: true`; it starts once the others have formed a cluster
};

// What a client does of its operations, each at its own time; the others it
// leaves out.
struct ClientOperations {
  uint32_t client = 0;            // of the run, from 0
  std::vector<uint64_t> numbers;  // rising

  friend bool operator==(const ClientOperations&, const ClientOperations&) = default;
};

struct RunOptions {
  std::string name = "swarm";
  uint64_t seed = 1;
  uint32_t nodes = 3;
  uint32_t shards = 3;
  uint32_t founder = 1;                       // the number in its name: at most `nodes`
  Duration duration = Duration::Seconds(30);  // of load, after the cluster has formed
  Duration lull;  // the end of the duration, in which faults go on and clients begin nothing
  std::vector<WorkloadSpec> workloads;
  Duration think_mean = Duration::Milliseconds(500);
  LinkProfile network;
  std::vector<SlowLink> slow_links;
  ClientFaults clients;
  DiskFaults disk;
  KvFaults kv;
  NodeKnobs knobs;
  Duration hop_max = Duration::Microseconds(20);
  int64_t clock_error_ppb_max = 200'000;
  // A node that halted by itself is started again after this long.
  Duration supervisor_delay = Duration::Milliseconds(1000);
  // node1 is there from the beginning, the others as many times later as they
  // have nodes before them.
  Duration join_delay;
  Mistake mistake = Mistake::kNone;
  // The newest cluster version that the program of every node knows at first.
  uint32_t version = shard::kNewestClusterVersion;
  FaultPlan forming_plan;  // from the first start on
  FaultPlan plan;          // from the begin of the load on
  // What exceptional things happen beside the plans; without it the rates above
  // and the seed decide.
  std::optional<Tape> tape;
  std::vector<ClientOperations> operations;  // of clients that don't do all of theirs
  Epilogue epilogue = Epilogue::kNone;
  std::string mutant;
  // Limits in virtual time; beyond them the cluster has lost its liveness.
  Duration form_limit = Duration::Seconds(60);
  Duration final_limit = Duration::Seconds(60);
  // From the end of the faults on: 20 election timeouts at their longest.
  Duration ack_limit = Duration::Seconds(20);
  uint64_t events_max = 20'000'000;  // beyond it the run is undecided

  friend bool operator==(const RunOptions&, const RunOptions&) = default;
};

// One line, of what is not as it always is: "duration=10s network.drop=2% bank=3 faults=12"
std::string ToText(const RunOptions& options);

}  // namespace graphdb::sim
