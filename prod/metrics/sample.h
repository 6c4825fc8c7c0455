// Sample: what the node looks like at the moment of a scrape, and its text in
// Prometheus' format.
//
// Plain value.
#pragma once

#include <cstdint>
#include <string>

#include "proto/client.pb.h"

namespace graphdb::prod {

struct Sample {
  std::string node;
  std::string version;
  bool ready = false;
  v1::RaftStats raft;
  uint64_t peer_messages_sent = 0;
  uint64_t peer_messages_received = 0;
  uint64_t peer_messages_dropped = 0;
  uint64_t peers_connected = 0;
  uint64_t loop_events = 0;
  int64_t loop_longest_event_us = 0;
  uint64_t resident_bytes = 0;
  uint64_t adjacency_hits = 0;
  uint64_t adjacency_misses = 0;
  uint64_t adjacency_lists = 0;
  uint64_t adjacency_bytes = 0;
};

// The exposition text of the sample alone.
std::string SampleText(const Sample& sample);

}  // namespace graphdb::prod
