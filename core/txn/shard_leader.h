// ShardLeader: the serving side of one shard's replica. On the leader it
// answers reads, commits, prepares, decisions and questions of gateways and of
// other shards (docs/internals/transactions.md); elsewhere it refuses.
//
//   ShardLeader leader(options, engine);
//   std::vector<ShardEffect> effects;
//   leader.Step(shard_event::Request{id, request}, &effects);
//   for (const ShardEffect& effect : effects) host.Carry(effect);
//
// The host's side of the contract:
//   H1. Applied is stepped for every entry, in order, right after its batch was
//       told to `cache` and written to `engine`, also on followers; Raft's own entries with an
//       ApplyResult whose proposer_term is 0.
//   H2. BecameLeader is stepped after the term's first own entry was applied
//       (and its Applied stepped); LostLeadership before anything else of the
//       next term. Between the two, proposals enter the log in the order of the
//       Propose effects; one that did not enter is answered by ProposalLost.
//   H3. Every ReadIndex, AskOracle, SendToSlot and SetTimer is answered exactly
//       once (ok = false where it failed or timed out). Answers to effects of a
//       past leadership are allowed; they are dropped here.
//   H4. A ReadIndex round begins after the effect was emitted, an oracle
//       timestamp is issued after it was asked for.
//
// Invariants:
//   1. Each Request is answered exactly once.
//   2. No one-shard commit is proposed at or below the read floor (rule T3), so
//      commit timestamps of one-shard commits rise along the log.
//   3. No read skips an undecided intent it could have to see (rule T2).
//   4. What is decided is decided by the log: nothing kept here is the truth.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/env/kv_engine.h"
#include "core/env/time.h"
#include "core/shard/shard_map.h"
#include "core/shard/shard_state_machine.h"
#include "core/storage/adjacency_cache.h"
#include "proto/shard.pb.h"

namespace graphdb::txn {

struct ShardLeaderOptions {
  ShardId shard;
  // What the shard is founded with; used where its log holds no Adopt yet.
  std::vector<shard::SlotSpan> founding_slots;

  // A reader that met an undecided intent asks the home after `ask_after`, and
  // demands a decision after `abort_after` (rules T2, T6).
  Duration ask_after = Duration::Milliseconds(20);
  Duration abort_after = Duration::Milliseconds(1000);
  // How often intents, records and floors are looked after while there are any.
  Duration janitor_period = Duration::Milliseconds(500);
  // A transaction left undecided this many janitor periods is aborted, a
  // decided one is resolved everywhere.
  uint32_t janitor_patience = 4;
  // The start_ts floor follows the oracle at this distance, in janitor periods:
  // the longest life of a transaction (rule T6).
  uint32_t txn_life_periods = 60;
  // Named limit "txn.dedupe_retention" (rule T7), in janitor periods.
  uint32_t dedupe_retention_periods = 1200;

  size_t queue_max = 4096;               // requests waiting; more are answered SHARD_BUSY
  uint32_t commit_ts_attempts_max = 16;  // timestamps taken for one commit
  uint32_t read_entries_max = 10'000;    // per range of a read
  size_t read_bytes_max = 4u << 20;      // per response; what is left is in `resume`
};

namespace shard_event {
struct Request {
  uint64_t id = 0;  // the host's; never repeated
  v1::ShardRequest request;
};
struct Applied {
  LogIndex index;
  shard::ApplyResult result;
};
struct ProposalLost {
  uint64_t proposal = 0;
};
struct ReadIndexDone {
  uint64_t id = 0;
  bool ok = false;
  LogIndex index;
};
struct OracleReply {
  uint64_t id = 0;
  bool ok = false;
  Timestamp first;  // [first, first + count) as asked
};
struct PeerReply {
  uint64_t id = 0;
  bool ok = false;
  v1::ShardResponse response;
};
struct BecameLeader {
  Term term;
};
struct LostLeadership {};
// Meta has this cluster version.
struct ClusterVersion {
  uint32_t version = 0;
};
struct Timer {
  uint64_t id = 0;
};
}  // namespace shard_event

using ShardEvent =
    std::variant<shard_event::Request, shard_event::Applied, shard_event::ProposalLost,
                 shard_event::ReadIndexDone, shard_event::OracleReply, shard_event::PeerReply,
                 shard_event::BecameLeader, shard_event::LostLeadership,
                 shard_event::ClusterVersion, shard_event::Timer>;

namespace shard_effect {
struct Reply {
  uint64_t id = 0;
  v1::ShardResponse response;
};
struct Propose {
  uint64_t proposal = 0;
  std::string bytes;  // a ShardCommand
};
struct ReadIndex {
  uint64_t id = 0;
};
struct AskOracle {
  uint64_t id = 0;
  uint32_t count = 1;
};
// To the leader of the shard that owns `slot`, which may be this one; the host
// fills in shard and epoch, finds the leader, and gives up after about a second.
struct SendToSlot {
  uint64_t id = 0;
  Slot slot;
  v1::ShardRequest request;
};
struct SetTimer {
  uint64_t id = 0;
  Duration after;
};
}  // namespace shard_effect

using ShardEffect =
    std::variant<shard_effect::Reply, shard_effect::Propose, shard_effect::ReadIndex,
                 shard_effect::AskOracle, shard_effect::SendToSlot, shard_effect::SetTimer>;

class ShardLeader {
 public:
  // `engine` is the one the entries are applied to, `cache` what the host keeps
  // of it; both outlive this object.
  ShardLeader(ShardLeaderOptions options, const env::KvEngine& engine,
              storage::AdjacencyCache& cache);
  ~ShardLeader();

  void Step(const ShardEvent& event, std::vector<ShardEffect>* effects);

  bool leading() const;
  Timestamp read_floor() const;   // for tests and traces; meaningful while leading
  Timestamp newest_read() const;  // answered by this leadership; 0: none
  // The floor that it takes timestamps for commits by; nullopt until it has one.
  std::optional<Timestamp> commit_floor() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace graphdb::txn
