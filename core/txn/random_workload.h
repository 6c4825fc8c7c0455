// RandomWorkload: concurrent transactions over a ToyCluster, and the judge: all
// that committed is replayed in the order of commit timestamps, and whatever a
// transaction saw has to be what it would have seen there (strict
// serializability by construction of the order); in the end the engines have to
// hold exactly what the replay left.
//
//   RandomWorkload workload({.cluster = {.seed = 7}});
//   const std::string verdict = workload.Run();   // empty: clean
//
// Deterministic: everything comes from the seed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/graph/element.h"
#include "core/txn/distributed_transaction.h"
#include "core/txn/toy_cluster.h"
#include "proto/records.pb.h"

namespace graphdb::txn {

struct WorkloadOptions {
  ToyOptions cluster;
  uint32_t clients = 6;
  uint32_t requests_per_client = 25;
  uint32_t kill_percent = 0;       // of requests whose gateway dies in the middle
  uint32_t impatient_percent = 0;  // of requests retried while the first attempt still runs
  // Few nodes, short updates and snapshot reads only: what the read floor orders.
  bool narrow = false;
};

class RandomWorkload {
 public:
  explicit RandomWorkload(WorkloadOptions options);
  std::string Run();

  uint64_t committed() const { return committed_; }

 private:
  struct Model {
    std::map<ElementId, graph::Node> nodes;
    std::map<RelationshipId, graph::Relationship> edges;
  };
  struct SeenEdges {
    ElementId node;
    graph::Direction direction = graph::Direction::kBoth;
    std::set<RelationshipId> edges;
  };
  // What one run of a body saw and did, by its start_ts.
  struct Attempt {
    uint64_t session = 0;
    uint64_t sequence = 0;
    std::vector<std::pair<ElementId, std::optional<graph::Node>>> seen;
    std::vector<SeenEdges> expanded;
    std::vector<std::set<ElementId>> scanned;
    // False: not possible on this model (creates what exists).
    std::vector<std::function<bool(Model*)>> writes;
  };
  struct Request {
    uint64_t session = 0;
    uint64_t sequence = 0;
    Timestamp acked_before;  // the highest commit acknowledged when it began
    bool answered = false;
    absl::StatusCode code = absl::StatusCode::kUnknown;
    Timestamp commit_ts;
    bool read_only = false;
  };

  Task<bool> Client(uint32_t number);
  // kUnknown where the client gives up; the request runs on.
  Task<absl::StatusOr<RunOutcome>> RunWithin(ToyGateway* gateway, RunRequest run,
                                             TransactionManager::Body body, Duration patience);
  // The record of a run; each has a start_ts of its own from the oracle.
  Attempt* Began(const GraphTransaction& txn, const Request& request);
  Task<absl::StatusOr<std::string>> Body(GraphTransaction& txn, Request* request, uint64_t kind,
                                         uint64_t draw);
  Task<absl::StatusOr<std::string>> Append(GraphTransaction& txn, Attempt* attempt, Random rng,
                                           uint64_t value);
  Task<absl::StatusOr<std::string>> Transfer(GraphTransaction& txn, Attempt* attempt, Random rng);
  Task<absl::StatusOr<std::string>> ReadAll(GraphTransaction& txn, Attempt* attempt);
  Task<absl::StatusOr<std::string>> Link(GraphTransaction& txn, Attempt* attempt, Random rng);
  Task<absl::StatusOr<std::string>> Unlink(GraphTransaction& txn, Attempt* attempt, Random rng);
  Task<absl::StatusOr<std::string>> Birth(GraphTransaction& txn, Attempt* attempt, Random rng);
  Task<absl::StatusOr<std::string>> Death(GraphTransaction& txn, Attempt* attempt, Random rng);
  Task<absl::StatusOr<std::string>> Count(GraphTransaction& txn, Attempt* attempt, Random rng);
  Task<absl::StatusOr<std::string>> Blind(GraphTransaction& txn, Attempt* attempt, Random rng,
                                          uint64_t value);
  Task<absl::StatusOr<graph::Node>> See(GraphTransaction& txn, Attempt* attempt, ElementId id);

  ElementId Pick(Random* rng) const;
  void Write(Attempt* attempt, graph::Node node);
  void Create(Attempt* attempt, graph::Node node);

  std::string Judge();
  std::string CollectCommits();
  std::string CheckRequests() const;
  std::string Replay(Model* model) const;
  std::string CheckSeen(const Attempt& attempt, const Model& model, uint64_t at) const;
  std::string CheckEngines(const Model& model) const;
  std::string CheckNothingLeft() const;

  const WorkloadOptions options_;
  ToyCluster cluster_;
  std::vector<ToyGateway*> gateways_;
  std::vector<ElementId> nodes_;    // accounts: created first, never deleted
  std::vector<ElementId> mortals_;  // created and deleted
  std::map<uint64_t, Attempt> attempts_;
  std::vector<std::unique_ptr<Request>> requests_;
  Timestamp acked_;
  uint32_t running_ = 0;
  uint64_t committed_ = 0;

  struct Commit {
    uint64_t start_ts = 0;
    uint64_t session = 0;
    uint64_t sequence = 0;
  };
  std::map<uint64_t, Commit> commits_;  // by commit_ts
};

}  // namespace graphdb::txn
