// Tuning: sizes of a node's pages, pieces and windows. No answer depends on one
// of them, but for refusals by a limit; they are here so that the simulator can draw them at their
// extremes, where pages end and windows are full. The server keeps the defaults.
//
// Plain values; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/shard/shard_pages.h"

namespace graphdb::cluster {

struct Tuning {
  // Raft: one append message, the window of a follower, entries of one Ready.
  size_t append_bytes_max = 1u << 20;
  size_t inflight_messages_max = 256;
  size_t apply_bytes_max = 4u << 20;
  // Snapshots between nodes: a message, and what is ingested at once.
  size_t snapshot_piece_bytes = 256u << 10;
  uint64_t install_step_bytes = 256u << 10;
  // Reads: a range, a response, a page of a scan, a request.
  uint32_t read_entries_max = 10'000;
  size_t read_bytes_max = 4u << 20;
  uint32_t scan_page_nodes = 1'000;
  size_t read_keys_per_request = 2'000;
  size_t read_ranges_per_request = 500;
  size_t adjacency_list_edges_max = 4096;  // longer ones are not cached
  uint32_t count_step_entries = 2'000;     // of a replica, between two pauses of a count
  // Statements.
  uint32_t batch_rows = 1024;
  uint32_t yield_rows = 4096;
  uint32_t rows_per_response = 256;
  uint32_t plans_kept = 1'000;
  // Transactions.
  uint32_t commit_attempts_max = 6;
  uint32_t dedupe_retention_periods = 1200;  // of half a second
  uint64_t oracle_bound_window = 1'000'000;  // how far ahead the bound is persisted
  uint32_t id_block = 1'000;                 // counters a gateway takes at once
  size_t write_keys_max = 20'000;            // txn.write_keys_max
  // Of an entry: the same on all nodes of a cluster.
  shard::ShardPages shard_pages;

  friend bool operator==(const Tuning&, const Tuning&) = default;
};

}  // namespace graphdb::cluster
