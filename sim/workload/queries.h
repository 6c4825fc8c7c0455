// QueriesWorkload: random Cypher statements, several predicates and hops at
// once, whose answers are compared with those of a naive graph in memory.
//
// Each client has a part of the graph to itself, so that what it reads depends
// on its own statements alone. One whose outcome stays unknown may take effect
// later or never: the client then keeps all the graphs that are possible, and
// every answer and every refusal rules some out. None left: the oracle "queries"
// fails.
//
// What it does not see: races between clients (the other workloads are for
// that); what the naive query doesn't know (sim/check/naive_query.h); ids.
//
// Deterministic thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/check/naive_graph.h"
#include "sim/workload/statement.h"
#include "sim/workload/workload.h"

namespace graphdb::sim {

class QueriesWorkload final : public Workload {
 public:
  explicit QueriesWorkload(uint64_t first_id) : first_(first_id) {}

  const char* name() const override { return "queries"; }
  std::vector<v1::BatchRequest> Setup() override { return {}; }
  PlannedOp Plan(const PlanContext& context, Random& rng) override;
  void Done(const PlannedOp& op, const OpOutcome& outcome) override;
  std::optional<PlannedOp> NextFinal() override;
  void FinalDone(uint32_t client, const OpOutcome& outcome) override;
  Verdict Check() override { return {violation_, false}; }

 private:
  // One way in which things may stand: the graph, and what may still come.
  struct Possible {
    NaiveGraph graph;
    std::vector<Statement> unsettled;
  };
  struct Region {
    StatementPlace place;
    std::vector<Possible> possible = std::vector<Possible>(1);
    Statement asked;
    bool lost = false;  // too many ways: nothing more is said of it
  };

  Region& RegionOf(uint32_t client);
  void Judge(Region* region, const OpOutcome& outcome);
  void JudgeAnswer(Region* region, const OpOutcome& outcome);
  void JudgeRefusal(Region* region, const OpOutcome& outcome);
  void Violate(const Region& region, const std::string& answered, const std::string& expected);
  static void Lose(Region* region);
  static bool Settled(const Region& region);
  static void AddWhatMayHaveCome(std::vector<Possible>* possible);

  const uint64_t first_;
  std::map<uint32_t, Region> regions_;  // by client
  std::vector<uint32_t> finals_;
  bool finals_listed_ = false;
  MaybeViolation violation_;
};

}  // namespace graphdb::sim
