// ToyStore: a graph store for testing the world itself. The first node holds
// everything, one request at a time, in memory and in a log file; the other
// nodes pass requests on. It is right by being simple, unless a bug is switched
// on.
//
// What it is not: replicated, fast, or complete. While the first node is down
// nothing is answered.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/world/program.h"

namespace graphdb::sim {

enum class ToyBug {
  kNone,
  kAckBeforeSync,      // answers before the record is durable
  kForgetsSequences,   // executes a retry again
  kLosesIncomingEdge,  // now and then writes only the source's half
  kStaleReads,         // the other nodes answer reads from an old copy
};

class ToyStore final : public Program {
 public:
  ToyStore(const ProgramOptions& options, env::Env& env, ToyBug bug);

  absl::Status Start() override;
  void HandleClient(v1::ClientRequest request, Reply reply) override;
  void VisitReplicas(absl::FunctionRef<void(const ReplicaView&)>) const override {}
  bool FormsCluster() const override { return false; }

  static ProgramFactory Factory(ToyBug bug = ToyBug::kNone);

 private:
  struct Graph {
    std::map<uint64_t, v1::NodeValue> nodes;
    std::map<uint64_t, v1::RelationshipValue> edges;
    std::map<uint64_t, bool> in_lost;
    uint64_t next_edge = 1;
  };
  struct Waiting {
    v1::ClientRequest request;
    Reply reply;
  };

  void OnMessage(NodeId from, std::string message);
  void PassOn(v1::ClientRequest request, Reply reply);
  void Next();
  void Answer(v1::ClientResponse response);
  void Persist(v1::ClientResponse response);
  v1::ClientResponse Execute(const v1::ClientRequest& request);
  v1::ErrorReason ExecuteOp(const v1::ElementOp& op, Graph* graph, v1::ElementResult* result);
  v1::ErrorReason ExecuteNodeOp(const v1::ElementOp& op, Graph* graph, v1::ElementResult* result);
  void Expand(const Graph& graph, const v1::Expand& op, v1::EdgeList* list) const;
  absl::Status Replay();
  void OnRewritten(absl::Status status);

  const ProgramOptions options_;
  env::Env& env_;
  const ToyBug bug_;
  Graph graph_;
  std::map<uint64_t, std::pair<uint64_t, v1::ClientResponse>> sessions_;
  std::deque<Waiting> queue_;
  bool working_ = false;
  env::FileId file_;
  uint64_t file_end_ = 0;
  std::string replayed_;  // what the file held, until it is written again
  // Drawn: an answer to an earlier incarnation may still come.
  uint64_t next_ticket_;
  std::map<uint64_t, Reply> passed_on_;
  Graph old_copy_;
};

}  // namespace graphdb::sim
