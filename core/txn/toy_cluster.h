// ToyCluster: shards, an oracle and gateways in virtual time, for tests of the
// protocol without Raft: each shard has one log that its replicas apply in
// order, and a leader that changes. It shows the faults that the host contract
// of ShardLeader allows: late, lost and repeated messages, proposals that get
// lost with their leader, leaders that don't know yet that they are deposed,
// failing rounds, a silent oracle, gateways that die.
//
//   ToyCluster cluster({.seed = 7, .shards = 3});
//   ToyGateway& gateway = cluster.AddGateway();
//   Spawn(gateway.manager().Run(...), ...);
//   cluster.RunFor(Duration::Seconds(5));
//
// Deterministic: everything comes from the seed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/env/random.h"
#include "core/shard/shard_map.h"
#include "core/shard/shard_state_machine.h"
#include "core/storage/adjacency_cache.h"
#include "core/storage/memory_kv.h"
#include "core/txn/shard_leader.h"
#include "core/txn/transaction_manager.h"

namespace graphdb::txn {

struct ToyOptions {
  uint64_t seed = 1;
  uint32_t shards = 3;
  uint32_t replicas = 2;
  uint32_t drop_percent = 0;       // of messages, each way
  uint32_t duplicate_percent = 0;  // of requests; the copy may come seconds later
  uint32_t fail_percent = 0;       // of rounds, timestamps, proposals
  Duration leader_change;          // mean time between two; 0: never
  Duration mute;                   // mean time between two times a shard is heard by nobody
  ShardLeaderOptions leader;
};

class ToyCluster;

class ToyGateway final : public ShardClient {
 public:
  ToyGateway(ToyCluster& cluster, uint64_t number);
  Task<absl::StatusOr<v1::ShardResponse>> Send(ShardId shard, v1::ShardRequest request) override;
  Task<absl::StatusOr<Timestamp>> GetTimestamp() override;
  Task<absl::StatusOr<IdBlock>> AllocateIds(uint32_t count) override;
  Task<bool> Sleep(Duration duration) override;
  const shard::ShardMap& map() const override;

  TransactionManager& manager() { return manager_; }
  // Nothing leaves it any more; what runs on it fails.
  void Kill() { alive_ = false; }
  bool alive() const { return alive_; }

 private:
  ToyCluster& cluster_;
  bool alive_ = true;
  TransactionManager manager_;
};

class ToyCluster {
 public:
  using Answer = std::function<void(absl::StatusOr<v1::ShardResponse>)>;

  explicit ToyCluster(ToyOptions options);

  ToyGateway& AddGateway();
  void After(Duration delay, std::function<void()> what);
  void RunFor(Duration duration);
  // False where `done` did not come true within `limit`.
  bool RunUntil(const std::function<bool()>& done, Duration limit);
  // No more faults from now on.
  void Calm();

  void Send(ShardId shard, v1::ShardRequest request, Answer answer);
  void AskOracle(uint32_t count, std::function<void(bool, Timestamp)> answer);
  uint64_t AllocateIds(uint32_t count);
  void ChangeLeader(uint32_t shard);

  const shard::ShardMap& map() const { return map_; }
  uint64_t Draw() { return rng_.Next(); }
  const storage::MemoryKv& engine(uint32_t shard) const;  // of the leader
  bool ReplicasEqual(uint32_t shard) const;
  ShardLeader& leader(uint32_t shard);
  uint64_t events() const { return events_; }
  uint64_t leader_changes() const { return leader_changes_; }

 private:
  struct Entry {
    Term term;
    std::string bytes;  // empty: the leader's own first entry
  };
  struct Replica {
    storage::MemoryKv engine;
    storage::AdjacencyCache cache{8};  // small: lists come and go
    std::unique_ptr<ShardLeader> actor;
    size_t applied = 0;
    Term leads;            // the term it believes to lead in, 0: none
    size_t own_entry = 0;  // of a leadership that is not announced yet
    bool announced = false;
  };
  struct Shard {
    std::vector<Entry> log;
    size_t committed = 0;
    Term term;
    uint32_t leader = 0;
    uint64_t muted_until = 0;
    std::vector<std::unique_ptr<Replica>> replicas;
  };
  struct Call {
    Answer answer;
    bool open = true;
    ShardId shard;
    v1::ShardRequest request;
    uint64_t deadline = 0;
  };

  Replica& At(uint32_t shard, uint32_t replica) { return *shards_[shard].replicas[replica]; }
  void Step(uint32_t shard, uint32_t replica, const ShardEvent& event);
  void Carry(uint32_t shard, uint32_t replica, ShardEffect effect);
  void Append(uint32_t shard, uint32_t replica, uint64_t proposal, std::string bytes);
  void Commit(uint32_t shard, size_t index, Term term);
  void ApplyNext(uint32_t shard, uint32_t replica);
  void Lead(uint32_t shard, uint32_t replica);
  void Depose(uint32_t shard, uint32_t replica);
  void Try(std::shared_ptr<Call> call);
  void ScheduleLeaderChange(uint32_t shard);
  void ScheduleMute(uint32_t shard);
  Duration Delay(int64_t max_us);
  bool Chance(uint32_t percent);

  ToyOptions options_;
  Random rng_;
  shard::ShardMap map_;
  std::vector<Shard> shards_;
  std::vector<std::unique_ptr<ToyGateway>> gateways_;
  std::map<std::pair<uint64_t, uint64_t>, std::function<void()>> queue_;
  uint64_t now_us_ = 0;
  uint64_t sequence_ = 0;
  uint64_t events_ = 0;
  uint64_t leader_changes_ = 0;
  uint64_t next_timestamp_ = 1;
  uint64_t next_id_ = 1000;
  uint64_t last_request_ = 0;
  std::map<uint64_t, std::function<void(v1::ShardResponse)>> replies_;
};

}  // namespace graphdb::txn
