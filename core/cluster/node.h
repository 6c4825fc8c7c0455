// Node: one GraphDB server without its world. It puts the actors together: the
// node-wide log, a Raft group and a state machine per shard and for meta, the
// routing between nodes, bootstrap, and the entry for clients. The simulator
// and the server program run this same object on different ports.
//
//   Node node(options, env);
//   absl::Status started = node.Start();     // recovers from disk and engine
//   node.HandleClient(request, [](v1::ClientResponse response) { ... });
//
// Invariants:
//   1. Nothing leaves the node that depends on a write before that write is
//      durable: messages that do are held by their group's pending append.
//   2. All state hangs off this object: a crash destroys it, a start makes a
//      new one from what the disk and the engine kept.
//   3. A request is answered by exactly one response with `last` set, unless
//      the node ends first.
//
// Deterministic thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/cluster/snapshot_service.h"
#include "core/cluster/tuning.h"
#include "core/env/env.h"
#include "core/shard/cluster_version.h"
#include "proto/client.pb.h"

namespace graphdb::raft {
class Group;
}

namespace graphdb::shard {
class TimestampOracle;
}

namespace graphdb::txn {
class ShardLeader;
}

namespace graphdb::cluster {

struct PeerSpec {
  std::string name;            // node_id
  std::string raft_address;    // as configured: part of what all nodes must agree on
  std::string client_address;  // sharding.cluster_nodes; shown to clients as leader hint
};

// What a founder starts from: 0 on a fresh disk; on a disk that was restored
// into, above everything restored (rule M1).
struct FoundingState {
  bool restored = false;  // the engine holds a snapshot's data, and no cluster has it yet
  uint64_t oracle_bound = 0;
  uint64_t id_bound = 0;
};

struct NodeOptions {
  NodeId self;                  // place in `peers`
  std::vector<PeerSpec> peers;  // one entry: a single node (Milestone 2 mode)
  bool bootstrap = false;
  uint16_t num_shards = 9;
  uint32_t max_append_entries = 1024;        // raft.max_append_entries
  uint64_t adjacency_cache_lists = 100'000;  // storage.cache_size
  Duration heartbeat = Duration::Milliseconds(100);
  Duration election_timeout = Duration::Milliseconds(500);  // randomised up to twice that
  uint64_t log_segment_bytes = 16u << 20;
  uint64_t log_bytes_max = 256u << 20;  // beyond it the engine is asked to flush
  uint64_t log_entries_kept = 1024;     // per group after compaction, for slow followers
  uint32_t txn_life_periods = 60;       // as in txn::ShardLeaderOptions
  // Reads what a restore left in the engine. An error, an unfinished restore's for
  // one, refuses the start of a node that is no member yet. Null: none.
  std::function<absl::StatusOr<FoundingState>(const env::KvReader&)> founding_state;
  // Writes snapshot files. Null: snapshots are refused.
  MakeSnapshotWriter make_snapshot_writer;
  uint32_t snapshot_page_entries = 2'000;  // read at once
  // The newest cluster version that this program knows: more in the simulator alone.
  uint32_t newest_version = shard::kNewestClusterVersion;
  Tuning tuning;
};

// What oracles and statistics see of one group on this node.
struct GroupView {
  ShardId group;
  const raft::Group* raft = nullptr;
  LogIndex applied;
  const shard::TimestampOracle* oracle = nullptr;  // of the meta group
  const txn::ShardLeader* serving = nullptr;       // of a shard
};

// Of this node's cache of adjacency lists.
struct AdjacencyStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t lists = 0;
  uint64_t bytes = 0;
};

class Node {
 public:
  using Reply = absl::AnyInvocable<void(v1::ClientResponse)>;

  Node(NodeOptions options, env::Env& env);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Recovers and begins to run. Errors: kDataLoss (damage, with file and
  // offset), kFailedPrecondition (another cluster's data, a newer format or
  // cluster version, a changed num_shards or peers list; names the key and both values).
  absl::Status Start();

  void HandleClient(v1::ClientRequest request, Reply reply);

  // Refuses new requests with DRAINING, hands leadership over, waits for what
  // runs, at most `limit`; then calls `done`.
  void Drain(Duration limit, absl::AnyInvocable<void()> done);

  // Hands leadership of a group that this node leads to another voter, as an operator
  // may wish. Nothing happens where that can't be; the preferred leader takes it back.
  void HandLeadership(ShardId group, NodeId to);

  // The store as which it belongs to a cluster; 0: it belongs to none.
  StoreId member_store() const;
  bool ready() const;  // is in a formed cluster and knows a meta leader
  AdjacencyStats adjacency() const;
  void VisitGroups(absl::FunctionRef<void(const GroupView&)> visit) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace graphdb::cluster
