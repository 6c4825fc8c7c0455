// DistributedTransaction: a GraphTransaction over the shards of a cluster:
// snapshot reads at start_ts with its own writes on top, everything read
// remembered, everything written buffered, and one commit.
//
//   auto txn = co_await manager.Begin();
//   auto nodes = co_await (*txn)->GetNodes(ids);
//   auto outcome = co_await (*txn)->Commit();
//
// Beside the errors of GraphTransaction: kUnknown from Commit (the outcome could
// not be settled; may have committed).
//
// Invariants:
//   1. A key is read at start_ts or from the buffer, never at another time.
//   2. What Commit sends is all that was touched (rule T1): keys and ranges
//      read, keys written.
//   3. A relationship is written as three keys, or none: out, in, by id (T8).
//
// Deterministic thread only; one call at a time. The client outlives it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/storage/keys.h"
#include "core/txn/commit_coordinator.h"
#include "core/txn/graph_transaction.h"
#include "core/txn/shard_client.h"
#include "core/txn/transaction_manager.h"

namespace graphdb::txn {

class DistributedTransaction final : public GraphTransaction {
 public:
  // `identity` is whole but for home_slot. One that is read_only commits nothing,
  // and so keeps no account of what it has read.
  DistributedTransaction(TransactionManager& manager, v1::TxnId identity, bool read_only = false);

  AsyncOr<std::vector<std::optional<graph::Node>>> GetNodes(std::vector<ElementId> ids) override;
  AsyncOr<std::vector<std::optional<graph::Relationship>>> GetRelationships(
      std::vector<RelationshipId> ids) override;
  AsyncOr<NodePage> ScanNodes(std::string label, std::optional<std::string> cursor) override;
  AsyncOr<bool> Expand(ExpandSpec spec, RelationshipSink sink) override;

  AsyncOr<ElementId> CreateNode(graph::Node node) override;
  AsyncOr<RelationshipId> CreateRelationship(graph::Relationship relationship) override;
  AsyncOr<bool> UpdateNode(graph::Node node) override;
  AsyncOr<bool> UpdateRelationship(graph::Relationship relationship) override;
  AsyncOr<bool> DeleteNode(ElementId id) override;
  AsyncOr<bool> DeleteRelationship(graph::Relationship relationship) override;

  bool has_writes() const override { return !writes_.empty(); }
  AsyncOr<CommitOutcome> Commit() override;
  Timestamp start_ts() const override { return Timestamp(identity_.start_ts()); }

  // What a retry of the request will be told.
  void SetResult(std::string result) { result_ = std::move(result); }
  // After Commit.
  const CommitDecision& decision() const { return decision_; }

 private:
  struct Buffered {
    std::optional<std::string> value;  // unset: deleted
    bool create = false;
  };
  using KeyValues = std::map<std::string, std::string, std::less<>>;
  // A range of edges on its way through pages.
  struct EdgeJob {
    storage::KeyRange range;
    size_t from = 0;   // the place of its element in ExpandSpec::from
    std::string rest;  // where to go on
    bool done = false;
    KeyValues page;  // what the last round found, buffer included
  };
  struct FoundEdge {
    size_t from = 0;
    graph::Relationship relationship;
  };

  // Live keys among `keys`: snapshot and buffer.
  AsyncOr<KeyValues> Fetch(std::vector<std::string> keys);
  // Answers from the buffer what lies there, and notes the other keys as read.
  absl::Status TakeOwn(std::vector<std::string>* keys, KeyValues* found);
  AsyncOr<bool> FetchRound(std::vector<std::string>* keys, KeyValues* found);
  // Moves the first open jobs of every shard on by a page; true: some are open still.
  AsyncOr<bool> ScanRound(std::vector<EdgeJob>* jobs);
  void Overlay(const storage::KeyRange& range, KeyValues* found) const;
  // Gives out edges to the sink and collects in edges, whose properties lie
  // elsewhere.
  absl::Status TakePage(const EdgeJob& job, bool loops_come_out, const RelationshipSink& sink,
                        std::vector<FoundEdge>* in_edges) const;
  AsyncOr<bool> FetchProperties(std::vector<FoundEdge> in_edges, const RelationshipSink& sink);

  AsyncOr<bool> OwnEndsExist(graph::Relationship relationship);
  // A client named the id of a node that the cluster chose for this transaction.
  AsyncOr<bool> ChosenIdTaken();

  absl::Status NoteRead(std::string key);
  absl::Status NoteRange(storage::KeyRange range);
  absl::Status Put(std::string key, std::optional<std::string> value, bool create);
  std::vector<CommitPart> Parts(size_t* home);

  TransactionManager& manager_;
  v1::TxnId identity_;
  const bool read_only_;
  std::map<std::string, Buffered, std::less<>> writes_;
  size_t write_bytes_ = 0;
  std::vector<std::string> chosen_keys_;  // of nodes whose ids the cluster chose
  std::set<std::string> read_keys_;
  std::vector<storage::KeyRange> read_ranges_;
  std::string result_;
  CommitDecision decision_;
  bool committed_ = false;
};

// Carries one coordinator's effects out over a client; lives until the last
// answer is in.
Task<CommitDecision> RunCommit(ShardClient& client, v1::TxnId txn, std::vector<CommitPart> parts,
                               size_t home, std::string result, CommitOptions options);

// Sends all at once; answers in the order of the requests.
Task<std::vector<absl::StatusOr<v1::ShardResponse>>> SendAll(
    ShardClient& client, std::vector<std::pair<ShardId, v1::ShardRequest>> requests);

}  // namespace graphdb::txn
